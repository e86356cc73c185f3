"""On whose behalf services act: the sources that a statement names, and those among them that nobody trusts.

A service that may act for whomever it likes names nobody: that is another question (the rule `confused-deputy`).
Source: IAM user guide, "The confused deputy problem".
"""

from __future__ import annotations

from collections.abc import Callable

from iam_guardrails.language import arns, patterns
from iam_guardrails.language.conditions import Condition
from iam_guardrails.language.documents import Document, Statement
from iam_guardrails.language.patterns import ACCOUNT_ID, Glob, glob
from iam_guardrails.reasoning.search import Domain
from iam_guardrails.reasoning.zone import Zone


def external_sources(statement: Statement, zone: Zone) -> dict[str, tuple[Glob, ...]]:
    """The sources outside the zone on whose behalf an Allow lets services in by name, by condition key."""
    found: dict[str, tuple[Glob, ...]] = {}
    for condition in _positive(statement):
        is_external = _IS_EXTERNAL[condition.key]
        named = tuple(glob(value) for value in condition.values if "$" not in value and is_external(value, zone))
        if named:
            found[condition.key] = found.get(condition.key, ()) + named
    return found


def source_conditions(statement: Statement) -> set[str]:
    """The source keys that a statement compares with what they shall be."""
    return {condition.key for condition in _positive(statement)}


def _positive(statement: Statement) -> list[Condition]:
    return [
        one
        for one in statement.conditions
        if one.key in _IS_EXTERNAL and one.operator.comparison.text and not one.operator.negated
    ]


def is_account(text: str) -> bool:
    """Whether a text is an account id."""
    return len(text) == 12 and text.isdigit()


def _is_external_account(value: str, zone: Zone) -> bool:
    return is_account(value) and value not in zone.inside


def _is_external_arn(value: str, zone: Zone) -> bool:
    arn = arns.split(value)
    return arn is not None and _is_external_account(arn.account, zone) and not patterns.includes(zone.principals, value)


def _is_external_organization(value: str, zone: Zone) -> bool:
    organization = value.partition("/")[0]
    return not any(wild in organization for wild in "*?") and organization not in zone.organizations


_IS_EXTERNAL: dict[str, Callable[[str, Zone], bool]] = {
    "aws:sourceaccount": _is_external_account,
    "aws:sourcearn": _is_external_arn,
    "aws:sourceorgid": _is_external_organization,
    "aws:sourceorgpaths": _is_external_organization,
}
SOURCE_KEYS = frozenset(_IS_EXTERNAL)
"""The keys that tell on whose behalf a service asks, which requests of services alone carry.

Source: IAM user guide, "AWS global condition context keys", the availability of each of them.
"""


def somebody(document: Document, zone: Zone) -> dict[str, Domain]:
    """What a request holds under each source key that a service makes on behalf of somebody whom nobody named.

    That is an account that the zone does not trust and no condition of the document spells out: one that is spelled out
    is meant, rightly or not. An ARN without an account, such as a bucket's, may be anybody's.
    """
    accounts, organizations = {*zone.inside, zone.own_account}, {*zone.organizations, zone.own_organization}
    for condition in (one for statement in document.statements for one in statement.conditions):
        if condition.key in SOURCE_KEYS or condition.key == _OWNER:
            accounts.update(value for value in condition.values if is_account(value))
            accounts.update(arn.account for arn in map(arns.split, condition.values) if arn and is_account(arn.account))
            organizations.update(one.partition("/")[0] for one in condition.values if one.startswith("o-"))
    account = Domain(within=((ACCOUNT_ID,),), outside=tuple(glob(one, wild=False) for one in sorted(accounts)))
    arn = Domain(
        within=((Glob("arn:*:*:*:????????????:*", parts=True, digits=True), glob("arn:*:?*:*::?*", parts=True)),),
        outside=tuple(glob(f"arn:*:*:*:{one}:*", parts=True) for one in sorted(accounts)),
    )
    named = [one for one in sorted(organizations) if not any(wild in one for wild in "*?")]
    return {
        "aws:sourceaccount": account,
        _OWNER: account,
        "aws:sourcearn": arn,
        "aws:sourceorgid": Domain(within=((glob("o-?*"),),), outside=tuple(glob(one) for one in named)),
        "aws:sourceorgpaths": Domain(within=((glob("o-?*/*"),),), outside=tuple(glob(f"{one}/*") for one in named)),
    }


_OWNER = "aws:sourceowner"
