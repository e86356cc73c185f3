"""The checks: what IAM has is what the stack declared, and nothing more.

A policy that only denies may be there besides: it takes away and gives nothing. So a suspended pipeline passes, but
for its keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pipeline_job import iam as read
from pipeline_job import refusals
from pipeline_job.outcome import one_line
from pipeline_job.verify.rows import Row, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from pipeline_job.stack import Identity


@dataclass(frozen=True)
class OnPurpose:
    """What the stack does not declare, and is there on purpose.

    Attributes:
        managed: ARNs of managed policies that are attached to every role.
        keys: Whether the keys of users for whom the stack has none are made outside it.
    """

    managed: Collection[str] = ()
    keys: bool = False


def check(identity: Identity, iam: Any, account: str, on_purpose: OnPurpose) -> list[Row]:
    """Every row of one pipeline.

    Args:
        identity: The identity, as its stack tells it.
        iam: A client that reads IAM.
        account: The account that it reads.
        on_purpose: What else may be there.
    """
    rows: list[Row] = []
    if identity.user_arn:
        rows += _half(identity, "user", identity.user_arn, account, lambda: _user(identity, iam, on_purpose))
    return rows + _half(identity, "role", identity.role_arn, account, lambda: _role(identity, iam, on_purpose.managed))


def _half(identity: Identity, who: str, arn: str, account: str, look: Callable[[], Iterator[Row]]) -> list[Row]:
    """The rows of user or role; what went wrong on the way is a row too."""
    from botocore.exceptions import BotoCoreError, ClientError

    its_account = arn.split(":")[4]
    if its_account != account:
        seen = f"it is in account {its_account}, and these credentials are of {account}"
        return [Row(identity.name, who, "everything", State.OPEN, seen)]
    rows: list[Row] = []
    try:
        rows.extend(look())
    except ClientError as error:
        if refusals.code_of(error) == read.ABSENT:
            return [Row(identity.name, who, "is there", State.FAILED, f"{arn} does not exist")]
        rows.append(Row(identity.name, who, "everything", State.OPEN, one_line(str(refusals.stopped(error)))))
    except BotoCoreError as error:
        rows.append(Row(identity.name, who, "everything", State.OPEN, one_line(str(refusals.stopped(error)))))
    return rows


def _user(identity: Identity, iam: Any, on_purpose: OnPurpose) -> Iterator[Row]:
    name = (identity.user_arn or "").rpartition("/")[2]
    arn = iam.get_user(UserName=name)["User"]["Arn"]
    yield _same(identity, "user", "is there", identity.user_arn, arn)
    declared = {"userPolicy": identity.user_policy} if identity.user_policy else None
    yield _policies(identity, "user", "may do no more and no less", declared, read.of_user(iam, name), ())
    keys = {key: identity.key_statuses.get(slot, "Active") for slot, key in identity.key_ids.items()}
    if keys or not on_purpose.keys:
        yield _same(identity, "user", "has these keys and no other", keys or None, read.keys(iam, name))
    others = ", ".join(read.other_credentials(iam, name))
    yield _row(identity, "user", "has no other credentials", others)


def _role(identity: Identity, iam: Any, managed: Collection[str]) -> Iterator[Row]:
    name = identity.role_arn.rpartition("/")[2]
    role = iam.get_role(RoleName=name)["Role"]
    yield _same(identity, "role", "is there", identity.role_arn, role["Arn"])
    trust = json.loads(identity.trust_policy) if identity.trust_policy else None
    yield _same(
        identity,
        "role",
        "trusts no more and no less",
        _plain(trust),
        _plain(read.parsed(role["AssumeRolePolicyDocument"])),
    )
    policies = read.of_role(iam, name)
    yield _policies(identity, "role", "may do no more and no less", identity.permissions_policies, policies, managed)
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    yield _same(identity, "role", "has this boundary", identity.permissions_boundary or "none", boundary or "none")
    longest = identity.max_session_duration or None
    yield _same(identity, "role", "ends sessions after", longest, role.get("MaxSessionDuration", 3600))


def _policies(
    identity: Identity,
    who: str,
    check: str,
    declared: Mapping[str, str] | None,
    found: read.Policies,
    managed: Collection[str],
) -> Row:
    if declared is None:
        return _undeclared(identity, who, check)
    wanted = {name: _plain(json.loads(text)) for name, text in declared.items()}
    meant = {found.managed[arn] for arn in managed if arn in found.managed}
    texts = {where: _plain(document) for where, document in found.documents.items()}
    missing = [f"{name} is not there" for name, text in wanted.items() if text not in texts.values()]
    missing += [f"{arn} is not attached" for arn in managed if arn not in found.managed]
    more = [
        f"{where} was not declared"
        for where, text in texts.items()
        if text not in wanted.values() and where not in meant and not _only_denies(found.documents[where])
    ]
    return _row(identity, who, check, "; ".join(missing + more))


def _only_denies(document: object) -> bool:
    statements = cast("dict[str, Any]", document).get("Statement", []) if isinstance(document, dict) else None
    listed = cast("list[Any]", [statements] if isinstance(statements, dict) else statements or [])
    return bool(listed) and all(one.get("Effect") == "Deny" for one in listed)


def _plain(document: object) -> str | None:
    """A document so that two which say the same are the same text: order and lists of one value do not count."""
    return None if document is None else json.dumps(_sorted(document), sort_keys=True)


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {key: _sorted(one) if key != "Statement" else _statements(one) for key, one in entries.items()}
    if isinstance(value, list):
        # In IAM's language, lists are sets.
        members = sorted((_sorted(one) for one in cast("list[object]", value)), key=json.dumps)
        return members[0] if len(members) == 1 else members
    return value


def _statements(value: object) -> object:
    listed = cast("list[object]", value if isinstance(value, list) else [value])
    return sorted((_sorted(one) for one in listed), key=lambda one: json.dumps(one, sort_keys=True))


def _same(identity: Identity, who: str, check: str, declared: object, seen: object) -> Row:
    if declared is None:
        return _undeclared(identity, who, check)
    return _row(identity, who, check, "" if declared == seen else f"declared {declared}, seen {seen}")


def _undeclared(identity: Identity, who: str, check: str) -> Row:
    return Row(identity.name, who, check, State.OPEN, "the stack's outputs do not say what was declared")


def _row(identity: Identity, who: str, check: str, wrong: str) -> Row:
    return Row(identity.name, who, check, State.FAILED if wrong else State.PASSED, one_line(wrong, 2000))
