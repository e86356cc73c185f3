"""The questions that the library answers: is this document fine, and is this identity?

None of them raises on a bad document: what cannot be read is a finding, and so is a rule that fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, cast

from iam_guardrails.findings import Finding
from iam_guardrails.language import reader
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.rules import (
    bounded_sessions,
    document_rules,
    no_admin_attachment,
    no_privilege_escalation,
    no_wildcard_actions,
    well_formed_documents,
)
from iam_guardrails.rules.base import Rule, Scope
from iam_guardrails.rules.levels import with_levels
from iam_guardrails.settings import Settings


class _DocumentRule(Protocol):
    """A module of `rules` that judges one document."""

    RULE: Rule

    @staticmethod
    def check(document: Document, settings: Settings, /) -> list[Finding]: ...


_DEFAULT = Settings()


def _rules_for(kind: DocumentKind) -> tuple[_DocumentRule, ...]:
    """The rules that look at documents of a kind; what the reader met is reported by itself."""
    about = (one for one in document_rules() if one.RULE.scope is Scope.DOCUMENT and kind in one.RULE.kinds)
    return tuple(cast("_DocumentRule", one) for one in about if one is not well_formed_documents)


_RULES: Mapping[DocumentKind, tuple[_DocumentRule, ...]] = {kind: _rules_for(kind) for kind in DocumentKind}


def check_identity_policy(document: object, settings: Settings | None = None) -> list[Finding]:
    """Judge one policy of a user, group or role, or a managed policy.

    Args:
        document: JSON text, or the mapping it holds.
        settings: how strict to be; the trust zone plays no part here.

    Returns:
        What was found, [] for a document that is fine.
    """
    return _judged(document, DocumentKind.IDENTITY, settings or _DEFAULT)


def check_trust_policy(
    document: object, settings: Settings | None = None, *, max_session_duration: int | None = None
) -> list[Finding]:
    """Judge the trust policy of a role: who gets a session of it.

    Args:
        document: JSON text, or the mapping it holds.
        settings: the trust zone. Without `trusted_accounts` every trust policy is refused.
        max_session_duration: the role's maximum session duration in seconds, where it is known.

    Returns:
        What was found, [] for a document that is fine.
    """
    settings = settings or _DEFAULT
    findings = _judged(document, DocumentKind.TRUST, settings)
    if max_session_duration is not None:
        findings += with_levels(bounded_sessions.check_maximum(max_session_duration, settings), settings.levels)
    return findings


def check_resource_policy(document: object, settings: Settings | None = None) -> list[Finding]:
    """Judge the policy of a resource (bucket, queue, topic, key, secret, function, repository, ...): who reaches it.

    Args:
        document: JSON text, or the mapping it holds.
        settings: the trust zone. Without `trusted_accounts` every resource policy is refused.

    Returns:
        What was found, [] for a document that is fine.
    """
    return _judged(document, DocumentKind.RESOURCE, settings or _DEFAULT)


def check_identity(
    policies: Sequence[object] | Mapping[str, object], settings: Settings | None = None, *, boundary: object = None
) -> list[Finding]:
    """Judge all policies of one identity together: what no one of them allows, several may add up to.

    Args:
        policies: the documents (JSON text or mappings), in a sequence or by name.
        settings: how strict to be.
        boundary: the document of its permissions boundary, which caps what the others allow.

    Returns:
        What was found; the first part of a pointer is the document's place in the sequence, or its name.
    """
    settings = settings or _DEFAULT
    findings: list[Finding] = []
    named = dict(policies.items() if isinstance(policies, Mapping) else enumerate(policies))
    statements: list[Statement] = []
    pointers: dict[int, str] = {}
    for name, document in named.items():
        prefix = f"/{str(name).replace('~', '~0').replace('/', '~1')}"
        of_one: list[Finding] = []
        read = _read(document, DocumentKind.IDENTITY, settings, of_one)
        if read is not None:
            _run(no_wildcard_actions, read, settings, of_one)
            statements += read.statements
            pointers.update((id(statement), prefix) for statement in read.statements)
        findings += (replace(one, pointer=prefix + one.pointer) for one in of_one)
    limits: tuple[Statement, ...] | None = None
    if boundary is not None:
        read = _read(boundary, DocumentKind.IDENTITY, settings, findings)
        # A boundary that cannot be read caps nothing for certain.
        limits = read.statements if read is not None and not read.malformed else None
    try:
        findings += no_privilege_escalation.check_together(statements, limits, pointers)
    except Exception as error:
        findings.append(no_privilege_escalation.RULE.failure(error))
    return with_levels(findings, settings.levels)


def check_managed_policies(policy_arns: Iterable[str], settings: Settings | None = None) -> list[Finding]:
    """Judge the managed policies that are attached to an identity, by ARN alone.

    Args:
        policy_arns: their ARNs.
        settings: the levels of the rules.

    Returns:
        What was found; a pointer is the place of the ARN.
    """
    try:
        findings = no_admin_attachment.check(policy_arns)
    except Exception as error:
        findings = [no_admin_attachment.RULE.failure(error)]
    return with_levels(findings, (settings or _DEFAULT).levels)


def _judged(document: object, kind: DocumentKind, settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    read = _read(document, kind, settings, findings)
    if read is not None:
        for rule in _RULES[kind]:
            _run(rule, read, settings, findings)
    return with_levels(findings, settings.levels)


def _run(rule: _DocumentRule, read: Document, settings: Settings, findings: list[Finding]) -> None:
    try:
        findings += rule.check(read, settings)
    except Exception as error:
        findings.append(rule.RULE.failure(error))


def _read(document: object, kind: DocumentKind, settings: Settings, findings: list[Finding]) -> Document | None:
    try:
        read = reader.read(document, kind, settings.max_trust_policy_size)
    except Exception as error:
        findings.append(well_formed_documents.RULE.failure(error))
        return None
    if read.problems:
        findings += well_formed_documents.check(read, settings)
    return read
