"""The record CloudTrail writes of a call: who, what, when, with what, and how it went.

Sources: "CloudTrail record contents" and "CloudTrail userIdentity element" in the CloudTrail user guide; "Logging IAM
and AWS STS API calls" in the IAM user guide.
"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from sandbox.local_aws.layer import emulator, web_identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.local_aws.layer.emulator import Credential, Record
    from sandbox.local_aws.layer.requests import Learned

_READ_ONLY = re.compile(r"(Get|List|Describe|Head|AssumeRole|Simulate|Generate)")
# Named Get, and they make something.
_WRITES = ("GetFederationToken", "GetSessionToken")
_HIDDEN = frozenset(
    {"secretAccessKey", "sessionToken", "password", "secretString", "secretBinary", "webIdentityToken", "sAMLAssertion"}
)
_NAMESPACE = re.compile(r"\{[^}]*\}")
_LARGEST_ANSWER = 64 * 1024
_EVENT_NAMES = {"s3:ListAllMyBuckets": "ListBuckets"}


@dataclass(frozen=True)
class Call:
    """A call that has been answered.

    Attributes:
        learned: Who made it and what it asked for.
        headers: The headers of the request.
        body: Its body.
        status: The HTTP status of the answer.
        answer: The body of the answer.
    """

    learned: Learned
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes

    @property
    def service(self) -> str:
        """The prefix of the service, such as ``iam``."""
        return self.learned.action.partition(":")[0]

    @property
    def name(self) -> str:
        """CloudTrail's name of the call, such as ``CreateUser``."""
        return _EVENT_NAMES.get(self.learned.action, self.learned.action.partition(":")[2])

    @property
    def region(self) -> str:
        """The region the record is written in: IAM is in one only."""
        return "us-east-1" if self.service == "iam" else self.learned.region

    @property
    def is_read_only(self) -> bool:
        """Whether CloudTrail counts the call as one that changes nothing."""
        return bool(_READ_ONLY.match(self.name)) and self.name not in _WRITES


def record(call: Call) -> Record | None:
    """The record of a call; None when nobody is known to have made it, as with a bad signature."""
    identity = _identity(call)
    if identity is None:
        return None
    now = datetime.datetime.now(datetime.timezone.utc)
    written: Record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": call.region,
        "sourceIPAddress": call.learned.origin.address,
        "userAgent": call.headers.get("user-agent", ""),
        "requestParameters": _request_parameters(call),
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": call.is_read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": identity["accountId"],
        "eventCategory": "Management",
    }
    if call.learned.origin.vpc_endpoint:
        written["vpcEndpointId"] = call.learned.origin.vpc_endpoint
    if call.status >= 400:
        written["errorCode"], written["errorMessage"] = _error(call)
    elif not call.is_read_only or call.name.startswith("AssumeRole"):
        written["responseElements"] = _response_elements(call)
    return written


def other_account(call: Call) -> str | None:
    """The account of a role that was assumed from another account: it gets the record too."""
    parameters = _request_parameters(call) or {}
    role_arn = str(parameters.get("roleArn", ""))
    if call.name != "AssumeRole" or role_arn.count(":") < 5 or call.learned.credential is None:
        return None
    account_id = role_arn.split(":")[4]
    return account_id if account_id != call.learned.credential.account_id else None


def _identity(call: Call) -> Record | None:
    credential = call.learned.credential
    if credential is None:
        return _web_identity(call) if call.name == "AssumeRoleWithWebIdentity" else None
    identity: Record = {
        "type": {"User": "IAMUser"}.get(credential.principal_type, credential.principal_type),
        "principalId": credential.principal_id,
        "arn": credential.principal_arn,
        "accountId": credential.account_id,
        "accessKeyId": credential.access_key_id,
    }
    if credential.principal_type == "User":
        identity["userName"] = credential.principal_name
    if credential.principal_type == "AssumedRole":
        identity["sessionContext"] = _session_context(credential)
    return identity


def _session_context(credential: Credential) -> Record:
    role_name = credential.principal_arn.split("/")[1]
    role = emulator.roles.get_scoped(credential.account_id, None, role_name) or {}
    session = emulator.sessions.get(credential.access_key_id, {})
    moment = datetime.datetime.fromtimestamp(session.get("IssuedAt", 0), datetime.timezone.utc)
    authenticated = str("AuthenticatedAt" in session).lower()
    source_identity = {"sourceIdentity": session["SourceIdentity"]} if "SourceIdentity" in session else {}
    return source_identity | {
        "sessionIssuer": {
            "type": "Role",
            "principalId": role.get("RoleId"),
            "arn": role.get("Arn"),
            "accountId": credential.account_id,
            "userName": role_name,
        },
        "attributes": {"creationDate": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": authenticated},
    }


def _web_identity(call: Call) -> Record | None:
    parameters = dict(parse_qsl(call.body.decode(errors="replace")))
    role_arn = parameters.get("RoleArn", "")
    claims = web_identity.claims_of(parameters.get("WebIdentityToken", ""))
    if not claims:
        return None
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    account_id = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    provider = f"arn:aws:iam::{account_id}:oidc-provider/{issuer}"
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:{claims.get('aud')}:{claims.get('sub')}",
        "userName": claims.get("sub"),
        "identityProvider": provider,
        "accountId": account_id,
    }


def _request_parameters(call: Call) -> Record | None:
    if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return _from_query(dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))) or None
    try:
        body = cast("object", json.loads(call.body))
    except ValueError:
        return None
    return cast("Record", _lowered(cast("object", body))) if isinstance(body, dict) else None


def _from_query(parameters: Mapping[str, str]) -> Record:
    """``Tags.member.1.Key=team`` and its like, as the objects and lists they stand for."""
    found: Record = {}
    for name, value in parameters.items():
        first, _, rest = name.partition(".")
        key = _lower(first)
        if first in ("Action", "Version") or key in _HIDDEN:
            continue
        if not rest:
            found[key] = value
        else:
            number, _, inner = rest.removeprefix("member.").partition(".")
            items = cast("dict[str, Any]", found.setdefault(key, {}))
            if inner:
                cast("Record", items.setdefault(number, {}))[_lower(inner)] = value
            else:
                items[number] = value
    return {key: value if isinstance(value, str) else list(value.values()) for key, value in found.items()}


def _response_elements(call: Call) -> Record | None:
    if len(call.answer) > _LARGEST_ANSWER:
        return None
    if call.answer.lstrip().startswith(b"<"):
        root = ElementTree.fromstring(call.answer)  # noqa: S314 - ministack's own answer
        for child in root:
            if _tag(child).endswith("Result"):
                return cast("Record", _from_xml(child)) if len(child) else None
        return None
    try:
        return cast("Record", _lowered(json.loads(call.answer))) or None
    except ValueError:
        return None


def _from_xml(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    if all(_tag(child) == "member" for child in children):
        return [_from_xml(child) for child in children]
    return {_lower(_tag(child)): _from_xml(child) for child in children if _lower(_tag(child)) not in _HIDDEN}


def _error(call: Call) -> tuple[str, str]:
    text = call.answer.decode(errors="replace")
    code = re.search(r"<Code>([^<]+)", text) or re.search(r'"(?:__type|code)"\s*:\s*"(?:[^"#]*#)?([^"]+)', text)
    message = re.search(r"<Message>([^<]*)", text) or re.search(r'"[Mm]essage"\s*:\s*"([^"]*)', text)
    name = code[1] if code else str(call.status)
    return ("AccessDenied" if name == "AccessDeniedException" else name), message[1] if message else ""


def _lowered(value: object) -> object:
    if isinstance(value, dict):
        pairs = ((_lower(str(key)), item) for key, item in cast("dict[object, object]", value).items())
        return {key: _lowered(item) for key, item in pairs if key not in _HIDDEN}
    if isinstance(value, list):
        return [_lowered(item) for item in cast("list[object]", value)]
    return value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _tag(element: ElementTree.Element) -> str:
    return _NAMESPACE.sub("", element.tag)
