"""boto3 clients of one caller, which reach one local AWS and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from sandbox.errors import SandboxError
from sandbox.proof.places import THIS_MACHINE, Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

    from sandbox.local_aws import LocalAws


@dataclass(frozen=True)
class Caller:
    """Somebody's credentials.

    Attributes:
        key: The access key id.
        secret: The secret access key.
        token: The session token; None for a user's own key.
    """

    key: str
    secret: str
    token: str | None = None

    def __repr__(self) -> str:
        """The key id alone: the rest must reach no log."""
        return f"Caller({self.key!r})"


class Clients:
    """The clients of one caller.

    Args:
        caller: Whose they are.
        endpoint: The local AWS.
        region: The AWS region.
        session: Loads the service descriptions, once for all callers.
        place: Where the calls come from.

    Raises:
        SandboxError: If the endpoint isn't on this machine: the proof tries what must be denied, and makes and removes
            resources, so it never runs against a real account.
    """

    def __init__(
        self, caller: Caller, endpoint: str, region: str, session: boto3.Session, place: Place = THIS_MACHINE
    ) -> None:
        if urlsplit(endpoint).hostname != "127.0.0.1":
            raise SandboxError(f"The proof runs against the sandbox's own AWS only, not against {endpoint}.")
        self.region = region
        self._caller = caller
        self._endpoint = endpoint
        self._session = session
        self._place = place
        self._dynamodb: dict[str, DynamoDBClient] = {}

    def of(self, caller: Caller, place: Place | None = None) -> Clients:
        """The same clients for somebody else, who calls from the same place unless another one is given."""
        return Clients(caller, self._endpoint, self.region, self._session, self._place if place is None else place)

    @cached_property
    def iam(self) -> IAMClient:
        """IAM."""
        return self._client("iam")

    @cached_property
    def sts(self) -> STSClient:
        """STS."""
        return self._client("sts")

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return self._client("s3")

    def dynamodb(self, region: str = "") -> DynamoDBClient:
        """DynamoDB in a region; by default, in the environment's."""
        wanted = region or self.region
        if wanted not in self._dynamodb:
            self._dynamodb[wanted] = self._client("dynamodb", wanted)
        return self._dynamodb[wanted]

    def _client(self, service: str, region: str = "") -> Any:
        made = cast("Any", self._session).client(
            service,
            region_name=region or self.region,
            endpoint_url=self._endpoint,
            aws_access_key_id=self._caller.key,
            aws_secret_access_key=self._caller.secret,
            aws_session_token=self._caller.token,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}),
        )
        self._place.send_from_here(made, service, region or self.region)
        return made


def root_of(aws: LocalAws, account: str, region: str) -> Clients:
    """The clients of an account's root in the local AWS, where the account's digits are the root's key."""
    return Clients(Caller(account, "test"), aws.endpoint, region, boto3.Session())
