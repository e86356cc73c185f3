"""The questions that the library answers: is this document fine, and is this identity?

None of them raises on a bad document: what cannot be read is a finding, and so is a rule that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from iam_guardrails.findings import Finding
from iam_guardrails.iam import reader
from iam_guardrails.iam.documents import Document, DocumentKind, Statement
from iam_guardrails.iam.escalation import Identity
from iam_guardrails.rules import (
    bounded_sessions,
    confused_deputy,
    external_id_for_third_parties,
    no_admin_attachment,
    no_privilege_escalation,
    no_wildcard_actions,
    trusted_principals_only,
    well_formed_documents,
)
from iam_guardrails.rules.base import Rule
from iam_guardrails.settings import Settings

_DEFAULT = Settings()


def check_identity_policy(document: object, settings: Settings | None = None) -> list[Finding]:
    """Judge one policy of a user, group or role, or a managed policy.

    Args:
        document: JSON text, or the mapping it holds.
        settings: how strict to be; the trust zone plays no part here.

    Returns:
        What was found, [] for a document that is fine.
    """
    settings = settings or _DEFAULT
    findings: list[Finding] = []
    read = _read(document, DocumentKind.IDENTITY, settings, findings)
    if read is not None:
        _run(no_wildcard_actions.RULE, findings, lambda: no_wildcard_actions.check(read, settings.read_only_wildcards))
        _run(
            no_privilege_escalation.RULE, findings, lambda: no_privilege_escalation.check(Identity.of(read.statements))
        )
    return findings


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
    findings: list[Finding] = []
    read = _read(document, DocumentKind.TRUST, settings, findings)
    if read is not None:
        zone, limit = settings.zone, settings.max_session_duration
        _run(no_wildcard_actions.RULE, findings, lambda: no_wildcard_actions.check(read, settings.read_only_wildcards))
        _run(trusted_principals_only.RULE, findings, lambda: trusted_principals_only.check(read, zone))
        _run(external_id_for_third_parties.RULE, findings, lambda: external_id_for_third_parties.check(read, zone))
        _run(confused_deputy.RULE, findings, lambda: confused_deputy.check(read, zone))
        _run(bounded_sessions.RULE, findings, lambda: bounded_sessions.check(read, limit, max_session_duration))
    return findings


def check_resource_policy(document: object, settings: Settings | None = None) -> list[Finding]:
    """Judge the policy of a resource (bucket, queue, topic, key, secret, function, repository, ...): who reaches it.

    Args:
        document: JSON text, or the mapping it holds.
        settings: the trust zone. Without `trusted_accounts` every resource policy is refused.

    Returns:
        What was found, [] for a document that is fine.
    """
    settings = settings or _DEFAULT
    findings: list[Finding] = []
    read = _read(document, DocumentKind.RESOURCE, settings, findings)
    if read is not None:
        zone = settings.zone
        _run(no_wildcard_actions.RULE, findings, lambda: no_wildcard_actions.check(read, settings.read_only_wildcards))
        _run(trusted_principals_only.RULE, findings, lambda: trusted_principals_only.check(read, zone))
        _run(confused_deputy.RULE, findings, lambda: confused_deputy.check(read, zone))
    return findings


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
            _check_wildcards(read, settings, of_one)
            statements += read.statements
            pointers.update((id(statement), prefix) for statement in read.statements)
        findings += (replace(one, pointer=prefix + one.pointer) for one in of_one)
    limits: tuple[Statement, ...] | None = None
    if boundary is not None:
        read = _read(boundary, DocumentKind.IDENTITY, settings, findings)
        # A boundary that cannot be read caps nothing for certain.
        limits = read.statements if read is not None and not read.malformed else None
    identity = Identity.of(statements, limits)
    _run(no_privilege_escalation.RULE, findings, lambda: no_privilege_escalation.check(identity, pointers))
    return findings


def check_managed_policies(policy_arns: Iterable[str], settings: Settings | None = None) -> list[Finding]:
    """Judge the managed policies that are attached to an identity, by ARN alone.

    Args:
        policy_arns: their ARNs.
        settings: not used yet; taken so that every question has the same form.

    Returns:
        What was found; a pointer is the place of the ARN.
    """
    del settings
    findings: list[Finding] = []
    _run(no_admin_attachment.RULE, findings, lambda: no_admin_attachment.check(policy_arns))
    return findings


def _check_wildcards(read: Document, settings: Settings, findings: list[Finding]) -> None:
    _run(no_wildcard_actions.RULE, findings, lambda: no_wildcard_actions.check(read, settings.read_only_wildcards))


def _read(document: object, kind: DocumentKind, settings: Settings, findings: list[Finding]) -> Document | None:
    try:
        read = reader.read(document, kind, settings.max_trust_policy_size)
    except Exception as error:
        findings.append(_failed(well_formed_documents.RULE, error))
        return None
    if read.problems:
        findings += well_formed_documents.check(read)
    return read


def _run(rule: Rule, findings: list[Finding], check: Callable[[], list[Finding]]) -> None:
    try:
        findings += check()
    except Exception as error:
        findings.append(_failed(rule, error))


def _failed(rule: Rule, error: Exception) -> Finding:
    return rule.finding(
        f"the rule failed on this document ({type(error).__name__}), so nothing can be said for it",
        "",
        evidence={"error": type(error).__name__},
        fix="report this document to the maintainers of iam-guardrails; until then it is refused",
        blocking=True,
        severity="high",
    )
