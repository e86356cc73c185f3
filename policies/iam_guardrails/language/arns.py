"""Amazon Resource Names, as a policy may write them.

Source: IAM user guide, "IAM identifiers" and "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ARN_PATTERN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*|[a-z*?-]*[*?][a-z*?-]*):(?P<service>[A-Za-z0-9-]+)"
    r":(?P<region>[A-Za-z0-9*?-]*):(?P<account>[0-9]{12}|[0-9*?]*[*?][0-9*?]*|aws|aws-marketplace|cloudfront|)"
    r":(?P<resource>.*)",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{[^{}]*\}")

is_pattern = _ARN_PATTERN.fullmatch
"""Matches an ARN with or without wildcards, whose variables have been taken out."""


class Arn(NamedTuple):
    """The six parts of an ARN or of an ARN pattern."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def split(text: str) -> Arn | None:
    """The parts of `text`, or None where it has not six of them or does not start with `arn`."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    del parts[0]
    return Arn._make(parts)


def without_variables(text: str, replacement: str = "*") -> str:
    """`text` with each policy variable taken for a wildcard."""
    return _VARIABLE.sub(replacement, text)
