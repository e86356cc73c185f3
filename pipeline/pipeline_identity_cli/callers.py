"""Which identity credentials are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli import refusals
from pipeline_identity_cli.aws import Reach, expiry, sts, used
from pipeline_identity_cli.outcome import AS_ASKED, FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline_identity_cli.stack import Identity


@dataclass(frozen=True)
class Caller:
    """Whom AWS takes the credentials for.

    Attributes:
        arn: The caller's ARN.
        account: The account's 12 digits.
        kind: `user`, `role session`, `federated user` or `root`.
        name: The user's or role's name; empty for root.
        session_name: The session's name; None when it is none.
        access_key_id: The id of the key that was used. It is no secret.
        temporary: Whether the credentials end by themselves.
        found_in: Where boto3 found them, in its words, such as `env` or `shared-credentials-file`.
        expires: When the credentials end, in UTC; None for a user's key, and where that is not known.
        pipeline: The pipeline in the stack's outputs whose user or role this is; None when none is, or none was given.
    """

    arn: str
    account: str
    kind: str
    name: str
    session_name: str | None
    access_key_id: str
    temporary: bool
    found_in: str
    pipeline: str | None = None
    expires: datetime | None = None

    def lines(self) -> str:
        """For people."""
        what = f"{self.kind} {self.name}".rstrip()
        what += f", session {self.session_name}" if self.session_name else ""
        ends = f", until {self.expires:%Y-%m-%d %H:%M} UTC" if self.expires else ""
        lasting = f"temporary{ends}" if self.temporary else "valid until it is made inactive"
        shown = {
            "you are": what,
            "pipeline": self.pipeline,
            "account": self.account,
            "ARN": self.arn,
            "key": f"{self.access_key_id}, {lasting}, found in: {self.found_in}",
        }
        return "".join(f"{label:<9} {value}\n" for label, value in shown.items() if value)

    def data(self) -> str:
        """As JSON."""
        fields = {**asdict(self), "expires": self.expires.isoformat() if self.expires else None}
        return json.dumps({"format": FORMAT, "command": "whoami", "exit_code": AS_ASKED, **fields}, indent=2) + "\n"


def ask(reach: Reach, known: Mapping[str, Identity]) -> Caller:
    """Ask AWS who the credentials of the standard chain are. It needs no permission, and changes nothing.

    Args:
        reach: How AWS is reached.
        known: The identities of a stack, to tell which of them it is.

    Raises:
        Stopped: There are no credentials, or AWS does not take them.
    """
    try:
        client = sts(reach)
        answer = client.get_caller_identity()
        credentials, frozen = used(client)
        arn, account = str(answer["Arn"]), str(answer["Account"])
    except Exception as error:
        raise refusals.stopped(error) from None
    kind, name, session_name = read(arn)
    return Caller(
        arn=arn,
        account=account,
        kind=kind,
        name=name,
        session_name=session_name,
        access_key_id=str(frozen.access_key) if frozen else "",
        temporary=bool(frozen and frozen.token),
        found_in=str(credentials.method) if credentials else "",
        expires=expiry(credentials),
        pipeline=_pipeline(arn, known),
    )


def read(arn: str) -> tuple[str, str, str | None]:
    """The kind, the name and the session's name in the ARN of a caller."""
    resource = arn.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        name, _, session_name = rest.partition("/")
        return "role session", name, session_name
    if kind == "user":
        return "user", rest.rpartition("/")[2], None
    return (kind.replace("-", " "), rest, None) if rest else (kind, "", None)


def _pipeline(arn: str, known: Mapping[str, Identity]) -> str | None:
    kind, name, _ = read(arn)
    for identity in known.values():
        # The ARN of a session does not hold the path of its role.
        role_account, role_name = identity.role_arn.split(":")[4], identity.role_arn.rpartition("/")[2]
        is_role = kind == "role session" and (arn.split(":")[4], name) == (role_account, role_name)
        if is_role or arn == identity.user_arn:
            return identity.name
    return None
