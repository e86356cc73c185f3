"""The Condition element: its operators, and whether a condition holds in a request that may be known only in part.

Sources: IAM user guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or
values" and "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import NamedTuple

from iam_guardrails.language import arns
from iam_guardrails.language.patterns import Glob, escaped, glob, matches, spelled_out

Values = tuple[str, ...]
"""The values of a condition key in a request; empty where the request does not carry the key."""

Context = Mapping[str, "Values | None"]
"""Condition keys in lower case, with their values; None where it is not known whether or what the request carries."""


class Comparison(NamedTuple):
    """What an operator does with one value of the request and one of the document.

    Attributes:
        name: of the operator without its sign ("StringLike", "NumericLessThan").
        text: whether the document's values are texts or globs, so that sets of values can be reasoned about.
        read: turns a value of the document into one to reason about; raises ValueError where AWS rejects it.
        meets: whether a value of the request meets a value of the document; raises ValueError where one has no such
            meaning.
        check: raises ValueError for a value of the document that AWS rejects; None where it takes any.
    """

    name: str
    text: bool
    read: Callable[[str], object]
    meets: Callable[[str, str], bool]
    check: Callable[[str], object] | None = None


class Operator(NamedTuple):
    """A condition operator in full.

    Attributes:
        name: as a document writes it.
        comparison: of one value with one value.
        negated: true of a value that meets none of the document's (StringNotEquals).
        if_exists: true where the request lacks the key (StringEqualsIfExists).
        quantifier: "ForAllValues", "ForAnyValue" or "".
    """

    name: str
    comparison: Comparison
    negated: bool = False
    if_exists: bool = False
    quantifier: str = ""

    @property
    def when_absent(self) -> bool:
        """What the operator says of a request that lacks the key."""
        if self.quantifier == "ForAllValues":
            return True
        return self.if_exists or (self.negated and not self.quantifier)


class Condition(NamedTuple):
    """One operator, one key and its values.

    Attributes:
        operator: how to compare.
        key: the condition key in lower case (AWS ignores its case).
        values: the document's values, as text.
        literal: whether policy variables are plain text here (Version 2008-10-17).
    """

    operator: Operator
    key: str
    values: Values
    literal: bool = False


def _glob(meets: Callable[[str, str], bool], **how: bool) -> Comparison:
    def read(value: str) -> Glob:
        return glob(escaped(value) if how.get("wild", True) else spelled_out(value), **how)

    return Comparison("", True, read, meets)


def _arn(value: str) -> Glob:
    _six_parts(value)
    return glob(escaped(value), parts=value != "*")


def _six_parts(value: str) -> None:
    if value != "*" and arns.without_variables(value).count(":") < 5:
        raise ValueError("an ARN has six parts")


def _number(value: str) -> float:
    number = float(value)
    if number != number or "_" in value or number in (float("inf"), float("-inf")):
        raise ValueError("not a number")
    return number


_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII)


def _date(value: str) -> float:
    if re.fullmatch(r"-?\d{1,17}(\.\d+)?", value, re.ASCII) and not re.fullmatch(r"\d{4}", value, re.ASCII):
        return float(value)
    if not _DATE.fullmatch(value):
        raise ValueError("not a date")
    date, _, time = value.partition("T")
    at = next((place for place, character in enumerate(time) if character in "Z+-"), len(time))
    clock, zone = time[:at].partition(".")[0], time[at:]
    full = f"{date}{'-01-01'[len(date) - 4 :]}T{clock}{'00:00:00'[len(clock) :]}"
    sign = zone[:3] + ":" + zone[-2:] if zone not in ("", "Z") else "+00:00"
    moment = datetime.fromisoformat(full + sign)
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()


def _bool(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError("not true or false")
    return value.lower() == "true"


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(value, strict=False)


def _in_network(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value.split("/")[0]) in _network(wanted)


def _ordered(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Comparison:
    def meets(value: str, wanted: str) -> bool:
        return compare(read(value), read(wanted))

    return Comparison("", False, read, meets, read)


def _same(value: str, wanted: str) -> bool:
    return value == (wanted if "$" not in wanted else spelled_out(wanted))


def _same_in_any_case(value: str, wanted: str) -> bool:
    return value.lower() == spelled_out(wanted).lower()


def _like(value: str, wanted: str) -> bool:
    return matches(escaped(wanted), value)


def _like_by_parts(value: str, wanted: str) -> bool:
    return _arn(wanted).matches(value)


def _same_bool(value: str, wanted: str) -> bool:
    return _bool(value) == _bool(wanted)


_BOOL = Comparison("", False, _bool, _same_bool, _bool)
_NULL = Comparison("Null", False, _bool, _same_bool, _bool)
_EXACT = _glob(_same, wild=False)
_ARN = Comparison("", True, _arn, _like_by_parts, _six_parts)

# Each with its opposite: the name AWS gives to "meets none of the values".
_COMPARISONS: dict[str, tuple[Comparison, str | None]] = {
    "StringEquals": (_EXACT, "StringNotEquals"),
    "StringEqualsIgnoreCase": (_glob(_same_in_any_case, wild=False, ignore_case=True), "StringNotEqualsIgnoreCase"),
    "StringLike": (_glob(_like), "StringNotLike"),
    "BinaryEquals": (_EXACT, None),
    "ArnEquals": (_ARN, "ArnNotEquals"),
    "ArnLike": (_ARN, "ArnNotLike"),
    "NumericEquals": (_ordered(_number, lambda a, b: a == b), "NumericNotEquals"),
    "NumericLessThan": (_ordered(_number, lambda a, b: a < b), None),
    "NumericLessThanEquals": (_ordered(_number, lambda a, b: a <= b), None),
    "NumericGreaterThan": (_ordered(_number, lambda a, b: a > b), None),
    "NumericGreaterThanEquals": (_ordered(_number, lambda a, b: a >= b), None),
    "DateEquals": (_ordered(_date, lambda a, b: a == b), "DateNotEquals"),
    "DateLessThan": (_ordered(_date, lambda a, b: a < b), None),
    "DateLessThanEquals": (_ordered(_date, lambda a, b: a <= b), None),
    "DateGreaterThan": (_ordered(_date, lambda a, b: a > b), None),
    "DateGreaterThanEquals": (_ordered(_date, lambda a, b: a >= b), None),
    "Bool": (_BOOL, None),
    "IpAddress": (Comparison("", False, _network, _in_network, _network), "NotIpAddress"),
}


def _operators() -> dict[str, Operator]:
    signed: dict[str, tuple[Comparison, bool]] = {}
    for name, (comparison, opposite) in _COMPARISONS.items():
        named = comparison._replace(name=name)
        signed[name] = (named, False)
        if opposite:
            signed[opposite] = (named, True)
    table = {"Null": Operator("Null", _NULL)}
    for quantifier in ("", "ForAllValues", "ForAnyValue"):
        for name, (comparison, negated) in signed.items():
            for if_exists in (False, True):
                full = f"{quantifier}:{name}" if quantifier else name
                full += "IfExists" if if_exists else ""
                table[full] = Operator(full, comparison, negated, if_exists, quantifier)
    return table


OPERATORS = _operators()
"""Every operator that AWS knows, by its name."""
_IN_LOWER_CASE = {name.lower(): operator for name, operator in OPERATORS.items()}


def operator_named(name: str) -> Operator | None:
    """The operator of a name, whose capitals make no difference to AWS; None for a name that is none."""
    return OPERATORS.get(name) or _IN_LOWER_CASE.get(name.lower())


@lru_cache(maxsize=8192)
def refusal(operator: Operator, value: str) -> str | None:
    """Why AWS rejects `value` under `operator`, or None where it takes it."""
    if "${" in value and not operator.comparison.text:
        return f'"{value}" has a policy variable, which {operator.name} does not take'
    try:
        if operator.comparison.check is not None:
            operator.comparison.check(value)
    except ValueError:
        return f'"{value}" is no value that {operator.name} can compare with'
    return None


def truth(condition: Condition, context: Context) -> bool | None:
    """Whether `condition` holds in a request with `context`; None where what is known does not tell.

    Keys that `context` lacks count as absent from the request.
    """
    values = context.get(condition.key, ())
    operator = condition.operator
    if not condition.values and not operator.negated:
        return False  # nothing is one of no values
    if operator.comparison is _NULL:
        if values is None:
            return None
        return any(_bool(wanted) == (not values) for wanted in condition.values)
    if values is None:
        return None
    if not values:
        return operator.when_absent
    wanted = condition.values if condition.literal else _resolved(condition.values, context)
    if wanted is None:
        return None
    every = operator.quantifier == "ForAllValues"
    for value in values:
        met = any(meets(operator.comparison, value, one) for one in wanted) != operator.negated
        if met is not every:
            return met
    return every


def _resolved(values: Values, context: Context) -> Sequence[str] | None:
    """The document's values with their policy variables filled in, or None where one of them is not known."""
    if "${" not in "".join(values):
        return values
    resolved: list[str] = []
    for value in values:
        filled = fill_in(value, context)
        if filled is None:
            return None
        if filled:
            resolved.append(filled)
    return resolved


_VARIABLE = re.compile(r"\$\{\s*([^{},*?$\s][^{},]*?)\s*(?:,\s*'([^']*)'\s*)?\}")


def fill_in(text: str, context: Context) -> str | None:
    """`text` with its policy variables replaced; "" where the request lacks one, None where that is not known.

    Source: IAM user guide, "IAM policy elements: Variables and tags" (a variable without value matches nothing).
    """
    pieces: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        values = context.get(found[1].lower(), ())
        if values is None:
            return None
        if len(values) == 1:
            replacement = values[0]
        elif found[2] is not None:
            replacement = found[2]
        else:
            return ""
        pieces += [text[end : found.start()], replacement.replace("*", "${*}").replace("?", "${?}")]
        end = found.end()
    return "".join(pieces) + text[end:]


def variables(text: str) -> tuple[str, ...]:
    """The condition keys, in lower case, whose values the policy variables in `text` stand for."""
    return tuple(found[1].lower() for found in _VARIABLE.finditer(text))


def meets(comparison: Comparison, value: str, wanted: str) -> bool:
    """Whether a value of the request meets one of the document, whose variables have been filled in."""
    try:
        return comparison.meets(value, wanted)
    except ValueError:
        return False  # what is no number is equal to none
