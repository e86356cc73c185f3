"""CloudTrail's records on EventBridge, so that an alarm really goes off.

As in AWS, a record gets there only when a trail of the account logs it, IAM's only in us-east-1, and those that only
read (``Get``, ``List``, ``Describe``) only to rules in the state ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS``.

Sources: "AWS service events delivered via AWS CloudTrail" and "Receiving read-only management events from AWS services"
in the EventBridge user guide; "Logging data events" in the CloudTrail user guide says what is no management event.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import cloudtrail, emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.cloudtrail import Call
    from sandbox.local_aws.layer.emulator import Answer, Record

    Dispatch = Callable[..., None]

_DETAIL_TYPE = "AWS API Call via CloudTrail"
_EVERYTHING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_WITHHELD = re.compile(r"(Get|List|Describe)")
_NOT_WITHHELD = ("GetFederationToken", "GetSessionToken")
# What is done with the contents of a resource is no management of it.
_DATA = re.compile(
    r"s3:(?!ListAllMyBuckets|CreateBucket|DeleteBucket|(Get|Put|Delete)(Bucket|Lifecycle|Encryption|Replication|Account)).*"
    r"|dynamodb:(Batch|Get|Put|Update|Delete|Query|Scan|TransactGet|TransactWrite|ConditionCheck|PartiQL)(Item|Write)?.*"
    r"|sns:Publish.*|sqs:(Send|Receive|Delete|ChangeMessageVisibility)(Message)?(Batch)?|lambda:Invoke.*|events:PutEvents"
)
_TABLE_MANAGEMENT = re.compile(r"dynamodb:(Update|Delete)(Table|TimeToLive|ContinuousBackups|GlobalTable|Backup).*")


def install() -> None:
    """Let EventBridge tell events that only read from the others, and both services take what they are given."""
    emulator.replace("services.eventbridge", "_dispatch_event", _by_state)
    emulator.replace("services.eventbridge", "_put_rule", _as_a_whole)
    emulator.trail_handlers["CreateTrail"] = _with_tags(emulator.trail_handlers["CreateTrail"])


def _as_a_whole(original: Callable[[Record], Answer]) -> Callable[[Record], Answer]:
    """A rule is put as a whole: ministack keeps what is not mentioned."""
    return lambda rule: original({"Description": "", "RoleArn": "", **rule})


def _with_tags(original: Callable[[Record], Answer]) -> Callable[[Record], Answer]:
    """A trail has the tags that it is made with, which ministack forgets."""

    def create_trail(body: Record) -> Answer:
        answered = original(body)
        if answered[0] < 400 and body.get("TagsList"):
            arn = json.loads(answered[2])["TrailARN"]
            emulator.trail_handlers["AddTags"]({"ResourceId": arn, "TagsList": body["TagsList"]})
        return answered

    return create_trail


def publish(call: Call) -> None:
    """Put the record of a call on the event buses of the accounts it concerns, where a trail logs it."""
    action = call.learned.action
    if not action or (_DATA.fullmatch(action) and not _TABLE_MANAGEMENT.fullmatch(action)):
        return
    record = cloudtrail.record(call)
    if record is None:
        return
    for account_id in {str(record["recipientAccountId"]), cloudtrail.other_account(call) or ""} - {""}:
        if _is_logged(account_id, call):
            with emulator.request_scope(account_id, call.region):
                emulator.put_events({"Entries": [_entry(call, {**record, "recipientAccountId": account_id})]}, True)


def _entry(call: Call, record: Record) -> Record:
    return {"Source": f"aws.{call.service}", "DetailType": _DETAIL_TYPE, "Detail": json.dumps(record)}


def _is_logged(account_id: str, call: Call) -> bool:
    for (owner, home, _), trail in emulator.trails.all_items():
        if owner != account_id or not trail.get("IsLogging"):
            continue
        if home != call.region and not trail.get("IsMultiRegionTrail"):
            continue
        if call.service != "iam" or trail.get("IncludeGlobalServiceEvents", True):
            return True
    return False


def _by_state(original: Dispatch) -> Dispatch:
    def dispatch(event: Record, *further: Any) -> None:
        # ministack knows two states of a rule: for the time of this event each has the one that fits.
        states = {key: rule["State"] for key, rule in emulator.rules.items()}
        withheld = _is_withheld(event)
        try:
            for key, state in states.items():
                sees_it = state == _EVERYTHING or (state == "ENABLED" and not withheld)
                emulator.rules[key]["State"] = "ENABLED" if sees_it else "DISABLED"
            original(event, *further)
        finally:
            for key, state in states.items():
                emulator.rules[key]["State"] = state

    return dispatch


def _is_withheld(event: Record) -> bool:
    if event.get("DetailType") != _DETAIL_TYPE:
        return False
    name = str(cast("Record", json.loads(event["Detail"])).get("eventName"))
    return bool(_WITHHELD.match(name)) and name not in _NOT_WITHHELD
