"""A document that AWS refuses, or that two readers read differently, is judged by nobody."""

from __future__ import annotations

from collections.abc import Collection

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind
from iam_guardrails.language.principals import Kind
from iam_guardrails.reasoning.token_claims import COUNTED, missing_claim
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope, named
from iam_guardrails.settings import Settings

RULE = Rule(
    id="well-formed-documents",
    title="Policy documents are valid, and mean the same to every reader",
    severity="high",
    level="error",
    why="AWS refuses the document in the middle of a deployment, or reads it otherwise than whoever reviewed it.",
    remediation="Write the document as the IAM policy grammar has it.",
    sources=(
        "IAM user guide: Grammar of the IAM JSON policy language",
        "IAM user guide: IAM and AWS STS quotas",
        "RFC 8259: The JavaScript Object Notation (JSON) Data Interchange Format",
    ),
    scope=Scope.DOCUMENT,
    kinds=tuple(DocumentKind),
    requirements=(LEAST_PRIVILEGE,),
)


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each problem that the reader met, and one for all that is unknown."""
    del settings
    findings = [RULE.finding(problem.message, problem.pointer, fix=problem.fix) for problem in document.problems]
    unknown = list(document.unknown)
    if unknown:
        places = ", ".join(unknown[:5]) + (" and more" if len(unknown) > 5 else "")
        findings.append(
            RULE.finding(
                f"not known yet: {places}; what is found holds whatever comes there, and more may be found then",
                unknown[0],
                evidence={"unknown": unknown},
                fix="check the document again when its values are known",
                blocking=False,
                severity="low",
            )
        )
    return findings


def check_shared_issuers(document: Document, known: Collection[int | None]) -> list[Finding]:
    """A finding for each Allow that IAM refuses since it trusts a shared identity provider without its tenants' claim.

    Args:
        document: a trust policy.
        known: places of statements that are rejected already since tokens that nobody trusts get in: that is the same
            fault, and worse.
    """
    denies = [one for one in document.statements if not one.allow]
    findings: list[Finding] = []
    for statement in document.statements:
        partly = any(f"{place}/".startswith(f"{statement.pointer}/") for place in document.unknown)
        if not statement.allow or partly or statement.number in known:
            continue
        issuers = [one.name for one in statement.principals if one.kind is Kind.OIDC]
        key = next((key for one in issuers if (key := missing_claim(one, (statement, *denies)))), None)
        if key:
            message = (
                f"{named(statement)} trusts an identity provider that many customers share, and IAM takes no such "
                f'trust policy that does not compare "{key}"'
            )
            fix = f'compare "{key}" by {", ".join(COUNTED[:-1])} or {COUNTED[-1]}'
            where = statement.at("Principal")
            findings.append(RULE.finding(message, where, statement=statement, evidence={"value": key}, fix=fix))
    return findings
