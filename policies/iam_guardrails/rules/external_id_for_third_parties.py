"""A third party that assumes roles of many customers is told by an external id which customer it acts for."""

from __future__ import annotations

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.patterns import Glob
from iam_guardrails.language.principals import Kind, Principal
from iam_guardrails.reasoning.external_access import admits
from iam_guardrails.reasoning.search import Domain
from iam_guardrails.reasoning.zone import Zone
from iam_guardrails.rules.base import Rule, Scope, named, well_architected
from iam_guardrails.settings import Settings

RULE = Rule(
    id="external-id-for-third-parties",
    title="A principal of another owner must give an external id",
    severity="medium",
    level="warning",
    why="Without it the third party can be led by one customer to act on the account of another.",
    remediation='Add "StringEquals": {"sts:ExternalId": "<an id the third party keeps for you>"}.',
    sources=(
        "IAM user guide: Access to AWS accounts owned by third parties",
        "IAM user guide: The confused deputy problem",
    ),
    scope=Scope.DOCUMENT,
    kinds=(DocumentKind.TRUST,),
    requirements=(well_architected("SEC03-BP09"),),
)

_EXTERNAL_ID = "sts:externalid"
_AWS = (Kind.ACCOUNT, Kind.USER, Kind.ROLE, Kind.SESSION, Kind.FEDERATED_USER)


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each Allow that trusts another owner's principal without an external id."""
    zone = settings.zone
    if zone.accounts is None:
        return []  # nobody said who is another owner
    return [
        RULE.finding(
            f"{named(statement)} trusts {other.text} of another owner without an external id",
            statement.at("NotPrincipal" if statement.not_principals else "Principal"),
            statement=statement,
            evidence={"value": other.text},
        )
        for statement in document.statements
        if statement.allow
        and (other := _third_party(statement, zone)) is not None
        and admits(document, statement, other, zone, {_EXTERNAL_ID: _any_but_the_agreed(document)})
    ]


def _any_but_the_agreed(document: Document) -> Domain:
    """No external id, or one that the document does not spell out."""
    agreed = (
        condition.operator.comparison.read(value)
        for statement in document.statements
        for condition in statement.conditions
        if condition.key == _EXTERNAL_ID
        for value in condition.values
        if "Like" not in condition.operator.name or not ("*" in value or "?" in value)
    )
    return Domain(outside=tuple(id_ for id_ in agreed if isinstance(id_, Glob)))


def _third_party(statement: Statement, zone: Zone) -> Principal | None:
    for principal in statement.principals:
        if principal.kind in _AWS and principal.account not in (zone.accounts or ()):
            return principal
    return None
