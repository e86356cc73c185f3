"""The way to AWS: one client a service and region, made when first needed and shared by every call."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from sandbox.provider.configuration import Configuration, ConfigurationError, seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

    from sandbox.provider.values import Properties

_CONNECTIONS = 32


@dataclass
class Aws:
    """The clients of one configured provider.

    Attributes:
        configuration: Region, credentials, endpoints and default tags.
    """

    configuration: Configuration
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _session: Any = None
    _account_id: str = ""

    @property
    def default_tags(self) -> Mapping[str, str]:
        """The tags every resource gets."""
        return self.configuration.default_tags

    @property
    def iam(self) -> IAMClient:
        """IAM."""
        return cast("IAMClient", self.client("iam"))

    @property
    def sts(self) -> STSClient:
        """STS."""
        return cast("STSClient", self.client("sts"))

    @property
    def account_id(self) -> str:
        """The account the credentials belong to; asked once."""
        if not self._account_id:
            self._account_id = self.sts.get_caller_identity()["Account"]
        return self._account_id

    def region_of(self, properties: Properties) -> str:
        """The region of a resource: its own, or the provider's."""
        return properties.text("region") or self.configuration.region

    def client(self, service: str, region: str = "") -> Any:
        """A client of a service.

        Args:
            service: boto3's name of it.
            region: Another region than the provider's.
        """
        key = (service, region or self.configuration.region)
        # Making a client reads big files: two threads must not do it twice.
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(*key)
            return self._clients[key]

    def _make(self, service: str, region: str) -> Any:
        # boto3 takes longer to import than the rest of the provider: it is loaded once the engine wants something.
        import boto3
        from botocore.config import Config

        configuration = self.configuration
        if self._session is None:
            self._session = cast(
                "Any",
                boto3.Session(
                    aws_access_key_id=configuration.access_key or None,
                    aws_secret_access_key=configuration.secret_key or None,
                    aws_session_token=configuration.token or None,
                    profile_name=configuration.profile or None,
                ),
            )
        style = {"addressing_style": "path"} if configuration.path_style else {}
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=configuration.endpoints.get(service),
            config=Config(
                max_pool_connections=_CONNECTIONS,
                retries={"mode": "standard", "max_attempts": configuration.max_attempts},
                s3=cast("Any", style),
            ),
        )


def assume_roles(configuration: Configuration, aws: Aws) -> Configuration:
    """Assume the first of the roles, as a configuration of the session that follows, with the others still to come."""
    role, *others = configuration.roles
    arguments: dict[str, object] = {
        "RoleArn": role.text("roleArn"),
        "RoleSessionName": role.text("sessionName") or "pulumi",
    }
    if role.text("externalId"):
        arguments["ExternalId"] = role.text("externalId")
    if role.text("policy"):
        arguments["Policy"] = role.text("policy")
    if role.text("duration"):
        arguments["DurationSeconds"] = seconds_of(role.text("duration"))
    credentials = aws.client("sts").assume_role(**arguments)["Credentials"]
    return replace(
        configuration,
        access_key=credentials["AccessKeyId"],
        secret_key=credentials["SecretAccessKey"],
        token=credentials["SessionToken"],
        profile="",
        roles=tuple(others),
    )


def check_account(configuration: Configuration, aws: Aws) -> None:
    """Refuse to go on in an account that is not to be changed.

    Raises:
        ConfigurationError: The credentials lead to such an account.
    """
    if not configuration.allowed and not configuration.forbidden:
        return
    actual = aws.account_id
    if configuration.allowed and actual not in configuration.allowed:
        raise ConfigurationError(
            f"AWS account ID not allowed: {actual}. allowedAccountIds of the provider allows only "
            f"{', '.join(configuration.allowed)}: use credentials of that account, or correct the setting."
        )
    if actual in configuration.forbidden:
        raise ConfigurationError(
            f"AWS account ID not allowed: {actual}. forbiddenAccountIds of the provider forbids it: "
            "use credentials of another account, or correct the setting."
        )
