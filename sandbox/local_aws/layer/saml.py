"""``AssumeRoleWithSAML``: an assertion that the identity provider has really signed, for a session of a role.

Sources: ``AssumeRoleWithSAML`` in the STS API reference; "Configure SAML assertions for the authentication response"
and "Available keys for SAML-based AWS STS federation" in the IAM user guide. Left out: encrypted assertions, session
policies, CloudTrail's record of the call.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import importlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from sandbox.local_aws.layer import assuming, emulator, entities
from sandbox.local_aws.layer.calls import Refused, answer, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.local_aws.layer.emulator import Answer, Params, Record

_SPACES = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_VALUES = "saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue/text()"
_AUDIENCES = ("urn:amazon:webservices", "https://signin.aws.amazon.com/saml")
_TAG = "PrincipalTag:"
_NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"


@dataclass(frozen=True)
class Assertion:
    """What an identity provider says of somebody."""

    issuer: str
    subject: str
    subject_type: str
    recipient: str
    audiences: tuple[str, ...]
    not_on_or_after: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]


def assume_role(params: Params) -> Answer:
    """Give a session of a role to whoever brings an assertion that its trust policy takes."""
    provider = _provider(value(params, "PrincipalArn"))
    assertion = _read(value(params, "SAMLAssertion"), str(provider["SAMLMetadataDocument"]))
    _check(assertion)
    role_arn, provider_arn = value(params, "RoleArn"), str(provider["Arn"])
    _ask_for(assertion, params)
    role = entities.with_arn(provider_arn.split(":")[4], role_arn)
    pairs = [{part.strip() for part in one.split(",")} for one in assertion.attributes.get("Role", ())]
    if (
        role is None
        or {role_arn, provider_arn} not in pairs
        or not assuming.allows(role["AssumeRolePolicyDocument"], provider_arn, _context(assertion, provider_arn, role))
    ):
        raise Refused(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    return _open_session(role, assertion, params)


def _provider(arn: str) -> Record:
    account_id = (arn.split(":") + [""] * 5)[4]
    provider = emulator.saml_providers.get_scoped(account_id, None, arn)
    if provider is None:
        raise _invalid("Specified provider doesn't exist")
    return provider


def _read(text: str, metadata: str) -> Assertion:
    """The one assertion under a signature of the provider's; what is not signed is not looked at."""
    # Loaded when it is first needed: otherwise the local AWS would take half as long again to start.
    etree: Any = importlib.import_module("lxml.etree")
    try:
        described = etree.fromstring(metadata.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        given = base64.b64decode(text, validate=True)
        signed = next(_verified(given, described), None)
    except (binascii.Error, etree.XMLSyntaxError):
        raise _invalid("The SAML assertion or the provider's metadata is no XML") from None
    if signed is None:
        raise _invalid("Response signature invalid")
    found: list[Any] = signed.xpath("descendant-or-self::saml:Assertion", namespaces=_SPACES)
    if len(found) != 1:
        raise _invalid("There must be one assertion")
    assertion = _parsed(found[0])
    if assertion.issuer != described.get("entityID"):
        raise _invalid("Issuer not present in specified provider")
    return assertion


def _verified(given: bytes, metadata: Any) -> Iterator[Any]:
    signxml: Any = importlib.import_module("signxml")
    for certificate in metadata.xpath(".//ds:X509Certificate/text()", namespaces=_SPACES):
        pem = f"-----BEGIN CERTIFICATE-----\n{certificate.strip()}\n-----END CERTIFICATE-----"
        try:
            result = signxml.XMLVerifier().verify(given, x509_cert=pem)
        except signxml.exceptions.SignXMLException:
            continue
        yield result.signed_xml


def _parsed(element: Any) -> Assertion:
    def texts(path: str, **variables: str) -> tuple[str, ...]:
        return tuple(str(one).strip() for one in element.xpath(path, namespaces=_SPACES, **variables))

    def first(path: str) -> str:
        return next(iter(texts(path)), "")

    names = texts("saml:AttributeStatement/saml:Attribute/@Name")
    return Assertion(
        issuer=first("saml:Issuer/text()"),
        subject=first("saml:Subject/saml:NameID/text()"),
        subject_type=first("saml:Subject/saml:NameID/@Format").removeprefix(_NAME_FORMAT),
        recipient=first("saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData/@Recipient"),
        audiences=texts("saml:Conditions/saml:AudienceRestriction/saml:Audience/text()"),
        not_on_or_after=texts("descendant::*/@NotOnOrAfter"),
        attributes={
            name.removeprefix(_ATTRIBUTES): texts(_VALUES, name=name) for name in names if name.startswith(_ATTRIBUTES)
        },
    )


def _check(assertion: Assertion) -> None:
    if not set(assertion.audiences) & set(_AUDIENCES):
        raise _invalid("Audience is not for AWS")
    now = datetime.datetime.now(datetime.timezone.utc)
    ends = [datetime.datetime.fromisoformat(one.replace("Z", "+00:00")) for one in assertion.not_on_or_after]
    if not ends or min(ends) <= now:
        raise Refused(400, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
    if not assertion.attributes.get("RoleSessionName"):
        raise _invalid("RoleSessionName is required in AuthnResponse")


def _ask_for(assertion: Assertion, params: Params) -> None:
    """Put what the assertion asks among the call's parameters."""
    params["RoleSessionName"] = [assertion.attributes["RoleSessionName"][0]]
    tags = {
        name.removeprefix(_TAG): values[0] for name, values in assertion.attributes.items() if name.startswith(_TAG)
    }
    assuming.ask(params, assertion.attributes.get("SourceIdentity", ("",))[0], tags)


def _context(assertion: Assertion, provider_arn: str, role: Record) -> Any:
    account_id = provider_arn.split(":")[4]
    return emulator.new_context(
        principal_arn=provider_arn,
        principal_type="SAMLUser",
        principal_account=account_id,
        action="sts:AssumeRoleWithSAML",
        resource_arn=role["Arn"],
        region=emulator.region_of_request(),
        service_context={
            "saml:aud": assertion.recipient,
            "saml:sub": assertion.subject,
            "saml:sub_type": assertion.subject_type,
            "saml:iss": assertion.issuer,
            "saml:doc": f"{account_id}/{provider_arn.rpartition('/')[2]}",
        },
    )


def _open_session(role: Record, assertion: Assertion, params: Params) -> Answer:
    wanted = assuming.asked()
    account_id = str(role["Arn"]).split(":")[4]
    seconds = int(value(params, "DurationSeconds") or (assertion.attributes.get("SessionDuration") or ("3600",))[0])
    (key_id, secret), token = emulator.new_temporary_key(), emulator.new_session_token()
    arn = f"arn:aws:sts::{account_id}:assumed-role/{role['RoleName']}/{wanted.session_name}"
    session: Record = {
        "Arn": arn,
        "UserId": f"{role['RoleId']}:{wanted.session_name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + seconds,
        "AccountId": account_id,
        "PrincipalType": "AssumedRole",
    }
    emulator.register_session(key_id, session)
    told = {
        "Credentials": f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
        f"<SessionToken>{token}</SessionToken><Expiration>{emulator.moment_after(seconds)}</Expiration>",
        "AssumedRoleUser": f"<AssumedRoleId>{session['UserId']}</AssumedRoleId><Arn>{arn}</Arn>",
        "Subject": escape(assertion.subject),
        "SubjectType": escape(assertion.subject_type),
        "Issuer": escape(assertion.issuer),
        "Audience": escape(assertion.recipient),
    }
    told |= {"SourceIdentity": escape(wanted.source_identity)} if wanted.source_identity else {}
    return answer("AssumeRoleWithSAML", "".join(f"<{name}>{text}</{name}>" for name, text in told.items()), "sts")


def _invalid(message: str) -> Refused:
    return Refused(400, "InvalidIdentityToken", message)
