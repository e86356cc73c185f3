"""A mark on the user, while the first key for a sink is being made beside a key that the sink does not know.

Without it, a run that is killed between making the key and writing it into the sink leaves two keys of which the sink
keeps neither, and nobody could tell the one that is in use from the one whose secret is lost. The mark is a tag of the
user, written before the key is made: the ids of the keys that were there, and when. The lost key is then the one that

- was not there before, and was made within 5 minutes of the mark, which no call takes longer than;
- was never used, as nobody has its secret.

What can go wrong, and what comes of it:

- Killed before the key is made: the mark names the only key there is. The next run marks anew.
- Killed before the sink has the key: the next run finds the lost key by the mark, deletes it, and begins again. The key
  that was there is not touched, and turned off only when the one in the sink has been seen to work.
- Killed after that: the sink keeps a key of the user, so the mark is not asked any more. It stays until the next first
  rotation; as the key has been used by then, it never says that it is lost.
- The run is not over, but slow: its key looks lost. So nothing is deleted before 15 minutes have passed since the mark;
  a sink's command that takes longer than 5 is ended, and calls of AWS give up sooner.
- Somebody else makes a key by hand within those 5 minutes, and the run is killed before it has made its own: theirs is
  deleted if they have not used it by the next run. The key that was in use before stays.
- Somebody takes the tag away: the next run refuses, as without a mark.

Times are AWS's own: the clock of this machine does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipeline_identity_cli.rotate import Made

TAG = "pipeline-identity-rotation"
"""The key of the tag."""
MADE_WITHIN = timedelta(minutes=5)
OVER_AFTER = timedelta(minutes=15)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


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

    def lost(self, keys: Sequence[Made]) -> Made | None:
        """The one of two keys that the run has made; None where that is not sure.

        Args:
            keys: The user's keys, neither of them in the sink.
        """
        new = [key for key in keys if key.key_id not in self.keys]
        if len(keys) != 2 or len(new) != 1:
            return None
        made = new[0]
        return made if abs(made.created - self.at) <= MADE_WITHIN and not made.last_used else None


def read(iam: Any, user: str) -> Mark | None:
    """The mark on a user; None without one, or where the tag holds something else."""
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user)
    value = next((tag["Value"] for page in pages for tag in page["Tags"] if tag["Key"] == TAG), "")
    moment, *keys = value.split() or [""]
    try:
        return Mark(frozenset(keys), datetime.strptime(moment, _FORM).replace(tzinfo=timezone.utc))
    except ValueError:
        return None


def write(iam: Any, user: str, keys: Collection[str]) -> None:
    """Mark a user that has these keys, before another one is made."""
    value = " ".join([now(iam, user).strftime(_FORM), *sorted(keys)])
    iam.tag_user(UserName=user, Tags=[{"Key": TAG, "Value": value}])


def remove(iam: Any, user: str) -> None:
    """Take the mark away."""
    iam.untag_user(UserName=user, TagKeys=[TAG])


def now(iam: Any, user: str) -> datetime:
    """The time by AWS's clock, from the head of an answer."""
    head = iam.list_access_keys(UserName=user)["ResponseMetadata"]["HTTPHeaders"]
    return parsedate_to_datetime(head["date"])
