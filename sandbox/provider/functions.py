"""The functions of the package, which ask AWS and change nothing."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from sandbox.provider.registry import UnknownTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties, Value

    Answer = dict[str, Value]


def invoke(aws: Aws, token: str, arguments: Properties) -> Answer:
    """Answer a function.

    Args:
        aws: The way to AWS.
        token: For example ``aws:index/getCallerIdentity:getCallerIdentity``.
        arguments: Its arguments.

    Raises:
        UnknownTypeError: The sandbox does not know it; the message says what it knows.
    """
    if token not in _FUNCTIONS:
        raise UnknownTypeError(
            f"The sandbox's AWS provider does not know the function {token}. It knows {', '.join(sorted(_FUNCTIONS))}."
        )
    return _FUNCTIONS[token](aws, arguments)


def partition_of(region: str) -> str:
    """The partition a region is in."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _caller_identity(aws: Aws, _arguments: Properties) -> Answer:
    identity = aws.sts.get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "userId": identity["UserId"],
    }


def _partition(aws: Aws, _arguments: Properties) -> Answer:
    partition = partition_of(aws.configuration.region)
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return {
        "dnsSuffix": suffix,
        "id": partition,
        "partition": partition,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def _region(aws: Aws, arguments: Properties) -> Answer:
    region = arguments.text("region") or arguments.text("name") or aws.configuration.region
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    return {
        "description": region,
        "endpoint": f"ec2.{region}.{suffix}",
        "id": region,
        "name": region,
        "region": region,
    }


def _access_keys(aws: Aws, arguments: Properties) -> Answer:
    user = arguments.text("user")
    keys = aws.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {
        "accessKeys": [
            {
                "accessKeyId": key.get("AccessKeyId", ""),
                "createDate": key["CreateDate"].isoformat() if "CreateDate" in key else "",
                "status": key.get("Status", ""),
            }
            for key in keys
        ],
        "id": user,
        "user": user,
    }


def _policy_document(_aws: Aws, arguments: Properties) -> Answer:
    """Put statements together as the real provider does, lists with one item as the item."""
    written: dict[str, object] = {"Version": arguments.text("version") or "2012-10-17"}
    if arguments.text("policyId"):
        written["Id"] = arguments.text("policyId")
    written["Statement"] = [_statement(statement) for statement in arguments.objects("statements")]
    text = json.dumps(written, indent=2)
    return {
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": json.dumps(written, separators=(",", ":")),
    }


def _statement(given: Properties) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": given.text("effect") or "Allow"}
    if given.text("sid"):
        statement["Sid"] = given.text("sid")
    for name in ("actions", "notActions", "resources", "notResources"):
        if given.texts(name):
            statement[name[0].upper() + name[1:-1]] = _one_or_many(given.texts(name))
    for name in ("principals", "notPrincipals"):
        if given.objects(name):
            statement[name[0].upper() + name[1:-1]] = _principals(given.objects(name))
    conditions: dict[str, dict[str, object]] = {}
    for condition in given.objects("conditions"):
        keys = conditions.setdefault(condition.text("test"), {})
        keys[condition.text("variable")] = _one_or_many(condition.texts("values"))
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principals(given: list[Properties]) -> object:
    if [(one.text("type"), one.texts("identifiers")) for one in given] == [("*", ["*"])]:
        return "*"
    found: dict[str, list[str]] = {}
    for one in given:
        found.setdefault(one.text("type"), []).extend(one.texts("identifiers"))
    return {kind: _one_or_many(identifiers) for kind, identifiers in found.items()}


def _one_or_many(items: list[str]) -> object:
    return items[0] if len(items) == 1 else sorted(items, reverse=True)


_FUNCTIONS: Mapping[str, Callable[[Aws, Properties], Answer]] = {
    "aws:iam/getAccessKeys:getAccessKeys": _access_keys,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
