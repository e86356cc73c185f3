"""A service that acts for every customer of AWS must say for whom it acts this time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.principals import Kind, Principal
from iam_guardrails.reasoning import tables
from iam_guardrails.reasoning.external_access import admits, find_external_access
from iam_guardrails.reasoning.search import Domain
from iam_guardrails.reasoning.sources import SOURCE_KEYS, somebody
from iam_guardrails.rules.base import Rule, Scope, named, well_architected
from iam_guardrails.settings import Settings

RULE = Rule(
    id="confused-deputy",
    title="A trusted service must act for the own account",
    severity="medium",
    level="warning",
    why="Another customer of the service can make it act on the role or resource in this account.",
    remediation='Add "StringEquals": {"aws:SourceAccount": "<your account>"}, or "ArnLike" on "aws:SourceArn".',
    sources=("IAM user guide: Cross-service confused deputy prevention",),
    scope=Scope.DOCUMENT,
    kinds=(DocumentKind.TRUST, DocumentKind.RESOURCE),
    requirements=(well_architected("SEC03-BP07"),),
)


@lru_cache(maxsize=1)
def _supporting() -> dict[str, frozenset[str]]:
    """The services that send the source, by the kind of document it counts in."""
    rows = cast("list[dict[str, object]]", tables.data("confused_deputy.json"))
    return {
        kind: frozenset(str(row["service"]) for row in rows if kind in cast("list[str]", row["supported_in"]))
        for kind in ("trust", "resource")
    }


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each Allow that trusts a service whoever it acts for."""
    findings: list[Finding] = []
    who: dict[str, Domain] | None = None
    for statement in document.statements:
        if not statement.allow:
            continue
        for service in _services(statement, document.kind):
            who = somebody(document, settings.zone) if who is None else who
            if admits(document, statement, service, settings.zone, who) and not _is_open(document, statement, settings):
                findings.append(_finding(statement, service.text, document.kind))
                break
    return findings


def _is_open(document: Document, statement: Statement, settings: Settings) -> bool:
    """Whether a statement for everybody lets in more than services: that is said already, and worse."""
    if not any(one.kind is Kind.EVERYONE for one in statement.principals):
        return False
    return any(path.statement is statement for path in find_external_access(document, settings.zone))


def _services(statement: Statement, kind: DocumentKind) -> Iterator[Principal]:
    """The services that an Allow lets in, by name or by a condition that services alone meet."""
    supporting = _supporting()[kind.value]
    for principal in statement.principals:
        if principal.kind is Kind.SERVICE and principal.name in supporting:
            yield principal
        elif principal.kind is Kind.EVERYONE:
            yield from _by_condition(statement, supporting)


def _by_condition(statement: Statement, supporting: frozenset[str]) -> Iterator[Principal]:
    about = [one for one in statement.conditions if one.key in _OF_SERVICES and not one.operator.negated]
    compared = [one for one in about if one.key in _NAMES and one.operator.comparison.text]
    names = [value for one in compared for value in one.values if not any(wild in value for wild in "*?")]
    for name in names:
        if name in supporting:
            yield Principal(Kind.SERVICE, name, name=name)
    if about and not names:
        yield Principal(Kind.SERVICE, "every AWS service")


_NAMES = frozenset(("aws:principalservicename", "aws:principalservicenameslist"))
_OF_SERVICES = _NAMES | SOURCE_KEYS | {"aws:principalisawsservice"}
"""Keys by which a statement for everybody means services. Source: IAM user guide, global condition context keys."""


def _finding(statement: Statement, service: str, kind: DocumentKind) -> Finding:
    in_trust = kind is DocumentKind.TRUST
    where = "assume the role" if in_trust else "use the resource"
    return RULE.finding(
        f"{named(statement)} lets {service} {where} on behalf of any account",
        statement.at("Principal"),
        statement=statement,
        evidence={"value": service},
        # A service gets a role from somebody who may pass it, and only principals of the role's account may: the
        # IAM user guide, "Grant a user permissions to pass a role to an AWS service".
        level="note" if in_trust else "",
    )
