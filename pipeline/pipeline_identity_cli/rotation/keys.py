"""A user's access keys, as IAM reports them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.outcome import Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class UserKey:
    """An access key of the user, without its secret.

    Attributes:
        key_id: The id.
        active: Whether it is active.
        created: When it was made.
        last_used: When it was last used; None when never.
        service: What it was last used for, such as `sts`; "" when never.
    """

    key_id: str
    active: bool
    created: datetime
    last_used: datetime | None = None
    service: str = ""

    @property
    def last_sign(self) -> datetime:
        """When it was last used, or made if it never was."""
        return self.last_used or self.created

    def described(self) -> str:
        """The id with status and last use, for people."""
        status = "active" if self.active else "inactive"
        used = f"last used {self.last_used:%Y-%m-%d %H:%M} UTC for {self.service}" if self.last_used else "never used"
        return f"{self.key_id} ({status}, {used})"


def read(iam: Any, user: str) -> tuple[list[UserKey], datetime]:
    """The keys of a user, oldest first, and the time by AWS's clock: the one of this machine does not count.

    Args:
        iam: A client of IAM.
        user: The user's name.

    Raises:
        Stopped: AWS's answer does not say what time it is.
    """
    answer = iam.list_access_keys(UserName=user)
    now = moment(answer["ResponseMetadata"]["HTTPHeaders"])
    keys = [_read(iam, entry) for entry in answer["AccessKeyMetadata"]]
    return sorted(keys, key=lambda key: key.created), now


def moment(headers: Mapping[str, str]) -> datetime:
    """When AWS answered. A proxy may take the header away, or add one of its own behind it."""
    try:
        found = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        problem = "AWS's answer does not say what time it is, and so not how long a key has been unused"
        raise Stopped(problem, "look at the proxy, which should leave the header Date as it is") from None
    # Without a zone, or with one that cannot be read, it is UTC, as HTTP has it.
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _read(iam: Any, entry: Any) -> UserKey:
    key_id = str(entry["AccessKeyId"])
    used = iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]
    moment = used.get("LastUsedDate")
    service = str(used.get("ServiceName", "")) if moment else ""
    return UserKey(key_id, entry["Status"] == "Active", entry["CreateDate"], moment, service)
