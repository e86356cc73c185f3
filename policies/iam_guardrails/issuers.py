"""Token issuers that serve everybody: which claim says whose workload a token is for, and what names its owner.

Sources: IAM user guide, "Identity-provider controls for shared OIDC providers", and what each issuer documents of its
`sub` claim. An issuer with a tenant in its own address (CircleCI, Bitbucket, EKS, Azure DevOps) isn't listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class SharedIssuer(NamedTuple):
    """An issuer whose tokens anybody can get.

    Attributes:
        part: what names the owner: "subjects" (claim `sub`) or "audiences" (claim `aud`).
        owner: what a pattern must begin with, so that it names one owner in full.
        example: a pattern that does.
    """

    part: str
    owner: re.Pattern[str]
    example: str


_NAME = r"[^*?:/@]+"
_EXACT = re.compile(r"[^*?]+")
_GITHUB = re.compile(
    rf"(?:[a-z_]+:[^*?:]*:)*(?:repo:{_NAME}[/@]|(?:repository_owner(?:_id)?|repository_id|enterprise(?:_id)?):{_NAME}(?::|$)"
    rf"|(?:repository|job_workflow_ref|workflow_ref):{_NAME}/)"
)
_ORGANIZATION = re.compile(rf"organization:{_NAME}:")
_SUBJECT = "subjects"

SHARED_ISSUERS: Mapping[str, SharedIssuer] = {
    "token.actions.githubusercontent.com": SharedIssuer(_SUBJECT, _GITHUB, "repo:acme/app:ref:refs/heads/main"),
    "gitlab.com": SharedIssuer(
        _SUBJECT,
        re.compile(rf"(?:project_path|namespace_path):{_NAME}/|(?:project_id|namespace_id):[0-9]+:"),
        "project_path:acme/app:ref_type:branch:*",
    ),
    "app.terraform.io": SharedIssuer(_SUBJECT, _ORGANIZATION, "organization:acme:project:*"),
    "agent.buildkite.com": SharedIssuer(_SUBJECT, _ORGANIZATION, "organization:acme:pipeline:app:*"),
    "scalr.io": SharedIssuer(_SUBJECT, re.compile(rf"account:{_NAME}:"), "account:acme:environment:*"),
    "proidc.upbound.io": SharedIssuer(_SUBJECT, re.compile(rf"mcp:{_NAME}/"), "mcp:acme/*"),
    "oidc.codefresh.io": SharedIssuer(_SUBJECT, re.compile(rf"account:{_NAME}:"), "account:0123456789abcdef:*"),
    "accounts.google.com": SharedIssuer("audiences", _EXACT, "32555940559.apps.googleusercontent.com"),
    "www.amazon.com": SharedIssuer("audiences", _EXACT, "amzn1.application-oa2-client.0123456789"),
    "graph.facebook.com": SharedIssuer("audiences", _EXACT, "1234567890123456"),
    "cognito-identity.amazonaws.com": SharedIssuer(
        "audiences", _EXACT, "eu-west-1:00000000-1111-2222-3333-444444444444"
    ),
    "api.pulumi.com/oidc": SharedIssuer("audiences", _EXACT, "acme"),
    "oidc.vercel.com": SharedIssuer("audiences", _EXACT, "https://vercel.com/acme"),
}
"""Issuer as in the ARN of its provider -> how its tokens name their owner."""


def tenant_problem(provider: str, part: str, pattern: str) -> str:
    """What to write instead of a pattern that trusts tokens of other customers of a shared issuer.

    Args:
        provider: the issuer, as in the ARN of its provider.
        part: "subjects" or "audiences".
        pattern: the pattern that is to be trusted.

    Returns:
        The fix, or "" where the pattern names one owner or the issuer isn't shared.
    """
    shared = SHARED_ISSUERS.get(provider.lower().rstrip("/"))
    if shared is None or shared.part != part:
        return ""
    found = shared.owner.match(pattern)
    named = found is not None and (shared.owner is not _EXACT or found.end() == len(pattern))
    return "" if named else f'{provider} serves everybody: name your own in full, as "{shared.example}" does'
