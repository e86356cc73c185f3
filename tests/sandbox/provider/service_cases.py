"""Every type of the other services: what it is given, and what is to happen when that changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.sandbox.provider.cases import Case, Change
from tests.sandbox.provider.conftest import REGION

if TYPE_CHECKING:
    from tests.sandbox.provider.conftest import Asked

PATTERN = json.dumps({"source": ["aws.iam"], "detail": {"eventName": ["CreateUser"]}})
OTHER_PATTERN = PATTERN.replace("CreateUser", "DeleteUser")


def arn(aws: Asked, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{aws.account}:{resource}"


def allowing(action: str, resource: str) -> str:
    statement = {
        "Effect": "Allow",
        "Action": action,
        "Resource": resource,
        "Principal": {"Service": "events.amazonaws.com"},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def topics_and_queues(aws: Asked) -> None:
    for name in ("one", "two"):
        aws.client("sns").create_topic(Name=name)
        aws.client("sqs").create_queue(QueueName=name)


def rules(aws: Asked) -> None:
    topics_and_queues(aws)
    for name in ("one", "two"):
        aws.client("events").put_rule(Name=name, EventPattern=PATTERN)


def bucket_name(aws: Asked) -> str:
    return f"bucket-{aws.account}"


def bucket(aws: Asked) -> None:
    aws.client("s3").create_bucket(Bucket=bucket_name(aws), CreateBucketConfiguration={"LocationConstraint": REGION})


def secret(aws: Asked) -> None:
    aws.client("secretsmanager").create_secret(Name="one")


def secret_arn(aws: Asked) -> str:
    return aws.client("secretsmanager").describe_secret(SecretId="one")["ARN"]


def bucket_policy(aws: Asked, action: str) -> str:
    return allowing(action, f"arn:aws:s3:::{bucket_name(aws)}/*")


def other_tags(_aws: Asked) -> dict[str, Any]:
    return {"tags": {"b": "2"}}


TRANSFORMER = {"inputPaths": {"who": "$.detail.userIdentity.arn"}, "inputTemplate": '"<who>"'}
TAGS: Change = (other_tags, {'tags["a"]': "DELETE", 'tags["b"]': "ADD"})


SERVICES: list[Case] = [
    Case(
        "aws:sns/topic:Topic",
        lambda _: {"name": "alarms", "displayName": "Alarms", "tags": {"a": "1"}},
        id=lambda aws: arn(aws, "sns", "alarms"),
        in_place=[
            (lambda _: {"displayName": "Other"}, {"displayName": "UPDATE"}),
            (lambda aws: {"policy": allowing("sns:Publish", arn(aws, "sns", "alarms"))}, {"policy": "UPDATE"}),
            TAGS,
        ],
        replaced=[(lambda _: {"name": "other"}, {"name": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda aws: {"arn": arn(aws, "sns", "one"), "policy": allowing("sns:Publish", arn(aws, "sns", "one"))},
        id=lambda aws: arn(aws, "sns", "one"),
        before=topics_and_queues,
        in_place=[(lambda aws: {"policy": allowing("sns:*", arn(aws, "sns", "one"))}, {"policy": "UPDATE"})],
        replaced=[(lambda aws: {"arn": arn(aws, "sns", "two")}, {"arn": "UPDATE_REPLACE"})],
        stays=True,
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda aws: {"topic": arn(aws, "sns", "one"), "protocol": "sqs", "endpoint": arn(aws, "sqs", "one")},
        before=topics_and_queues,
        in_place=[
            (lambda _: {"rawMessageDelivery": True}, {"rawMessageDelivery": "UPDATE"}),
            (lambda _: {"filterPolicy": '{"kind": ["alarm"]}'}, {"filterPolicy": "ADD"}),
        ],
        replaced=[(lambda aws: {"endpoint": arn(aws, "sqs", "two")}, {"endpoint": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:cloudwatch/eventRule:EventRule",
        lambda _: {"name": "watch", "description": "d", "eventPattern": PATTERN, "tags": {"a": "1"}},
        id=lambda _: "watch",
        in_place=[
            (lambda _: {"eventPattern": OTHER_PATTERN}, {"eventPattern": "UPDATE"}),
            (lambda _: {"description": None}, {"description": "DELETE"}),
            (lambda _: {"state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}, {"state": "UPDATE"}),
            TAGS,
        ],
        replaced=[(lambda _: {"name": "other"}, {"name": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:cloudwatch/eventTarget:EventTarget",
        lambda aws: {"rule": "one", "targetId": "alarms", "arn": arn(aws, "sns", "one")},
        id=lambda _: "one-alarms",
        import_id="default/one/alarms",
        before=rules,
        in_place=[
            (lambda aws: {"arn": arn(aws, "sns", "two")}, {"arn": "UPDATE"}),
            (
                lambda _: {"inputTransformer": TRANSFORMER},
                {"inputTransformer": "ADD"},
            ),
        ],
        replaced=[
            (lambda _: {"rule": "two"}, {"rule": "UPDATE_REPLACE"}),
            (lambda _: {"targetId": "other"}, {"targetId": "UPDATE_REPLACE"}),
        ],
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda _: {"name": "key", "description": "d", "recoveryWindowInDays": 0, "tags": {"a": "1"}},
        in_place=[
            (lambda _: {"description": "e"}, {"description": "UPDATE"}),
            (lambda _: {"recoveryWindowInDays": 7}, {"recoveryWindowInDays": "UPDATE"}),
            TAGS,
        ],
        replaced=[(lambda _: {"name": "other"}, {"name": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:secretsmanager/secretVersion:SecretVersion",
        lambda aws: {"secretId": secret_arn(aws), "secretString": "not-a-real-one"},
        before=secret,
        replaced=[(lambda _: {"secretString": "another"}, {"secretString": "UPDATE_REPLACE"})],
        stays=True,
    ),
    Case(
        "aws:ssm/parameter:Parameter",
        lambda _: {"name": "/ci/key", "type": "SecureString", "value": "not-a-real-one", "tags": {"a": "1"}},
        id=lambda _: "/ci/key",
        in_place=[
            (lambda _: {"value": "another"}, {"value": "UPDATE"}),
            (lambda _: {"description": "d"}, {"description": "ADD"}),
            TAGS,
        ],
        replaced=[(lambda _: {"name": "/ci/other"}, {"name": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:s3/bucket:Bucket",
        lambda aws: {"bucket": bucket_name(aws), "tags": {"a": "1"}},
        id=bucket_name,
        in_place=[TAGS, (lambda _: {"forceDestroy": True}, {"forceDestroy": "UPDATE"})],
        replaced=[(lambda aws: {"bucket": f"other-{aws.account}"}, {"bucket": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:s3/bucketPolicy:BucketPolicy",
        lambda aws: {
            "bucket": bucket_name(aws),
            "policy": bucket_policy(aws, "s3:GetObject"),
        },
        id=bucket_name,
        before=bucket,
        in_place=[
            (
                lambda aws: {"policy": bucket_policy(aws, "s3:PutObject")},
                {"policy": "UPDATE"},
            )
        ],
    ),
    Case(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda aws: {"bucket": bucket_name(aws), "blockPublicAcls": True, "blockPublicPolicy": True},
        id=bucket_name,
        before=bucket,
        in_place=[(lambda _: {"blockPublicAcls": False}, {"blockPublicAcls": "UPDATE"})],
    ),
    Case(
        "aws:s3/bucketVersioning:BucketVersioning",
        lambda aws: {"bucket": bucket_name(aws), "versioningConfiguration": {"status": "Enabled"}},
        id=bucket_name,
        before=bucket,
        in_place=[
            (
                lambda _: {"versioningConfiguration": {"status": "Suspended"}},
                {"versioningConfiguration": "UPDATE"},
            )
        ],
        # S3 has no bucket without this setting.
        stays=True,
    ),
    Case(
        "aws:cloudtrail/trail:Trail",
        lambda aws: {"name": "trail", "s3BucketName": bucket_name(aws), "isMultiRegionTrail": True, "tags": {"a": "1"}},
        id=lambda aws: arn(aws, "cloudtrail", "trail/trail"),
        before=bucket,
        in_place=[
            (lambda _: {"enableLogging": False}, {"enableLogging": "UPDATE"}),
            (lambda _: {"isMultiRegionTrail": False}, {"isMultiRegionTrail": "UPDATE"}),
            (lambda _: {"s3KeyPrefix": "logs"}, {"s3KeyPrefix": "ADD"}),
            TAGS,
        ],
        replaced=[(lambda _: {"name": "other"}, {"name": "UPDATE_REPLACE"})],
    ),
]
