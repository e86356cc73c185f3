"""An AWS account for each test, and its root."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.config import Config

    from sandbox.local_aws import LocalAws

Credentials = tuple[str, str, str]


@dataclass(frozen=True)
class Account:
    """One account of a local AWS."""

    id: str
    aws: LocalAws

    def client(
        self,
        service: str,
        credentials: Credentials | None = None,
        region: str = "eu-central-1",
        config: Config | None = None,
    ) -> Any:
        """boto3 as the account's root, or with the credentials."""
        key, secret, token = credentials or (self.id, "test", "")
        session: Any = boto3.Session(key, secret, token or None)
        return session.client(service, endpoint_url=self.aws.endpoint, region_name=region, config=config)

    def user(self, name: str, *statements: dict[str, Any], path: str = "/") -> Credentials:
        """A user with the statements as its inline policy, and a key of it."""
        iam = self.client("iam")
        iam.create_user(UserName=name, Path=path)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"], ""

    def role(self, name: str, *trusted: str, **further: Any) -> str:
        """A role that trusts the principals; its ARN."""
        policy = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": list(trusted)}})
        return self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy, **further)["Role"]["Arn"]

    def arn(self, resource: str) -> str:
        """The ARN of a resource of IAM."""
        return f"arn:aws:iam::{self.id}:{resource}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **further: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **further}


def error(call: Callable[..., Any], **arguments: Any) -> str:
    """The code and message a call is refused with; a call that succeeds fails the test."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    told = refused.value.response.get("Error", {})
    return f"{told.get('Code')}: {told.get('Message')}"


def allowed(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether a call succeeds; one that fails for another reason than a denial fails the test."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "AccessDenied":
            raise
        return False
    return True


@pytest.fixture
def account(shared_local_aws: LocalAws) -> Account:
    return Account(f"{random.SystemRandom().randrange(10**11, 10**12)}", shared_local_aws)


@pytest.fixture
def other_account(shared_local_aws: LocalAws) -> Account:
    return Account(f"{random.SystemRandom().randrange(10**11, 10**12)}", shared_local_aws)
