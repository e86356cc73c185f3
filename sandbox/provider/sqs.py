"""The types of SQS: queues and their policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property
from sandbox.provider.tagging import change

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties, Value

_NUMBERS = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_TEXTS = {"kmsMasterKeyId": "KmsMasterKeyId", "policy": "Policy", "redrivePolicy": "RedrivePolicy"}
_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


class Queue(Resource):
    """A queue. Its id is its URL."""

    token = "aws:sqs/queue:Queue"  # noqa: S105 - a type, no secret
    named = "name"
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "delaySeconds": Property(Kind.NUMBER, default=0, least=0, most=900),
        "fifoQueue": Property(Kind.FLAG, default=False, replaces=True),
        "kmsMasterKeyId": Property(),
        "maxMessageSize": Property(Kind.NUMBER, computed=True, least=1024, most=1048576),
        "messageRetentionSeconds": Property(Kind.NUMBER, default=345600, least=60, most=1209600),
        "name": Property(replaces=True),
        "policy": Property(Kind.DOCUMENT, computed=True),
        "receiveWaitTimeSeconds": Property(Kind.NUMBER, default=0, least=0, most=20),
        "redrivePolicy": Property(Kind.DOCUMENT),
        "region": REGION,
        "tags": TAGS,
        "visibilityTimeoutSeconds": Property(Kind.NUMBER, default=30, least=0, most=43200),
    }
    outputs = ("arn", "url", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the queue."""
        attributes = {told: str(new.number(name)) for name, told in _NUMBERS.items() if name in new}
        attributes |= {told: new.text(name) for name, told in _TEXTS.items() if new.text(name)}
        if new.flag("fifoQueue"):
            attributes["FifoQueue"] = "true"
        made = aws.client("sqs", aws.region_of(new)).create_queue(
            QueueName=new.text("name"), Attributes=attributes, tags=new.map("tags")
        )
        return Created(made["QueueUrl"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the queue."""
        region = aws.region_of(state)
        sqs = aws.client("sqs", region)
        attributes = sqs.get_queue_attributes(QueueUrl=resource_id, AttributeNames=["All"])["Attributes"]
        found: dict[str, Value] = {name: int(attributes[told]) for name, told in _NUMBERS.items() if told in attributes}
        found |= {name: attributes.get(told) for name, told in _TEXTS.items()}
        return {
            **found,
            "arn": attributes["QueueArn"],
            "fifoQueue": attributes.get("FifoQueue") == "true",
            "name": attributes["QueueArn"].rpartition(":")[2],
            "region": region,
            "tags": sqs.list_queue_tags(QueueUrl=resource_id).get("Tags", {}),
            "url": resource_id,
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change attributes and tags."""
        sqs = aws.client("sqs", aws.region_of(new))
        changed = {
            told: str(new.number(name))
            for name, told in _NUMBERS.items()
            if name in new and old.number(name) != new.number(name)
        }
        changed |= {
            told: new.text(name)
            for name, told in _TEXTS.items()
            if old.text(name) != new.text(name) and (name != "policy" or name in new)
        }
        if changed:
            sqs.set_queue_attributes(QueueUrl=resource_id, Attributes=changed)
        change(
            old,
            new,
            lambda added: sqs.tag_queue(QueueUrl=resource_id, Tags=added),
            lambda removed: sqs.untag_queue(QueueUrl=resource_id, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the queue."""
        aws.client("sqs", aws.region_of(state)).delete_queue(QueueUrl=resource_id)


class QueuePolicy(Resource):
    """The policy of a queue."""

    token = "aws:sqs/queuePolicy:QueuePolicy"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "policy": Property(Kind.DOCUMENT, required=True),
        "queueUrl": Property(required=True, replaces=True),
        "region": REGION,
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Set the policy."""
        self._set(aws, new.text("queueUrl"), new, new.text("policy"))
        return Created(new.text("queueUrl"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the policy."""
        region = aws.region_of(state)
        answer = aws.client("sqs", region).get_queue_attributes(QueueUrl=resource_id, AttributeNames=["Policy"])
        policy = answer.get("Attributes", {}).get("Policy")
        return {"policy": policy, "queueUrl": resource_id, "region": region} if policy else None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Set the policy."""
        self._set(aws, resource_id, new, new.text("policy"))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the policy away."""
        self._set(aws, resource_id, state, "")

    def _set(self, aws: Aws, url: str, properties: Properties, policy: str) -> None:
        aws.client("sqs", aws.region_of(properties)).set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
