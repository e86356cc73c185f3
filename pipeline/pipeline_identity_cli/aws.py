"""AWS as the standard credential chain reaches it, tried again while it is busy."""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli import credential_check

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

    from pipeline_identity_cli.options import AwsOptions

_MAY_BE_EMPTY = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CA_BUNDLE",
)
"""CI systems set variables to nothing. Other SDKs take these for unset then; boto3 looks for a profile without name."""
_BUSY = (
    "Throttl",
    "RequestLimitExceeded",
    "TooManyRequests",
    "SlowDown",
    "PriorRequestNotComplete",
    "RequestThrottled",
)
_LONGEST_PAUSE = 10.0
_PATIENCE = 5.0
"""After so many seconds of waiting, people are told that it is waiting."""


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
        """The session that all clients come from.

        Raises:
            Stopped: The credentials it would take can never work.
        """
        import boto3

        _leave_out_empty()
        session = boto3.Session(profile_name=self.profile, region_name=self.chosen_region())
        self._check(session._session)  # noqa: SLF001 - boto3 has no public name for it
        _be_patient(cast("Any", session)._session, self.retry_for)  # noqa: SLF001
        return session

    def botocore_session(self) -> Any:
        """The same by botocore alone: boto3 around it would only take its time to load.

        Raises:
            Stopped: The credentials it would take can never work.
        """
        import botocore.session

        _leave_out_empty()
        session: Any = botocore.session.Session(profile=self.profile)
        self._check(session)
        _be_patient(session, self.retry_for)
        return session

    def chosen_region(self) -> str | None:
        """The region that is named; None leaves it to the AWS configuration files."""
        # Other SDKs and CI systems set AWS_REGION; boto3 by itself only knows AWS_DEFAULT_REGION.
        return self.region or os.environ.get("AWS_REGION") or None

    def _check(self, session: Any) -> None:
        if self.profile is None:
            credential_check.check_environment()
        if self.profile is not None or not os.environ.get("AWS_ACCESS_KEY_ID"):
            credential_check.check_profiles(session)


def client(session: boto3.Session, service: str, key: tuple[str, str] | None = None) -> Any:
    """A client; an endpoint that does not answer is given up after seconds, not minutes.

    Args:
        session: How AWS is reached.
        service: The service that is called.
        key: A key and its secret to call with; None takes the session's credentials. No session token goes with them.
    """
    named = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]} if key else {}
    return cast("Any", session).client(service, config=config(), **named)


def sts(reach: Reach, *, signed: bool = True) -> Any:
    """A client of STS.

    Args:
        reach: How AWS is reached.
        signed: Whether the call is signed; where it is not, no credentials are looked for.
    """
    from botocore import UNSIGNED
    from botocore.config import Config

    session = reach.botocore_session() if signed else Reach(None, reach.region, reach.retry_for).botocore_session()
    settings = config() if signed else config().merge(Config(signature_version=UNSIGNED))
    return session.create_client("sts", region_name=reach.chosen_region(), config=settings)


def used(client: Any) -> tuple[Any, Any]:
    """The credentials that a client signs with, and their values of this moment; None twice where it has none."""
    credentials = client._request_signer._credentials  # noqa: SLF001 - asking the chain again would run it again
    return (credentials, credentials.get_frozen_credentials()) if credentials else (None, None)


def expiry(credentials: Any) -> datetime | None:
    """When credentials of botocore end; None where that is not known."""
    ends = getattr(credentials, "_expiry_time", None)
    return ends.astimezone(timezone.utc) if isinstance(ends, datetime) else None


def config() -> Config:
    """Time limits of a call, in seconds."""
    from botocore.config import Config

    return Config(connect_timeout=5, read_timeout=20)


def _be_patient(session: Any, seconds: float) -> None:
    """Have all clients of a session try again while AWS throttles or is down, for so many seconds a call.

    boto3 by itself gives up after some tries within about a second, which is when others of the same job try, too.
    """

    def pause(
        attempts: int, request_dict: Any, response: Any = None, caught_exception: object = None, **_: object
    ) -> float | None:
        if caught_exception is not None or response is None or not _is_busy(response):
            return None
        waited = time.monotonic() - request_dict["context"].setdefault("busy_since", time.monotonic())
        if waited >= seconds:
            return None
        most = min(_LONGEST_PAUSE, 0.5 * 2 ** min(attempts, 6))
        wait = min(seconds - waited, most * random.uniform(0.5, 1))  # noqa: S311 - to spread jobs, not to keep a secret
        if waited + wait > _PATIENCE:
            say(f"AWS is busy; trying again for up to {seconds - waited:.0f} s more (--retry-for)")
        return wait

    # The name of the deepest level: botocore's own handler would say no before one of a level above.
    session.register("needs-retry.*.*", pause)


def _is_busy(response: Any) -> bool:
    http, parsed = cast("tuple[Any, dict[str, Any]]", response)
    code = str(parsed.get("Error", {}).get("Code", ""))
    return http.status_code in (500, 502, 503, 504, 429) or code.startswith(_BUSY)


def say(what: str) -> None:
    """Say on standard error what takes so long."""
    if sys.stderr:
        sys.stderr.write(f"pipeline-identity: {what}\n")
        sys.stderr.flush()


def _leave_out_empty() -> None:
    for name in _MAY_BE_EMPTY:
        if name in os.environ and not os.environ[name].strip():
            del os.environ[name]
