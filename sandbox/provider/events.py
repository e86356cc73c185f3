"""The types of EventBridge: rules, and where what they match goes."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property, matching
from sandbox.provider.values import Properties

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Value

_DEFAULT = "default"
_GONE = ("ResourceNotFoundException",)
_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")


class EventRule(Resource):
    """A rule. Its id is its name, after that of its bus when this is not the default one."""

    token = "aws:cloudwatch/eventRule:EventRule"  # noqa: S105 - a type, no secret
    named = "name"
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "description": Property(),
        "eventBusName": Property(default=_DEFAULT, replaces=True),
        "eventPattern": Property(Kind.DOCUMENT),
        "forceDestroy": Property(Kind.FLAG, default=False, kept=True),
        "name": Property(replaces=True, limit=matching(r"[.\w-]+", "letters, digits and . _ -", 64)),
        "region": REGION,
        "roleArn": Property(),
        "scheduleExpression": Property(),
        "state": Property(default="ENABLED", only=_STATES),
        "tags": TAGS,
    }
    outputs = ("arn", "tagsAll")

    def problems(self, new: Properties) -> dict[str, str]:
        """A rule needs something to match."""
        if "eventPattern" in new or "scheduleExpression" in new:
            return {}
        return {"eventPattern": f"{self.token} needs an eventPattern or a scheduleExpression."}

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the rule."""
        tags = tagging.to_aws(new.map("tags"))
        aws.client("events", aws.region_of(new)).put_rule(**_rule(new), **({"Tags": tags} if tags else {}))
        bus, name = new.text("eventBusName"), new.text("name")
        return Created(name if bus == _DEFAULT else f"{bus}/{name}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the rule."""
        region = aws.region_of(state)
        events = aws.client("events", region)
        bus, _, name = resource_id.rpartition("/")
        rule = events.describe_rule(Name=name, EventBusName=bus or _DEFAULT)
        return {
            "arn": rule["Arn"],
            "description": rule.get("Description"),
            "eventBusName": rule.get("EventBusName") or bus or _DEFAULT,
            "eventPattern": rule.get("EventPattern"),
            "name": rule["Name"],
            "region": region,
            "roleArn": rule.get("RoleArn"),
            "scheduleExpression": rule.get("ScheduleExpression"),
            "state": rule.get("State"),
            "tags": tagging.from_aws(events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put the rule again: AWS replaces it as a whole."""
        events, arn = aws.client("events", aws.region_of(new)), old.text("arn")
        events.put_rule(**_rule(new))
        tagging.change(
            old,
            new,
            lambda added: events.tag_resource(ResourceARN=arn, Tags=tagging.to_aws(added)),
            lambda removed: events.untag_resource(ResourceARN=arn, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the rule; with ``forceDestroy`` even one of another service."""
        bus, _, name = resource_id.rpartition("/")
        aws.client("events", aws.region_of(state)).delete_rule(
            Name=name, EventBusName=bus or _DEFAULT, Force=state.flag("forceDestroy")
        )


class EventTarget(Resource):
    """Where the events of a rule go. Imported as ``bus/rule/target`` or ``rule/target``."""

    token = "aws:cloudwatch/eventTarget:EventTarget"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "arn": Property(required=True),
        "deadLetterConfig": Property(Kind.MAP),
        "eventBusName": Property(default=_DEFAULT, replaces=True),
        "input": Property(),
        "inputPath": Property(),
        "inputTransformer": Property(Kind.MAP),
        "region": REGION,
        "roleArn": Property(),
        "rule": Property(required=True, replaces=True),
        "targetId": Property(computed=True, replaces=True),
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the target."""
        target = new.text("targetId") or f"terraform-{uuid.uuid4().hex}"
        self._put(aws, target, new)
        return Created(f"{new.text('rule')}-{target}", {"targetId": target})

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Look for the target among those of the rule."""
        region = aws.region_of(state)
        bus, rule, target = state.text("eventBusName"), state.text("rule"), state.text("targetId")
        if not rule:
            bus, rule, target = ([_DEFAULT, *resource_id.split("/")])[-3:]
        listed = aws.client("events", region).list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        for one in listed:
            if one["Id"] == target:
                return {**_told(one), "eventBusName": bus, "region": region, "rule": rule, "targetId": target}
        return None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put the target again: AWS replaces it as a whole."""
        self._put(aws, old.text("targetId"), new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Remove the target."""
        aws.client("events", aws.region_of(state)).remove_targets(
            Rule=state.text("rule"), EventBusName=state.text("eventBusName"), Ids=[state.text("targetId")]
        )

    def _put(self, aws: Aws, target: str, new: Properties) -> None:
        given: dict[str, Any] = {"Id": target, "Arn": new.text("arn")}
        for name, told in (("input", "Input"), ("inputPath", "InputPath"), ("roleArn", "RoleArn")):
            if new.text(name):
                given[told] = new.text(name)
        if new.map("deadLetterConfig").get("arn"):
            given["DeadLetterConfig"] = {"Arn": new.map("deadLetterConfig")["arn"]}
        if (transformer := new.get("inputTransformer")) and isinstance(transformer, dict):
            inner = Properties(transformer)
            given["InputTransformer"] = {
                "InputPathsMap": inner.map("inputPaths"),
                "InputTemplate": inner.text("inputTemplate"),
            }
        answer = aws.client("events", aws.region_of(new)).put_targets(
            Rule=new.text("rule"), EventBusName=new.text("eventBusName"), Targets=[given]
        )
        if answer.get("FailedEntryCount"):
            raise LookupError(f"The target was not taken: {json.dumps(answer['FailedEntries'])}")


def _rule(new: Properties) -> dict[str, Any]:
    # What is not mentioned AWS takes away, and ministack leaves: so the description is always mentioned.
    given = {"Description": new.text("description"), "EventBusName": new.text("eventBusName")}
    given |= {"Name": new.text("name"), "State": new.text("state")}
    for name, told in (
        ("eventPattern", "EventPattern"),
        ("roleArn", "RoleArn"),
        ("scheduleExpression", "ScheduleExpression"),
    ):
        if new.text(name):
            given[told] = new.text(name)
    return given


def _told(target: dict[str, Any]) -> dict[str, Value]:
    transformer = target.get("InputTransformer")
    letters = target.get("DeadLetterConfig")
    return {
        "arn": target["Arn"],
        "deadLetterConfig": {"arn": letters["Arn"]} if letters else None,
        "input": target.get("Input"),
        "inputPath": target.get("InputPath"),
        "inputTransformer": _transformer_told(transformer) if transformer else None,
        "roleArn": target.get("RoleArn"),
    }


def _transformer_told(transformer: dict[str, Any]) -> dict[str, Value]:
    paths = transformer.get("InputPathsMap")
    return {"inputTemplate": transformer["InputTemplate"], **({"inputPaths": paths} if paths else {})}
