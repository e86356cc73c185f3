"""A service that acts for every customer of AWS must say for whom it acts this time."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.patterns import glob
from iam_guardrails.language.principals import Kind
from iam_guardrails.reasoning import search, tables
from iam_guardrails.reasoning.external_access import admits
from iam_guardrails.reasoning.search import Domain
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

# On behalf of somebody whom no document names.
_ACCOUNT, _ORGANIZATION = "999988887776", "o-somebodyelse"
_SOMEBODY = {
    "aws:sourceaccount": search.exactly(_ACCOUNT, optional=True),
    "aws:sourceowner": search.exactly(_ACCOUNT, optional=True),
    "aws:sourcearn": Domain(within=((glob(f"arn:*:?*:*:{_ACCOUNT}:?*", parts=True),),)),
    "aws:sourceorgid": search.exactly(_ORGANIZATION, optional=True),
    "aws:sourceorgpaths": search.exactly(f"{_ORGANIZATION}/r-a/", optional=True),
}


@lru_cache(maxsize=1)
def _supporting() -> dict[str, frozenset[str]]:
    """The services that send the source, by the kind of document it counts in."""
    rows = cast("list[dict[str, object]]", tables.data("confused_deputy.json"))
    return {
        kind: frozenset(str(row["service"]) for row in rows if kind in cast("list[str]", row["supported_in"]))
        for kind in ("trust", "resource")
    }


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each Allow that trusts such a service whoever it acts for."""
    findings: list[Finding] = []
    for statement in document.statements:
        if not statement.allow:
            continue
        for principal in statement.principals:
            if (
                principal.kind is Kind.SERVICE
                and principal.name in _supporting()[document.kind.value]
                and not _bound(statement)
                and admits(document, statement, principal, settings.zone, _SOMEBODY)
            ):
                findings.append(_finding(statement, principal.text, document.kind))
                break
    return findings


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


def _bound(statement: Statement) -> bool:
    """Whether one condition by itself keeps everybody unnamed out: the usual case, seen at once."""
    for condition in statement.conditions:
        if condition.operator.name == "StringEquals" and condition.key in _SOMEBODY:
            return not any("$" in value for value in condition.values)
    return False
