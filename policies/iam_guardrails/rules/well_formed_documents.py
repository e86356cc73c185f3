"""A document that AWS refuses, or that two readers read differently, is judged by nobody."""

from __future__ import annotations

from collections.abc import Collection

from iam_guardrails.findings import Finding
from iam_guardrails.issuers import issuer_of
from iam_guardrails.language.conditions import Condition
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.reasoning.token_claims import (
    COUNTED,
    limits_tokens,
    missing_claim,
    shuts_out_everybody,
    unread_claims,
)
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
        "IAM user guide: Identity-provider controls for shared OIDC providers",
        "IAM user guide: IAM and AWS STS condition context keys, Available keys for AWS OIDC federation",
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
        if not statement.allow or _is_partly_unknown(document, statement) or statement.number in known:
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


def check_unread_claims(document: Document, known: Collection[int | None]) -> list[Finding]:
    """A finding for each condition on a claim that AWS STS reads of none of the issuer's tokens.

    It is an error where nothing else in the statement says whose tokens are meant, and a note elsewhere.

    Args:
        document: a trust policy.
        known: places of statements that are rejected already since tokens that nobody trusts get in.
    """
    findings: list[Finding] = []
    for statement in document.statements:
        if statement.number in known or _is_partly_unknown(document, statement):
            continue
        alone = statement.allow and not limits_tokens(statement)
        findings += [_unread(statement, one, alone=alone) for one in unread_claims(statement)]
    return findings


def _unread(statement: Statement, condition: Condition, *, alone: bool) -> Finding:
    issuers = [one.name for one in statement.principals]
    claims = sorted({claim for one in issuers for claim in issuer_of(one).claims})
    applies = "nobody" if shuts_out_everybody(condition) else "everybody"
    effect = {True: f"so it admits {applies}", False: f"so it denies {applies}"}[statement.allow]
    only = ", and nothing else in it says whose tokens are meant" if alone else ""
    return RULE.finding(
        f'{named(statement)} compares "{condition.key}", which AWS STS reads of no token of {" or ".join(issuers)}:'
        f" to AWS the claim is never there, {effect}{only}",
        statement.at_condition(condition),
        statement=statement,
        evidence={"value": condition.key},
        fix=f"compare a claim that AWS STS reads: {', '.join(claims)}",
        level="error" if alone else "note",
        severity="" if alone else "low",
    )


def _is_partly_unknown(document: Document, statement: Statement) -> bool:
    return any(f"{place}/".startswith(f"{statement.pointer}/") for place in document.unknown)
