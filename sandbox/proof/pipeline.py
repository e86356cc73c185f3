"""The attempts for one pipeline: its user, its role, a stranger, and the end of a session."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sandbox.proof import inside, outside, places
from sandbox.proof.calls import ELSEWHERE, Target, known
from sandbox.proof.clients import Caller, Clients
from sandbox.proof.grants import of_role
from sandbox.proof.rows import ALLOWED, DENIED, Row, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.local_aws import LocalAws

_SHORTEST_SECONDS = 900
_MARGIN_SECONDS = 300
_MADE = "sandbox-proof"
_ENDED = "ExpiredToken"
_TOO_LONG = "ValidationError"


@dataclass(frozen=True)
class Deployed:
    """One pipeline, as the stack's output `pipelines` tells it.

    Attributes:
        name: The pipeline's name.
        user_arn: Its user; "" when keyless.
        role_name: Its role.
        role_arn: The same.
        session_name: What its sessions are called.
        longest_seconds: The role's maximum session duration.
        key: The user's access key; None where the stack's state has no secret to try it with.
        place: From where the role's trust wants to be called.
    """

    name: str
    user_arn: str
    role_name: str
    role_arn: str
    session_name: str
    longest_seconds: int
    key: Caller | None
    place: places.Place

    @classmethod
    def read(cls, name: str, output: Mapping[str, Any]) -> Deployed:
        """One entry of the output `pipelines`."""
        secret = output.get("secretAccessKey")
        return cls(
            name=name,
            user_arn=str(output.get("userArn") or ""),
            role_name=str(output["roleName"]),
            role_arn=str(output["roleArn"]),
            session_name=str(output["sessionName"]),
            longest_seconds=int(output["maxSessionDuration"]),
            key=Caller(str(output["accessKeyId"]), str(secret)) if secret else None,
            place=places.of_trust(str(output["trustPolicy"])),
        )


def prove(deployed: Deployed, root: Clients, aws: LocalAws) -> Iterator[Row]:
    """Try everything, row by row. What is made for it is taken away again.

    Args:
        deployed: The pipeline.
        root: The account's root.
        aws: The local AWS, whose clock is moved to see a session end.
    """
    with ExitStack() as cleanup:
        if deployed.key is None or _is_inactive(deployed, deployed.key, root):
            yield _without_a_key(deployed)
            yield _stranger(deployed, root, cleanup)
            return
        user = root.of(deployed.key, deployed.place)
        yield from _user(deployed, user, root, cleanup)
        session, row = _assume(deployed, user)
        yield row
        if session is not None:
            grants = of_role(root.iam, deployed.role_name)
            yield from inside.attempts(deployed.name, grants, root.of(session), root, cleanup)
            yield from outside.attempts(deployed.name, grants, root.of(session), root, cleanup)
        yield _stranger(deployed, root, cleanup)
        if deployed.place:
            yield _from_elsewhere(deployed, root.of(deployed.key))
        if session is not None:
            yield from _duration(deployed, user, aws)


def _is_inactive(deployed: Deployed, key: Caller, root: Clients) -> bool:
    keys = root.iam.list_access_keys(UserName=deployed.user_arn.rpartition("/")[2])["AccessKeyMetadata"]
    return any(one.get("AccessKeyId") == key.key and one.get("Status") == "Inactive" for one in keys)


def _without_a_key(deployed: Deployed) -> Row:
    if not deployed.user_arn:
        reason = "keyless, and there is no token here"
    elif deployed.key is None:
        reason = "the stack's state has no secret of its key"
    else:
        reason = "its key is inactive"
    return Row(deployed.name, "user", f"sts:AssumeRole {deployed.role_name}", ALLOWED, None, reason)


def _user(deployed: Deployed, user: Clients, root: Clients, cleanup: ExitStack) -> Iterator[Row]:
    def row(tried: str, expected: str, call: Callable[[], object]) -> Row:
        return Row(deployed.name, "user", tried, expected, outcome(call))

    seen = user.sts.get_caller_identity()["Arn"]
    yield Row(deployed.name, "user", "sts:GetCallerIdentity", deployed.user_arn, seen)
    for action in ELSEWHERE:
        if call := known(action):
            yield row(action, DENIED, lambda call=call: call(user, Target("")))
    other = _other_role(deployed, root, cleanup)
    yield row(f"sts:AssumeRole {_MADE}-other", DENIED, lambda: _assumed(user, other, _MADE, _SHORTEST_SECONDS))


def _other_role(deployed: Deployed, root: Clients, cleanup: ExitStack) -> str:
    """A role that lets in everybody of the account whose own permissions say so."""
    account = deployed.role_arn.split(":")[4]
    name = f"{_MADE}-other"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    made = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    cleanup.callback(lambda: root.iam.delete_role(RoleName=name))
    return made["Role"]["Arn"]


def _assume(deployed: Deployed, user: Clients) -> tuple[Caller | None, Row]:
    partition, account = deployed.role_arn.split(":")[1], deployed.role_arn.split(":")[4]
    expected = f"arn:{partition}:sts::{account}:assumed-role/{deployed.role_name}/{deployed.session_name}"
    sessions: list[Caller] = []

    def call() -> None:
        sessions.append(_assumed(user, deployed.role_arn, deployed.session_name, _SHORTEST_SECONDS)[0])

    seen = outcome(call)
    session = sessions[0] if sessions else None
    if session is not None:
        seen = user.of(session).sts.get_caller_identity()["Arn"]
    return session, Row(deployed.name, "user", f"sts:AssumeRole {deployed.role_name}", expected, seen)


def _stranger(deployed: Deployed, root: Clients, cleanup: ExitStack) -> Row:
    """Another user of the account, who has the permission but not the role's trust."""
    name = f"{_MADE}-stranger"
    root.iam.create_user(UserName=name)
    cleanup.callback(lambda: root.iam.delete_user(UserName=name))
    permission = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": deployed.role_arn}
    root.iam.put_user_policy(UserName=name, PolicyName=_MADE, PolicyDocument=_policy(permission))
    cleanup.callback(lambda: root.iam.delete_user_policy(UserName=name, PolicyName=_MADE))
    made = root.iam.create_access_key(UserName=name)["AccessKey"]
    cleanup.callback(lambda: root.iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"]))
    stranger = root.of(Caller(made["AccessKeyId"], made["SecretAccessKey"]), deployed.place)
    seen = outcome(lambda: _assumed(stranger, deployed.role_arn, _MADE, _SHORTEST_SECONDS))
    tried = f"sts:AssumeRole {deployed.role_name} (its own policy allows it)"
    return Row(deployed.name, "other user", tried, DENIED, seen)


def _from_elsewhere(deployed: Deployed, user: Clients) -> Row:
    """The pipeline's own user, not from where it must call."""
    seen = outcome(lambda: _assumed(user, deployed.role_arn, deployed.session_name, _SHORTEST_SECONDS))
    return Row(deployed.name, "user", f"sts:AssumeRole {deployed.role_name} from elsewhere", DENIED, seen)


def _duration(deployed: Deployed, user: Clients, aws: LocalAws) -> Iterator[Row]:
    """A session of 15 minutes, seen alive some time before its end and refused right after it."""

    def row(tried: str, expected: str, seen: str) -> Row:
        return Row(deployed.name, "session", tried, expected, seen)

    too_long = deployed.longest_seconds + 1
    seen = outcome(lambda: _assumed(user, deployed.role_arn, deployed.session_name, too_long))
    yield row(f"sts:AssumeRole for {too_long} s", _TOO_LONG, seen)

    before = datetime.now(timezone.utc)
    session, ends = _assumed(user, deployed.role_arn, deployed.session_name, _SHORTEST_SECONDS)
    after = datetime.now(timezone.utc)
    promised = timedelta(seconds=_SHORTEST_SECONDS)
    # AWS tells the end in whole seconds.
    is_right = before + promised - timedelta(seconds=1) <= ends <= after + promised + timedelta(seconds=1)
    told = f"{_SHORTEST_SECONDS} s" if is_right else f"{(ends - before).total_seconds():.0f} s"
    yield row(f"Expiration, asked for {_SHORTEST_SECONDS} s", f"{_SHORTEST_SECONDS} s", told)

    clients = user.of(session)
    for passed in (_SHORTEST_SECONDS - _MARGIN_SECONDS, _MARGIN_SECONDS):
        aws.forward(passed)
        is_over = passed == _MARGIN_SECONDS
        tried = f"sts:GetCallerIdentity at {_SHORTEST_SECONDS - (0 if is_over else _MARGIN_SECONDS)} s (clock moved)"
        seen = outcome(lambda: clients.sts.get_caller_identity())
        yield row(tried, _ENDED if is_over else ALLOWED, seen)


def _assumed(by: Clients, role_arn: str, name: str, seconds: int) -> tuple[Caller, datetime]:
    answer = by.sts.assume_role(RoleArn=role_arn, RoleSessionName=name, DurationSeconds=seconds)["Credentials"]
    caller = Caller(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    return caller, answer["Expiration"]


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
