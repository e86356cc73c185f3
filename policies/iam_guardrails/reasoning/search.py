"""Is there a request that meets all of these conditions? Solved one condition key at a time.

Keys are taken as independent of each other; those that are not (an account and the ARNs in it) are fixed together by
the caller, who asks once for each combination. What a key may hold at all is its domain: an external caller's
`aws:PrincipalAccount`, for one, is any account id but the trusted ones.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple, cast

from iam_guardrails.language import arns, conditions, patterns
from iam_guardrails.language.conditions import Comparison, Condition, Operator, Values
from iam_guardrails.language.patterns import Budget, Glob, Undecided, glob

ACTION, RESOURCE = "@action", "@resource"
"""Names under which the action and the resource of a request are searched for beside its condition keys."""


class Domain(NamedTuple):
    """What a request may hold under one key.

    Attributes:
        optional: it may lack the key.
        present: it may carry the key.
        within: every group has a glob that each value matches.
        outside: globs that no value matches.
        usual: nearly every request carries it, so a request without it is a poor example.
    """

    optional: bool = True
    present: bool = True
    within: tuple[tuple[Glob, ...], ...] = ()
    outside: tuple[Glob, ...] = ()
    usual: bool = False


ANYTHING = Domain()
ABSENT = Domain(present=False)


def exactly(*texts: str, optional: bool = False) -> Domain:
    """The domain of one of these texts."""
    return Domain(optional, within=(tuple(glob(text, wild=False) for text in texts),))


class Wanted(NamedTuple):
    """A condition, and whether it shall hold."""

    condition: Condition
    holds: bool = True


def _like(name: str, ignore_case: bool) -> tuple[Operator, Operator]:
    def read(value: str) -> Glob:
        return glob(patterns.escaped(value), ignore_case=ignore_case)

    def meets(value: str, wanted: str) -> bool:
        return read(wanted).matches(value)

    comparison = Comparison(name, True, read, meets)
    return Operator(name, comparison), Operator("Not" + name, comparison, negated=True)


_ELEMENTS = {ACTION: _like("Action", True), RESOURCE: _like("Resource", False)}


def element(key: str, values: Values, negated: bool, literal: bool = False) -> Condition:
    """An Action, NotAction, Resource or NotResource element as a condition on ACTION or RESOURCE."""
    return Condition(_ELEMENTS[key][negated], key, values, literal)


def solve(wanted: Sequence[Wanted], domain: Domain, budget: Budget) -> Values | None:
    """Values of one key that meet all of `wanted`: empty for an absent key, None where there are none.

    Raises:
        Undecided: the budget ran out.
    """
    absent = () if domain.optional and all(_when_absent(one.condition) == one.holds for one in wanted) else None
    if (absent is not None and not domain.usual) or not domain.present:
        return absent
    try:
        values = _some_values(wanted, domain, budget)
    except Undecided:
        if absent is None:
            raise
        return absent
    return absent if values is None else values


def _some_values(wanted: Sequence[Wanted], domain: Domain, budget: Budget) -> Values | None:
    """Values of one key that is there, or None where there are none that meet all of `wanted`."""
    rest: list[Wanted] = []
    for one in wanted:
        if one.condition.operator.name != "Null":
            rest.append(one)
        elif conditions.truth(one.condition, {one.condition.key: ("x",)}) != one.holds:
            return None
    value = _one_value(rest, domain, budget)
    if value is not None:
        return (value,)
    return _several_values(rest, domain, budget)


def _when_absent(condition: Condition) -> bool:
    return bool(conditions.truth(condition, {}))


def _several_values(wanted: list[Wanted], domain: Domain, budget: Budget) -> Values | None:
    """Several values, where operators with a quantifier ask for more than one can give."""
    every: list[Wanted] = []
    some: list[Wanted] = []
    for one in wanted:
        quantifier = one.condition.operator.quantifier
        if not quantifier:
            return None
        (every if (quantifier == "ForAllValues") == one.holds else some).append(one)
    if len(some) < 2:
        return None
    values = [_one_value([*every, one], domain, budget) for one in some]
    return None if None in values else tuple(value for value in values if value is not None)


def _one_value(wanted: list[Wanted], domain: Domain, budget: Budget) -> str | None:
    text = [one for one in wanted if one.condition.operator.comparison.text]
    found = _text(text, domain, budget)
    if len(text) == len(wanted) or (found is None and text):
        return found
    for candidate in _candidates(wanted):
        if _fits(candidate, domain.within, domain.outside) and all(_met(one, candidate) for one in wanted):
            return candidate
    if text and not (domain.within and any(_spells(one) for one in wanted)):
        raise Undecided  # texts and, say, addresses on one key: the candidates need not be all there is
    return None


def _spells(wanted: Wanted) -> bool:
    """Whether a condition names all values that a key with a form of its own can have."""
    operator = wanted.condition.operator
    return operator.comparison.name in ("NumericEquals", "Bool") and operator.negated != wanted.holds


def _text(wanted: list[Wanted], domain: Domain, budget: Budget) -> str | None:
    within: list[Sequence[Glob]] = list(domain.within)
    outside = list(domain.outside)
    for condition, holds in wanted:
        if holds != condition.operator.negated:
            within.append(_globs(condition, widest=True))
        else:
            outside += _globs(condition, widest=False)
    if not within:
        within.append((glob("?*"),))
    # What lies wholly outside has no instance to look for: of `repo:acme/app:*` all is among `repo:acme/*`.
    within = [[one for one in group if not any(other.takes_all_of(one) for other in outside)] for group in within]
    if not all(within):
        return None
    finite = _finite(within, outside)
    if finite is not None:
        budget.spend(len(finite))
        return next((one for one in finite if _fits(one, within, outside)), None)
    budget.spend(len(_FILLINGS))
    likely = (one.instance(*filling) for group in within for one in group[:_FEW] for filling in _FILLINGS)
    # Most patterns have plain instances that fit; only where none does, all texts are searched.
    found = next((one for one in likely if _fits(one, within, outside)), None)
    return patterns.find(within, outside, budget) if found is None else found


_FILLINGS = (("x", "9"), ("", "9"))
_FEW = 8


def _finite(within: Sequence[Sequence[Glob]], outside: Sequence[Glob]) -> list[str] | None:
    """All texts that can be an answer, where some group is of plain texts alone; None where none is.

    Most conditions spell their values out. Then there is nothing to search: a text of that group either fits all the
    rest or does not. Within {"o-a", "o-b"} and "o-?*", outside "o-a": the answer is "o-b". Texts without case stand
    for all their spellings, which is as good unless another pattern tells these apart.
    """
    cased = any(one.tells_case for group in within for one in group) or any(one.tells_case for one in outside)
    best: list[str] | None = None
    for group in within:
        texts = [one.literal for one in group if one.literal is not None and not (one.ignore_case and cased)]
        if len(texts) == len(group) and (best is None or len(texts) < len(best)):
            best = texts
    return best


def _fits(value: str, within: Sequence[Sequence[Glob]], outside: Sequence[Glob]) -> bool:
    """Whether a text is in every group, and in none of what is outside."""
    inside = all(any(one.matches(value) for one in group) for group in within)
    return inside and not any(one.matches(value) for one in outside)


def _globs(condition: Condition, widest: bool) -> tuple[Glob, ...]:
    """What the condition's values match; a policy variable may stand for anything, and for certain for nothing."""
    read = condition.operator.comparison.read
    found: list[Glob] = []
    for value in condition.values:
        plain = patterns.escaped(value)
        if condition.literal or "${" not in plain:
            found.append(cast("Glob", read(value)))
        elif widest:
            name = condition.operator.comparison.name
            wild = value if "Like" in name or name in ("Action", "Resource") else patterns.taken_literally(value)
            found.append(glob(patterns.escaped(arns.without_variables(wild))))
    return tuple(found)


def _met(wanted: Wanted, value: str) -> bool:
    """Whether one value meets the condition as wished, whatever its quantifier."""
    holds = conditions.truth(wanted.condition, {wanted.condition.key: (value,)})
    return holds is None or holds == wanted.holds


def _candidates(wanted: Iterable[Wanted]) -> Iterable[str]:
    """Values that can tell apart what the operators on numbers, dates, Booleans and addresses tell apart."""
    for one in wanted:
        comparison = one.condition.operator.comparison
        make = next((make for family, make in _AROUND.items() if comparison.name.startswith(family)), _spelled)
        for value in one.condition.values:
            yield from make(value, comparison)
    yield from ("203.0.113.77", "2001:db8::77")


def _numbers(value: str, comparison: Comparison) -> Iterable[str]:
    number = comparison.read(value)
    assert isinstance(number, float)  # noqa: S101
    return (f"{around:.15g}" for around in (number, number - 1, number + 1))


def _dates(value: str, comparison: Comparison) -> Iterable[str]:
    moment = comparison.read(value)
    assert isinstance(moment, float)  # noqa: S101
    for around in (moment, moment - 1, moment + 1):
        try:
            date = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=around)
        except OverflowError:
            continue
        yield date.strftime("%Y-%m-%dT%H:%M:%SZ")


def _booleans(_value: str, _comparison: Comparison) -> Iterable[str]:
    return ("true", "false")


def _addresses(value: str, _comparison: Comparison) -> Iterable[str]:
    network = ipaddress.ip_network(value, strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = type(network.network_address)
    for number in (first, last, first - 1, last + 1):
        if 0 <= number < 1 << network.max_prefixlen:
            yield str(kind(number))


def _spelled(value: str, _comparison: Comparison) -> Iterable[str]:
    return (value,)


_AROUND: dict[str, Callable[[str, Comparison], Iterable[str]]] = {
    "Numeric": _numbers,
    "Date": _dates,
    "Bool": _booleans,
    "IpAddress": _addresses,
}
