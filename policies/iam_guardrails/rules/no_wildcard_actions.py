"""An action pattern grants what its author never listed, and whatever AWS adds to it tomorrow."""

from __future__ import annotations

from iam_guardrails.findings import Finding
from iam_guardrails.language import catalogue
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope, cis, fsbp, named
from iam_guardrails.settings import Settings

RULE = Rule(
    id="no-wildcard-actions",
    title="Every allowed action is named in full",
    severity="high",
    level="error",
    why="A wildcard grants actions that nobody chose, and those that AWS adds later.",
    remediation="List the actions that are really used.",
    sources=(
        "IAM user guide: Security best practices in IAM, apply least-privilege permissions",
        "AWS Security Hub: IAM.1, IAM.21",
        "CIS AWS Foundations Benchmark: policies that allow full administrative privileges are not attached",
    ),
    scope=Scope.DOCUMENT,
    kinds=tuple(kind for kind in DocumentKind if kind.grants),
    requirements=(fsbp("IAM.21"), fsbp("IAM.1"), *cis("1.16", "1.15"), LEAST_PRIVILEGE),
    settings=("read_only_wildcards",),
)


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each Allow with a wildcard in its actions, or with NotAction."""
    findings: list[Finding] = []
    for statement in document.statements:
        if not statement.allow:
            continue
        if statement.not_actions:
            findings.append(_everything_else(statement))
            continue
        joined = " ".join(statement.actions)
        if "*" not in joined and "?" not in joined:
            continue
        wild = [action for action in statement.actions if "*" in action or "?" in action]
        if settings.read_only_wildcards == "allow":
            wild = [action for action in wild if not _only_reads(action)]
        if wild and not (document.kind is DocumentKind.RESOURCE and _aws_writes_it(statement)):
            findings.append(_wildcards(statement, wild))
    return findings


def _wildcards(statement: Statement, wild: list[str]) -> Finding:
    shown = ", ".join(f'"{action}"' for action in wild[:5]) + (f" and {len(wild) - 5} more" if len(wild) > 5 else "")
    everything = any(action in ("*", "*:*") for action in wild)
    grants = (
        "every action of every service" if everything else "actions that nobody listed, and those that AWS adds later"
    )
    return RULE.finding(
        f"{named(statement)} allows {shown}: {grants}",
        statement.at("Action", wild[0]),
        statement=statement,
        evidence={"value": wild[0], "values": wild},
        fix=f"list the actions that are used in place of {shown}",
        severity="critical" if everything else "",
    )


def _everything_else(statement: Statement) -> Finding:
    return RULE.finding(
        f"{named(statement)} allows every action except those in NotAction, of every service, now and later",
        statement.at("NotAction"),
        statement=statement,
        evidence={"value": list(statement.actions)},
        fix="replace NotAction by Action with the actions that are used; deny what must never happen in a Deny",
        severity="critical",
    )


def _only_reads(action: str) -> bool:
    try:
        return catalogue.only_reads(action)
    except catalogue.NoCatalogue:
        return False


def _aws_writes_it(statement: Statement) -> bool:
    """Whether AWS itself would write the wildcard into the policy of a resource.

    It does so where a resource leaves it to the IAM policies of whole accounts who may do what (the default policies
    of KMS keys and SQS queues; a wildcard in those IAM policies is refused there), and in key policies, where an
    action pattern reaches no further than the one key. Source: AWS KMS developer guide, "Default key policy".
    """
    if all(action[:4].lower() == "kms:" for action in statement.actions):
        return True
    return (
        all(":" in action for action in statement.actions)
        and bool(statement.principals)
        and all(principal.kind is Kind.ACCOUNT for principal in statement.principals)
    )
