"""Amazon Resource Names, computed from partition, account, path and name so that they are known before anything exists.

Format: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html. Partitions: the same page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline_identity._reading.arguments import text
from pipeline_identity._reading.errors import Refusal

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
"""The AWS partitions: groups of regions with accounts, endpoints and ARNs of their own."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_IAM_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::(?P<account>[0-9]{12}|aws):(?P<kind>user|role|policy)(?P<path>/(?:[\x21-\x7e]+/)?)(?P<name>[A-Za-z0-9+=,.@_-]+)"
)


@dataclass(frozen=True)
class Account:
    """An AWS account in its partition."""

    partition: str
    account_id: str

    def user_arn(self, path: str, name: str) -> str:
        """Returns the ARN of a user of this account."""
        return f"arn:{self.partition}:iam::{self.account_id}:user{path}{name}"

    def group_arn(self, path: str, name: str) -> str:
        """Returns the ARN of a group of this account."""
        return f"arn:{self.partition}:iam::{self.account_id}:group{path}{name}"

    def policy_arn(self, path: str, name: str) -> str:
        """Returns the ARN of a managed policy of this account."""
        return f"arn:{self.partition}:iam::{self.account_id}:policy{path}{name}"

    def role_arn(self, path: str, name: str) -> str:
        """Returns the ARN of a role of this account."""
        return f"arn:{self.partition}:iam::{self.account_id}:role{path}{name}"


def account_id(value: object) -> str:
    """Checks an account id: text of 12 digits. A number is rejected, because it may have lost leading zeros."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Refusal("is a number, which loses leading zeros", 'put it in quotes, such as "012345678901"')
    account = text(value)
    if not _ACCOUNT.fullmatch(account):
        raise Refusal(
            "is not an AWS account id",
            'use its 12 digits in quotes and without blanks or dashes, such as "012345678901"',
        )
    return account


def partition(value: object) -> str:
    """Checks a partition's name, such as `aws`, `aws-cn` or `aws-us-gov`."""
    name = text(value)
    if name not in PARTITIONS:
        raise Refusal("is not an AWS partition", f"use one of {', '.join(PARTITIONS)}")
    return name


def user_arn(value: object) -> str:
    """Checks the ARN of one IAM user, such as `arn:aws:iam::111122223333:user/pipelines/site`."""
    return _iam_arn(value, "user")


def role_arn(value: object) -> str:
    """Checks the ARN of one IAM role, such as `arn:aws:iam::111122223333:role/pipelines/site`."""
    return _iam_arn(value, "role")


def principal_arn(value: object) -> str:
    """Checks the ARN of one IAM user or role."""
    return _iam_arn(value, "user", "role")


def policy_arn(value: object) -> str:
    """Checks the ARN of one managed policy, such as `arn:aws:iam::111122223333:policy/pipelines/boundary`."""
    return _iam_arn(value, "policy")


def account_of(arn: str) -> str:
    """Returns the account id of an ARN that was checked before; `aws` for policies that AWS manages."""
    return arn.split(":")[4]


def partition_of(arn: str) -> str:
    """Returns the partition of an ARN that was checked before."""
    return arn.split(":")[1]


def policy_path(arn: str) -> str:
    """Returns path and name of a managed policy from its ARN that was checked before, such as `/pipelines/boundary`."""
    return arn.split(":policy", 1)[1]


def _iam_arn(value: object, *kinds: str) -> str:
    arn = text(value)
    found = _IAM_ARN.fullmatch(arn)
    # Only AWS's own policies have no account of a customer in their ARN.
    is_managed_by_aws = bool(found and found["account"] == "aws")
    if (
        not found
        or found["kind"] not in kinds
        or (is_managed_by_aws and kinds != ("policy",))
        or re.search(r"[*?]", arn)
    ):
        raise Refusal(
            f"is not the ARN of one {' or '.join(kinds)}",
            f"write it in full, such as arn:aws:iam::111122223333:{kinds[0]}/pipelines/site, without * or ?",
        )
    if "${" in arn:
        raise Refusal("holds ${, which IAM takes for a policy variable", "write the path itself")
    if found["partition"] not in PARTITIONS:
        raise Refusal("has a partition that does not exist", f"use one of {', '.join(PARTITIONS)}")
    return arn
