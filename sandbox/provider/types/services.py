"""The plain types of the other services: see ``described.py`` for how to read them.

Source of what replaces, of defaults and of ids: the documentation of these types of pulumi-aws.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.provider.described import ID, ITEM, VALUE, Call, Change, Described, Known, Sources, Tags
from sandbox.provider.schema import Kind, Property, matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_REGION = Property(computed=True, replaces=True)
_TAGS = Property(Kind.MAP, to="Tags")
_DEFAULT_BUS = "default"

# --- S3 ---------------------------------------------------------------------------------------------------------------

_BUCKET_GONE = ("NoSuchBucket", "404", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration")
_BUCKET = matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 small letters, digits and . -")
_SHIELD = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def bucket_policy() -> Described:
    """The policy of a bucket; its id is the bucket."""
    put = Call("put_bucket_policy")
    return Described(
        "aws:s3/bucketPolicy:BucketPolicy",
        service="s3",
        id="{bucket}",
        gone=_BUCKET_GONE,
        properties={
            "bucket": Property(required=True, replaces=True, to="Bucket", at=ID),
            "policy": Property(Kind.DOCUMENT, required=True, to="Policy"),
            "region": _REGION,
        },
        create_call=put,
        read_calls=(Call("get_bucket_policy", {"Bucket": ID}),),
        changes=(Change(("policy",), put),),
        delete_calls=(Call("delete_bucket_policy", {"Bucket": ID}),),
    )


def public_access_block() -> Described:
    """What keeps a bucket from the public, whatever its policy says; its id is the bucket."""

    def shield(known: Known) -> dict[str, bool]:
        return {told: known.now.flag(name) for name, told in _SHIELD.items()}

    put = Call("put_public_access_block", {"Bucket": "bucket", "PublicAccessBlockConfiguration": shield})
    return Described(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        service="s3",
        id="{bucket}",
        gone=_BUCKET_GONE,
        properties={
            **{name: Property(Kind.FLAG, default=False, at=told) for name, told in _SHIELD.items()},
            "bucket": Property(required=True, replaces=True, at=ID),
            "region": _REGION,
        },
        create_call=put,
        read_calls=(Call("get_public_access_block", {"Bucket": ID}, answer="PublicAccessBlockConfiguration"),),
        changes=(Change(tuple(_SHIELD), put),),
        delete_calls=(Call("delete_public_access_block", {"Bucket": ID}),),
    )


def bucket_versioning() -> Described:
    """Whether a bucket keeps what is overwritten; its id is the bucket."""

    def kept(known: Known) -> dict[str, str]:
        return {"Status": known.now.map("versioningConfiguration").get("status", "Suspended")}

    def told(known: Known) -> dict[str, str]:
        return {"status": str(known.told.get("Status", "Suspended"))}

    put = Call("put_bucket_versioning", {"Bucket": "bucket", "VersioningConfiguration": kept})
    # S3 has no bucket without this setting: deleted, it is suspended.
    off = Call("put_bucket_versioning", {"Bucket": ID, "VersioningConfiguration": lambda _: {"Status": "Suspended"}})
    return Described(
        "aws:s3/bucketVersioning:BucketVersioning",
        service="s3",
        id="{bucket}",
        gone=_BUCKET_GONE,
        properties={
            "bucket": Property(required=True, replaces=True, at=ID),
            "region": _REGION,
            "versioningConfiguration": Property(Kind.MAP, required=True, at=told),
        },
        create_call=put,
        read_calls=(Call("get_bucket_versioning", {"Bucket": ID}),),
        changes=(Change(("versioningConfiguration",), put),),
        delete_calls=(off,),
    )


def _emptied(aws: Aws, known: Known) -> None:
    """With ``forceDestroy``, remove what is in the bucket."""
    s3 = aws.client("s3", aws.region_of(known.now))
    if known.now.flag("forceDestroy"):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=known.id):
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                s3.delete_object(Bucket=known.id, Key=item["Key"], VersionId=item["VersionId"])


def bucket() -> Described:
    """A bucket. S3 takes its tags as a whole."""

    def where(known: Known) -> dict[str, str] | None:
        region = known.now.text("region") or known.region
        return None if region == "us-east-1" else {"LocationConstraint": region}

    def its_region(known: Known) -> str:
        return known.told.get("LocationConstraint") or "us-east-1"

    return Described(
        "aws:s3/bucket:Bucket",
        service="s3",
        named="bucket",
        id="{bucket}",
        gone=_BUCKET_GONE,
        properties={
            "bucket": Property(replaces=True, limit=_BUCKET, at=ID),
            "forceDestroy": Property(Kind.FLAG, default=False, kept=True),
            "region": _REGION,
            "tags": Property(Kind.MAP, at="TagSet"),
        },
        outputs={
            "arn": lambda known: f"arn:aws:s3:::{known.id}",
            "bucketDomainName": lambda known: f"{known.id}.s3.amazonaws.com",
            "bucketRegion": its_region,
            "bucketRegionalDomainName": lambda known: f"{known.id}.s3.{its_region(known)}.amazonaws.com",
        },
        create_call=Call("create_bucket", {"Bucket": "bucket", "CreateBucketConfiguration": where}),
        read_calls=(
            Call("head_bucket", {"Bucket": ID}),
            Call("get_bucket_location", {"Bucket": ID}),
            Call("get_bucket_tagging", {"Bucket": ID}, unless="NoSuchTagSet"),
        ),
        then=(_bucket_tags(),),
        changes=(_bucket_tags(),),
        before_delete=_emptied,
        delete_calls=(Call("delete_bucket", {"Bucket": ID}),),
    )


def _bucket_tags() -> Change:
    def tagging(known: Known) -> dict[str, Any]:
        return {"TagSet": [{"Key": key, "Value": text} for key, text in known.now.map("tags").items()]}

    return Change(
        ("tags",),
        Call("put_bucket_tagging", {"Bucket": ID, "Tagging": tagging}),
        without=Call("delete_bucket_tagging", {"Bucket": ID}),
    )


# --- SNS --------------------------------------------------------------------------------------------------------------

_TOPIC_GONE = ("NotFound", "NotFoundException")


def default_topic_policy(arn: str) -> str:
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


def _first_policy(known: Known) -> str:
    return default_topic_policy(known.id)


def topic() -> Described:
    """A topic. Its id is its ARN."""
    attributes = ("contentBasedDeduplication", "displayName", "kmsMasterKeyId", "policy")
    return Described(
        "aws:sns/topic:Topic",
        service="sns",
        named="name",
        id="@TopicArn",
        gone=_TOPIC_GONE,
        properties={
            "contentBasedDeduplication": Property(Kind.FLAG, default=False, to="Attributes.ContentBasedDeduplication"),
            "displayName": Property(to="Attributes.DisplayName"),
            "fifoTopic": Property(Kind.FLAG, default=False, replaces=True, to="Attributes.FifoTopic"),
            "kmsMasterKeyId": Property(to="Attributes.KmsMasterKeyId"),
            "name": Property(replaces=True, to="Name", at=lambda known: known.id.rpartition(":")[2]),
            "policy": Property(Kind.DOCUMENT, computed=True, to="Attributes.Policy"),
            "region": _REGION,
            "tags": _TAGS,
        },
        outputs={"arn": ID, "owner": "Owner"},
        create_call=Call("create_topic"),
        read_calls=(
            Call("get_topic_attributes", {"TopicArn": ID}, answer="Attributes"),
            Call("list_tags_for_resource", {"ResourceArn": ID}),
        ),
        changes=(
            Change(
                attributes,
                Call(
                    "set_topic_attributes", {"TopicArn": ID, "AttributeName": ITEM, "AttributeValue": VALUE}, whole=True
                ),
                attributes=True,
            ),
        ),
        tags=Tags(Call("tag_resource", {"ResourceArn": ID}), Call("untag_resource", {"ResourceArn": ID})),
        delete_calls=(Call("delete_topic", {"TopicArn": ID}),),
    )


def topic_policy() -> Described:
    """The policy of a topic. Removed, the topic gets the one that it had at first."""

    def put(arn: str, policy: Any) -> Call:
        given: Sources = {"TopicArn": arn, "AttributeName": lambda _: "Policy", "AttributeValue": policy}
        return Call("set_topic_attributes", given)

    return Described(
        "aws:sns/topicPolicy:TopicPolicy",
        service="sns",
        id="{arn}",
        gone=_TOPIC_GONE,
        properties={
            "arn": Property(required=True, replaces=True, at=ID),
            "policy": Property(Kind.DOCUMENT, required=True, at="Policy"),
            "region": _REGION,
        },
        outputs={"owner": "Owner"},
        create_call=put("arn", "policy"),
        read_calls=(Call("get_topic_attributes", {"TopicArn": ID}, answer="Attributes"),),
        changes=(Change(("policy",), put(ID, "policy")),),
        delete_calls=(put(ID, _first_policy),),
    )


def topic_subscription() -> Described:
    """Somebody who is told. One that has to be confirmed is there, and waits."""
    documents = ("deliveryPolicy", "filterPolicy", "redrivePolicy")
    attributes = (*documents, "filterPolicyScope", "rawMessageDelivery")

    def value(known: Known) -> str:
        # What was a document is taken away by an empty one.
        return known.value or (
            "{}" if known.item.endswith("Policy") else "false" if known.item.startswith("Raw") else ""
        )

    return Described(
        "aws:sns/topicSubscription:TopicSubscription",
        service="sns",
        id="@SubscriptionArn",
        gone=_TOPIC_GONE,
        properties={
            **{name: Property(Kind.DOCUMENT, to=f"Attributes.{name[0].upper()}{name[1:]}") for name in documents},
            "endpoint": Property(required=True, replaces=True, to="Endpoint"),
            "filterPolicyScope": Property(
                computed=True, only=("MessageAttributes", "MessageBody"), to="Attributes.FilterPolicyScope"
            ),
            "protocol": Property(required=True, replaces=True, to="Protocol"),
            "rawMessageDelivery": Property(Kind.FLAG, default=False, to="Attributes.RawMessageDelivery"),
            "region": _REGION,
            "topic": Property(required=True, replaces=True, to="TopicArn"),
        },
        outputs={
            "arn": ID,
            "confirmationWasAuthenticated": lambda known: known.told.get("ConfirmationWasAuthenticated") == "true",
            "ownerId": "Owner",
            "pendingConfirmation": lambda known: known.told.get("PendingConfirmation") == "true",
        },
        create_call=Call("subscribe", also={"ReturnSubscriptionArn": True}),
        read_calls=(Call("get_subscription_attributes", {"SubscriptionArn": ID}, answer="Attributes"),),
        changes=(
            Change(
                attributes,
                Call(
                    "set_subscription_attributes",
                    {"SubscriptionArn": ID, "AttributeName": ITEM, "AttributeValue": value},
                ),
                attributes=True,
            ),
        ),
        delete_calls=(Call("unsubscribe", {"SubscriptionArn": ID}),),
    )


# --- EventBridge ------------------------------------------------------------------------------------------------------

_EVENTS_GONE = ("ResourceNotFoundException",)


def event_rule() -> Described:
    """A rule. Its id is its name, after that of its bus when this is not the default one."""
    states = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")

    def bus(known: Known) -> str:
        return known.id.rpartition("/")[0] or _DEFAULT_BUS

    def name(known: Known) -> str:
        return known.id.rpartition("/")[2]

    def problems(new: Properties) -> dict[str, str]:
        if "eventPattern" in new or "scheduleExpression" in new:
            return {}
        return {"eventPattern": "a rule needs an eventPattern or a scheduleExpression."}

    # AWS replaces a rule as a whole.
    put: Sources = {
        "Description": "description",
        "EventBusName": "eventBusName",
        "EventPattern": "eventPattern",
        "Name": "name",
        "RoleArn": "roleArn",
        "ScheduleExpression": "scheduleExpression",
        "State": "state",
    }
    named: Sources = {"Name": name, "EventBusName": bus}
    properties = ("description", "eventPattern", "roleArn", "scheduleExpression", "state")
    return Described(
        "aws:cloudwatch/eventRule:EventRule",
        service="events",
        named="name",
        id=lambda known: f"{known.now.text('eventBusName')}/{known.now.text('name')}".removeprefix(f"{_DEFAULT_BUS}/"),
        gone=_EVENTS_GONE,
        check=problems,
        properties={
            "description": Property(at="Description"),
            "eventBusName": Property(default=_DEFAULT_BUS, replaces=True, at=bus),
            "eventPattern": Property(Kind.DOCUMENT, at="EventPattern"),
            "forceDestroy": Property(Kind.FLAG, default=False, kept=True),
            "name": Property(replaces=True, limit=matching(r"[.\w-]+", "letters, digits and . _ -", 64), at="Name"),
            "region": _REGION,
            "roleArn": Property(at="RoleArn"),
            "scheduleExpression": Property(at="ScheduleExpression"),
            "state": Property(default="ENABLED", only=states, at="State"),
            "tags": _TAGS,
        },
        outputs={"arn": "Arn"},
        create_call=Call("put_rule", {**put, "Tags": "tags"}),
        read_calls=(Call("describe_rule", named), Call("list_tags_for_resource", {"ResourceARN": "@Arn"})),
        changes=(Change(properties, Call("put_rule", put)),),
        tags=Tags(Call("tag_resource", {"ResourceARN": "@arn"}), Call("untag_resource", {"ResourceARN": "@arn"})),
        delete_calls=(Call("delete_rule", {**named, "Force": "forceDestroy"}),),
    )


# --- CloudTrail -------------------------------------------------------------------------------------------------------


def trail() -> Described:
    """A trail. Its id is its ARN."""
    texts = {
        "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
        "cloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
        "kmsKeyId": "KmsKeyId",
        "s3KeyPrefix": "S3KeyPrefix",
        "snsTopicName": "SnsTopicName",
    }
    flags = {
        "includeGlobalServiceEvents": ("IncludeGlobalServiceEvents", True),
        "isMultiRegionTrail": ("IsMultiRegionTrail", False),
        "isOrganizationTrail": ("IsOrganizationTrail", False),
    }
    changing = (*texts, *flags, "s3BucketName", "enableLogFileValidation")
    update: dict[str, Any] = {"Name": ID, "S3BucketName": "s3BucketName"}
    # A text that is taken away is set to nothing; one that never was is not mentioned.
    update |= {told: _taken_away(name) for name, told in texts.items()}
    update |= {told: name for name, (told, _) in flags.items()}
    logging = Change(
        ("enableLogging",), Call("start_logging", {"Name": ID}), without=Call("stop_logging", {"Name": ID})
    )
    return Described(
        "aws:cloudtrail/trail:Trail",
        service="cloudtrail",
        named="name",
        id="@TrailARN",
        gone=("TrailNotFoundException",),
        properties={
            **{name: Property(to=told) for name, told in texts.items()},
            **{name: Property(Kind.FLAG, default=default, to=told) for name, (told, default) in flags.items()},
            "enableLogFileValidation": Property(
                Kind.FLAG, default=False, to="EnableLogFileValidation", at="LogFileValidationEnabled"
            ),
            "enableLogging": Property(Kind.FLAG, default=True, at="IsLogging"),
            "name": Property(
                replaces=True, limit=matching(r"[A-Za-z0-9][\w.-]*", "letters, digits and . _ -", 128), to="Name"
            ),
            "region": _REGION,
            "s3BucketName": Property(required=True, to="S3BucketName"),
            "tags": Property(Kind.MAP, to="TagsList", at="ResourceTagList.TagsList"),
        },
        outputs={"arn": "TrailARN", "homeRegion": "HomeRegion"},
        create_call=Call("create_trail"),
        read_calls=(
            Call("get_trail", {"Name": ID}, answer="Trail"),
            Call("get_trail_status", {"Name": ID}),
            Call("list_tags", {"ResourceIdList": lambda known: [known.id]}),
        ),
        then=(logging,),
        changes=(
            Change(changing, Call("update_trail", {**update, "EnableLogFileValidation": "enableLogFileValidation"})),
            logging,
        ),
        tags=Tags(
            Call("add_tags", {"ResourceId": ID}),
            Call("remove_tags", {"ResourceId": ID}),
            to="TagsList",
            keys="TagsList",
        ),
        delete_calls=(Call("delete_trail", {"Name": ID}),),
    )


def _taken_away(name: str) -> Callable[[Known], object]:
    return lambda known: known.now.text(name) if known.now.text(name) or known.old.text(name) else None


# --- Secrets ----------------------------------------------------------------------------------------------------------

_SECRET_GONE = ("ResourceNotFoundException",)


def secret() -> Described:
    """A secret, without what is in it. Deleted, it can be had back for a while, and counts as gone."""

    def problems(new: Properties) -> dict[str, str]:
        days = new.number("recoveryWindowInDays") if "recoveryWindowInDays" in new else 30
        if days == 0 or days >= 7:
            return {}
        return {"recoveryWindowInDays": f"recoveryWindowInDays: {days} is neither 0 nor from 7 to 30."}

    policy = Change(("policy",), Call("put_resource_policy", {"SecretId": ID, "ResourcePolicy": "policy"}))
    update: Sources = {
        "SecretId": ID,
        "Description": lambda known: known.now.text("description"),
        "KmsKeyId": "kmsKeyId",
    }
    return Described(
        "aws:secretsmanager/secret:Secret",
        service="secretsmanager",
        named="name",
        id="@ARN",
        gone=_SECRET_GONE,
        check=problems,
        is_gone=lambda known: bool(known.told.get("DeletedDate")),
        properties={
            "description": Property(to="Description"),
            "kmsKeyId": Property(to="KmsKeyId"),
            "name": Property(replaces=True, to="Name"),
            "policy": Property(Kind.DOCUMENT, computed=True, at="ResourcePolicy"),
            "recoveryWindowInDays": Property(Kind.NUMBER, default=30, least=0, most=30, kept=True),
            "region": _REGION,
            "tags": _TAGS,
        },
        outputs={"arn": "ARN"},
        create_call=Call("create_secret"),
        # The policy of a secret that is about to go cannot be had.
        read_calls=(
            Call("describe_secret", {"SecretId": ID}),
            Call("get_resource_policy", {"SecretId": ID}, unless="InvalidRequestException"),
        ),
        then=(policy,),
        changes=(Change(("description", "kmsKeyId"), Call("update_secret", update)), policy),
        tags=Tags(Call("tag_resource", {"SecretId": ID}), Call("untag_resource", {"SecretId": ID})),
        delete_calls=(
            Call(
                "delete_secret",
                {
                    "SecretId": ID,
                    "RecoveryWindowInDays": lambda known: known.now.number("recoveryWindowInDays") or None,
                    "ForceDeleteWithoutRecovery": lambda known: known.now.number("recoveryWindowInDays") == 0 or None,
                },
            ),
        ),
    )


def parameter() -> Described:
    """A parameter of Parameter Store. Its value is a secret whatever its type."""

    def overwrites(known: Known) -> bool:
        return known.now.flag("overwrite")

    def tags_of_new(known: Known) -> Any:
        # AWS takes no tags when a parameter may be one that is there: they are added afterwards.
        return (
            None if overwrites(known) else [{"Key": key, "Value": text} for key, text in known.now.map("tags").items()]
        )

    given = {"Name": "name", "Type": "type", "Value": "value", "DataType": "dataType", "KeyId": "keyId", "Tier": "tier"}
    named: Sources = {"ResourceType": lambda _: "Parameter", "ResourceId": ID}
    return Described(
        "aws:ssm/parameter:Parameter",
        service="ssm",
        named="name",
        id="{name}",
        gone=("ParameterNotFound",),
        properties={
            "dataType": Property(computed=True, replaces=True, at="DataType"),
            "description": Property(at="Parameters.Description"),
            "keyId": Property(computed=True, at="Parameters.KeyId"),
            "name": Property(replaces=True, at=ID),
            "overwrite": Property(Kind.FLAG, kept=True),
            "region": _REGION,
            "tags": Property(Kind.MAP, at="TagList"),
            "tier": Property(computed=True, only=("Standard", "Advanced", "Intelligent-Tiering"), at="Parameters.Tier"),
            "type": Property(required=True, only=("String", "StringList", "SecureString"), at="Type"),
            "value": Property(required=True, secret=True, at="Value"),
        },
        outputs={"arn": "ARN", "version": "Version"},
        create_call=Call(
            "put_parameter", {**given, "Description": "description", "Overwrite": overwrites, "Tags": tags_of_new}
        ),
        read_calls=(
            Call("get_parameter", {"Name": ID, "WithDecryption": lambda _: True}, answer="Parameter"),
            Call("describe_parameters", {"ParameterFilters": _named_so}, answer="Parameters"),
            Call("list_tags_for_resource", named),
        ),
        then=(Change(("tags",), Call("add_tags_to_resource", {**named, "Tags": "tags"}), when=overwrites),),
        changes=(
            Change(
                ("type", "value", "description", "keyId", "tier"),
                Call(
                    "put_parameter",
                    {
                        **given,
                        "Description": lambda known: known.now.text("description"),
                        "Overwrite": lambda _: True,
                    },
                ),
            ),
        ),
        tags=Tags(Call("add_tags_to_resource", named), Call("remove_tags_from_resource", named)),
        delete_calls=(Call("delete_parameter", {"Name": ID}),),
    )


def _named_so(known: Known) -> list[dict[str, Any]]:
    return [{"Key": "Name", "Option": "Equals", "Values": [known.id]}]


TYPES = (
    bucket(),
    bucket_policy(),
    public_access_block(),
    bucket_versioning(),
    topic(),
    topic_policy(),
    topic_subscription(),
    event_rule(),
    trail(),
    secret(),
    parameter(),
)
