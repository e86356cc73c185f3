"""Replacing a user's key that is made outside Pulumi.

What is left to do follows from the user's keys and from the one in the sink, so a run may end anywhere, and the next
one goes on. At no point is a key turned off before the one in the sink has been seen to work. Only while a key is made
beside one that the sink does not know, something is remembered: see `rotation_mark`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli import refusals, rotation_mark
from pipeline_identity_cli.aws import client
from pipeline_identity_cli.outcome import AGAINST, Stopped
from pipeline_identity_cli.settling import settled
from pipeline_identity_cli.sinks import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import boto3

    from pipeline_identity_cli.sinks import Sink


@dataclass(frozen=True)
class Made:
    """A key of the user, as IAM tells it.

    Attributes:
        key_id: Its id.
        active: Whether it is active.
        created: When it was made.
        last_used: When and with what it was last used, for people; None when never.
    """

    key_id: str
    active: bool
    created: datetime
    last_used: str | None

    def told(self) -> str:
        """For people."""
        return f"{self.key_id} ({f'last used {self.last_used}' if self.last_used else 'never used'})"


_USELESS = ("InvalidClientTokenId", "SignatureDoesNotMatch")
"""The codes of a key that does not work, whoever asks."""


class Step(Enum):
    """What is to be done next; the values of refusals say why."""

    REPLACE = "make a key, put it into the sink, and turn the old one off"
    TURN_OFF = "turn off the key that is not in the sink"
    WAIT = "nothing: the old key is off, and only to be deleted"
    TWO_UNKNOWN = "there are two keys, and the sink keeps neither"
    NEWER_IN_USE = "a key that is not in the sink is newer than the one there, and in use"


def next_step(kept: str | None, keys: Sequence[Made]) -> Step:
    """What is to be done next.

    A run that was killed between making a key and putting it into the sink leaves one whose secret nobody has. Beside
    the key in the sink it is turned off like an old one, and not deleted by a guess.

    Args:
        kept: The id of the key in the sink, if there is one.
        keys: The user's keys, of which AWS allows two.
    """
    current = next((key for key in keys if key.key_id == kept), None)
    others = [key for key in keys if key is not current]
    if not current:
        return Step.TWO_UNKNOWN if len(others) > 1 else Step.REPLACE
    if not others:
        return Step.REPLACE
    if not others[0].active:
        return Step.WAIT
    in_use = others[0].created > current.created and others[0].last_used
    return Step.NEWER_IN_USE if in_use else Step.TURN_OFF


class _Useless(Stopped):
    """A key does not work at all."""


@dataclass(frozen=True)
class Rotation:
    """A user's keys and where the pipeline finds its own.

    Attributes:
        session: How AWS is reached, as somebody who may manage the user's keys.
        user: The user's name.
        sink: Where the pipeline's key is kept.
        settle: For how many seconds a new key may be unknown to AWS.
        say: Tells people what is done.
    """

    session: boto3.Session
    user: str
    sink: Sink
    settle: float
    say: Callable[[str], None]

    def advance(self, *, keep_old: bool, delete_old: bool) -> None:
        """Go on with the rotation, or begin one.

        Args:
            keep_old: Whether to end before the old key is made inactive.
            delete_old: Whether to delete the old key, which is inactive already, instead of anything else.

        Raises:
            Stopped: Going on could leave the pipeline without a working key, or AWS refuses.
        """
        try:
            self._advance(keep_old=keep_old, delete_old=delete_old)
        except Stopped:
            raise
        except Exception as error:
            raise refusals.stopped(error) from None

    def _advance(self, *, keep_old: bool, delete_old: bool) -> None:
        kept, keys = self.sink.read(), self._keys()
        others = [key for key in keys if kept is None or key.key_id != kept.key_id]
        if kept is not None and len(others) < len(keys):
            self._check(kept, "the key in the sink", self.settle)
        elif kept is not None:
            self._refuse_foreign(kept)
        if delete_old:
            self._delete_old(others, known=len(others) < len(keys))
            return
        if len(others) > 1:
            keys = others = self._without_lost(keys)
        todo = next_step(kept.key_id if kept else None, keys)
        if todo is Step.WAIT:
            self.say(f"the old key {others[0].told()} is inactive already; delete it with --delete-old")
        elif todo is Step.TURN_OFF:
            self._turn_off(others[0], keep_old=keep_old)
        elif todo is Step.REPLACE:
            self._replace(kept, keys, others, keep_old=keep_old)
        else:
            told = " and ".join(key.told() for key in others)
            raise Stopped(f"{self.user}: {todo.value}: {told}", "delete what nobody uses, or correct the sink", AGAINST)

    def _replace(self, kept: Key | None, keys: list[Made], unknown: list[Made], *, keep_old: bool) -> None:
        """Put a new key into the sink, and turn off those that were there before."""
        if unknown:
            rotation_mark.write(self._iam, self.user, [key.key_id for key in unknown])
        self._put_new(kept)
        if unknown:
            rotation_mark.remove(self._iam, self.user)
        for old in keys:
            if old.active:
                self._turn_off(old, keep_old=keep_old)

    def _without_lost(self, keys: list[Made]) -> list[Made]:
        """Delete the key whose secret was lost with the run that made it, if one is; return the others."""
        mark = rotation_mark.read(self._iam, self.user)
        lost = mark.lost(keys) if mark else None
        if not mark or not lost:
            return keys
        if rotation_mark.now(self._iam, self.user) < mark.over:
            problem = f"{self.user}: a run that began at {mark.at:%H:%M} UTC may still be under way"
            raise Stopped(problem, f"run it again after {mark.over:%H:%M} UTC", AGAINST)
        self.say(f"deleting {lost.told()}, made by a run that ended before the sink had it")
        self._iam.delete_access_key(UserName=self.user, AccessKeyId=lost.key_id)
        return [key for key in keys if key is not lost]

    def _put_new(self, kept: Key | None) -> None:
        """Make a key, put it into the sink, and see that the one there works.

        It goes into the sink before anything else is done with it: a key of which nobody has the secret must be one
        that was never used.
        """
        made = self._iam.create_access_key(UserName=self.user)["AccessKey"]
        new = Key(made["AccessKeyId"], made["SecretAccessKey"])
        self.say(f"made {new.key_id}")
        try:
            self.sink.write(new)
            if self.sink.read() != new:
                fix = "look at who else writes there, and run it again"
                raise Stopped(f"the sink does not keep {new.key_id} after it was written", fix)
            self._check(new, "the new key", self.settle)
        except Exception:
            self._take_back(new, kept)
            raise
        self.say(f"{new.key_id} works and is in the sink")

    def _take_back(self, new: Key, kept: Key | None) -> None:
        """Undo what did not work: the sink keeps the old key again, and the new one is deleted."""
        if self.sink.read() == new:
            if kept is None:
                # A sink cannot be emptied, and a key that is there may work later.
                return
            self.sink.write(kept)
        self._iam.delete_access_key(UserName=self.user, AccessKeyId=new.key_id)

    def _turn_off(self, old: Made, *, keep_old: bool) -> None:
        if keep_old:
            self.say(f"the old key {old.told()} stays active; run it again without --keep-old")
            return
        kept = self.sink.read()
        if kept is None or kept.key_id == old.key_id:
            raise Stopped("the sink keeps no other key", "look at who else writes there, and run it again", AGAINST)
        self._check(kept, "the key in the sink", self.settle)
        self.say(f"making the old key {old.told()} inactive")
        self._iam.update_access_key(UserName=self.user, AccessKeyId=old.key_id, Status="Inactive")

    def _delete_old(self, others: list[Made], *, known: bool) -> None:
        if not known:
            raise Stopped(f"the sink keeps no key of {self.user}", "run it without --delete-old first", AGAINST)
        for old in others:
            if old.active:
                raise Stopped(f"{old.told()} is still active", "run it without --delete-old first", AGAINST)
            self.say(f"deleting the old key {old.told()}")
            self._iam.delete_access_key(UserName=self.user, AccessKeyId=old.key_id)
        if not others:
            self.say("there is no old key")

    def _refuse_foreign(self, kept: Key) -> None:
        """Refuse a sink that keeps the working key of somebody else: it would be lost by being written over."""
        try:
            self._check(kept, "the key in the sink", 0)
        except _Useless:
            return

    def _check(self, key: Key, what: str, settle: float) -> None:
        """See that a key works, and is this user's."""
        from botocore.exceptions import ClientError

        sts = client(self.session, "sts", (key.key_id, key.secret))
        try:
            arn = str(settled(lambda: sts.get_caller_identity(), settle)["Arn"])
        except ClientError as error:
            if refusals.code_of(error) not in _USELESS:
                raise refusals.stopped(error) from None
            problem = f"{what} {key.key_id} does not work: {refusals.code_of(error)}"
            fix = "look at the user's keys and the sink; no key was turned off"
            raise _Useless(problem, fix, AGAINST) from None
        if arn.rpartition("/")[2] != self.user:
            raise Stopped(f"{what} {key.key_id} is not of {self.user}", "name its user, or another sink", AGAINST)

    def _keys(self) -> list[Made]:
        found = self._iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        return [
            Made(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"], self._last_used(key["AccessKeyId"]))
            for key in found
        ]

    def _last_used(self, key_id: str) -> str | None:
        used = self._iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]
        moment = used.get("LastUsedDate")
        return f"{moment:%Y-%m-%d %H:%M} UTC for {used.get('ServiceName')}" if moment else None

    @cached_property
    def _iam(self) -> Any:
        return client(self.session, "iam")
