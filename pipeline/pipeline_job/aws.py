"""AWS as the standard credential chain reaches it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True)
class Reach:
    """How AWS is reached. What is None comes from the environment and the AWS configuration files, as always.

    Attributes:
        profile: The profile of the AWS configuration file to start from.
        region: The region whose STS is asked.
    """

    profile: str | None = None
    region: str | None = None

    def session(self) -> boto3.Session:
        """The session that all clients come from."""
        import boto3

        # Other SDKs and CI systems set AWS_REGION; boto3 by itself only knows AWS_DEFAULT_REGION.
        region = self.region or os.environ.get("AWS_REGION") or None
        return boto3.Session(profile_name=self.profile, region_name=region)


def client(session: boto3.Session, service: str, *, signed: bool = True) -> Any:
    """A client; an endpoint that does not answer is given up after seconds, not minutes.

    Args:
        session: What it comes from.
        service: The service it calls.
        signed: Whether calls are signed; where they are not, no credentials are looked for.
    """
    from botocore import UNSIGNED
    from botocore.config import Config

    limits = Config(connect_timeout=5, read_timeout=20)
    config = limits if signed else limits.merge(Config(signature_version=UNSIGNED))
    return cast("Any", session).client(service, config=config)
