"""What AWS reads of a token: the condition keys of a call that shows it, and which of them the token lacks.

Which claims AWS reads of whose tokens is for the table of `iam_guardrails` to say. Sources for the claims that AWS
itself has named: "Pass session tags in AWS STS" in the IAM user guide, and, for the one with roles,
https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_identity_cli.web_identity.token import Token

ROLES = "https://aws.amazon.com/roles"
"""The claim in which an issuer names the roles that a token may open."""
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
"""The claim with the source identity of the session."""
AUTHORIZED = "sts:roleauthorizedbyidp"
"""The condition key that says whether the issuer names the role, in small letters as all keys here."""
_TAGS = "https://aws.amazon.com/tags"
_REQUEST_TAG = "aws:requesttag/"


def value(token: Token, key: str) -> tuple[str, ...]:
    """What AWS reads of a token for a condition key of its own issuer, of a session tag or of the roles.

    Args:
        token: The token.
        key: The condition key in small letters.

    Returns:
        The values; none for a claim that the token lacks, and for one that AWS never reads.
    """
    from iam_guardrails import issuer_of

    said = token.said
    if key == AUTHORIZED:
        return (str(said.get(ROLES) is not None).lower(),)
    if key.startswith(_REQUEST_TAG):
        return texts(next((one for name, one in tags(said).items() if key == f"{_REQUEST_TAG}{name}".lower()), None))
    read = {f"{token.host}:{name}".lower(): one for name, one in issuer_of(token.host).claims.items()}.get(key)
    if read is None:
        return ()
    if read.name == "google/organization_number":
        google = said.get("google")
        return texts(cast("dict[str, Any]", google).get("organization_number") if isinstance(google, dict) else None)
    if read.name == "aud":
        return token.audiences[:1]
    return texts(said.get("aud" if read.name == "oaud" else read.name))


def context(token: Token) -> dict[str, tuple[str, ...]]:
    """The condition keys, in small letters, of a call that shows a token; those that it lacks have no value."""
    from iam_guardrails import issuer_of

    keys = [f"{token.host}:{name}".lower() for name in issuer_of(token.host).claims]
    found = {key: value(token, key) for key in (*keys, AUTHORIZED)}
    found["sts:sourceidentity"] = texts(token.said.get(SOURCE_IDENTITY))
    return found | of_tags(token.said)


def of_tags(said: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The condition keys of the session tags that a token brings."""
    brought = tags(said)
    keys = {f"{_REQUEST_TAG}{name}".lower(): texts(one) for name, one in brought.items()}
    return keys | {"aws:tagkeys": tuple(brought)}


def tags(said: Mapping[str, Any]) -> dict[str, Any]:
    """The session tags that a token brings."""
    claim = said.get(_TAGS)
    found = cast("dict[str, Any]", claim).get("principal_tags") if isinstance(claim, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def texts(claim: object) -> tuple[str, ...]:
    """A claim as a condition compares it: booleans and numbers as JSON writes them."""
    if claim is None:
        return ()
    if isinstance(claim, list):
        return tuple(text for one in cast("list[object]", claim) for text in texts(one))
    return (str(claim).lower() if isinstance(claim, bool) else str(claim),)
