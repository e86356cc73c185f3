"""The tables of the package, each read when it is first asked for."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"

Handlers = Mapping[str, Mapping[str, list[str]]]
"""Calls by type and handler: `create`, `read`, `update`, `delete`, and `list_tags` and `update_tags` of Terraform."""


@lru_cache(maxsize=1)
def terraform() -> Handlers:
    """The operations of AWS's SDK that each handler of the Terraform AWS provider calls, by type and handler.

    Source: two tables of awslabs/iam-policy-autopilot (Apache License 2.0) for provider 6.60, joined and shortened.
    A handler's operations are those of all its branches.
    """
    return _read("terraform_operations")


@lru_cache(maxsize=1)
def cloudformation() -> Handlers:
    """The permissions that each handler of CloudFormation's resource types needs, by type and handler.

    Source: the schemas of AWS's resource types, as cfn-lint 1.58 (MIT-0) carries them.
    """
    return _read("cloudformation_handlers")


@lru_cache(maxsize=1)
def apigateway() -> Mapping[str, str]:
    """`METHOD /path` of each operation of API Gateway, such as `apigatewayv2:CreateApi`. Source: botocore."""
    return _read("apigateway")


def _read(name: str) -> Any:
    return json.loads(lzma.decompress((_DATA / f"{name}.json.xz").read_bytes()))
