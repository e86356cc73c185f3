"""The checks: what IAM has is what the stack declared, and nothing more.

A policy that only denies may be there besides: it takes away and gives nothing. What it takes of what was declared the
probes report; so a suspended pipeline fails, and says which policy denies it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from iam_guardrails.evaluation import DocumentKind, Policy

from pipeline_identity_cli import iam as read
from pipeline_identity_cli import refusals
from pipeline_identity_cli.explain.gathered import as_session, as_user, boundary
from pipeline_identity_cli.outcome import one_line
from pipeline_identity_cli.verify.differences import difference, same
from pipeline_identity_cli.verify.judging import Entity, rows
from pipeline_identity_cli.verify.rows import Check, Row, State

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
        own: The probes of the user's own, by pipeline and `user` or `role`.
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
    # User and role both look at the role; it is read once. A refusal is not kept.
    role: Look = cache(lambda: iam.get_role(RoleName=identity.role_arn.rpartition("/")[2])["Role"])

    def user_rows() -> Iterator[Row]:
        return _user(identity, iam, role, on_purpose, probing)

    def role_rows() -> Iterator[Row]:
        return _role(identity, iam, role, on_purpose, probing)

    found = _looked_at(identity, "user", identity.user_arn, account, user_rows) if identity.user_arn else []
    return found + _looked_at(identity, "role", identity.role_arn, account, role_rows)


def _looked_at(identity: Identity, who: str, arn: str, account: str, look: Callable[[], Iterator[Row]]) -> list[Row]:
    """The rows of user or role; what went wrong on the way is a row too."""
    from botocore.exceptions import BotoCoreError, ClientError

    its_account = arn.split(":")[4]
    if its_account != account:
        seen = f"it is in account {its_account}, and these credentials are of {account}"
        return [Row(identity.name, who, "everything", State.UNKNOWN, seen)]
    found: list[Row] = []
    try:
        found.extend(look())
    except ClientError as error:
        if refusals.code_of(error) == read.ABSENT:
            seen = f"{arn} does not exist"
            return [Row(identity.name, who, _WORDS[Check.EXISTS], State.FAILED, seen, id=Check.EXISTS)]
        found.append(Row(identity.name, who, "everything", State.UNKNOWN, one_line(str(refusals.stopped(error)))))
    except BotoCoreError as error:
        found.append(Row(identity.name, who, "everything", State.UNKNOWN, one_line(str(refusals.stopped(error)))))
    return found


def _user(identity: Identity, iam: Any, role: Look, on_purpose: OnPurpose, probing: Probing) -> Iterator[Row]:
    name = (identity.user_arn or "").rpartition("/")[2]
    user = iam.get_user(UserName=name)["User"]
    yield _same(identity, "user", Check.EXISTS, identity.user_arn, user["Arn"])
    declared = {"userPolicy": identity.user_policy} if identity.user_policy else None
    policies = read.of_user(iam, name)
    yield from _policies(identity, "user", declared, policies, ())
    keys = {key: identity.key_statuses.get(slot, "Active") for slot, key in identity.key_ids.items()}
    if keys or not on_purpose.keys:
        yield _keys(identity, keys, read.keys(iam, name))
    yield _row(identity, "user", Check.CREDENTIALS, ", ".join(read.other_credentials(iam, name)))
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
        yield _undeclared(identity, who, Check.DECLARED)
    declared_trust = Policy("trust", identity.trust_policy) if identity.trust_policy else None
    own = probing.own.get((identity.name, who), ())
    entity = Entity(identity.name, who, found, declared, identity.role_arn, trust, declared_trust, probing.region, own)
    yield from rows(entity, probing.simulator, derived=known is not None)


def _role(identity: Identity, iam: Any, look: Look, on_purpose: OnPurpose, probing: Probing) -> Iterator[Row]:
    role = look()
    yield _same(identity, "role", Check.EXISTS, identity.role_arn, role["Arn"])
    trust = read.parsed(role["AssumeRolePolicyDocument"])
    yield _trust(identity, trust)
    policies, managed = read.of_role(iam, identity.role_arn.rpartition("/")[2]), on_purpose.managed
    yield from _policies(identity, "role", identity.permissions_policies, policies, managed)
    its_boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    # Some programs leave out what is not there: outputs with policies say so that there is no boundary.
    unsaid = None if identity.permissions_policies is None else "none"
    yield _same(identity, "role", Check.BOUNDARY, identity.permissions_boundary or unsaid, its_boundary or "none")
    longest = f"{identity.max_session_duration} s" if identity.max_session_duration else None
    yield _same(identity, "role", Check.DURATION, longest, f"{role.get('MaxSessionDuration', 3600)} s")
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
    declared: Mapping[str, str] | None,
    found: read.Policies,
    managed: Collection[str],
) -> Iterator[Row]:
    """A row for each policy that is missing or was not declared; one that says that there is none."""
    if declared is None:
        yield _undeclared(identity, who, Check.POLICIES)
        return
    left = {where: document for where, document in found.documents.items() if where not in found.managed.values()}
    missing = {name: text for name, text in declared.items() if not _taken(text, left)}
    rows = [
        _row(identity, who, Check.POLICIES, f"{arn} is not attached", arn)
        for arn in managed
        if arn not in found.managed
    ]
    more = left | {where: found.documents[where] for arn, where in found.managed.items() if arn not in managed}
    more = {where: document for where, document in more.items() if not _only_denies(document)}
    for name, text in missing.items():
        # Whoever changes a policy keeps its name, and the two are one difference.
        where = next((one for one in more if one in (f"inline policy {name}", name)), None)
        seen = more.pop(where) if where else None
        what = f"{where} differs from what was declared" if where else f"the declared policy {name} does not exist"
        row = _row(identity, who, Check.POLICIES, what, where or "")
        rows.append(replace(row, difference=difference(text, seen) if seen is not None else ""))
    rows += [_row(identity, who, Check.POLICIES, f"{where} was not declared", where) for where in more]
    yield from rows or [_row(identity, who, Check.POLICIES, "")]


def _taken(declared: str, left: dict[str, object]) -> bool:
    """Take the policy that says what was declared out of those that are left; False where there is none."""
    where = next((one for one, seen in left.items() if same(declared, seen, DocumentKind.IDENTITY)), None)
    if where is not None:
        del left[where]
    return where is not None


def _only_denies(document: object) -> bool:
    statements = cast("dict[str, Any]", document).get("Statement", []) if isinstance(document, dict) else None
    listed = cast("list[Any]", [statements] if isinstance(statements, dict) else statements or [])
    return bool(listed) and all(one.get("Effect") == "Deny" for one in listed)


def _trust(identity: Identity, seen: object) -> Row:
    if identity.trust_policy is None:
        return _undeclared(identity, "role", Check.TRUST)
    is_same = same(identity.trust_policy, seen, DocumentKind.TRUST)
    if is_same is None:
        why = "one of the two documents cannot be read"
        return Row(identity.name, "role", _WORDS[Check.TRUST], State.UNKNOWN, why, id=Check.TRUST)
    wrong = "" if is_same else "it differs from what was declared"
    shown = "" if is_same else difference(identity.trust_policy, seen)
    return replace(_row(identity, "role", Check.TRUST, wrong), difference=shown)


def _keys(identity: Identity, declared: Mapping[str, str], seen: Mapping[str, str]) -> Row:
    if not declared:
        return _undeclared(identity, "user", Check.KEYS)
    wrong = [f"{key} was not declared ({status.lower()})" for key, status in seen.items() if key not in declared]
    wrong += [f"{key} does not exist" for key in declared if key not in seen]
    wrong += [
        f"{key} is {seen[key].lower()}, and was declared {status.lower()}"
        for key, status in declared.items()
        if seen.get(key, status) != status
    ]
    return _row(identity, "user", Check.KEYS, "; ".join(wrong))


_WORDS = {
    # With `user` or `role` before them, as in "role trust policy".
    Check.EXISTS: "ARN",
    Check.POLICIES: "policies",
    Check.TRUST: "trust policy",
    Check.KEYS: "access keys",
    Check.CREDENTIALS: "other credentials",
    Check.BOUNDARY: "permissions boundary",
    Check.DURATION: "longest session",
    Check.DECLARED: "probes",
}


def _same(identity: Identity, who: str, check: Check, declared: str | None, seen: str) -> Row:
    if declared is None:
        return _undeclared(identity, who, check)
    return _row(identity, who, check, "" if declared == seen else f"{seen}, and {declared} was declared")


def _undeclared(identity: Identity, who: str, check: Check) -> Row:
    seen = "the stack's outputs do not say what was declared"
    return Row(identity.name, who, _WORDS[check], State.UNKNOWN, seen, id=check)


def _row(identity: Identity, who: str, check: Check, wrong: str, cause: str = "") -> Row:
    state = State.FAILED if wrong else State.PASSED
    # Key ids stay: the report is about them, and they are no secret.
    return Row(identity.name, who, _WORDS[check], state, wrong[:2000], id=check, cause=cause)
