"""AWS's managed policies by their ARNs, with the documents of their default versions.

The documents are part of the package: `data/aws_managed_policies.json.xz`, written by `policies/managed_policies.py`
from the Python package moto (Apache License 2.0), which takes them from the IAM API. A policy that AWS made or changed
after that day is not known, or known as it was: an attachment of an unknown one is reported as unknown.
"""

from __future__ import annotations

import json
import pkgutil
import re
from functools import cache
from typing import NamedTuple, cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.values import Location, ManagedPolicy, PolicyDocument

_FILE = "aws_managed_policies.json.xz"
_ARN = re.compile(r"arn:(aws[a-z-]*):iam::aws:policy(/.+)")


class Edition(NamedTuple):
    """Which state of AWS's managed policies the package has.

    Attributes:
        source: name and version of the package that they come from.
        newest: the day (YYYY-MM-DD) of the newest version among them.
        policies: how many there are.
    """

    source: str
    newest: str
    policies: int


def edition() -> Edition:
    """Which state of AWS's managed policies the package has."""
    table = _table()
    return Edition(str(table["source"]), str(table["newest"]), len(_documents()))


def managed_policy(arn: str) -> ManagedPolicy | None:
    """The policy of AWS with an ARN.

    Args:
        arn: an ARN such as `arn:aws:iam::aws:policy/ReadOnlyAccess`, of any partition.

    Returns:
        The policy with its document; None where it is not one of AWS's, or not in this edition.
    """
    found = _ARN.fullmatch(arn)
    return _policy(arn, found[2]) if found and found[2] in _documents() else None


def named_policy(name: str) -> ManagedPolicy | None:
    """The policy of AWS with a name, whatever path it has, as tools take names in place of ARNs.

    Args:
        name: a name such as `AWSLambdaBasicExecutionRole`.
    """
    path_and_name = _by_name().get(name)
    return None if path_and_name is None else _policy(f"arn:aws:iam::aws:policy{path_and_name}", path_and_name)


@cache
def _by_name() -> dict[str, str]:
    return {one.rpartition("/")[2]: one for one in _documents()}


@cache
def _policy(arn: str, path_and_name: str) -> ManagedPolicy:
    path, _, name = path_and_name.rpartition("/")
    document = PolicyDocument(DocumentKind.IDENTITY, _documents()[path_and_name], Location(logical_id=arn), name)
    return ManagedPolicy(arn, name, f"{path}/", document, True, Location(logical_id=arn), arn)


@cache
def _table() -> dict[str, object]:
    import lzma

    packed = pkgutil.get_data("iam_guardrails", f"data/{_FILE}")
    if packed is None:
        raise FileNotFoundError(_FILE)
    return cast("dict[str, object]", json.loads(lzma.decompress(packed)))


def _documents() -> dict[str, object]:
    return cast("dict[str, object]", _table()["policies"])
