"""Questions from what people have: an AccessDenied line, an encoded message, an event of CloudTrail.

Sources: "Troubleshoot access denied error messages" in the IAM user guide; `DecodeAuthorizationMessage` in the STS API
reference; "CloudTrail record contents" in the CloudTrail user guide.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli import catalogue, refusals
from pipeline_identity_cli.aws import client
from pipeline_identity_cli.outcome import Stopped, one_line
from pipeline_identity_cli.texts import UNREADABLE, named, read, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_identity_cli.aws import Reach

_DENIED = re.compile(
    r"User:\s+(?P<who>arn:\S+)\s+is\s+not\s+authorized\s+to\s+perform:\s+(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)"
    r"(?:\s+on\s+resource:\s+[\"']?(?P<resource>[^\s\"']+)[\"']?)?"
)
_WHY = re.compile(r"\b(because\s.{1,300}|with an explicit deny.{0,300})", re.DOTALL)
_ENCODED = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{120,}(?![A-Za-z0-9_-])")
_DENIALS = ("AccessDenied", "UnauthorizedOperation", "Forbidden", "NotAuthorized")
# What CloudTrail calls otherwise than IAM. Sources: the service authorization reference of each service.
_SERVICES = {
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "tag",
    "elasticloadbalancing": "elasticloadbalancing",
}
_ACTIONS = {
    "s3:listobjects": "s3:ListBucket",
    "s3:listobjectsv2": "s3:ListBucket",
    "s3:listobjectversions": "s3:ListBucketVersions",
    "s3:headbucket": "s3:ListBucket",
    "s3:headobject": "s3:GetObject",
    "s3:copyobject": "s3:PutObject",
    "s3:listbuckets": "s3:ListAllMyBuckets",
    "s3:deleteobjects": "s3:DeleteObject",
    "lambda:invoke": "lambda:InvokeFunction",
}


@dataclass(frozen=True)
class Denial:
    """A call that AWS has denied.

    Attributes:
        action: The action.
        resource: The ARN of the resource; None where AWS does not say it.
        principal_arn: Who called.
        context: The condition keys that the call is known to have carried, in lower case.
        said: What AWS said of the reason; "" where it said nothing.
    """

    action: str
    resource: str | None
    principal_arn: str | None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    said: str = ""


def from_text(text: str, reach: Reach) -> Denial:
    """The call that an error text is about.

    Args:
        text: The text, such as the last lines of a job; `-` reads standard input.
        reach: How AWS is reached, which alone can read an encoded message.

    Raises:
        Stopped: The text names no call, or AWS does not decode it.
    """
    if text == "-":
        text = read(text, "--error", "hand over the text of the error")
    encoded = _ENCODED.search(text)
    if encoded and not _DENIED.search(text):
        return _from_encoded(encoded[0], reach)
    found = _DENIED.search(text)
    if not found:
        problem = "the text names no call that AWS denied"
        raise Stopped(problem, "hand over the line with `is not authorized to perform`", kind="usage")
    why = _WHY.search(text, found.end())
    said = one_line(why[0], 300) if why else ""
    resource = found["resource"]
    return Denial(found["action"], resource and resource.rstrip(".,;"), found["who"], said=said)


def _from_encoded(message: str, reach: Reach) -> Denial:
    try:
        sts = client(reach.session(), "sts")
        text = sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"]
    except Exception as error:
        raise refusals.stopped(error, " (decoding needs sts:DecodeAuthorizationMessage)") from None
    try:
        content: Any = json.loads(text)
        told = content["context"]
        context = {
            str(item["key"]).lower(): tuple(str(one["value"]) for one in item["values"]["items"])
            for item in told.get("conditions", {}).get("items", ())
        }
        said = "with an explicit deny" if content.get("explicitDeny") else "no policy allows it"
        return Denial(str(told["action"]), told.get("resource"), str(told["principal"]["arn"]), context, said)
    except (ValueError, TypeError, KeyError, AttributeError):
        problem = "AWS decoded the message, and it does not name the call that was denied"
        raise Stopped(problem, "name ACTION, RESOURCE and --principal-arn yourself") from None


def from_event(file: str) -> Denial:
    """The call that an event of CloudTrail records.

    Args:
        file: A file with the event as JSON: by itself, in `Records`, in `detail` as EventBridge sends it, or as
            `aws cloudtrail lookup-events` prints it. `-` reads standard input.

    Raises:
        Stopped: It holds no such event, or several that were denied.
    """
    fix = "hand over the event as CloudTrail wrote it"
    try:
        events = _events(read_json(file, "--event", fix))
    except (ValueError, RecursionError):
        raise Stopped(f"{named(file, '--event')} is not an event of CloudTrail", fix, kind=UNREADABLE) from None
    denied = [one for one in events if any(word in str(one.get("errorCode", "")) for word in _DENIALS)]
    chosen = denied if len(events) > 1 else events
    if len(chosen) != 1:
        problem = f"{named(file, '--event')} holds {len(events)} events, {len(denied)} of them denied"
        raise Stopped(problem, "hand over one event", kind="usage")
    return _from_event(chosen[0])


def _events(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return _events(json.loads(content))
    if isinstance(content, list):
        return [one for member in cast("list[object]", content) for one in _events(member)]
    if not isinstance(content, dict):
        return []
    entries = cast("dict[str, Any]", content)
    if "eventName" in entries and "eventSource" in entries:
        return [entries]
    return [one for key in ("Records", "Events", "detail", "CloudTrailEvent") for one in _events(entries.get(key))]


def _from_event(event: Mapping[str, Any]) -> Denial:
    identity = _mapping(event.get("userIdentity"))
    context: dict[str, tuple[str, ...]] = {}
    for key, value in (
        ("aws:sourceip", event.get("sourceIPAddress")),
        ("aws:useragent", event.get("userAgent")),
        ("aws:requestedregion", event.get("awsRegion")),
        ("aws:currenttime", event.get("eventTime")),
    ):
        # A service that calls for somebody stands with its name where an address belongs.
        if isinstance(value, str) and not (key == "aws:sourceip" and not re.fullmatch(r"[0-9a-fA-F.:]+", value)):
            context[key] = (value,)
    told = _DENIED.search(str(event.get("errorMessage", "")))
    why = _WHY.search(str(event.get("errorMessage", "")))
    said = one_line(why[0], 300) if why else ""
    if told:
        return Denial(told["action"], told["resource"] or _resource(event), identity.get("arn"), context, said)
    service = str(event["eventSource"]).partition(".")[0]
    name = f"{_SERVICES.get(service, service)}:{re.sub(r'[0-9_]+$', '', str(event['eventName']))}"
    action = _ACTIONS.get(name.lower(), name)
    known = catalogue.action(action)
    return Denial(known.name if known else action, _resource(event), identity.get("arn"), context, said)


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _resource(event: Mapping[str, Any]) -> str | None:
    """The resource of an event: the most exact one that it names."""
    parameters = _mapping(event.get("requestParameters"))
    if event["eventSource"] == "s3.amazonaws.com" and parameters.get("bucketName"):
        key = parameters.get("key")
        return f"arn:aws:s3:::{parameters['bucketName']}" + (f"/{key}" if key else "")
    resources = event.get("resources")
    members = cast("list[object]", resources) if isinstance(resources, list) else []
    arns = [str(one["ARN"]) for one in map(_mapping, members) if one.get("ARN")]
    arns += [value for value in parameters.values() if isinstance(value, str) and value.startswith("arn:")]
    return max(arns, key=len, default=None)
