"""Whose tokens are taken: only those of an OpenID Connect provider the account has, for an audience it knows.

Sources: ``AssumeRoleWithWebIdentity`` in the STS API reference. What STS says of a role that the issuer does not name
was measured: https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import assuming, emulator, signatures, token_claims
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Params

_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


def check_token(params: Params) -> None:
    """Refuse a token that is none, has expired, or comes from or is meant for somebody the account does not know."""
    token, role_arn = value(params, "WebIdentityToken"), value(params, "RoleArn")
    claims = claims_of(token)
    issuer = token_claims.issuer_of(claims)
    if not issuer:
        raise Refused(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    if isinstance(claims.get("exp"), int) and claims["exp"] < time.time():
        raise Refused(400, "ExpiredTokenException", "Token expired")
    account_id = (role_arn.split(":") + [""] * 5)[4]
    if issuer not in token_claims.KNOWN_TO_AWS:
        _check_provider(account_id, issuer, claims)
    signatures.check(token, account_id, str(claims["iss"]))
    if claims.get(token_claims.ROLES) is not None and role_arn not in token_claims.roles_of(claims):
        message = "The target role ARN is not present in the roles claim of the identity token"
        raise Refused(400, "InvalidIdentityToken", message)


def _check_provider(account_id: str, issuer: str, claims: dict[str, Any]) -> None:
    arn = f"arn:aws:iam::{account_id}:oidc-provider/{issuer}"
    provider = emulator.oidc_providers.get_scoped(account_id, None, arn)
    if provider is None:
        raise Refused(
            400, "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}"
        )
    audience: object = claims.get("azp", claims.get("aud"))
    named = cast("list[object]", audience) if isinstance(audience, list) else [audience]
    if not any(one in provider["ClientIDList"] for one in named):
        raise Refused(400, "InvalidIdentityToken", "Incorrect token audience")


def add_what_it_asks(params: Params) -> None:
    """Put the tags and the source identity that a token brings among a call's parameters.

    Source: "Pass session tags in AWS STS" in the IAM user guide.
    """
    claims = claims_of(value(params, "WebIdentityToken"))
    tags: dict[str, list[str]] = claims.get(_TAGS, {}).get("principal_tags", {})
    assuming.ask(params, str(claims.get(_SOURCE_IDENTITY, "")), {key: values[0] for key, values in tags.items()})


def claims_of(token: str) -> dict[str, Any]:
    """What a token says; nothing when it is none."""
    try:
        payload = token.split(".")[1]
        claims = cast("object", json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (IndexError, ValueError):
        return {}
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else {}
