"""Is there a request of a caller class that one Allow allows and no Deny denies?

Every condition of the Allow has to hold, and of each Deny some one part has to fail: a condition, its principal, its
action, its resource. The search picks a part for one Deny after the other and goes back where the values that are left
for a key run out:

    Allow * if aws:PrincipalArn like *; Deny if aws:PrincipalOrgID is not o-ours; Deny if aws:SecureTransport is false

First Deny: its condition has to fail, so PrincipalOrgID must be o-ours: no external caller has it. There is no other
part to fail, so no request is found. In the same way, an external token has to fail each trusted kind of token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from iam_guardrails.language.conditions import Condition, Values
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.patterns import Budget, glob
from iam_guardrails.language.principals import Kind
from iam_guardrails.reasoning import search
from iam_guardrails.reasoning.callers import CallerClass, equal_arns
from iam_guardrails.reasoning.contexts import PRINCIPAL_ARN
from iam_guardrails.reasoning.requests import Request
from iam_guardrails.reasoning.search import ACTION, RESOURCE, Domain, Wanted
from iam_guardrails.reasoning.zone import Zone


def find_request(
    document: Document,
    statement: Statement,
    caller: CallerClass,
    denies: Sequence[Statement],
    zone: Zone,
    budget: Budget,
) -> Request | None:
    """A request of `caller` that `statement` allows and no Deny denies, or None.

    Args:
        document: the document.
        statement: an Allow of it.
        caller: the class of callers.
        denies: its Denies.
        zone: who is trusted, and whose the resource is.
        budget: steps that may be spent.

    Raises:
        Undecided: the budget ran out.
    """
    own = _own_resource(zone)
    wanted = [Wanted(_about(condition, own)) for condition in (*statement.conditions, *caller.required)]
    wanted.append(Wanted(search.element(ACTION, statement.actions, statement.not_actions)))
    if document.kind is DocumentKind.RESOURCE:
        wanted.append(Wanted(_resource_of(statement)))
    if _solved(wanted, caller, budget) is None:
        return None
    fails = [[tuple(Wanted(one, False) for one in failing) for failing in entry] for entry in caller.fails]
    denied = [_escapes(deny, caller, document.kind, own) for deny in denies]
    escapes = [*fails, *([(one,) for one in escape] for escape in denied if escape is not None)]
    solution = _escaping(wanted, escapes, caller, budget)
    if solution is None:
        return None
    asked = {key: values for key, values in own.items() if _is_compared(key, (statement, *denies))}
    return _as_request(solution, caller, asked)


# --- whose the resource is --------------------------------------------------------------------------------------------


def _own_resource(zone: Zone) -> dict[str, Values]:
    """What AWS puts for the variables that say whose the resource is: the document is the operator's own."""
    return {
        "aws:resourceaccount": (zone.own_account,),
        "aws:resourceorgid": (zone.own_organization,),
        "aws:resourceorgpaths": (f"{zone.own_organization}/r-own/",),
    }


def _about(condition: Condition, own: dict[str, Values]) -> Condition:
    """A condition with these variables filled in."""
    if condition.literal or not any("${" in value for value in condition.values):
        return condition
    values = tuple(_filled(value, own) for value in condition.values)
    return condition if values == condition.values else condition._replace(values=values)


def _filled(value: str, own: dict[str, Values]) -> str:
    for key, (one,) in own.items():
        start = value.lower().find("${" + key + "}")
        if start >= 0:
            value = value[:start] + one + value[start + len(key) + 3 :]
    return value


def _is_compared(key: str, statements: Sequence[Statement]) -> bool:
    variable = "${" + key + "}"
    return any(
        variable in value.lower() for one in statements for condition in one.conditions for value in condition.values
    )


# --- the Allow --------------------------------------------------------------------------------------------------------


def _resource_of(statement: Statement) -> Condition:
    return search.element(RESOURCE, statement.resources, statement.not_resources, statement.literal)


def _solved(wanted: Sequence[Wanted], caller: CallerClass, budget: Budget) -> dict[str, Values] | None:
    """Values for every key of `wanted`, or None where one of them cannot be had."""
    by_key: dict[str, list[Wanted]] = {}
    for one in wanted:
        by_key.setdefault(one.condition.key, []).append(one)
    solution: dict[str, Values] = {}
    for key, of_key in by_key.items():
        budget.spend(1)
        values = search.solve(of_key, _domain(key, caller), budget)
        if values is None:
            return None
        solution[key] = values
    return solution


def _domain(key: str, caller: CallerClass) -> Domain:
    if key == ACTION:
        return search.exactly(*caller.actions) if caller.actions else Domain(False, within=((glob("?*:?*"),),))
    if key == RESOURCE:
        return Domain(optional=False)
    return caller.domain(key)


# --- the Denies -------------------------------------------------------------------------------------------------------


class _Applies(Enum):
    """Whether a Deny is about a caller, where that depends on nothing."""

    ALWAYS = 1
    NEVER = 2


@dataclass(frozen=True)
class _AppliesIf:
    """A Deny is about a caller where a condition on its ARN holds."""

    condition: Condition


def _escapes(deny: Statement, caller: CallerClass, kind: DocumentKind, own: dict[str, Values]) -> list[Wanted] | None:
    """What would each keep a Deny from applying to the caller; None where it never applies."""
    applies = _applies(deny, caller)
    if applies is _Applies.NEVER:
        return None
    escapes = [Wanted(_about(condition, own), False) for condition in deny.conditions]
    if isinstance(applies, _AppliesIf):
        escapes.append(Wanted(applies.condition, False))
    escapes.append(Wanted(search.element(ACTION, deny.actions, deny.not_actions), False))
    if kind is DocumentKind.RESOURCE:
        escapes.append(Wanted(_resource_of(deny), False))
    return escapes


def _applies(deny: Statement, caller: CallerClass) -> _Applies | _AppliesIf:
    """Whether a Deny is about the caller: always, never, or depending on the caller's ARN."""
    who = caller.principal
    named, other = (_Applies.NEVER, _Applies.ALWAYS) if deny.not_principals else (_Applies.ALWAYS, _Applies.NEVER)
    exact: list[str] = []
    for principal in deny.principals:
        if principal.kind is Kind.EVERYONE or principal.text == who.text:
            return named
        if who.kind in (Kind.OIDC, Kind.SAML, Kind.SERVICE):
            continue  # no principal of any account, although the account vouches for its provider
        if principal.kind is Kind.ACCOUNT and who.account and principal.account == who.account:
            return named
        if principal.kind in (Kind.USER, Kind.ROLE) and principal.account == who.account:
            exact.append(principal.text)
    if exact:
        return _AppliesIf(equal_arns(tuple(exact), negated=deny.not_principals))
    return other


_Escape: TypeAlias = tuple[Wanted, ...]
"""What together keeps one Deny, or one trusted kind of token, from applying."""


def _escaping(
    wanted: list[Wanted], escapes: Sequence[Sequence[_Escape]], caller: CallerClass, budget: Budget
) -> dict[str, Values] | None:
    """A solution that takes one escape from each Deny and from each trusted kind of token.

    First what has to be: an escape that is the only possible one. Then one after the other is tried, and where one
    leads nowhere, the others are tried with the opposite of it, since whatever it allows has been looked at:

        trusted: environment prod on main; environment dev on main; wanted: prod or dev, on main or next
        environment not prod: so dev, which leaves ref not main: environment dev on next is found
    """
    open_escapes = _narrowed(wanted, escapes, caller, budget)
    if open_escapes is None:
        return None
    wanted, rest = open_escapes
    if not rest:
        return _solved(wanted, caller, budget)
    first, *others = rest
    for escape in first:
        solution = _escaping([*wanted, *escape], others, caller, budget)
        if solution is not None:
            return solution
        opposite = escape[0]._replace(holds=not escape[0].holds)
        if opposite.condition.operator.comparison.text:
            if not _is_possible(wanted, (opposite,), caller, budget):
                return None
            wanted = [*wanted, opposite]
    return None


def _narrowed(
    wanted: list[Wanted], escapes: Sequence[Sequence[_Escape]], caller: CallerClass, budget: Budget
) -> tuple[list[Wanted], Sequence[Sequence[_Escape]]] | None:
    """What is wanted with every escape that has no alternative, and the choices that are left; None if one has none."""
    while True:
        met, possible = set(wanted), dict[_Escape, bool]()
        rest: list[Sequence[_Escape]] = []
        forced: list[Wanted] = []
        for choices in escapes:
            if any(met.issuperset(one) for one in choices):
                continue
            for one in choices:
                if one not in possible:
                    possible[one] = _is_possible(wanted, one, caller, budget)
            left = [one for one in choices if possible[one]]
            if not left:
                return None
            if len(left) == 1:
                forced += left[0]
            else:
                rest.append(left)
        if not forced:
            return wanted, rest
        wanted, escapes = [*wanted, *dict.fromkeys(forced)], rest


def _is_possible(wanted: list[Wanted], escape: _Escape, caller: CallerClass, budget: Budget) -> bool:
    """Whether the keys of an escape can have values that suit the rest as well, each key by itself."""
    budget.spend(_COST)
    keys = {one.condition.key for one in escape}
    return _solved([one for one in (*wanted, *escape) if one.condition.key in keys], caller, budget) is not None


_COST = 10
"""Steps for one look at a key, which is dearer than a step of the search for a text."""


# --- the witness ------------------------------------------------------------------------------------------------------


def _as_request(solution: dict[str, Values], caller: CallerClass, own: dict[str, Values]) -> Request:
    """The solution, filled up with what every such request carries."""
    action = solution.pop(ACTION)[0]
    resource = solution.pop(RESOURCE, ("*",))[0]
    who = caller.principal
    context = {**own, **{key: values for key, values in solution.items() if values}}
    if who.kind is Kind.SERVICE and "aws:principalservicename" in context:
        name = context["aws:principalservicename"][0]
        who = who._replace(text=name, name=name)
    if who.account and who.kind not in (Kind.OIDC, Kind.SAML):
        arn = context.get(PRINCIPAL_ARN)
        if arn is None:
            arn = (_arn_of(caller, context.get("aws:username", ())),)
        context[PRINCIPAL_ARN] = arn
        context["aws:principalaccount"] = (who.account,)
        if not who.name:
            who = who._replace(text=arn[0])
    return Request(who, action, resource, context)


def _arn_of(caller: CallerClass, username: Values) -> str:
    """An ARN for a caller of whom the document asks none."""
    who = caller.principal
    if who.kind is Kind.SESSION:
        return f"{who.text.partition(':sts:')[0]}:iam::{who.account}:role/{who.name.partition('/')[0]}"
    return who.text.removesuffix("stranger") + username[0] if username and not who.name else who.text
