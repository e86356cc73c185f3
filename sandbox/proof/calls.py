"""The AWS calls the proof can make for an action, and what must exist for them to succeed.

An action that isn't listed here can't be tried; the proof then says so instead of guessing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack

    from sandbox.proof.clients import Clients

PROOF = "proof"
"""Stands in names for whatever a pattern leaves open."""


@dataclass(frozen=True)
class Target:
    """A concrete resource that an action is tried on.

    Attributes:
        arn: Its ARN, without wildcards.
        prefix: The prefix that a listing asks for.
        item: The key of an item in a table.
    """

    arn: str
    prefix: str = ""
    item: Mapping[str, Any] = field(default_factory=lambda: {PROOF: {"S": PROOF}})

    @property
    def bucket(self) -> str:
        """The bucket of an S3 ARN."""
        return self.arn.partition(":::")[2].partition("/")[0]

    @property
    def key(self) -> str:
        """The object's key in an S3 ARN; empty for a bucket."""
        return self.arn.partition(":::")[2].partition("/")[2]

    @property
    def table(self) -> str:
        """The table of a DynamoDB ARN."""
        return self.arn.rpartition(":table/")[2].partition("/")[0]

    @property
    def region(self) -> str:
        """The region of the ARN; empty for the resources of S3."""
        return self.arn.split(":")[3] if self.arn else ""

    def __str__(self) -> str:
        """As it is shown to people."""
        short = self.arn.split(":", 5)[-1]
        return f"{short} prefix {self.prefix}" if self.prefix else short


def _query(by: Clients, at: Target) -> object:
    name, value = next(iter(at.item.items()))
    return by.dynamodb(at.region).query(
        TableName=at.table,
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": name},
        ExpressionAttributeValues={":value": value},
    )


_CALLS: dict[str, Callable[[Clients, Target], object]] = {
    "s3:ListBucket": lambda by, at: by.s3.list_objects_v2(Bucket=at.bucket, Prefix=at.prefix),
    "s3:GetObject": lambda by, at: by.s3.get_object(Bucket=at.bucket, Key=at.key),
    "s3:PutObject": lambda by, at: by.s3.put_object(Bucket=at.bucket, Key=at.key, Body=b""),
    "s3:DeleteObject": lambda by, at: by.s3.delete_object(Bucket=at.bucket, Key=at.key),
    "dynamodb:DescribeTable": lambda by, at: by.dynamodb(at.region).describe_table(TableName=at.table),
    "dynamodb:GetItem": lambda by, at: by.dynamodb(at.region).get_item(TableName=at.table, Key=at.item),
    "dynamodb:PutItem": lambda by, at: by.dynamodb(at.region).put_item(TableName=at.table, Item=at.item),
    "dynamodb:UpdateItem": lambda by, at: by.dynamodb(at.region).update_item(TableName=at.table, Key=at.item),
    "dynamodb:DeleteItem": lambda by, at: by.dynamodb(at.region).delete_item(TableName=at.table, Key=at.item),
    "dynamodb:Scan": lambda by, at: by.dynamodb(at.region).scan(TableName=at.table),
    "dynamodb:Query": _query,
    "s3:ListAllMyBuckets": lambda by, _: by.s3.list_buckets(),
    "dynamodb:ListTables": lambda by, _: by.dynamodb().list_tables(),
    "iam:ListUsers": lambda by, _: by.iam.list_users(),
}

ELSEWHERE = ("s3:ListAllMyBuckets", "dynamodb:ListTables", "iam:ListUsers")
"""Calls that a pipeline which was given nothing of the kind must be denied."""


def known(action: str) -> Callable[[Clients, Target], object] | None:
    """The call for an action, or None when the proof knows none."""
    return next((call for name, call in _CALLS.items() if name.lower() == action.lower()), None)


def prepare(root: Clients, target: Target, cleanup: ExitStack) -> Target:
    """Make the bucket, object or table that a call needs, as the account's root; the end puts all back as it was.

    Returns:
        The target, with the key of an item that a table which was there already can hold.
    """
    if target.arn.split(":")[2] == "s3":
        _prepare_bucket(root, target, cleanup)
    elif target.arn.split(":")[2] == "dynamodb":
        return _prepare_table(root, target, cleanup)
    return target


def _prepare_bucket(root: Clients, target: Target, cleanup: ExitStack) -> None:
    bucket, key, s3 = target.bucket, target.key, root.s3
    if not _exists(lambda: s3.head_bucket(Bucket=bucket)):
        place: Any = {"CreateBucketConfiguration": {"LocationConstraint": root.region}}
        s3.create_bucket(Bucket=bucket, **({} if root.region == "us-east-1" else place))
        cleanup.callback(lambda: s3.delete_bucket(Bucket=bucket))
    if not key:
        return
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
        cleanup.callback(lambda: s3.delete_object(Bucket=bucket, Key=key))
    else:
        cleanup.callback(lambda: s3.put_object(Bucket=bucket, Key=key, Body=body))


def _prepare_table(root: Clients, target: Target, cleanup: ExitStack) -> Target:
    table, dynamodb = target.table, root.dynamodb(target.region)
    if not _exists(lambda: dynamodb.describe_table(TableName=table)):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": PROOF, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": PROOF, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        cleanup.callback(lambda: dynamodb.delete_table(TableName=table))
        return target
    described = dynamodb.describe_table(TableName=table)["Table"]
    values: dict[str, Any] = {"S": PROOF, "N": "0", "B": PROOF.encode()}
    types = {part["AttributeName"]: part["AttributeType"] for part in described.get("AttributeDefinitions", [])}
    names = [part["AttributeName"] for part in described.get("KeySchema", [])]
    item = {name: {types[name]: values[types[name]]} for name in names}
    cleanup.callback(lambda: dynamodb.delete_item(TableName=table, Key=item))
    return replace(target, item=item)


def _exists(look: Callable[[], object]) -> bool:
    with suppress(ClientError):
        look()
        return True
    return False
