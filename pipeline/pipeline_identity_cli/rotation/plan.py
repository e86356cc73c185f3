"""What is to be done next: it follows from the user's keys, the key in the secret store, and the user's tags alone.

So a run may end anywhere, and the next one goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from pipeline_identity_cli.rotation import tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity_cli.rotation.keys import UserKey
    from pipeline_identity_cli.rotation.tags import Tags

QUIET = timedelta(hours=24)
"""How long nothing must have used a key before it is turned off, where the jobs may read another secret store."""


class Step(Enum):
    """What is to be done; the values stand in the JSON report."""

    MAKE = "make"
    """Make a key, and put it into the secret store."""
    DEACTIVATE = "deactivate"
    """Make the old key inactive."""
    DELETE = "delete"
    """Delete the old key, which is inactive."""
    DELETE_LOST = "delete-lost"
    """Delete a key that a run has made which ended before the secret store had it."""
    KEEP = "keep"
    """Leave the old key active."""
    NOTHING = "nothing"
    """There is nothing to do."""
    STOP = "stop"
    """Nothing can be done without the risk that a key which jobs use stops to work."""


@dataclass(frozen=True)
class Rules:
    """When an old key may go.

    Attributes:
        keep_old: Whether it stays active in this run.
        delete_old: Whether nothing but deleting the old key is asked for.
        grace: How long it stays active after the new one was made.
        unused_for: How long nothing must have used it.
        trust_store: Whether somebody has said that the jobs read this secret store.
    """

    keep_old: bool = False
    delete_old: bool = False
    grace: timedelta = timedelta(0)
    unused_for: timedelta = timedelta(0)
    trust_store: bool = False


@dataclass(frozen=True)
class State:
    """What there is.

    Attributes:
        keys: The user's keys, oldest first; AWS allows two.
        in_store: The id of the key in the secret store, which works and is the user's; None without one.
        address: The address of the secret store.
        tags: The tags of the user.
        now: The time by AWS's clock.
    """

    keys: Sequence[UserKey]
    in_store: str | None
    address: str
    tags: Tags
    now: datetime

    @property
    def current(self) -> UserKey | None:
        """The key in the secret store."""
        return next((key for key in self.keys if key.key_id == self.in_store), None)

    @property
    def others(self) -> list[UserKey]:
        """The keys that are not in the secret store."""
        return [key for key in self.keys if key.key_id != self.in_store]

    @property
    def is_elsewhere(self) -> bool:
        """Whether the jobs are known to read another secret store."""
        return self.tags.store not in ("", tags.as_value(self.address))

    def is_read(self, rules: Rules) -> bool:
        """Whether the jobs are known to read this secret store.

        They are when the user has no other key that works: whatever works must come from here.
        """
        if rules.trust_store:
            return True
        if self.is_elsewhere:
            return False
        is_named = bool(self.tags.store) and self.current is not None
        return is_named or not any(key.active for key in self.others)


@dataclass(frozen=True)
class Plan:
    """What is to be done next.

    Attributes:
        step: The step.
        key: The key it is about; None for a new one.
        why: The reason, for people; "" where there is nothing to explain.
        fix: Of a stop, what to do about it.
        overdue: Of a key that is kept, whether it should be gone by now, and something still uses it.
    """

    step: Step
    key: UserKey | None = None
    why: str = ""
    fix: str = ""
    overdue: bool = False


def plan(state: State, rules: Rules) -> Plan:
    """What is to be done next."""
    lost = state.tags.mark.made(state.keys, state.in_store) if state.tags.mark else None
    if lost and state.tags.mark:
        over = state.tags.mark.over
        if state.now < over:
            why = f"a rotation that began at {state.tags.mark.at:%H:%M} UTC and made {lost.key_id} may be under way"
            return Plan(Step.STOP, lost, why, f"run it again after {over:%H:%M} UTC")
        return Plan(Step.DELETE_LOST, lost, "a run made it that ended before the secret store had it")
    if rules.delete_old:
        return _delete(state, rules)
    if state.current is None:
        return _first(state)
    if not state.others:
        return Plan(Step.MAKE)
    return _old(state, state.current, state.others[0], rules)


def _first(state: State) -> Plan:
    """What to do with a secret store that keeps no key of the user."""
    if len(state.keys) > 1:
        both = " and ".join(key.described() for key in state.keys)
        return Plan(Step.STOP, None, f"there are two keys, and the secret store keeps neither: {both}", _TWO)
    return Plan(Step.MAKE)


_TWO = "delete the one that nobody uses, or name the secret store that keeps the other"


def _old(state: State, current: UserKey, old: UserKey, rules: Rules) -> Plan:
    """What to do with the key beside the one in the secret store."""
    if not old.active:
        return Plan(Step.NOTHING, old, "the old key is inactive already; delete it with --delete-old")
    if old.created > current.created and _is_of_somebody(state, old):
        why = f"{old.described()} is newer than {current.key_id} in the secret store, and no rotation into it made it"
        return Plan(Step.STOP, old, why, "delete it if nobody uses it, or name the secret store that keeps it")
    if rules.keep_old:
        return Plan(Step.KEEP, old, "run it again without --keep-old")
    age = state.now - current.created
    if age < rules.grace:
        return Plan(Step.KEEP, old, f"{current.key_id} is not {_told(rules.grace)} old yet (--grace)")
    is_read = state.is_read(rules)
    quiet = rules.unused_for if is_read else max(rules.unused_for, QUIET)
    last = old.last_used if is_read else old.last_sign
    if last is None or state.now - last >= quiet:
        return Plan(Step.DEACTIVATE, old)
    why = f"{_happened(old, 'it')} less than {_told(quiet)} ago"
    if not is_read:
        why += ", and the jobs are not known to read this secret store; if they do, add --trust-store"
    return Plan(Step.KEEP, old, why, overdue=age >= max(quiet, rules.grace))


def _is_of_somebody(state: State, key: UserKey) -> bool:
    """Whether a key may be somebody else's: used after it was made, or made lately."""
    made_for_use = key.last_used is not None and key.last_used > key.created + tags.OVER_AFTER
    return made_for_use or state.now - key.created < QUIET


def _delete(state: State, rules: Rules) -> Plan:
    fix = "run it without --delete-old first"
    if state.current is None:
        return Plan(Step.STOP, None, "the secret store keeps no key of the user", fix)
    if not state.others:
        return Plan(Step.NOTHING, None, "there is no old key")
    old = state.others[0]
    if old.active:
        return Plan(Step.STOP, old, f"{old.described()} is still active", fix)
    if not state.is_read(rules) and state.now - old.last_sign < QUIET:
        why = f"{_happened(old, old.described())} less than {_told(QUIET)} ago"
        return Plan(Step.STOP, old, f"{why}, and the jobs are not known to read this secret store", _TRUST)
    return Plan(Step.DELETE, old)


_TRUST = "wait, or add --trust-store if they do"


def _happened(key: UserKey, name: str) -> str:
    return f"something used {name}" if key.last_used else f"{name} was made"


def _told(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
