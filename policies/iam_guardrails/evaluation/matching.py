"""Whether one statement applies to one request, and the first reason why not.

Three answers: yes, no, and not known (None). One element that surely does not match settles it, whatever is unknown of
the others.

Sources, pages of the IAM user guide: the elements (`reference_policies_elements_action`, `..._resource`), operators and
absent keys (`reference_policies_elements_condition_operators`), several values
(`reference_policies_condition-single-vs-multi-valued-context-keys`), variables (`reference_policies_variables`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from iam_guardrails.evaluation.callers import Caller, Named, named, spared
from iam_guardrails.language import conditions, patterns
from iam_guardrails.language.conditions import Condition, Values
from iam_guardrails.language.documents import Statement

SECRET_KEYS = frozenset(("sts:externalid",))
"""Keys whose values are not told: some treat them as a password."""


class Request(NamedTuple):
    """One call, as far as it is known.

    Attributes:
        caller: who asks.
        action: what is asked for, such as `s3:GetObject`.
        resource: the ARN it is asked of; "*" for an action that has no resource, which only `"*"` matches.
        context: condition keys in lower case with their values; () where the request surely lacks the key, None where
            that is not known. Nor is it of all keys that are not in it.
        absent: keys in lower case, or beginnings of keys that end in "/", that the request lacks unless `context` has
            them.
        complete: whether it lacks every key that `context` does not have.
        resource_account: the twelve digits of the account that the resource is in, for ARNs that do not say it; None
            where it is not known.
        has_boundary: whether the caller has a permissions boundary; `evaluate` sets it.
    """

    caller: Caller
    action: str
    resource: str = "*"
    context: Mapping[str, Values | None] = {}
    absent: tuple[str, ...] = ()
    complete: bool = False
    resource_account: str | None = None
    has_boundary: bool = False

    def values(self, key: str) -> Values | None:
        """The values of a condition key in lower case; None where they are not known."""
        if key in self.context:
            return self.context[key]
        lacks = self.complete or any(key == one or (one.endswith("/") and key.startswith(one)) for one in self.absent)
        return () if lacks else None


class Match(NamedTuple):
    """Whether a statement, or a part of it, applies.

    Attributes:
        holds: None where it is not known.
        reason: why it does not, or why it is not known; "" where it holds.
        unknown: the condition keys that would have to be known.
    """

    holds: bool | None
    reason: str = ""
    unknown: tuple[str, ...] = ()


_YES = Match(True)


def match(statement: Statement, request: Request, *, for_resource: bool) -> tuple[Match, Named]:
    """Whether a statement applies, and how it names the caller.

    Args:
        statement: the statement.
        request: the request.
        for_resource: whether its document is attached to a resource or role, and so names principals.
    """
    how = named(statement.principals, request.caller) if for_resource else Named.DIRECTLY
    return _all(_parts(statement, request, how, for_resource)), how


def _parts(statement: Statement, request: Request, how: Named, for_resource: bool) -> Iterator[Match]:
    if for_resource:
        yield _principal(statement, request, how)
    yield _action(statement, request)
    # A trust policy has no Resource: it speaks of its own role.
    if not for_resource or "Resource" in statement.source or "NotResource" in statement.source:
        yield _resource(statement, request)
    for condition in statement.conditions:
        yield _condition(condition, request)


def _all(parts: Iterable[Match]) -> Match:
    """All of them: the first that does not hold, else the unknown ones together, else yes."""
    unknown: list[Match] = []
    for part in parts:
        if part.holds is False:
            return part
        if part.holds is None:
            unknown.append(part)
    if not unknown:
        return _YES
    keys = dict.fromkeys(key for one in unknown for key in one.unknown)
    return Match(None, "; ".join(one.reason for one in unknown), tuple(keys))


def _principal(statement: Statement, request: Request, how: Named) -> Match:
    if statement.not_principals:
        out = spared(statement.principals, request.caller, has_boundary=request.has_boundary)
        if out is None:
            return Match(None, "NotPrincipal names the caller, but not all of account, role and session, as AWS asks")
        return Match(False, "NotPrincipal spares the caller") if out else _YES
    if how is Named.UNKNOWN:
        return Match(None, "whether Principal names the caller is not known")
    texts = _listed(one.text for one in statement.principals)
    return _YES if how is not Named.NOT else Match(False, f"Principal names {texts}, not the caller")


def _action(statement: Statement, request: Request) -> Match:
    met = next((one for one in statement.actions if patterns.matches(one, request.action, True)), None)
    if statement.not_actions:
        return _YES if met is None else Match(False, f"NotAction excepts {met}")
    return _YES if met is not None else Match(False, f"Action is {_listed(statement.actions)}")


def _resource(statement: Statement, request: Request) -> Match:
    found = [_touches(pattern, statement.literal, request) for pattern in statement.resources]
    unknown = [one for one in found if one.holds is None]
    if any(one.holds for one in found):
        return Match(False, f"NotResource excepts {request.resource}") if statement.not_resources else _YES
    if unknown:
        return Match(None, unknown[0].reason, tuple(key for one in unknown for key in one.unknown))
    if not statement.not_resources:
        return Match(False, f"Resource is {_listed(statement.resources)}")
    unset = next((one for one in found if one.reason), None)
    # AWS: a variable that cannot be resolved may make the whole statement invalid.
    return Match(None, unset.reason) if unset else _YES


def _touches(pattern: str, literal: bool, request: Request) -> Match:
    if literal or "${" not in pattern:
        # Under the old version, `${*}` is text like any other variable.
        text = pattern if literal else patterns.escaped(pattern)
        return Match(patterns.matches(text, request.resource))
    filled = _filled(pattern, request)
    if filled.text is None:
        return Match(None if filled.unknown else False, filled.reason, filled.unknown)
    return Match(patterns.matches(patterns.escaped(filled.text), request.resource))


class _Filled(NamedTuple):
    """A text with its variables filled in; None where one of them cannot be, and why."""

    text: str | None
    reason: str = ""
    unknown: tuple[str, ...] = ()


def _filled(text: str, request: Request) -> _Filled:
    keys = conditions.variables(text)
    unknown = tuple(key for key in keys if request.values(key) is None)
    if unknown:
        return _Filled(None, f"the value of the variable {unknown[0]} is not known", unknown)
    filled = conditions.fill_in(text, {key: request.values(key) for key in keys})
    return _Filled(filled) if filled else _Filled(None, f'the request has no value for a variable in "{text}"')


def _condition(condition: Condition, request: Request) -> Match:
    name, key = condition.operator.name, condition.key
    values = request.values(key)
    if values is None:
        return Match(None, f"whether the request carries {key} is not known", (key,))
    if condition.operator.name == "Null":
        held = conditions.truth(condition, {key: values})
        return Match(held, "" if held else f"Null {key}: the request {'carries' if values else 'lacks'} it")
    if condition.operator.quantifier:
        # To AWS, an empty text among several values is no value.
        values = tuple(value for value in values if value)
    if not values:
        held = condition.operator.when_absent
        return Match(held, "" if held else f"{name} {key}: the request lacks this key")
    return _compared(condition, values, request)


def _compared(condition: Condition, values: Values, request: Request) -> Match:
    """Whether values that are there meet the condition."""
    filled = [_filled_value(one, condition.literal, request) for one in condition.values]
    open_ones = [one for one in filled if one.text is None]
    texts = [one.text for one in filled if one.text is not None]

    def met(value: str) -> bool | None:
        found = any(conditions.meets(condition.operator.comparison, value, one) for one in texts)
        if not found and open_ones:
            # Compared with a variable that has no value, a positive operator fails; a negated one AWS leaves open.
            sure = not condition.operator.negated and not any(one.unknown for one in open_ones)
            return False if sure else None
        return found != condition.operator.negated

    held = _quantified(condition.operator.quantifier, [met(value) for value in values])
    if held:
        return _YES
    reason = f"{condition.operator.name} {condition.key}: {_difference(condition, values)}"
    if held is None and open_ones:
        reason = f"{condition.operator.name} {condition.key}: {open_ones[0].reason}"
    return Match(held, reason, tuple(key for one in open_ones for key in one.unknown) if held is None else ())


def _filled_value(text: str, literal: bool, request: Request) -> _Filled:
    if literal:
        # `${$}` is how a dollar sign is written that begins no variable.
        return _Filled(text.replace("$", "${$}"))
    return _filled(text, request) if "${" in text else _Filled(text)


def _quantified(quantifier: str, found: list[bool | None]) -> bool | None:
    if quantifier == "ForAllValues":
        return both(*found)
    if quantifier == "ForAnyValue" or len(set(found)) == 1:
        return either(found)
    return None  # AWS does not say how a plain operator takes several values


def _difference(condition: Condition, values: Values) -> str:
    if condition.key in SECRET_KEYS:
        return "the request's value is another one"
    return f"the policy has {_listed(condition.values)}, the request {_listed(values)}"


def _listed(texts: Iterable[str], most: int = 4) -> str:
    shown = list(texts)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(f'"{one}"' for one in shown[:most]) + more


def either(found: Iterable[bool | None]) -> bool | None:
    """Or, in three values."""
    known = set(found)
    return True if True in known else None if None in known else False


def both(*found: bool | None) -> bool | None:
    """And, in three values."""
    return False if False in found else None if None in found else True
