"""Clients of AWS that can read what a collection needs, and can do nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iam_guardrails.collecting.calls import ALLOWED, TO_GET_IN

if TYPE_CHECKING:
    import boto3

_ATTEMPTS = 12
"""How often a throttled or failed call is tried; in between, botocore waits longer each time, up to 20 s."""


class CannotCollect(Exception):
    """An account cannot be read; the text says why and what to do."""


class NotForReading(Exception):
    """A call was stopped because it is none that a collection makes."""


class Reader:
    """A session of one identity, whose clients can only read.

    Args:
        session: a session of boto3.
        name: what the session is called in messages: the profile or the role.
    """

    def __init__(self, session: boto3.Session, name: str) -> None:
        from botocore.config import Config

        self._session, self.name = session, name
        self._config = Config(
            retries={"mode": "adaptive", "max_attempts": _ATTEMPTS}, user_agent_extra="iam-guardrails"
        )

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of a service.

        Args:
            service: the service as boto3 calls it.
            region: the region; None for the session's, and us-east-1 for one that has none.
        """
        where = region or self._session.region_name or "us-east-1"
        make: Any = self._session.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        client: Any = make(service, region_name=where, config=self._config)
        client.meta.events.register_first("before-call", _only_reading)
        return client

    def account(self) -> str:
        """The twelve digits of the account that the session is in.

        Raises:
            CannotCollect: AWS does not know the session, or there are no credentials.
        """
        return str(self._asked("sts", "get_caller_identity")["Account"])

    def regions(self) -> list[str]:
        """The regions that are enabled in the account.

        Raises:
            CannotCollect: it cannot be asked.
        """
        answer = self._asked("ec2", "describe_regions", AllRegions=False)
        return sorted(str(one["RegionName"]) for one in answer["Regions"])

    def assumed(self, role: str) -> Reader:
        """A session as a role.

        Args:
            role: ARN of the role.

        Raises:
            CannotCollect: the role cannot be assumed.
        """
        import boto3

        answer = self._asked("sts", "assume_role", RoleArn=role, RoleSessionName="iam-guardrails-audit")
        found = answer["Credentials"]
        session = boto3.Session(
            found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region_name=self._session.region_name
        )
        return Reader(session, role)

    def _asked(self, service: str, operation: str, **arguments: object) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.client(service), operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            asked = f"{service}:{operation.replace('_', '-')}"
            raise CannotCollect(f"{self.name} cannot be used to read an account: {asked} says {told(error)}") from None


def told(error: Exception) -> str:
    """What AWS or botocore says of a failed call, without the request."""
    answer: Mapping[str, Any] = getattr(error, "response", {}).get("Error", {})
    return f"{answer['Code']}: {answer.get('Message', '')}".strip() if "Code" in answer else type(error).__name__


def _only_reading(model: Any, **_more: object) -> None:
    """Stop a call that no collection makes, whoever asks for it."""
    call = f"{model.service_model.service_name}:{model.name}"
    if call not in ALLOWED and call not in TO_GET_IN:
        raise NotForReading(f"{call} is no call of a collection, which only reads")
