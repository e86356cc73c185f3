"""What CloudTrail has seen a role do: the same statements, from what really happened.

Understood are files of a trail (`{"Records": [...]}`), the answer of `aws cloudtrail lookup-events`, a list of records,
and records one a line. CloudTrail logs management events; calls on data (objects, items, messages) are there only where
the trail logs data events. Source: "CloudTrail record contents" in the CloudTrail user guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from deploy_permissions.actions import actions, path
from deploy_permissions.catalogue import ActionFacts, action_facts
from deploy_permissions.needs import Need
from deploy_permissions.resources import NotReadable

_PREFIXES = {
    "email": "ses",
    "monitoring": "cloudwatch",
    "tagging": "tag",
    "opensearchserverless": "aoss",
    "serverlessrepo": "serverlessrepo",
}
"""What events call services otherwise than IAM does: the first label of `eventSource`."""
_S3 = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "ListObjects": "ListObjectsV2",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
}
_DENIED = re.compile(r"(AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized)", re.IGNORECASE)


@dataclass(frozen=True)
class Used:
    """What a role did.

    Attributes:
        needs: The calls that were answered, as required permissions.
        denied: The calls that were denied, as required permissions.
        unknown: Events that no action is known for, as `eventSource:eventName`.
        events: How many events there were.
    """

    needs: tuple[Need, ...]
    denied: tuple[Need, ...] = ()
    unknown: tuple[str, ...] = ()
    events: int = 0


def read_events(text: str, name: str = "the document") -> list[dict[str, Any]]:
    """The records of a document.

    Args:
        text: The document.
        name: What it is called in errors, such as its file.

    Raises:
        NotReadable: It holds none.
    """
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = _lines(text)
    found = [record for document in documents for record in _records(document)]
    known = [one for one in found if "eventSource" in one and "eventName" in one]
    if not known and not _is_empty(documents):
        fix = "hand over a file of CloudTrail, or the output of aws cloudtrail lookup-events"
        raise NotReadable(f"{name} holds no events; {fix}")
    return known


def used_by(records: Sequence[Mapping[str, Any]], role_arn: str | None = None) -> Used:
    """What was done.

    Args:
        records: The records.
        role_arn: The role whose sessions are meant; None takes all of them.
    """
    needs: dict[Need, None] = {}
    denied: dict[Need, None] = {}
    unknown: dict[str, None] = {}
    count = 0
    for record in records:
        if role_arn is not None and _role(record) != role_arn:
            continue
        count += 1
        found = _actions(record)
        if not found:
            unknown[f"{record['eventSource']}:{record['eventName']}"] = None
        wanted = denied if _DENIED.search(str(record.get("errorCode") or "")) else needs
        for action, facts in found:
            wanted[Need(action, _resources(facts, record), _session(record), "used", str(record["eventName"]))] = None
    return Used(tuple(needs), tuple(denied), tuple(unknown), count)


def _lines(text: str) -> list[Any]:
    return [one for line in text.splitlines() if (one := _parsed(line)) is not None]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        # The last line of a file that is still written.
        return None


def _is_empty(documents: Sequence[Any]) -> bool:
    return any(
        isinstance(one, dict) and ({"Records", "Events"} & set(cast("dict[str, Any]", one))) for one in documents
    )


def _records(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, list):
        for one in cast("list[Any]", document):
            yield from _records(one)
    elif isinstance(document, dict):
        fields = cast("dict[str, Any]", document)
        if "CloudTrailEvent" in fields:
            yield from _records(json.loads(fields["CloudTrailEvent"]))
        elif isinstance(listed := fields.get("Records", fields.get("Events")), list):
            yield from _records(listed)
        else:
            # An event that EventBridge delivers has the record in its detail.
            yield cast("dict[str, Any]", fields.get("detail", fields))


def _role(record: Mapping[str, Any]) -> str:
    identity = _identity(record)
    context = cast("dict[str, Any]", identity.get("sessionContext") or {})
    issuer = cast("dict[str, Any]", context.get("sessionIssuer") or {})
    return str(issuer.get("arn") or identity.get("arn") or "")


def _session(record: Mapping[str, Any]) -> str:
    return str(_identity(record).get("arn") or "CloudTrail")


def _identity(record: Mapping[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", record.get("userIdentity") or {})


def _actions(record: Mapping[str, Any]) -> list[tuple[str, ActionFacts]]:
    """The actions of an event, as IAM calls them; none where none is known."""
    service = str(record["eventSource"]).partition(".")[0]
    name = re.sub(r"(\d{8}|\d{4}_\d{2}_\d{2})(v\d+)?$", "", str(record["eventName"]))
    prefix = _PREFIXES.get(service, service)
    operation = _S3.get(name, name) if service == "s3" else name
    found: tuple[str, ...] = (f"{prefix}:{name}",)
    if service == "apigateway":
        found = _of_apigateway(operation)
    elif service == "s3" or not action_facts(found[0]):
        found = actions(f"{service}:{operation}")
    return [(facts.name, facts) for one in found if (facts := action_facts(one)) is not None]


def _of_apigateway(name: str) -> tuple[str, ...]:
    for service in ("apigateway", "apigatewayv2"):
        try:
            path(f"{service}:{name}")
        except KeyError:
            continue
        return actions(f"{service}:{name}")
    return ()


def _resources(facts: ActionFacts, record: Mapping[str, Any]) -> tuple[str, ...]:
    """What the call was on: the ARNs that the event lists, else what its parameters name."""
    listed = [
        str(one.get("ARN")) for one in record.get("resources") or () if str(one.get("ARN", "")).startswith("arn:")
    ]
    fitting = [one for one in listed if any(_fits(form, one) for form in facts.formats.values())]
    if fitting:
        return tuple(dict.fromkeys(fitting))
    made = [
        _made(facts.formats[kind], record)
        for kind in facts.formats
        if kind in facts.required or len(facts.formats) == 1
    ]
    return tuple(dict.fromkeys(made)) or ("*",)


def _fits(form: str, arn: str) -> bool:
    pattern = re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(form))
    return any(re.fullmatch(one.replace(r"\$\{", "${"), arn) for one in pattern.split(",\\ "))


def _made(form: str, record: Mapping[str, Any]) -> str:
    """An ARN with what the parameters name, and a star for the rest."""
    asked = cast("dict[str, Any]", record.get("requestParameters") or {})
    given = {re.sub("[^a-z0-9]", "", key.lower()): value for key, value in asked.items() if isinstance(value, str)}
    partition = str(_identity(record).get("arn") or "arn:aws").split(":")[1]
    fixed = {
        "Partition": partition,
        "Region": str(record.get("awsRegion") or "*"),
        "Account": str(record.get("recipientAccountId") or "*"),
    }

    def part(name: str) -> str:
        if name in fixed:
            return fixed[name]
        short = re.sub("WithPath$", "", name).lower()
        value = given.get(short, "*")
        return value.split(":")[-1].rpartition("/")[2] if "://" in value or value.startswith("arn:") else value

    return re.sub(r"\$\{(\w+)\}", lambda found: part(found[1]), form.split(", ")[0])
