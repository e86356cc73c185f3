"""The Condition element of a statement.

Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity._documents import Json, is_document_text, one_or_many
from pipeline_identity._reading.arguments import mapping, sequence
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMPARISONS = (
    *(
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ),
    *("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan"),
    *(
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
    ),
    *("DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
)
OPERATORS = frozenset(
    {"Null"}
    | {
        f"{quantifier}{name}{suffix}"
        for quantifier in ("", "ForAllValues:", "ForAnyValue:")
        for name in _COMPARISONS
        for suffix in ("", "IfExists")
    }
)
"""Every condition operator of IAM, with its quantified and IfExists forms."""

_KEY = re.compile(r"[A-Za-z0-9._/-]+:[\x21-\x7e]+")


@dataclass(frozen=True)
class Condition:
    """One test: an operator, a condition key, and the values of which one must hold."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def holds_without_key(self) -> bool:
        """Whether the test holds for a request that does not have the key at all."""
        name = self.operator.removeprefix("ForAnyValue:")
        negated = "Not" in name.removeprefix("ForAllValues:")
        return name.endswith("IfExists") or name.startswith("ForAllValues:") or negated or name == "Null"


def conditions(value: object) -> tuple[Condition, ...]:
    """Reads a Condition element: operator to condition key to one value or a list of values."""
    return tuple(
        Condition(_operator(operator), _key(key), _values(key, values))
        for operator, tests in mapping(value).items()
        for key, values in mapping(tests).items()
    )


def to_json(tests: Iterable[Condition]) -> dict[str, Json]:
    """Returns tests as a Condition element."""
    element: dict[str, Json] = {}
    for test in tests:
        keys = element.setdefault(test.operator, {})
        assert isinstance(keys, dict)  # noqa: S101 - only this loop fills it
        keys[test.key] = one_or_many(test.values)
    return element


def _operator(name: str) -> str:
    _reject_unknown(name)
    if name not in OPERATORS:
        close = difflib.get_close_matches(name, OPERATORS, n=1)
        raise Refusal(
            f"has the operator {name!r}, which IAM does not know",
            f"use {close[0] if close else 'one such as StringEquals'}",
        )
    return name


def _reject_unknown(name: str) -> None:
    if is_late(name):
        raise Refusal(
            "has an output where operators and condition keys stand, which is not known",
            "write these out, with outputs as the values alone",
        )


def _key(key: str) -> str:
    _reject_unknown(key)
    if not _KEY.fullmatch(key):
        raise Refusal(
            f"has the condition key {key!r}, which has no service prefix", "use a key such as aws:SourceIp or s3:prefix"
        )
    return key


def _values(key: str, value: object) -> tuple[str, ...]:
    items = sequence(value) if not _is_scalar(value) else (value,)
    if not items:
        raise Refusal(f"has no value for {key!r}", "write at least one value")
    if not all(isinstance(item, str) for item in items):
        raise Refusal(
            f"has a value for {key!r} that is not text", "put every value in quotes, numbers and true or false too"
        )
    values = tuple(str(item) for item in items)
    if not all(is_late(item) or is_document_text(item) for item in values):
        raise Refusal(f"has a value for {key!r} that AWS takes in no policy", "use Latin letters, digits and signs")
    return values


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, int, float))
