"""Whose tokens are taken: only those of an OpenID Connect provider the account has, for an audience it knows.

Who signed a token cannot be found out here, as that takes asking its issuer: the sandbox believes what a token says.

Source: ``AssumeRoleWithWebIdentity`` in the STS API reference.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import assuming, emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Params

_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_KNOWN_TO_AWS = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")


def check_token(params: Params) -> None:
    """Refuse a token that is none, has expired, or comes from or is meant for somebody the account does not know."""
    claims = claims_of(value(params, "WebIdentityToken"))
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    if not issuer:
        raise Refused(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    if isinstance(claims.get("exp"), int) and claims["exp"] < time.time():
        raise Refused(400, "ExpiredTokenException", "Token expired")
    account_id = (value(params, "RoleArn").split(":") + [""] * 5)[4]
    provider = emulator.oidc_providers.get_scoped(
        account_id, None, f"arn:aws:iam::{account_id}:oidc-provider/{issuer.rstrip('/')}"
    )
    if issuer in _KNOWN_TO_AWS:
        return
    if provider is None:
        raise Refused(
            400, "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}"
        )
    audience: object = claims.get("aud")
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
