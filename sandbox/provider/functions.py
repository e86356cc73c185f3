"""The functions of the package, which ask AWS and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.registry import UnknownTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties, Value

Answer = dict[str, "Value"]


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
    suffix = {"aws-cn": "amazonaws.com.cn"}.get(partition, "amazonaws.com")
    return {
        "dnsSuffix": suffix,
        "id": partition,
        "partition": partition,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def _region(aws: Aws, arguments: Properties) -> Answer:
    region = arguments.text("region") or arguments.text("name") or aws.configuration.region
    return {
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
        "id": region,
        "name": region,
        "region": region,
    }


def partition_of(region: str) -> str:
    """The partition a region is in."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


_FUNCTIONS: Mapping[str, Callable[[Aws, Properties], Answer]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
