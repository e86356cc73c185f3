"""The condition keys that STS fills from a token: subject, audience and, of some issuers, further claims.

ministack fills three, and cuts the slash off an issuer. The table is the sandbox's own, so that the components and the
judge, which have theirs, are tried against something else. Sources: "Available keys for AWS OIDC federation" in the IAM
user guide, and the service reference of AWS STS as of 27 October 2026. That ``sts:RoleAuthorizedByIdp`` is false for a
token without roles was measured: https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = "https://aws.amazon.com/roles"
"""The claim in which an issuer says which roles a token may open."""
KNOWN_TO_AWS = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
"""Issuers of which an account needs no provider."""

_STANDARD = ("sub", "amr", "email")
_GITHUB = (
    *("actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id"),
    *("repository_owner_id", "workflow"),
)
_GITLAB = (
    *("namespace_id", "pipeline_source", "project_id", "ref_protected", "runner_environment", "user_access_level"),
    *("user_email", "user_id", "user_login"),
)
_BUILDKITE = (
    *("build_branch", "cluster_id", "cluster_name", "organization_id", "organization_slug", "pipeline_id"),
    "pipeline_slug",
)
_FURTHER = (
    (r"token\.actions\.githubusercontent\.com(/[^/]+)?", _GITHUB),
    (r"token\.actions\.[^./]+\.ghe\.com", _GITHUB),
    (r"github\.com/enterprises/[^/]+", _GITHUB),
    (r"gitlab\.com", _GITLAB),
    (r"agent\.buildkite\.com|agent\.[^./]+\.buildkite\.(dev|site)", _BUILDKITE),
    (r"oidc\.circleci\.com/org/[^/]+", ("oidc.circleci.com/project-id",)),
    (r"idcs-[^./]+\.identity\.oraclecloud\.com", ("rpst_id",)),
)


def install() -> None:
    """Let STS fill these keys, for a provider that is named as the token names its issuer."""
    emulator.replace("services.sts", "_web_identity_principal", lambda _: _principal)


def filled(claims: Mapping[str, Any], role_arn: str) -> dict[str, Any]:
    """The condition keys of a call with a token, in small letters, as ministack keeps them.

    Args:
        claims: What the token says.
        role_arn: The role that the call asks for.
    """
    issuer = issuer_of(claims)
    names = next((names for form, names in _FURTHER if re.fullmatch(form, issuer, re.IGNORECASE)), ())
    keys = {name: claims[name] for name in (*_STANDARD, *names) if name in claims}
    keys |= {"aud": claims.get("azp", claims.get("aud")), "oaud": claims.get("aud")}
    google = claims.get("google")
    if issuer == "accounts.google.com" and isinstance(google, dict):
        keys["google/organization_number"] = cast("dict[str, Any]", google).get("organization_number")
    written = {f"{issuer}:{name}".lower(): _text(value) for name, value in keys.items() if value is not None}
    return written | {"sts:roleauthorizedbyidp": str(role_arn in roles_of(claims)).lower()}


def issuer_of(claims: Mapping[str, Any]) -> str:
    """The issuer without its scheme, as it stands in ARNs and condition keys; a slash at its end belongs to it."""
    return str(claims.get("iss") or "").removeprefix("https://")


def roles_of(claims: Mapping[str, Any]) -> list[str]:
    """The roles that the issuer lets the token open; none where it says nothing of roles."""
    named: object = claims.get(ROLES)
    if isinstance(named, list):
        return [str(one).strip() for one in cast("list[object]", named)]
    return [one.strip() for one in str(named).split(";")] if named is not None else []


def _principal(token: str, provider_id: str, role_arn: str) -> tuple[str, dict[str, Any]]:
    # Loaded here: that module tells this one what STS refuses.
    from sandbox.local_aws.layer.web_identity import claims_of

    claims = claims_of(token)
    issuer = issuer_of(claims) or provider_id
    _, partition, _, _, account, *_ = role_arn.split(":")
    arn = f"arn:{partition}:iam::{account}:oidc-provider/{issuer}"
    return issuer if issuer in KNOWN_TO_AWS else arn, filled(claims, role_arn)


def _text(value: object) -> object:
    """A claim as a condition compares it: booleans and numbers as JSON writes them."""
    if isinstance(value, list):
        return [_text(one) for one in cast("list[object]", value)]
    return str(value).lower() if isinstance(value, bool) else str(value)
