"""Carrying a rotation out, one step after the other.

At no point is a key turned off before the one in the secret store has been seen to work, and none that something used
lately unless the jobs are known to read this secret store: see `plan`.
"""

from __future__ import annotations

import json
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli import refusals
from pipeline_identity_cli.aws import client
from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, FORMAT, INTERRUPTED, NO_VERDICT, Outcome, Stopped
from pipeline_identity_cli.rotation import keys, tags
from pipeline_identity_cli.rotation.plan import Plan, Rules, State, Step, plan
from pipeline_identity_cli.rotation.stores import Key
from pipeline_identity_cli.settling import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    import boto3

    from pipeline_identity_cli.rotation.keys import UserKey
    from pipeline_identity_cli.rotation.stores import SecretStore

_USELESS = ("InvalidClientTokenId", "SignatureDoesNotMatch")
"""The codes of a key that does not work, whoever asks."""
_DONE = {
    Step.MAKE: "made {key}; it works and is in {store}",
    Step.DEACTIVATE: "made the old key {key} inactive; {store} keeps {current}",
    Step.DELETE: "deleted the old key {key}; {store} keeps {current}",
    Step.DELETE_LOST: "deleted {key}: {why} ({store})",
    Step.KEEP: "the old key {key} stays active: {why} ({store})",
    Step.NOTHING: "nothing to do: {why} ({store} keeps {current})",
}
_WOULD = {
    Step.MAKE: "would make a key, put it into {store}, and then look at the old one",
    Step.DEACTIVATE: "would make the old key {key} inactive; {store} keeps {current}",
    Step.DELETE: "would delete the old key {key}; {store} keeps {current}",
    Step.DELETE_LOST: "would delete {key}: {why} ({store})",
}


class _Useless(Stopped):
    """A key does not work at all."""


class _Ended(Exception):
    """The process was asked to end."""


@dataclass(frozen=True)
class Done:
    """What a rotation has done in one step.

    Attributes:
        step: The step.
        key_id: The key it was about; "" without one.
        text: The step, for people.
    """

    step: Step
    key_id: str
    text: str


@dataclass(frozen=True)
class Rotation:
    """A user's keys, and the secret store where the pipeline's jobs find theirs.

    Attributes:
        session: How AWS is reached, as somebody who may manage the user's keys.
        user: The user's name.
        store: The secret store.
        rules: When an old key may go.
        settle: For how many seconds a new key may be unknown to AWS.
        dry_run: Whether to say what would be done, and change nothing.
        say: Reports each step to people.
        done: The steps so far.
    """

    session: boto3.Session
    user: str
    store: SecretStore
    rules: Rules
    settle: float
    dry_run: bool
    say: Callable[[str], None]
    done: list[Done] = field(default_factory=list[Done])

    def advance(self, form: str) -> Outcome:
        """Go on with the rotation, or begin one.

        Args:
            form: The form of the result: `text` or `json`.

        Raises:
            Stopped: Going on could leave the pipeline without a working key, or AWS cannot be asked.
        """
        try:
            with _ends_cleanly():
                last, state = self._advance()
        except (Stopped, KeyboardInterrupt):
            raise
        except _Ended:
            raise Stopped("the rotation was ended", "run it again", INTERRUPTED, "interrupted") from None
        except Exception as error:
            raise self._stopped(error) from None
        code = AGAINST if last.step is Step.STOP or last.overdue else AS_ASKED
        return Outcome(self._document(state, code) if form == "json" else "", code)

    def _advance(self) -> tuple[Plan, State]:
        state = self._observed()
        todo = plan(state, self.rules)
        if todo.step is Step.DELETE_LOST and not self.dry_run:
            self._carry_out(todo, state)
            state = self._observed()
            todo = plan(state, self.rules)
        if todo.step is Step.MAKE and not self.dry_run:
            self._make(state)
            state = self._observed()
            todo = plan(state, self.rules)
            if todo.step in (Step.MAKE, Step.NOTHING):
                # The new key is the only one.
                return todo, state
        self._carry_out(todo, state)
        return todo, state if self.dry_run else self._observed()

    def _observed(self) -> State:
        """What there is; the key in the secret store has been seen to work.

        Raises:
            Stopped: The jobs read another secret store, or the key in this one does not work or is somebody else's.
        """
        marked = tags.read(self._iam, self.user)
        found, now = keys.read(self._iam, self.user)
        state = State(found, None, self.store.address, marked, now)
        if state.is_elsewhere and not self.rules.trust_store:
            problem = f"{self.user}: its jobs read {marked.store}, and this is {self.store.address}"
            fix = "name that secret store, or add --trust-store if its jobs read this one now"
            raise Stopped(problem, fix, AGAINST, "other-secret-store")
        kept = self.store.read()
        if kept is None:
            return state
        if any(key.key_id == kept.key_id for key in found):
            self._check(kept, f"the key in {self.store.address}", self.settle)
            return State(found, kept.key_id, self.store.address, marked, now)
        self._refuse_foreign(kept)
        return state

    def _carry_out(self, todo: Plan, state: State) -> None:
        key_id = todo.key.key_id if todo.key else ""
        if todo.step is Step.STOP:
            raise Stopped(f"{self.user}, {self.store.address}: {todo.why}", todo.fix, AGAINST, "unsafe")
        if self.dry_run and todo.step in _WOULD:
            self._report(_WOULD[todo.step], todo, state)
            return
        if todo.step is Step.DEACTIVATE:
            self._deactivate(key_id, state)
        elif todo.step in (Step.DELETE, Step.DELETE_LOST):
            self._iam.delete_access_key(UserName=self.user, AccessKeyId=key_id)
        self._report(_DONE[todo.step], todo, state)

    def _report(self, form: str, todo: Plan, state: State, key: str = "") -> None:
        described = key or (todo.key.described() if todo.key else "")
        store, current = self.store.address, state.in_store or "no key"
        text = f"{self.user}: " + form.format(key=described, store=store, current=current, why=todo.why)
        self.done.append(Done(todo.step, todo.key.key_id if todo.key else key, text))
        self.say(text)

    def _make(self, state: State) -> None:
        """Make a key, see that it works, put it into the secret store, and see that it is there."""
        is_read = state.is_read(self.rules)
        if not is_read and state.tags.store:
            # It was emptied, or the key in it deleted by hand: whether jobs still read it is not known any more.
            tags.unbind(self._iam, self.user)
        tags.mark(self._iam, self.user, state.keys, state.now)
        before, new = self.store.read(), self._created(state)
        try:
            self._check(new, "the new key", self.settle)
            self.store.write(new)
            if self.store.read() != new:
                problem = f"{self.store.address} does not keep {new.key_id} after it was written"
                raise Stopped(problem, "look at who else writes there, and run it again")
        except (Exception, KeyboardInterrupt) as error:
            self._take_back(new, before, state, error)
            raise
        if is_read and state.tags.store != tags.as_value(self.store.address):
            tags.bind(self._iam, self.user, self.store.address)
        tags.unmark(self._iam, self.user)
        self._report(_DONE[Step.MAKE], Plan(Step.MAKE), state, new.key_id)

    def _created(self, state: State) -> Key:
        from botocore.exceptions import ClientError

        try:
            made = self._iam.create_access_key(UserName=self.user)["AccessKey"]
        except ClientError as error:
            if refusals.code_of(error) != "LimitExceeded":
                raise
            problem = f"{self.user} has got another key since this run began, which had {len(state.keys)}"
            raise Stopped(problem, "another rotation may be under way; run it again later", AGAINST, "unsafe") from None
        return Key(made["AccessKeyId"], made["SecretAccessKey"])

    def _take_back(self, new: Key, before: Key | None, state: State, error: BaseException) -> None:
        """Undo what did not work: the secret store keeps the old key again, and the new one is deleted.

        Raises:
            Stopped: It was interrupted, or could not be undone; the text says what has become of the new key.
        """
        try:
            left = self._undone(new, before, state)
        except Exception:
            fix = f"look at what {self.store.address} keeps; if it is another key, delete {new.key_id}"
            code = INTERRUPTED if isinstance(error, KeyboardInterrupt | _Ended) else NO_VERDICT
            raise Stopped(f"{new.key_id} was made, and could not be deleted again", fix, code) from None
        if isinstance(error, KeyboardInterrupt | _Ended):
            what = f"is in {self.store.address}" if left else "was made and deleted again; no other key was changed"
            raise Stopped(f"interrupted: {new.key_id} {what}", "run it again", INTERRUPTED, "interrupted") from None

    def _undone(self, new: Key, before: Key | None, state: State) -> bool:
        """Take the new key back, and return whether it had to stay."""
        if self.store.read() == new:
            if before is None:
                # A secret store cannot be emptied, and a key that is there may work later.
                return True
            self.store.write(before)
        self._iam.delete_access_key(UserName=self.user, AccessKeyId=new.key_id)
        if state.tags.mark is None:
            tags.unmark(self._iam, self.user)
        return False

    def _deactivate(self, key_id: str, state: State) -> None:
        """Make the old key inactive, after one more look at what the jobs find."""
        kept = self.store.read()
        if kept is None or kept.key_id == key_id:
            problem = f"{self.store.address} keeps no other key than {key_id}"
            raise Stopped(problem, "look at who else writes there, and run it again", AGAINST, "unsafe")
        self._check(kept, f"the key in {self.store.address}", self.settle)
        if state.tags.store != tags.as_value(self.store.address):
            tags.bind(self._iam, self.user, self.store.address)
        self._iam.update_access_key(UserName=self.user, AccessKeyId=key_id, Status="Inactive")

    def _refuse_foreign(self, kept: Key) -> None:
        """Refuse a secret store that keeps the working key of somebody else: it would be written over, and lost."""
        try:
            self._check(kept, f"the key in {self.store.address}", 0)
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
            problem = f"{what}, {key.key_id}, does not work: {refusals.code_of(error)}"
            fix = "look at the user's keys and the secret store; no key was turned off"
            raise _Useless(problem, fix, AGAINST, "key-does-not-work") from None
        if arn.rpartition("/")[2] != self.user:
            fix = "name its user, or another secret store"
            raise Stopped(f"{what}, {key.key_id}, is not of {self.user}", fix, AGAINST, "key-of-another-user")

    def _stopped(self, error: Exception) -> Stopped:
        from botocore.exceptions import ClientError

        if isinstance(error, ClientError) and refusals.code_of(error) == "NoSuchEntity":
            fix = "name one of this account with --user, or use credentials of the user's account"
            return Stopped(f"there is no user {self.user}", fix)
        return refusals.stopped(error)

    def _document(self, state: State, code: int) -> str:
        content = {
            "format": FORMAT,
            "exit_code": code,
            "user": self.user,
            "secret_store": self.store.address,
            "secret_store_is_read": state.is_read(self.rules),
            "dry_run": self.dry_run,
            "steps": [{"id": one.step.value, "key_id": one.key_id or None, "text": one.text} for one in self.done],
            "keys": [_described(key, state) for key in state.keys],
        }
        return json.dumps(content, indent=2) + "\n"

    @cached_property
    def _iam(self) -> Any:
        return client(self.session, "iam")


def _described(key: UserKey, state: State) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "active": key.active,
        "in_secret_store": key.key_id == state.in_store,
        "created": key.created.isoformat(),
        "last_used": key.last_used.isoformat() if key.last_used else None,
        "last_used_for": key.service or None,
    }


@contextmanager
def _ends_cleanly() -> Generator[None]:
    """Let SIGTERM, with which CI systems end jobs, undo what is half done, as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise _Ended

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
