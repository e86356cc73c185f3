"""The checks: what IAM has is what the stack declared, and nothing more.

A policy that only denies may be there besides: it takes away and gives nothing. What it takes of what was declared is
told by the probes; so a suspended pipeline fails, and says which policy denies it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from iam_guardrails.evaluation import Policy

from pipeline_identity_cli import iam as read
from pipeline_identity_cli import refusals
from pipeline_identity_cli.explain.gathered import as_session, as_user, boundary
from pipeline_identity_cli.outcome import one_line
from pipeline_identity_cli.verify.judging import Half, rows
from pipeline_identity_cli.verify.rows import Row, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from pipeline_identity_cli.explain.gathered import Gathered
    from pipeline_identity_cli.stack import Identity
    from pipeline_identity_cli.verify.probes import Probe
    from pipeline_identity_cli.verify.simulator import Simulator

    Look = Callable[[], Any]
    """Reads a role, and says what `GetRole` answers."""


@dataclass(frozen=True)
class OnPurpose:
    """What the stack does not declare, and is there on purpose.

    Attributes:
        managed: ARNs of managed policies that are attached to every role.
        keys: Whether the keys of users for whom the stack has none are made outside it.
    """

    managed: Collection[str] = ()
    keys: bool = False


@dataclass(frozen=True)
class Probing:
    """How probes are judged.

    Attributes:
        simulator: IAM's simulator.
        own: The probes of the user's own, by pipeline and half.
        region: The region of what is asked for.
    """

    simulator: Simulator
    own: Mapping[tuple[str, str], Sequence[Probe]]
    region: str


def check(identity: Identity, iam: Any, account: str, on_purpose: OnPurpose, probing: Probing) -> list[Row]:
    """Every row of one pipeline.

    Args:
        identity: The identity, as its stack tells it.
        iam: A client that reads IAM.
        account: The account that it reads.
        on_purpose: What else may be there.
        probing: How probes are judged.
    """
    # Both halves look at the role; it is read once. A refusal is not kept.
    role: Look = cache(lambda: iam.get_role(RoleName=identity.role_arn.rpartition("/")[2])["Role"])

    def user_rows() -> Iterator[Row]:
        return _user(identity, iam, role, on_purpose, probing)

    def role_rows() -> Iterator[Row]:
        return _role(identity, iam, role, on_purpose, probing)

    found = _half(identity, "user", identity.user_arn, account, user_rows) if identity.user_arn else []
    return found + _half(identity, "role", identity.role_arn, account, role_rows)


def _half(identity: Identity, who: str, arn: str, account: str, look: Callable[[], Iterator[Row]]) -> list[Row]:
    """The rows of user or role; what went wrong on the way is a row too."""
    from botocore.exceptions import BotoCoreError, ClientError

    its_account = arn.split(":")[4]
    if its_account != account:
        seen = f"it is in account {its_account}, and these credentials are of {account}"
        return [Row(identity.name, who, "everything", State.OPEN, seen)]
    found: list[Row] = []
    try:
        found.extend(look())
    except ClientError as error:
        if refusals.code_of(error) == read.ABSENT:
            return [Row(identity.name, who, "is there", State.FAILED, f"{arn} does not exist")]
        found.append(Row(identity.name, who, "everything", State.OPEN, one_line(str(refusals.stopped(error)))))
    except BotoCoreError as error:
        found.append(Row(identity.name, who, "everything", State.OPEN, one_line(str(refusals.stopped(error)))))
    return found


def _user(identity: Identity, iam: Any, role: Look, on_purpose: OnPurpose, probing: Probing) -> Iterator[Row]:
    name = (identity.user_arn or "").rpartition("/")[2]
    user = iam.get_user(UserName=name)["User"]
    yield _same(identity, "user", "is there", identity.user_arn, user["Arn"])
    declared = {"userPolicy": identity.user_policy} if identity.user_policy else None
    policies = read.of_user(iam, name)
    yield _policies(identity, "user", "may do no more and no less", declared, policies, ())
    keys = {key: identity.key_statuses.get(slot, "Active") for slot, key in identity.key_ids.items()}
    if keys or not on_purpose.keys:
        yield _same(identity, "user", "has these keys and no other", keys or None, read.keys(iam, name))
    others = ", ".join(read.other_credentials(iam, name))
    yield _row(identity, "user", "has no other credentials", others)
    found = as_user(user, _as_policies(policies), boundary(iam, user))
    yield from _probed(identity, "user", found, _declared(declared), _trust_in(identity, role), declared, probing)


def _trust_in(identity: Identity, role: Look) -> Policy | None:
    """The trust policy of the role that the user assumes; None when it is in another account."""
    from botocore.exceptions import ClientError

    if (identity.user_arn or "").split(":")[4] != identity.role_arn.split(":")[4]:
        return None
    try:
        return Policy("trust", read.parsed(role()["AssumeRolePolicyDocument"]))
    except ClientError as error:
        return Policy("trust", None, one_line(str(refusals.stopped(error))))


def _declared(documents: Mapping[str, str] | None) -> list[Policy]:
    return [Policy(name, text) for name, text in (documents or {}).items()]


def _as_policies(found: read.Policies) -> list[Policy]:
    return [Policy(where, document) for where, document in found.documents.items()]


def _probed(
    identity: Identity,
    who: str,
    found: Gathered,
    declared: Sequence[Policy],
    trust: Policy | None,
    known: object,
    probing: Probing,
) -> Iterator[Row]:
    """The rows of the probes; where what was declared is not known, only the user's own can be judged."""
    if known is None:
        yield _undeclared(identity, who, "may what was declared, and nothing dangerous")
    declared_trust = Policy("trust", identity.trust_policy) if identity.trust_policy else None
    own = probing.own.get((identity.name, who), ())
    half = Half(identity.name, who, found, declared, identity.role_arn, trust, declared_trust, probing.region, own)
    yield from rows(half, probing.simulator, derived=known is not None)


def _role(identity: Identity, iam: Any, look: Look, on_purpose: OnPurpose, probing: Probing) -> Iterator[Row]:
    role = look()
    yield _same(identity, "role", "is there", identity.role_arn, role["Arn"])
    declared_trust = json.loads(identity.trust_policy) if identity.trust_policy else None
    trust = read.parsed(role["AssumeRolePolicyDocument"])
    yield _same(identity, "role", "trusts no more and no less", _plain(declared_trust), _plain(trust))
    policies, managed = read.of_role(iam, identity.role_arn.rpartition("/")[2]), on_purpose.managed
    yield _policies(identity, "role", "may do no more and no less", identity.permissions_policies, policies, managed)
    its_boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    # Some programs leave out what is none: outputs that say the policies say so that there is no boundary.
    unsaid = None if identity.permissions_policies is None else "none"
    declared_boundary = identity.permissions_boundary or unsaid
    yield _same(identity, "role", "has this boundary", declared_boundary, its_boundary or "none")
    longest = identity.max_session_duration or None
    yield _same(identity, "role", "ends sessions after", longest, role.get("MaxSessionDuration", 3600))
    meant = [Policy(arn, policies.documents[policies.managed[arn]]) for arn in managed if arn in policies.managed]
    declared = [*_declared(identity.permissions_policies), *meant]
    found = as_session(role, _as_policies(policies), boundary(iam, role))
    # The probes are of a session that is opened now.
    found = replace(found, context={**found.context, "aws:tokenissuetime": (_now(),)})
    known = identity.permissions_policies
    yield from _probed(identity, "role", found, declared, Policy("trust", trust), known, probing)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


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
