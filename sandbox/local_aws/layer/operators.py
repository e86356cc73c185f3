"""The operators on ARNs, which look at each part of an ARN by itself.

ministack lets a star in a pattern reach over the colons, so ``arn:aws:iam::*:role/x`` would hold for more than AWS
lets it. Source: "Amazon Resource Name (ARN) condition operators" in the IAM user guide.
"""

from __future__ import annotations

from sandbox.local_aws.layer import emulator

_PARTS = 6


def install() -> None:
    """Put these operators in the place of ministack's."""
    for name in ("arnequals", "arnlike"):
        emulator.operators[name] = matches
    for name in ("arnnotequals", "arnnotlike"):
        emulator.operators[name] = lambda actual, pattern: not matches(actual, pattern)


def matches(actual: str, pattern: str) -> bool:
    """Whether an ARN fits a pattern, part by part; the last part may hold colons. A star by itself is any ARN."""
    if pattern == "*":
        return True
    given, wanted = actual.split(":", _PARTS - 1), pattern.split(":", _PARTS - 1)
    return len(given) == len(wanted) and all(map(emulator.text_matches, given, wanted))
