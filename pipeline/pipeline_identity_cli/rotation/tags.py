"""The two tags that a rotation leaves on the user.

**The binding**, `pipeline-identity-secret-store`, names the secret store that the pipeline's jobs read. It is written
when that is certain: the user had no other active key, so whatever works must come from the store; or nothing has used
another key for a day; or somebody has said so (`--trust-store`). A rotation into any other store is rejected: a
mistyped name or another region would otherwise turn off the key that production uses.

**The mark**, `pipeline-identity-rotation`, is there while a key is being made: when that began, and which keys there
were. A run that is killed after it has made a key, and before the store has it, leaves a key whose secret nobody has.
The next run finds it by the mark. It is the one that

- was not there before, and was made within 5 minutes of the mark, which no call takes longer than;
- is not in the store;
- was not used after the run was over: the run itself uses the new key once, to see that it works.

What can go wrong, and what comes of it:

- Killed before the key is made: the mark names the only key there is. The next run marks anew.
- Killed before the store has the key: the next run deletes the lost key, and begins again. The key that was there is
  not touched.
- Killed after that: the store keeps the new key, so it is not lost. The mark stays until the next rotation.
- The run is not over, but slow: its key looks lost. So nothing is done with it before 15 minutes have passed since the
  mark; a store's command that takes longer than 5 is ended, and calls of AWS give up sooner. Two rotations at once end
  the same way: the second one finds the first one's mark, and stops.
- Somebody else makes a key by hand within those 5 minutes, and the run is killed before it has made its own: theirs is
  deleted if they have not used it 15 minutes later. The key that was in use before stays.
- Somebody takes the mark away: the newer key is nobody's, and the next run stops.

Times are AWS's own: the clock of this machine does not count.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline_identity_cli.rotation.keys import UserKey

MARK = "pipeline-identity-rotation"
"""The tag that is there while a key is being made."""
STORE = "pipeline-identity-secret-store"
"""The tag that names the secret store which the pipeline's jobs read."""
MADE_WITHIN = timedelta(minutes=5)
OVER_AFTER = timedelta(minutes=15)
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_LONGEST = 256
"""IAM's limit of a tag's value, in characters."""


@dataclass(frozen=True)
class Mark:
    """What was there when a run began to make a key.

    Attributes:
        keys: The ids of the user's keys.
        at: When that was, by AWS's clock.
    """

    keys: frozenset[str]
    at: datetime

    @property
    def over(self) -> datetime:
        """When the run that wrote it has ended for sure."""
        return self.at + OVER_AFTER

    def made(self, keys: Iterable[UserKey], in_store: str | None) -> UserKey | None:
        """The key that the run has made and that is not in the store; None where there is none, or that is not sure.

        Args:
            keys: The user's keys.
            in_store: The id of the key in the store.
        """
        new = [key for key in keys if key.key_id not in self.keys and key.key_id != in_store]
        if len(new) != 1 or abs(new[0].created - self.at) > MADE_WITHIN:
            return None
        used = new[0].last_used
        return new[0] if used is None or used < self.over else None


@dataclass(frozen=True)
class Tags:
    """What the tags of a user say.

    Attributes:
        mark: The mark; None without one, or where the tag holds something else.
        store: The address of the secret store that its jobs read, as the tag holds it; "" without one.
    """

    mark: Mark | None = None
    store: str = ""


def read(iam: Any, user: str) -> Tags:
    """The tags of a user."""
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user)
    values: Mapping[str, str] = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    return Tags(_mark(values.get(MARK, "")), values.get(STORE, ""))


def _mark(value: str) -> Mark | None:
    moment, *keys = value.split() or [""]
    try:
        return Mark(frozenset(keys), datetime.strptime(moment, _FORM).replace(tzinfo=timezone.utc))
    except ValueError:
        return None


def mark(iam: Any, user: str, keys: Sequence[UserKey], now: datetime) -> None:
    """Mark a user that has these keys, before another one is made."""
    value = " ".join([now.strftime(_FORM), *sorted(key.key_id for key in keys)])
    iam.tag_user(UserName=user, Tags=[{"Key": MARK, "Value": value}])


def unmark(iam: Any, user: str) -> None:
    """Take the mark away."""
    iam.untag_user(UserName=user, TagKeys=[MARK])


def bind(iam: Any, user: str, address: str) -> None:
    """Write down that the user's jobs read the secret store of this address."""
    iam.tag_user(UserName=user, Tags=[{"Key": STORE, "Value": as_value(address)}])


def unbind(iam: Any, user: str) -> None:
    """Take away what was written down of the secret store."""
    iam.untag_user(UserName=user, TagKeys=[STORE])


def as_value(address: str) -> str:
    """An address as a tag can hold it: what is too long ends in a digest of all of it."""
    if len(address) <= _LONGEST:
        return address
    digest = f" sha256:{hashlib.sha256(address.encode()).hexdigest()}"
    return address[: _LONGEST - len(digest)] + digest
