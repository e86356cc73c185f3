"""The types of SNS: topics, their policies, and who is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_TOPIC = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
}
_SUBSCRIPTION = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
}


def default_policy(arn: str) -> str:
    """The policy of a topic that has none of its own: its account may do everything with it."""
    actions = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic")
    actions += ("Subscribe", "ListSubscriptionsByTopic", "Publish")
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


class Topic(Resource):
    """A topic."""

    token = "aws:sns/topic:Topic"  # noqa: S105 - a type, no secret
    named = "name"
    gone = ("NotFound", "NotFoundException")
    properties = {  # noqa: RUF012 - never changed
        "contentBasedDeduplication": Property(Kind.FLAG, default=False),
        "displayName": Property(),
        "fifoTopic": Property(Kind.FLAG, default=False, replaces=True),
        "kmsMasterKeyId": Property(),
        "name": Property(replaces=True),
        "policy": Property(Kind.DOCUMENT, computed=True),
        "region": REGION,
        "tags": TAGS,
    }
    outputs = ("arn", "owner", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the topic."""
        attributes = {told: _text(new, name) for name, told in _TOPIC.items() if _text(new, name)}
        if new.flag("fifoTopic"):
            attributes["FifoTopic"] = "true"
        made = aws.client("sns", aws.region_of(new)).create_topic(
            Name=new.text("name"), Attributes=attributes, Tags=tagging.to_aws(new.map("tags"))
        )
        return Created(made["TopicArn"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the topic."""
        region = resource_id.split(":")[3]
        sns = aws.client("sns", region)
        attributes = sns.get_topic_attributes(TopicArn=resource_id)["Attributes"]
        return {
            "arn": resource_id,
            "contentBasedDeduplication": attributes.get("ContentBasedDeduplication") == "true",
            "displayName": attributes.get("DisplayName"),
            "fifoTopic": attributes.get("FifoTopic") == "true",
            "kmsMasterKeyId": attributes.get("KmsMasterKeyId"),
            "name": resource_id.rpartition(":")[2],
            "owner": attributes.get("Owner"),
            "policy": attributes.get("Policy"),
            "region": region,
            "tags": tagging.from_aws(sns.list_tags_for_resource(ResourceArn=resource_id)["Tags"]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change attributes and tags."""
        sns = aws.client("sns", resource_id.split(":")[3])
        for name, told in _TOPIC.items():
            if (name != "policy" or name in new) and _text(old, name) != _text(new, name):
                sns.set_topic_attributes(TopicArn=resource_id, AttributeName=told, AttributeValue=_text(new, name))
        tagging.change(
            old,
            new,
            lambda added: sns.tag_resource(ResourceArn=resource_id, Tags=tagging.to_aws(added)),
            lambda removed: sns.untag_resource(ResourceArn=resource_id, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the topic."""
        aws.client("sns", resource_id.split(":")[3]).delete_topic(TopicArn=resource_id)


class TopicPolicy(Resource):
    """The policy of a topic. Removed, the topic gets the one it had at first."""

    token = "aws:sns/topicPolicy:TopicPolicy"  # noqa: S105 - a type, no secret
    gone = ("NotFound", "NotFoundException")
    properties = {  # noqa: RUF012 - never changed
        "arn": Property(required=True, replaces=True),
        "policy": Property(Kind.DOCUMENT, required=True),
        "region": REGION,
    }
    outputs = ("owner",)

    def create(self, aws: Aws, new: Properties) -> Created:
        """Set the policy."""
        _set_policy(aws, new.text("arn"), new.text("policy"))
        return Created(new.text("arn"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the policy."""
        region = resource_id.split(":")[3]
        attributes = aws.client("sns", region).get_topic_attributes(TopicArn=resource_id)["Attributes"]
        return {
            "arn": resource_id,
            "owner": attributes.get("Owner"),
            "policy": attributes.get("Policy"),
            "region": region,
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Set the policy."""
        _set_policy(aws, resource_id, new.text("policy"))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Set the policy a topic has at first."""
        _set_policy(aws, resource_id, default_policy(resource_id))


class TopicSubscription(Resource):
    """Somebody who is told. One that has to be confirmed is there, and waits."""

    token = "aws:sns/topicSubscription:TopicSubscription"  # noqa: S105 - a type, no secret
    gone = ("NotFound", "NotFoundException")
    properties = {  # noqa: RUF012 - never changed
        "deliveryPolicy": Property(Kind.DOCUMENT),
        "endpoint": Property(required=True, replaces=True),
        "filterPolicy": Property(Kind.DOCUMENT),
        "filterPolicyScope": Property(computed=True, only=("MessageAttributes", "MessageBody")),
        "protocol": Property(required=True, replaces=True),
        "rawMessageDelivery": Property(Kind.FLAG, default=False),
        "redrivePolicy": Property(Kind.DOCUMENT),
        "region": REGION,
        "topic": Property(required=True, replaces=True),
    }
    outputs = ("arn", "confirmationWasAuthenticated", "ownerId", "pendingConfirmation")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Subscribe."""
        made = aws.client("sns", new.text("topic").split(":")[3]).subscribe(
            TopicArn=new.text("topic"),
            Protocol=new.text("protocol"),
            Endpoint=new.text("endpoint"),
            Attributes={told: _text(new, name) for name, told in _SUBSCRIPTION.items() if _text(new, name)},
            ReturnSubscriptionArn=True,
        )
        return Created(made["SubscriptionArn"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the subscription."""
        region = resource_id.split(":")[3]
        attributes: dict[str, Any] = aws.client("sns", region).get_subscription_attributes(SubscriptionArn=resource_id)[
            "Attributes"
        ]
        return {
            "arn": resource_id,
            "confirmationWasAuthenticated": attributes.get("ConfirmationWasAuthenticated") == "true",
            "deliveryPolicy": attributes.get("DeliveryPolicy"),
            "endpoint": attributes.get("Endpoint"),
            "filterPolicy": attributes.get("FilterPolicy"),
            "filterPolicyScope": attributes.get("FilterPolicyScope"),
            "ownerId": attributes.get("Owner"),
            "pendingConfirmation": attributes.get("PendingConfirmation") == "true",
            "protocol": attributes.get("Protocol"),
            "rawMessageDelivery": attributes.get("RawMessageDelivery") == "true",
            "redrivePolicy": attributes.get("RedrivePolicy"),
            "region": region,
            "topic": attributes.get("TopicArn"),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change attributes."""
        sns = aws.client("sns", resource_id.split(":")[3])
        for name, told in _SUBSCRIPTION.items():
            if _text(old, name) != _text(new, name) and (name != "filterPolicyScope" or name in new):
                sns.set_subscription_attributes(
                    SubscriptionArn=resource_id,
                    AttributeName=told,
                    AttributeValue=_text(new, name) or ("{}" if name.endswith("Policy") else ""),
                )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Unsubscribe."""
        aws.client("sns", resource_id.split(":")[3]).unsubscribe(SubscriptionArn=resource_id)


def _set_policy(aws: Aws, arn: str, policy: str) -> None:
    aws.client("sns", arn.split(":")[3]).set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=policy
    )


def _text(properties: Properties, name: str) -> str:
    return "true" if properties.flag(name) else properties.text(name)
