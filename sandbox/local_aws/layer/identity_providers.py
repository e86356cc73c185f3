"""Changing an OpenID Connect or SAML provider in place, and what makes one impossible.

Source: the calls of these names in the IAM API reference; the limits are in "IAM and STS quotas".
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, answer, members, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.calls import Rules
    from sandbox.local_aws.layer.emulator import Answer, Handler, Params, Record, Store

_AUDIENCES = 100
_THUMBPRINTS = 5
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")


def well_formed(params: Params) -> None:
    """A provider's URL starts with https://, and its thumbprints are SHA-1 digests."""
    if not value(params, "Url").startswith("https://"):
        raise Refused(400, "ValidationError", "Invalid Open ID Connect Provider URL")
    _check_thumbprints(members(params, "ThumbprintList"))
    if len(members(params, "ClientIDList")) > _AUDIENCES:
        raise Refused(409, "LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {_AUDIENCES}")


def create(params: Params) -> Answer:
    """Make a provider whose ARN has the URL as it is written: ministack cuts off a slash at its end."""
    url = value(params, "Url")
    arn = f"arn:aws:iam::{emulator.account_of_request()}:oidc-provider/{url.removeprefix('https://')}"
    if arn in emulator.oidc_providers:
        raise Refused(409, "EntityAlreadyExists", f"Provider with url {url} already exists.")
    emulator.oidc_providers[arn] = {
        "Url": url,
        "ClientIDList": members(params, "ClientIDList"),
        "ThumbprintList": members(params, "ThumbprintList"),
        "Arn": arn,
        "CreateDate": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Tags": _tags_in(params),
    }
    named = f"<OpenIDConnectProviderArn>{escape(arn)}</OpenIDConnectProviderArn>"
    return answer("CreateOpenIDConnectProvider", named)


def update_thumbprints(params: Params) -> Answer:
    """Put other thumbprints in the place of those there."""
    provider = _oidc(params)
    _check_thumbprints(members(params, "ThumbprintList"))
    provider["ThumbprintList"] = members(params, "ThumbprintList")
    return answer("UpdateOpenIDConnectProviderThumbprint")


def add_audience(params: Params) -> Answer:
    """Add an audience; one that is there already is no error."""
    provider, audience = _oidc(params), value(params, "ClientID")
    if audience not in provider["ClientIDList"]:
        if len(provider["ClientIDList"]) >= _AUDIENCES:
            raise Refused(
                409, "LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {_AUDIENCES}"
            )
        provider["ClientIDList"].append(audience)
    return answer("AddClientIDToOpenIDConnectProvider")


def remove_audience(params: Params) -> Answer:
    """Remove an audience; one that is not there is no error."""
    provider, audience = _oidc(params), value(params, "ClientID")
    provider["ClientIDList"] = [kept for kept in provider["ClientIDList"] if kept != audience]
    return answer("RemoveClientIDFromOpenIDConnectProvider")


def _oidc(params: Params) -> Record:
    return _existing(emulator.oidc_providers, value(params, "OpenIDConnectProviderArn"))


def _existing(store: Store, arn: str) -> Record:
    found = store.get(arn)
    if found is None:
        raise Refused(404, "NoSuchEntity", f"Provider {arn} not found.")
    return found


def _check_thumbprints(thumbprints: list[str]) -> None:
    if len(thumbprints) > _THUMBPRINTS:
        raise Refused(400, "InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
    for thumbprint in thumbprints:
        if not _THUMBPRINT.fullmatch(thumbprint):
            raise Refused(400, "ValidationError", f"Value '{thumbprint}' at 'thumbprintList' is no SHA-1 digest")


def _tag(action: str, store: Store, key: str) -> Handler:
    def tag(params: Params) -> Answer:
        provider = _existing(store, value(params, key))
        tags = {one["Key"]: one for one in (*provider["Tags"], *_tags_in(params))}
        provider["Tags"] = list(tags.values())
        return answer(action)

    return tag


def _tags_in(params: Params) -> list[Record]:
    tags: list[Record] = []
    while name := value(params, f"Tags.member.{len(tags) + 1}.Key"):
        tags.append({"Key": name, "Value": value(params, f"Tags.member.{len(tags) + 1}.Value")})
    return tags


def _untag(action: str, store: Store, key: str) -> Handler:
    def untag(params: Params) -> Answer:
        provider = _existing(store, value(params, key))
        provider["Tags"] = [one for one in provider["Tags"] if one["Key"] not in members(params, "TagKeys")]
        return answer(action)

    return untag


def _tags(action: str, store: Store, key: str) -> Handler:
    def tags(params: Params) -> Answer:
        provider = _existing(store, value(params, key))
        listed = "".join(
            f"<member><Key>{escape(one['Key'])}</Key><Value>{escape(one['Value'])}</Value></member>"
            for one in provider["Tags"]
        )
        return answer(action, f"<Tags>{listed}</Tags><IsTruncated>false</IsTruncated>")

    return tags


RULES: Rules = {"CreateOpenIDConnectProvider": (well_formed,)}

_OIDC = (emulator.oidc_providers, "OpenIDConnectProviderArn")
_SAML = (emulator.saml_providers, "SAMLProviderArn")
CALLS = {
    "CreateOpenIDConnectProvider": create,
    "UpdateOpenIDConnectProviderThumbprint": update_thumbprints,
    "AddClientIDToOpenIDConnectProvider": add_audience,
    "RemoveClientIDFromOpenIDConnectProvider": remove_audience,
    "TagOpenIDConnectProvider": _tag("TagOpenIDConnectProvider", *_OIDC),
    "UntagOpenIDConnectProvider": _untag("UntagOpenIDConnectProvider", *_OIDC),
    "ListOpenIDConnectProviderTags": _tags("ListOpenIDConnectProviderTags", *_OIDC),
    "TagSAMLProvider": _tag("TagSAMLProvider", *_SAML),
    "UntagSAMLProvider": _untag("UntagSAMLProvider", *_SAML),
    "ListSAMLProviderTags": _tags("ListSAMLProviderTags", *_SAML),
}
