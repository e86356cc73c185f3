"""How far a set of statements allows one action: on nothing, on named objects, or on every object of a kind.

Allow less the Deny that surely applies. A condition counts only where its key says something of the object or of what
is done with it; one that the caller can meet (MFA, address, time, region) limits nothing.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, cast

from iam_guardrails.language import arns, conditions, patterns
from iam_guardrails.language.conditions import Condition, Values
from iam_guardrails.language.documents import Statement


class Breadth(IntEnum):
    """On how much an action is allowed."""

    NOTHING = 0
    NAMED = 1
    EVERY = 2


# By plain names: before Python 3.12, looking a member up in its Enum costs more than the rest of a comparison.
NOTHING, NAMED, EVERY = Breadth


class Need(NamedTuple):
    """One permission that something takes.

    Attributes:
        action: the action, in lower case.
        kinds: names of the resource types it is authorised against, keys of `data/resource_kinds.json`; "*" where
            it has none.
        services: for iam:PassRole, the services of which one must be able to get the role.
        guards: condition keys, in lower case, that limit the permission; one ending in "/" stands for all that
            begin so (tags).
        decisive: whether the breadth of this permission decides how dangerous the whole is.
        own: whether the caller's own user or role is enough (`${aws:username}`).
        sends: condition keys that the request carries although they limit nothing here.
        bit: stands for the action where sets of actions are bits.
        number: the same for equal needs.
        name: the action as AWS writes it.
    """

    action: str
    kinds: tuple[str, ...]
    services: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    decisive: bool = False
    own: bool = False
    sends: tuple[str, ...] = ()
    bit: int = 0
    number: int = 0
    name: str = ""


class Spoken(NamedTuple):
    """A statement, and the actions it speaks of, as the bits of needs."""

    statement: Statement
    actions: int


class Grant(NamedTuple):
    """The widest way in which the statements meet a need.

    Attributes:
        breadth: on how much.
        statement: the Allow.
        resource: its resource pattern, as written.
        guards: condition keys that hold it to named objects.
        powerful: why a named object is as good as all of them; "" where it is not.
        lifted: condition keys that would hold it, had the identity not the power to set what they look at.
    """

    breadth: Breadth
    statement: Statement
    resource: str
    guards: tuple[str, ...] = ()
    powerful: str = ""
    lifted: tuple[str, ...] = ()


class Powerful(NamedTuple):
    """A name that is known to carry power: service, account and the rest of its ARN, as patterns, and why."""

    service: str
    account: str
    resource: str
    why: str


def data(name: str) -> object:
    """A table of `iam_guardrails/data`, as JSON values.

    Raises:
        LookupError: it holds nothing, so that whatever it should refuse would pass.
    """
    table = json.loads(pkgutil.get_data("iam_guardrails", f"data/{name}") or b"null")
    if not table:
        raise LookupError(f"{name} holds nothing")
    return table


@lru_cache(maxsize=1)
def kinds() -> dict[str, arns.Arn]:
    """The ARN of each resource type as a pattern of all its objects."""
    table = cast("dict[str, dict[str, str]]", data("resource_kinds.json"))
    every = {name: arns.split(arns.without_variables(row["arn"], "?*")) for name, row in table.items()}
    return {name: arn for name, arn in every.items() if arn is not None}


@lru_cache(maxsize=1)
def powerful_names() -> tuple[Powerful, ...]:
    """Roles and documents that are known to carry power wherever they exist."""
    rows = cast("list[dict[str, str]]", data("powerful_names.json"))
    read = ((arns.split(row["arn"]), row["why"]) for row in rows)
    return tuple(Powerful(arn.service, arn.account, arn.resource, why) for arn, why in read if arn is not None)


class ManagedPolicy(NamedTuple):
    """One of AWS's managed policies that hand out too much.

    Attributes:
        path: what follows `policy/` in its ARN.
        kind: what sort of power it is.
        reason: what that power is, in words.
    """

    path: str
    kind: str
    reason: str

    @property
    def limited(self) -> bool:
        """Whether it is full access to one service alone: what that leads to depends on what is there."""
        return self.kind == "service-wide-power"


@lru_cache(maxsize=1)
def managed_policies() -> tuple[ManagedPolicy, ...]:
    """AWS's managed policies that hand out too much."""
    rows = cast("list[dict[str, str]]", data("admin_managed_policies.json"))
    return tuple(ManagedPolicy(row["path"], row["class"], row["reason"]) for row in rows)


def covers(statement: Statement, action: str) -> bool:
    """Whether the statement speaks of `action` (in lower case)."""
    named = any(patterns.matches(pattern, action, True) for pattern in statement.actions)
    return named != statement.not_actions


def widest(need: Need, spoken: Iterable[Spoken]) -> Grant | None:
    """The widest grant of `need`, or None where it is not granted at all."""
    allows, denies = _about(need, spoken)
    best: Grant | None = None
    for statement in allows:
        for service in _services(need, statement, denies) if need.services else _NO_SERVICE:
            grant = _grant(need, statement, denies, service)
            if grant is not None and (best is None or grant.breadth > best.breadth):
                best = grant
        if best is not None and best.breadth is EVERY:
            return best
    return best


_NO_SERVICE = ("",)


def _about(need: Need, spoken: Iterable[Spoken]) -> tuple[list[Statement], list[Statement]]:
    """The Allows and the Denies that speak of a need's action."""
    allows: list[Statement] = []
    denies: list[Statement] = []
    bit = need.bit
    for statement, actions in spoken:
        if actions & bit:
            (allows if statement.allow else denies).append(statement)
    return allows, denies


def reaches(need: Need, spoken: Iterable[Spoken], policy: str) -> bool:
    """Whether statements allow an action on some object that a pattern takes in, whatever the caller must meet for it.

    Args:
        need: the action; its guards and kinds play no part.
        spoken: the statements.
        policy: the ARN, with or without wildcards and variables.
    """
    allows, denies = _about(need, spoken)
    wanted = _plain(policy)
    denies = [one for one in denies if _limits(need, one.conditions, "", wanted=False) == ()]
    for statement in allows:
        if _limits(need, statement.conditions, "", wanted=True) is None:
            continue
        for allowed in _reached(statement, wanted):
            if not any(takes_in(deny, wanted) or takes_in(deny, allowed) for deny in denies):
                return True
    return False


def _reached(statement: Statement, pattern: str) -> Iterator[str]:
    """The resource patterns by which an Allow takes in something of a pattern."""
    if statement.not_resources:
        if not patterns.includes(statement.resources, pattern):
            yield "*"
        return
    for resource in statement.resources:
        allowed = _plain(resource)
        if patterns.overlap(allowed, pattern):
            yield allowed


def takes_in(deny: Statement, pattern: str) -> bool:
    """Whether a Deny is about every object of a pattern."""
    if deny.not_resources:
        return not any(patterns.overlap(one, pattern) for one in deny.resources)
    return patterns.includes(deny.resources, pattern)


def _services(need: Need, statement: Statement, denies: Sequence[Statement]) -> tuple[str, ...]:
    """The services a role might be passed to, as far as the statements tell them apart."""
    spoken = [
        value
        for one in (statement, *denies)
        for condition in one.conditions
        if condition.key == "iam:passedtoservice"
        for value in condition.values
    ]
    if not spoken:
        return need.services[:1]
    china = any(value.endswith(".cn") for value in spoken)
    return need.services + tuple(service + ".cn" for service in need.services) if china else need.services


def _grant(need: Need, statement: Statement, denies: Sequence[Statement], service: str) -> Grant | None:
    """What one Allow gives of a need, less the Denies on its action."""
    guards = _limits(need, statement.conditions, service, wanted=True) if statement.conditions else ()
    if guards is None:
        return None
    best: Grant | None = None
    for resource in ("*",) if statement.not_resources else statement.resources:
        breadth, powerful = _breadth(need, resource)
        if statement.not_resources and all(_covers_kind(statement.resources, kind) for kind in need.kinds):
            breadth = NOTHING
        held = guards
        if guards:
            breadth, powerful = min(breadth, NAMED), ""
        for deny in denies:
            if breadth is not NOTHING:
                breadth, limits = _less(breadth, need, resource, deny, service)
                held += limits
        if breadth is NAMED and powerful:
            breadth = EVERY
        if breadth and (best is None or breadth > best.breadth):
            best = Grant(breadth, statement, resource, held, powerful)
    return best


def _less(
    breadth: Breadth, need: Need, resource: str, deny: Statement, service: str
) -> tuple[Breadth, tuple[str, ...]]:
    """What is left of a grant on `resource` after a Deny on the action, and the guards that the Deny sets up."""
    guards = _limits(need, deny.conditions, service, wanted=False)
    if guards is None:
        return breadth, ()
    if deny.not_resources:
        left = max((_breadth(need, one)[0] for one in deny.resources), default=NOTHING)
        if left is EVERY:
            return breadth, ()
        if breadth is NAMED and any(patterns.overlap(one, resource) for one in deny.resources):
            return breadth, ()
        left = min(left, breadth)
    elif patterns.includes(deny.resources, _plain(resource)) or _covers_all(deny.resources, need, breadth):
        left = NOTHING
    else:
        return breadth, ()
    return (min(breadth, NAMED), guards) if guards else (left, ())


def _covers_all(resources: tuple[str, ...], need: Need, breadth: Breadth) -> bool:
    """Whether patterns take in every object of each kind of a need."""
    return breadth is EVERY and all(_covers_kind(resources, kind) for kind in need.kinds)


def _covers_kind(resources: tuple[str, ...], kind: str) -> bool:
    if kind == "*":
        return "*" in resources
    return patterns.includes(resources, ":".join(("arn", *kinds()[kind])))


def _plain(resource: str) -> str:
    """A resource pattern with each policy variable taken for a wildcard."""
    return resource if "$" not in resource else arns.without_variables(patterns.escaped(resource))


# --- resources ------------------------------------------------------------------------------------------------------


def _breadth(need: Need, resource: str) -> tuple[Breadth, str]:
    """How many objects of the need's kinds a resource pattern takes in, and what is powerful among named ones."""
    if resource == "*":
        return EVERY, ""
    if "${" in resource and ("${aws:username}" in resource.lower() or "${aws:userid}" in resource.lower()):
        return (EVERY if need.own else NOTHING), ""
    written = _plain(resource)
    arn = arns.split(written)
    best = NOTHING
    for kind in need.kinds:
        found = _breadth_without_resource(need, arn) if kind == "*" else _breadth_of(written, arn, kind)
        if found > best:
            best = found
    if best is NAMED and need.decisive and arn is not None and arn.service in ("iam", "ssm"):
        return best, _power_of(arn)
    return best, ""


def _breadth_without_resource(need: Need, arn: arns.Arn | None) -> Breadth:
    """AWS refuses an action without resources on a named one; should it learn some, they are of its own service."""
    same = arn is None or "*" in arn.service or arn.service == need.action.partition(":")[0]
    return NAMED if same else NOTHING


def _breadth_of(written: str, arn: arns.Arn | None, kind: str) -> Breadth:
    """How many objects of a kind (a key of `data/resource_kinds.json`) a resource pattern takes in.

    A pattern that takes in all of one account or one region takes in all there are for the caller.

    Args:
        written: the pattern, without variables.
        arn: its parts, where it has them.
        kind: one that is not "*".
    """
    every = kinds()[kind]
    if arn is None or "*" in arn.service:
        sample = every._replace(account="111122223333", region="us-east-1", partition="aws")
        return EVERY if patterns.includes((written,), ":".join(("arn", *sample))) else NOTHING
    # Some kinds have no account in their ARNs (API Gateway, Identity Center): there a star matches its absence.
    # AWS's own documents of Systems Manager have none either, though those of customers do.
    without = arn.account == "" and arn.service != "ssm"
    if arn.service != every.service or (arn.account.strip("*") if every.account == "" else without):
        return NOTHING
    if arn.resource == every.resource:
        return EVERY
    if "*" not in written and "?" not in written:
        return NAMED if patterns.matches(every.resource, arn.resource) else NOTHING
    # The pattern's own partition, region and account are all that the caller is in; a wildcard there may take in
    # colons, and so more of the ARN than its part.
    same = every._replace(
        partition=arn.partition, region=every.region and arn.region, account=every.account and arn.account
    )
    if patterns.includes((arn.resource,), every.resource) or patterns.includes((written,), ":".join(("arn", *same))):
        return EVERY
    return NAMED if patterns.overlap(arn.resource, every.resource) else NOTHING


def _power_of(arn: arns.Arn) -> str:
    """Why an object that the pattern takes in is known to be powerful; "" where none is."""
    plain = "*" not in arn.resource and "?" not in arn.resource
    if plain and not _any_power().match(arn.resource):
        return ""
    for name in powerful_names():
        # Part by part: as one text, a wildcard in one part would take in the next, and every name be any other.
        if (
            arn.service == name.service
            and patterns.overlap(arn.resource, name.resource)
            and patterns.overlap(arn.account, name.account)
        ):
            return name.why
    return ""


@lru_cache(maxsize=1)
def _any_power() -> re.Pattern[str]:
    """What all names that carry power start with: most resources are told apart by that alone."""
    return re.compile("|".join(re.escape(patterns.literal_start(name.resource)) for name in powerful_names()))


# --- conditions -----------------------------------------------------------------------------------------------------

# Values a caller would choose for a guard that lets it: none at all, one of its own making, the most powerful.
_OWN_POLICY = "arn:aws:iam::999988887777:policy/made-by-the-caller"
_MOST_POWERFUL = (
    # Root tasks by which the caller sets a password, or the policy of whichever bucket or queue. Those that audit or
    # delete root's credentials give nothing.
    "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword",
    "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
    "arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy",
    # Who may start pods gets the roles of pods and nodes; secrets hold the tokens of those who may.
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
    "cluster",  # the scope of an EKS access policy that is no namespace
)


@lru_cache(maxsize=1)
def _usual_choices() -> tuple[Values, ...]:
    managed = (f"arn:aws:iam::aws:policy/{one.path}" for one in managed_policies() if not one.limited)
    return ((), (_OWN_POLICY,), *((one,) for one in (*_MOST_POWERFUL, *managed)))


def _choices(condition: Condition) -> Iterator[Values]:
    """What a caller would choose for a guard: besides the above, an object of the guard's own account and sort."""
    yield from _usual_choices()
    for value in condition.values:
        arn = arns.split(arns.without_variables(value))
        if arn is not None:
            partition, region = _or(arn.partition, "aws"), _or(arn.region, "us-east-1")
            account, sort = _or(arn.account, "111122223333"), arn.resource.partition("/")[0]
            for name in ("made-by-the-caller", "Administrator"):
                yield (f"arn:{partition}:{arn.service}:{region}:{account}:{sort}/{name}",)
            if _power_of(arn):
                yield (value,)


def _or(part: str, one: str) -> str:
    return one if "*" in part or "?" in part else part


# Keys that AWS sends with certain actions only, which all name them: any other request lacks them.
_SENT_WITH_SOME = ("iam:passedtoservice", "iam:permissionsboundary", "iam:policyarn")


def _limits(need: Need, written: Sequence[Condition], service: str, *, wanted: bool) -> tuple[str, ...] | None:
    """The guards that conditions put on a need; None where an Allow cannot, or a Deny need not, apply.

    `wanted` is whether the caller wants the conditions met (an Allow) or not (a Deny). A Deny whose conditions the
    caller can simply escape closes nothing; one that it escapes only by what a guard says is that guard.
    """
    if not written:
        return ()
    known: dict[str, Values | None] = {
        one.key: () if one.key in _SENT_WITH_SOME and one.key not in need.guards + need.sends else None
        for one in written
    }
    if service:
        known["iam:passedtoservice"] = (service,)
    guards: list[str] = []
    for condition in written:
        truth = conditions.truth(condition, known)
        if truth is not None:
            if not truth:
                return None
            continue
        if _is_guard(condition.key, need.guards) and not _leaves_free(condition, wanted):
            guards.append(condition.key)
        elif not wanted:
            return None
    return tuple(guards)


@lru_cache(maxsize=4096)
def _leaves_free(condition: Condition, wanted: bool) -> bool:
    """Whether a guard lets the caller have what it would choose."""
    return any(_held(condition, choice) == wanted for choice in _choices(condition))


def _held(condition: Condition, values: Values) -> bool:
    return bool(conditions.truth(condition, {condition.key: values}))


def _is_guard(key: str, guards: Sequence[str]) -> bool:
    return any(key == guard or (guard[-1] == "/" and key.startswith(guard)) for guard in guards)
