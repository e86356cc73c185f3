"""AWS as the standard credential chain reaches it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

    from pipeline_identity_cli.options import AwsOptions


@dataclass(frozen=True)
class Reach:
    """How AWS is reached. What is None comes from the environment and the AWS configuration files, as always.

    Attributes:
        profile: The profile of the AWS configuration file to start from.
        region: The region whose STS is asked.
        retry_for: For how many seconds a call is tried again when AWS throttles it or is down.
    """

    profile: str | None = None
    region: str | None = None
    retry_for: int = 60

    @classmethod
    def of(cls, options: AwsOptions) -> Reach:
        """As the options say."""
        return cls(options.profile, options.region, options.retry_for)

    def session(self) -> boto3.Session:
        """The session that all clients come from."""
        import boto3

        return boto3.Session(profile_name=self.profile, region_name=self.chosen_region())

    def chosen_region(self) -> str | None:
        """The region that is named; None leaves it to the AWS configuration files."""
        # Other SDKs and CI systems set AWS_REGION; boto3 by itself only knows AWS_DEFAULT_REGION.
        return self.region or os.environ.get("AWS_REGION") or None


def client(session: boto3.Session, service: str, key: tuple[str, str] | None = None) -> Any:
    """A client; an endpoint that does not answer is given up after seconds, not minutes.

    Args:
        session: How AWS is reached.
        service: The service that is called.
        key: A key and its secret to call with; None takes the session's credentials. No session token goes with them.
    """
    named = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]} if key else {}
    return cast("Any", session).client(service, config=_config(), **named)


def sts(reach: Reach, *, signed: bool = True) -> Any:
    """A client of STS for one call, by botocore: boto3 around it would only take its time to load.

    Args:
        reach: How AWS is reached.
        signed: Whether the call is signed; where it is not, no credentials are looked for.
    """
    import botocore.session
    from botocore import UNSIGNED
    from botocore.config import Config

    session: Any = botocore.session.Session(profile=reach.profile)
    config = _config() if signed else _config().merge(Config(signature_version=UNSIGNED))
    return session.create_client("sts", region_name=reach.chosen_region(), config=config)


def _config() -> Config:
    from botocore.config import Config

    return Config(connect_timeout=5, read_timeout=20)
