"""The questions that the library answers: is this document fine, and is this identity?

None of them raises on a bad document: what cannot be read is a finding, and so is a rule that fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, cast

from iam_guardrails.findings import Finding
from iam_guardrails.language import reader
from iam_guardrails.language.documents import Document, DocumentKind
from iam_guardrails.rules import (
    bounded_sessions,
    document_rules,
    no_admin_attachment,
    no_privilege_escalation,
    no_wildcard_actions,
    trusted_principals_only,
    well_formed_documents,
)
from iam_guardrails.rules.base import Rule, Scope
from iam_guardrails.rules.levels import with_levels
from iam_guardrails.settings import Settings

if TYPE_CHECKING:
    from iam_guardrails.sources.one_identity import Known


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


def check_document(document: object, kind: DocumentKind | str, settings: Settings | None = None) -> list[Finding]:
    """Check one policy document of any kind.

    Args:
        document: JSON text, or the mapping it holds.
        kind: what the document is attached to: "identity", "trust", "resource", "boundary", "session", "scp", "rcp" or
            "endpoint". A boundary, session policy, service or resource control policy and the policy of a VPC endpoint
            only limit what other policies grant: they are checked for being well formed.
        settings: the trust zone, and how strict to be.

    Returns:
        What was found, [] for a document that is fine.

    Raises:
        ValueError: `kind` is none of these.
    """
    kind = DocumentKind(kind)
    if kind is DocumentKind.TRUST:
        return check_trust_policy(document, settings)
    return _judged(document, kind, settings or _DEFAULT)


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
    policies: Sequence[object] | Mapping[str, object],
    settings: Settings | None = None,
    *,
    boundary: object = None,
    managed_policy_arns: Iterable[str] = (),
    arn: str | None = None,
    trust: object = None,
) -> list[Finding]:
    """Check all that is known of one identity together: what no one of its policies allows, several may add up to.

    Args:
        policies: its documents (JSON text or mappings), in a sequence or by name. A managed policy of the customer is
            best named by its ARN, so that an identity which may rewrite it is found.
        settings: the trust zone, and how strict to be.
        boundary: the document of its permissions boundary, which caps what the others allow; or the boundary's ARN,
            where it is one of AWS's managed policies.
        managed_policy_arns: ARNs of the managed policies attached to it. Those of AWS count with their documents; of
            one that is not known, only its name is checked.
        arn: the ARN of the user or role itself; None where it is not known. An identity that may change its own
            policies, boundary, groups or trust by its own ARN is rejected.
        trust: the trust policy of the role; None for a user, or where it is not known. It says who may act with these
            permissions.

    Returns:
        What was found; the first part of a pointer is the document's place in the sequence, or its name. The same
        identity in an account model (`iam-guardrails check`, the policy pack) gets the same verdict.

    Raises:
        ValueError: `arn` is no ARN of a user, role or group.
    """
    from iam_guardrails.sources import one_identity  # with the account model, it takes time to load

    identity = one_identity.named(arn)
    settings = settings or _DEFAULT
    attached = tuple(managed_policy_arns)
    at_attached = one_identity.ATTACHED
    findings = [replace(one, pointer=at_attached + one.pointer) for one in check_managed_policies(attached, settings)]
    readable: dict[str, object] = {}
    for name, document in _named(policies):
        prefix = f"/{_escaped(name)}"
        of_one: list[Finding] = []
        read = _read(document, DocumentKind.IDENTITY, settings, of_one)
        if read is not None:
            readable[name] = document
            _run(no_wildcard_actions, read, settings, of_one)
        findings += (replace(one, pointer=prefix + one.pointer) for one in of_one)
    is_document = boundary is not None and not (isinstance(boundary, str) and boundary.startswith("arn:"))
    if is_document and _read(boundary, DocumentKind.BOUNDARY, settings, findings) is None:
        boundary = None  # it caps nothing for certain
    if trust is not None and _read(trust, DocumentKind.TRUST, settings, findings) is None:
        trust = None
    known = one_identity.Known(readable, boundary, attached, identity, trust)
    findings += _escalation(known, settings)
    return with_levels(findings, settings.levels)


def _named(policies: Sequence[object] | Mapping[str, object]) -> Iterable[tuple[str, object]]:
    named = policies.items() if isinstance(policies, Mapping) else enumerate(policies)
    return ((str(name), document) for name, document in named)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _escalation(known: Known, settings: Settings) -> list[Finding]:
    """What everything that one identity holds adds up to, answered over the account model of it."""
    try:
        from iam_guardrails.model import join
        from iam_guardrails.rules import escalation_of_identities
        from iam_guardrails.rules.stack import Stack
        from iam_guardrails.sources import one_identity

        stack = Stack(join(one_identity.parts(known)), settings)
        return escalation_of_identities.all_together(stack.permissions(stack.model.identities[0]), stack)
    except Exception as error:
        return [no_privilege_escalation.RULE.failure(error)]


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
        if kind is DocumentKind.TRUST:
            findings += _claims(read, findings)
    return with_levels(findings, settings.levels)


def _claims(read: Document, known: list[Finding]) -> list[Finding]:
    """Claims that IAM asks for or never fills, but where worse has been said of the statement already."""
    rejected = {one.statement for one in known if one.rule == trusted_principals_only.RULE.id and one.blocking}
    try:
        return [
            *well_formed_documents.check_shared_issuers(read, rejected),
            *well_formed_documents.check_unread_claims(read, rejected),
        ]
    except Exception as error:
        return [well_formed_documents.RULE.failure(error)]


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
    if read.problems or read.unknown:
        findings += well_formed_documents.check(read, settings)
    return read
