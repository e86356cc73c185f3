"""Ways from the permissions of one identity to more power than they spell out.

The ways are data: `data/escalation_paths.json` lists for each the permissions it takes, on which kinds of objects and
guarded by which condition keys, with its sources. A way is open where the statements of all documents of the identity
together grant every permission it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypedDict, cast

from iam_guardrails.language import arns, patterns
from iam_guardrails.language.documents import Statement
from iam_guardrails.reasoning import grants
from iam_guardrails.reasoning.grants import EVERY, Grant, Need, Spoken


class Path(NamedTuple):
    """One known way to more power.

    Attributes:
        id: its name in the table.
        title: what is done.
        gain: what that brings.
        severity: "critical", "high" or "medium".
        needs: the permissions it takes, all of them.
        actions: their bits.
        deciding: the place of the first need whose breadth decides how dangerous it is.
    """

    id: str
    title: str
    gain: str
    severity: str
    needs: tuple[Need, ...]
    actions: int
    deciding: int


class Open(NamedTuple):
    """A path that the statements complete.

    Attributes:
        path: which.
        grants: what grants each of its needs, in their order.
        wide: whether it is open on every object of the kinds that decide, not on named ones alone.
    """

    path: Path
    grants: tuple[Grant, ...]
    wide: bool


class _Required(TypedDict):
    action: str
    on: str | list[str]


class _NeedRow(_Required, total=False):
    decisive: bool
    own: bool
    passed_to: list[str]
    guards: list[str]
    sends: list[str]


class _PathRow(TypedDict):
    id: str
    title: str
    gain: str
    severity: str
    needs: list[_NeedRow]


class _TaggingRow(TypedDict):
    kind: str
    actions: list[str]


def open_paths(statements: Iterable[Statement], boundary: Iterable[Statement] | None = None) -> list[Open]:
    """The known paths that an identity can go, the gravest first.

    Args:
        statements: those of all its policies.
        boundary: those of its permissions boundary, which caps the others; None where it has none.
    """
    own = _spoken(statements)
    if not own:
        return []
    actions = 0
    for statement, spoken in own:
        if statement.allow:
            actions |= spoken
    limits = None if boundary is None else _spoken(boundary)
    granted: dict[int, Grant | None] = {}
    found: list[Open] = []
    for path in _within(actions):
        opened = _opened(path, own, limits, granted)
        if opened is not None:
            found.append(opened)
    return found


def spelled(guard: str) -> str:
    """A guard (a condition key in lower case) as AWS writes it."""
    prefix, slash, tag = guard.partition("/")
    return _table().spelled.get(prefix + slash, prefix + slash) + tag


def _spoken(statements: Iterable[Statement]) -> list[Spoken]:
    """The statements that speak of actions of some path."""
    spoken: list[Spoken] = []
    for one in statements:
        if one.not_actions or not _in_no_path.issuperset(one.actions):
            actions = _actions_of(one)
            if actions:
                spoken.append(Spoken(one, actions))
    return spoken


def _opened(
    path: Path, own: list[Spoken], limits: list[Spoken] | None, granted: dict[int, Grant | None]
) -> Open | None:
    """The path, if every need of it is granted; `granted` keeps by number what was found of needs."""
    steps: list[Grant] = []
    wide = True
    for need in path.needs:
        if need.number in granted:
            grant = granted[need.number]
        else:
            grant = granted[need.number] = _granted(need, own, limits)
        if grant is None:
            return None
        # What names the role itself guards the way on whichever permission it stands.
        if grant.breadth is not EVERY and (need.decisive or grant.guards):
            wide = False
        steps.append(grant)
    return Open(path, tuple(steps), wide)


def _granted(need: Need, own: list[Spoken], limits: list[Spoken] | None) -> Grant | None:
    """What is granted of a need; what the identity may itself set or rewrite does not guard it.

    Sources: IAM user guide, "Controlling access to and for IAM users and roles using tags" (who sets tags, decides) and
    "Permissions boundaries for IAM entities" (delegated administrators must not change the boundary).
    """
    grant = _capped(need, own, limits)
    guards = grant.guards if grant is not None else ()
    lifted = tuple(guard for guard in guards if _may_lift(guard, need, own, limits)) if guards else ()
    if not lifted:
        return grant
    tags = any(_OF_TAGS in guard for guard in lifted)
    others = tuple(guard for guard in need.guards if guard not in lifted and not (tags and _OF_TAGS in guard))
    grant = _capped(need._replace(guards=others, sends=need.sends + lifted), own, limits)
    return grant and grant._replace(lifted=lifted)


_OF_TAGS = "resourcetag/"
_OF_POLICIES = ("iam:permissionsboundary", "iam:policyarn")
_REWRITE, _CREATE = "iam:createpolicyversion", "iam:createpolicy"
_TAG_ONESELF = {"iam:taguser": "iam:user", "iam:tagrole": "iam:role"}


def _may_lift(guard: str, need: Need, own: list[Spoken], limits: list[Spoken] | None) -> bool:
    """Whether the identity decides what a guard looks at."""
    asked = {
        value
        for one in own
        for condition in one.statement.conditions
        if condition.key == guard
        for value in condition.values
    }
    if _OF_TAGS in guard:
        by_own_tags = any("${aws:principaltag/" in value.lower() for value in asked)
        return _may_tag(need, own, limits) or (by_own_tags and _may_tag_itself(own, limits))
    if guard not in _OF_POLICIES:
        return False
    return any(_may_write(policy, own) and (limits is None or _may_write(policy, limits)) for policy in asked)


def _may_write(policy: str, spoken: list[Spoken]) -> bool:
    """Whether statements allow to say what stands in a policy: in one that is there, or in one of that name to be made.

    Source: IAM API reference, CreatePolicyVersion and CreatePolicy (a name that is taken cannot be created).
    """
    arn = arns.split(policy)
    if arn is not None and arn.account == "aws":
        return False  # one of AWS's own
    if grants.reaches(_policy_need(_REWRITE), spoken, policy):
        return True
    is_pattern = any(wild in policy for wild in "*?$")
    return is_pattern and grants.reaches(_policy_need(_CREATE), spoken, policy)


def _policy_need(action: str) -> Need:
    return Need(action, ("iam:policy",), bit=_table().bits[action])


def _may_tag_itself(own: list[Spoken], limits: list[Spoken] | None) -> bool:
    """Whether the identity may set its own tags, to which a guard compares those of the object."""
    for action, kind in _TAG_ONESELF.items():
        grant = _capped(Need(action, (kind,), own=True, bit=_table().bits[action]), own, limits)
        if grant is not None and grant.breadth is EVERY:
            return True
    return False


def _may_tag(need: Need, own: list[Spoken], limits: list[Spoken] | None) -> bool:
    """Whether the identity may tag every object of a kind that a need is about, whatever the tag."""
    for tagging in (one for kind in need.kinds for one in _table().tagging.get(kind, ())):
        about = [one for one in own if one.actions & tagging.bit]
        if not any(_limits_tags(one.statement) for one in about if not one.statement.allow):
            grant = _capped(tagging, [one for one in about if not _limits_tags(one.statement)], limits)
            if grant is not None and grant.breadth is EVERY:
                return True
    return False


def _limits_tags(statement: Statement) -> bool:
    """Whether it says which tags may be set, on what that has which, or only on what is made in the same call."""
    return any(
        condition.key in ("aws:tagkeys", "ec2:createaction") or "tag/" in condition.key
        for condition in statement.conditions
    )


def _capped(need: Need, own: list[Spoken], limits: list[Spoken] | None) -> Grant | None:
    """What is granted of a need within the boundary."""
    grant = grants.widest(need, own)
    if grant is None or limits is None:
        return grant
    limit = grants.widest(need, limits)
    if limit is None:
        return None
    return grant._replace(breadth=min(grant.breadth, limit.breadth))


# --- the table ------------------------------------------------------------------------------------------------------
# Every action that some path takes is one bit; a pattern of a document is the set of those it matches, and a path is
# worth a look where all of its actions are spoken of.


class _Table(NamedTuple):
    paths: tuple[Path, ...]
    bits: dict[str, int]
    tagging: dict[str, tuple[Need, ...]]
    spelled: dict[str, str]


@lru_cache(maxsize=1)
def _table() -> _Table:
    """All known paths, the gravest first, and what is looked up beside them."""
    rows = cast("list[_PathRow]", grants.data("escalation_paths.json"))
    tagging = cast("list[_TaggingRow]", grants.data("tagging_actions.json"))
    actions = sorted(
        {need["action"].lower() for row in rows for need in row["needs"]}
        | {action.lower() for row in tagging for action in row["actions"]}
        | {_REWRITE, _CREATE, *_TAG_ONESELF}
    )
    bits = {action: 1 << place for place, action in enumerate(actions)}
    order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
    numbers: dict[str, int] = {}
    paths = (_path(row, bits, numbers) for row in sorted(rows, key=lambda row: order[row["severity"]]))
    needs = {
        row["kind"]: tuple(
            Need(action.lower(), (row["kind"],), bit=bits[action.lower()], name=action) for action in row["actions"]
        )
        for row in tagging
    }
    guards = (guard.partition("${")[0] for row in rows for need in row["needs"] for guard in need.get("guards", ()))
    return _Table(tuple(paths), bits, needs, {guard.lower(): guard for guard in guards})


def _path(row: _PathRow, bits: dict[str, int], numbers: dict[str, int]) -> Path:
    needs = tuple(_need(need, bits, numbers) for need in row["needs"])
    actions = 0
    for need in needs:
        actions |= need.bit
    deciding = next((place for place, need in enumerate(needs) if need.decisive), 0)
    return Path(row["id"], row["title"], row["gain"], row["severity"], needs, actions, deciding)


def _need(row: _NeedRow, bits: dict[str, int], numbers: dict[str, int]) -> Need:
    """A need; equal ones of different paths get the same number, so that each is looked into once."""
    on, action = row["on"], row["action"].lower()
    return Need(
        action,
        (on,) if isinstance(on, str) else tuple(on),
        tuple(row.get("passed_to", ())),
        tuple(guard.lower().partition("${")[0] for guard in row.get("guards", ())),
        row.get("decisive", False),
        row.get("own", False),
        tuple(key.lower() for key in row.get("sends", ())),
        bits[action],
        numbers.setdefault(repr(sorted(row.items())), len(numbers)),
        row["action"],
    )


# Patterns that were found to match no action of any path: most are such, and recur.
_in_no_path: set[str] = set()
_MANY = 50_000


def _actions_of(statement: Statement) -> int:
    """The actions of paths that a statement speaks of."""
    named = 0
    for action in statement.actions:
        if action not in _in_no_path:
            named |= _bits_of(action)
    return ~named & (1 << len(_table().bits)) - 1 if statement.not_actions else named


@lru_cache(maxsize=16384)
def _bits_of(pattern: str) -> int:
    lower, bits = pattern.lower(), _table().bits
    if "*" not in lower and "?" not in lower:
        found = bits.get(lower, 0)
    else:
        found = sum(bit for action, bit in bits.items() if patterns.matches(lower, action))
    if not found and len(_in_no_path) < _MANY:
        _in_no_path.add(pattern)
    return found


@lru_cache(maxsize=4096)
def _within(actions: int) -> tuple[Path, ...]:
    return tuple(path for path in _table().paths if path.actions & actions == path.actions)
