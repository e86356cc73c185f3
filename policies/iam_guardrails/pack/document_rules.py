"""Judges each document and each attachment of a resource by the rules of the library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iam_guardrails import (
    Finding,
    check_identity_policy,
    check_managed_policies,
    check_resource_policy,
    check_trust_policy,
)
from iam_guardrails.pack.configuration import PACK, Configuration
from iam_guardrails.pack.permissions import granted_by
from iam_guardrails.pack.report import Report, from_finding, not_readable, report
from iam_guardrails.pack.values import NotReadable, first_not_readable
from iam_guardrails.sources.resource_types import (
    Found,
    Kind,
    documents_in,
    makes_iam_by_a_template,
    unlisted_documents_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iam_guardrails.pack.resource import Resource


def judge_documents(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """What the library finds in the documents of a resource, and which of them cannot be read yet.

    An attached policy whose ARN is not known yet is left to the judging of the whole stack, which knows what it is.
    """
    for found in _documents(resource):
        why = first_not_readable(found.value)
        if why is None:
            for finding in _findings(found, resource, configuration):
                if not _is_what_pipelines_do(finding):
                    yield from_finding(_in_words_of_the_pack(finding), resource, found)
        elif found.kind in (Kind.IDENTITY, Kind.TRUST, Kind.RESOURCE):
            yield not_readable(PACK, resource, found.place, why, blocking=configuration.on_unknown == "block")
    duration = resource.properties.get("maxSessionDuration")
    if isinstance(duration, NotReadable):
        yield not_readable(PACK, resource, "maxSessionDuration", duration, blocking=configuration.on_unknown == "block")


def report_unlisted_documents(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """A document in a place that the pack does not know, which must not pass for judged."""
    blocking = configuration.on_unknown == "block"
    places = [*unlisted_documents_in(resource.type, resource.properties)]
    for name in places:
        yield report(
            PACK,
            resource,
            f"{name} holds a policy document that is not judged: the pack does not know this place",
            place=name,
            change="judge it with `iam-guardrails check`, and ask the pack's maintainers to add the type",
            blocking=blocking,
        )
    if not places and makes_iam_by_a_template(resource.type, resource.properties):
        yield report(
            PACK,
            resource,
            "it makes IAM resources by a template, and none of them is judged",
            place="capabilities",
            change="make them in the program, or judge the template's documents with `iam-guardrails check`",
            blocking=blocking,
        )


def _documents(resource: Resource) -> Iterator[Found]:
    yield from documents_in(resource.type, resource.properties)
    granted = granted_by(resource)
    if granted is not None:
        yield granted


def _in_words_of_the_pack(finding: Finding) -> Finding:
    """The finding, with the name that a setting has here where it tells to set one."""
    if finding.evidence.get("setting") != "trusted_accounts":
        return finding
    fix = f"set allowedAccountIds on the resource's provider, or {PACK}.trustedAccounts in the policy pack's settings"
    return replace(finding, fix=fix)


def _is_what_pipelines_do(finding: Finding) -> bool:
    """Whether it is the remark that somebody may assume a role that is named.

    What that gives is judged where the role is made. To repeat it for every pipeline would be noise.
    """
    return not finding.blocking and str(finding.evidence.get("value")).lower() == "sts:assumerole"


def _findings(found: Found, resource: Resource, configuration: Configuration) -> list[Finding]:
    settings = configuration.trust_zone(resource.accounts)
    if found.kind is Kind.IDENTITY:
        return check_identity_policy(found.value, settings)
    if found.kind is Kind.TRUST:
        seconds = resource.properties.get("maxSessionDuration")
        duration = int(seconds) if isinstance(seconds, (int, float)) else None
        return check_trust_policy(found.value, settings, max_session_duration=duration)
    if found.kind is Kind.RESOURCE:
        return check_resource_policy(found.value, settings)
    if found.kind is Kind.ATTACHED and isinstance(found.value, str):
        return check_managed_policies([found.value], settings)
    return []
