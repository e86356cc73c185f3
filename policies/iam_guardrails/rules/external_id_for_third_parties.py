"""A third party that assumes roles of many customers is told by an external id which customer it acts for."""

from __future__ import annotations

from iam_guardrails.findings import Finding
from iam_guardrails.iam.documents import Document, Statement
from iam_guardrails.iam.patterns import matches
from iam_guardrails.iam.principals import Kind
from iam_guardrails.iam.zone import Zone
from iam_guardrails.rules.base import Rule, named

RULE = Rule(
    name="external-id-for-third-parties",
    title="A principal of another owner must give an external id",
    severity="medium",
    blocking=False,
    why="Without it the third party can be led by one customer to act on the account of another.",
    remediation='Add "StringEquals": {"sts:ExternalId": "<an id the third party keeps for you>"}.',
    references=(
        "IAM user guide: Access to AWS accounts owned by third parties",
        "IAM user guide: The confused deputy problem",
    ),
    docs="docs/rules/external-id-for-third-parties.md",
)

_AWS = (Kind.ACCOUNT, Kind.USER, Kind.ROLE, Kind.SESSION, Kind.FEDERATED_USER)


def check(document: Document, zone: Zone) -> list[Finding]:
    """One finding for each Allow that trusts another owner's principal without an external id."""
    return [
        RULE.finding(
            f"{named(statement)} trusts {other} of another owner without an external id",
            statement.at("Principal"),
            statement=statement,
            evidence={"value": other},
        )
        for statement in document.statements
        if statement.allow and (other := _third_party(statement, zone)) and not _asks_for_id(statement, zone)
    ]


def _third_party(statement: Statement, zone: Zone) -> str:
    for principal in statement.principals:
        if principal.kind in _AWS and principal.account not in (zone.accounts or ()):
            return principal.text
    return ""


def _asks_for_id(statement: Statement, zone: Zone) -> bool:
    """Whether the caller must give an id that was agreed on, or is a member of a trusted organization."""
    for condition in statement.conditions:
        operator = condition.operator
        if operator.negated or operator.when_absent or not operator.comparison.text:
            continue
        if condition.key == "sts:externalid" and not any(matches(one, "an id nobody gave") for one in condition.values):
            return True
        if condition.key == "aws:principalorgid" and set(condition.values) <= set(zone.organizations):
            return True
    return False
