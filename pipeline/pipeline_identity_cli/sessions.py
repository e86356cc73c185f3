"""Opening a session of a pipeline's role.

Limits: `AssumeRole` and `AssumeRoleWithWebIdentity` in the STS API reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli import refusals
from pipeline_identity_cli.aws import Reach, expiry, sts, used
from pipeline_identity_cli.outcome import Stopped, one_line, shown
from pipeline_identity_cli.redaction import remember
from pipeline_identity_cli.settling import settled
from pipeline_identity_cli.stack import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_identity_cli.web_identity.token import Token

SHORTEST = 900
"""The least that a session's duration may be, in seconds."""
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,640}", re.ASCII)
_MOST_POLICIES, _LONGEST_POLICY = 10, 2048
_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 128, 256


@dataclass(frozen=True)
class SessionRequest:
    """The session that is asked for.

    Attributes:
        role_arn: The role.
        session_name: The session's name, which CloudTrail shows: 2 to 64 letters, digits and `+=,.@_-`.
        duration: How long it lasts, in seconds: 900 to 43,200, and no longer than its role allows.
        external_id: The external id that the role's trust asks for, if it does: 2 to 1,224 characters.
        source_identity: Who is behind the session, if that is told: 2 to 64 letters, digits and `+=,.@_-`.
        tags: The session's tags, at most 50.
        longest: The longest session that the role allows, where it is known.
        policy: A policy as JSON that the session is held to besides the role's, if there is one.
        policy_arns: Managed policies that the session is held to in the same way, at most 10.
    """

    role_arn: str
    session_name: str
    duration: int
    external_id: str | None = None
    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    longest: int = LONGEST
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """The role's account."""
        return self.role_arn.split(":")[4]

    @property
    def is_plain(self) -> bool:
        """Whether any session of the role is as good: no policy, tag or source identity is asked for."""
        return not (self.policy or self.policy_arns or self.tags or self.source_identity)

    def check(self) -> None:
        """Refuse what AWS would refuse, before it is asked.

        Raises:
            Stopped: Something is out of bounds.
        """
        if not _ROLE.fullmatch(self.role_arn):
            fix = "write it like arn:aws:iam::111122223333:role/pipelines/site"
            raise Stopped(f"--role-arn {shown(self.role_arn)} is not the ARN of a role", fix, kind="usage")
        if not SHORTEST <= self.duration <= min(LONGEST, self.longest):
            fix = f"ask for {SHORTEST} to {min(LONGEST, self.longest)} seconds"
            raise Stopped(f"--duration {self.duration} is out of the role's bounds", fix, kind="usage")
        _match("--session-name", self.session_name, _NAME, "use 2 to 64 letters, digits and +=,.@_-")
        if self.source_identity is not None:
            _match("--source-identity", self.source_identity, _NAME, "use 2 to 64 letters, digits and +=,.@_-")
        if self.external_id is not None and not _EXTERNAL_ID.fullmatch(self.external_id):
            # It is not shown: some treat it as a password.
            raise Stopped("--external-id is not valid", "use 2 to 1224 letters, digits and +=,.@:/_-", kind="usage")
        self._check_tags()
        self._check_policies()

    def _check_policies(self) -> None:
        if len(self.policy_arns) > _MOST_POLICIES:
            raise Stopped(f"there are {len(self.policy_arns)} session policies", f"name at most {_MOST_POLICIES}")
        for arn in self.policy_arns:
            if not _POLICY.fullmatch(arn):
                fix = "write it like arn:aws:iam::aws:policy/ReadOnlyAccess"
                raise Stopped(f"--policy-arn {shown(arn)} is not the ARN of a managed policy", fix, kind="usage")
        if self.policy is not None and len(self.policy) > _LONGEST_POLICY:
            problem = f"--session-policy has {len(self.policy)} characters"
            raise Stopped(problem, f"shorten it to {_LONGEST_POLICY}, or name a managed policy with --policy-arn")

    def _check_tags(self) -> None:
        if len(self.tags) > _MOST_TAGS:
            raise Stopped(f"there are {len(self.tags)} session tags", f"send at most {_MOST_TAGS}")
        for key, value in self.tags.items():
            if not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE:
                fix = f"use 1 to {_LONGEST_KEY} characters for the key, and at most {_LONGEST_VALUE} for the value"
                raise Stopped(f"--tag {one_line(key, 40)} is too long or has no key", fix)

    def check_token(self, asked_external_id: str | None) -> None:
        """Refuse what cannot be sent along with a token: AWS takes it from the token itself, or not at all.

        Args:
            asked_external_id: The external id that the options name. One that the outputs say is for callers with keys.

        Raises:
            Stopped: Something of it is wanted.
        """
        if self.tags or self.source_identity or asked_external_id:
            problem = "a session from a token takes no tags, no source identity and no external id from here"
            raise Stopped(problem, "leave them out; tags and a source identity can stand in the token")

    def call_with(self, token: Token) -> dict[str, Any]:
        """The arguments of `AssumeRoleWithWebIdentity`."""
        return {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": self.duration,
            "WebIdentityToken": token.text,
            **self._policies(),
        }

    def call(self) -> dict[str, Any]:
        """The arguments of `AssumeRole`."""
        optional = {
            "ExternalId": self.external_id,
            "SourceIdentity": self.source_identity,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }
        call = {"RoleArn": self.role_arn, "RoleSessionName": self.session_name, "DurationSeconds": self.duration}
        return call | {name: value for name, value in optional.items() if value} | self._policies()

    def _policies(self) -> dict[str, Any]:
        named = [{"arn": arn} for arn in self.policy_arns]
        return ({"Policy": self.policy} if self.policy else {}) | ({"PolicyArns": named} if named else {})


@dataclass(frozen=True)
class Session:
    """Temporary credentials.

    Attributes:
        access_key_id: Their key id.
        secret_access_key: Their secret.
        session_token: Their token.
        expiration: When they end, in UTC; None where that is not known.
        arn: The session's ARN.
        region: The region the session was opened in.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: datetime | None
    arn: str
    region: str

    def lasts(self, seconds: float) -> bool:
        """Whether it is known to be valid for so many seconds more."""
        now = datetime.now(timezone.utc)
        return self.expiration is not None and (self.expiration - now).total_seconds() >= seconds

    @property
    def ends(self) -> str | None:
        """When they end, as ISO 8601 in UTC, such as `2026-11-25T16:30:00Z`; None where that is not known."""
        if self.expiration is None:
            return None
        return self.expiration.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def assume(wanted: SessionRequest, reach: Reach, settle: float, stays: Callable[[], bool] | None = None) -> Session:
    """Open the session with the credentials of the standard chain.

    Args:
        wanted: The session; it must have been checked.
        reach: How AWS is reached.
        settle: For how many seconds a refusal that may come from IAM's settling is tried again.
        stays: Asked once, when AWS has refused: whether it is known that the refusal will not go away.

    Raises:
        Stopped: AWS refuses, or cannot be asked.
    """
    try:
        client = sts(reach)
        return _opened(settled(lambda: client.assume_role(**wanted.call()), settle, stays), client)
    except Exception as error:
        raise refusals.stopped(error, denial_is_verdict=True) from None


def assume_with(token: Token, wanted: SessionRequest, reach: Reach, settle: float) -> Session:
    """Open the session with a token, and no other credentials; the other arguments are those of `assume`.

    Raises:
        Stopped: AWS refuses, or cannot be asked.
    """
    try:
        client = sts(reach, signed=False)
        answer = settled(lambda: client.assume_role_with_web_identity(**wanted.call_with(token)), settle)
        return _opened(answer, client)
    except Exception as error:
        raise refusals.stopped(error, f"; the token says: {token.claims()}", denial_is_verdict=True) from None


def current(asked: SessionRequest, reach: Reach) -> Session | None:
    """The session that the credentials here are of, if it is one of the role that is asked for.

    Args:
        asked: The session that is asked for.
        reach: How AWS is reached.

    Raises:
        Stopped: AWS cannot be asked who the caller is.
    """
    from pipeline_identity_cli.callers import read

    try:
        client = sts(reach)
        arn = str(client.get_caller_identity()["Arn"])
        credentials, frozen = used(client)
    except Exception as error:
        raise refusals.stopped(error) from None
    kind, name, _ = read(arn)
    # The ARN of a session does not hold the path of its role.
    if (kind, arn.split(":")[4], name) != ("role session", asked.account, asked.role_arn.rpartition("/")[2]):
        return None
    region = str(client.meta.region_name)
    return Session(frozen.access_key, frozen.secret_key, frozen.token, expiry(credentials), arn, region)


def _opened(answer: Any, client: Any) -> Session:
    made = answer["Credentials"]
    remember(made["SecretAccessKey"], made["SessionToken"])
    return Session(
        made["AccessKeyId"],
        made["SecretAccessKey"],
        made["SessionToken"],
        made["Expiration"],
        answer["AssumedRoleUser"]["Arn"],
        str(client.meta.region_name),
    )


def _match(option: str, value: str, pattern: re.Pattern[str], fix: str) -> None:
    if not pattern.fullmatch(value):
        raise Stopped(f"{option} {shown(value, 80)} cannot be used", fix)
