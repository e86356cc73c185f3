"""Ways from the permissions of one identity to more power than they spell out.

The ways are data: `data/escalation_paths.json` lists for each the permissions it takes, on which kinds of objects and
guarded by which condition keys, with its sources. A way is open where the statements of all documents of the identity
together grant every permission it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypedDict, cast

from iam_guardrails.iam import grants, patterns
from iam_guardrails.iam.documents import Statement
from iam_guardrails.iam.grants import Breadth, Grant, Need


class Path(NamedTuple):
    """One known way to more power.

    Attributes:
        id: its name in the table.
        title: what is done.
        gain: what that brings.
        severity: "critical", "high" or "medium".
        needs: the permissions it takes, all of them.
    """

    id: str
    title: str
    gain: str
    severity: str
    needs: tuple[Need, ...]


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


class Identity(NamedTuple):
    """What one identity may do.

    Attributes:
        allows: the Allow statements of all its policies.
        denies: the Deny statements of all its policies.
        boundary: the statements of its permissions boundary, or None where it has none.
    """

    allows: tuple[Statement, ...]
    denies: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None = None

    @classmethod
    def of(cls, statements: Iterable[Statement], boundary: Iterable[Statement] | None = None) -> Identity:
        """The identity whose policies hold `statements`."""
        written = tuple(statements)
        return cls(
            tuple(one for one in written if one.allow),
            tuple(one for one in written if not one.allow),
            None if boundary is None else tuple(boundary),
        )


class _Required(TypedDict):
    action: str
    on: str | list[str]


class _Row(_Required, total=False):
    decisive: bool
    own: bool
    passed_to: list[str]
    guards: list[str]


def open_paths(identity: Identity) -> list[Open]:
    """The known paths that an identity can go, the gravest first."""
    found: list[Open] = []
    granted: dict[Need, Grant | None] = {}
    for path in _candidates(identity.allows):
        opened = _opened(path, identity, granted)
        if opened is not None:
            found.append(opened)
    return found


def _opened(path: Path, identity: Identity, granted: dict[Need, Grant | None]) -> Open | None:
    steps: list[Grant] = []
    wide = True
    for need in path.needs:
        if need not in granted:
            granted[need] = _granted(need, identity)
        grant = granted[need]
        if grant is None:
            return None
        if need.decisive and grant.breadth is not Breadth.EVERY:
            wide = False
        steps.append(grant)
    return Open(path, tuple(steps), wide)


def _granted(need: Need, identity: Identity) -> Grant | None:
    grant = grants.widest(need, identity.allows, identity.denies)
    if grant is None or identity.boundary is None:
        return grant
    allows = [one for one in identity.boundary if one.allow]
    limit = grants.widest(need, allows, [one for one in identity.boundary if not one.allow])
    if limit is None:
        return None
    return grant._replace(breadth=min(grant.breadth, limit.breadth))


# --- which paths are worth a look -----------------------------------------------------------------------------------
# Every action that some path takes is one bit; a pattern of a document is the set of those it matches.


@lru_cache(maxsize=1)
def paths() -> tuple[Path, ...]:
    """All known paths, the gravest first."""
    table = cast("list[dict[str, object]]", grants.data("escalation_paths.json"))
    order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
    read = [
        Path(
            str(row["id"]), str(row["title"]), str(row["gain"]), str(row["severity"]),
            tuple(_need(need) for need in cast("list[_Row]", row["needs"])),
        )
        for row in table
    ]  # fmt: skip
    return tuple(sorted(read, key=lambda path: order[path.severity]))


def _need(row: _Row) -> Need:
    on = row["on"]
    return Need(
        row["action"].lower(),
        (on,) if isinstance(on, str) else tuple(on),
        tuple(row.get("passed_to", ())),
        tuple(guard.lower().partition("${")[0] for guard in row.get("guards", ())),
        row.get("decisive", False),
        row.get("own", False),
    )


@lru_cache(maxsize=1)
def _bits() -> dict[str, int]:
    actions = sorted({need.action for path in paths() for need in path.needs})
    return {action: 1 << place for place, action in enumerate(actions)}


@lru_cache(maxsize=1)
def _masks() -> tuple[tuple[int, Path], ...]:
    bits = _bits()
    masks: list[tuple[int, Path]] = []
    for path in paths():
        mask = 0
        for need in path.needs:
            mask |= bits[need.action]
        masks.append((mask, path))
    return tuple(masks)


@lru_cache(maxsize=16384)
def _mask_of(pattern: str) -> int:
    lower = pattern.lower()
    if "*" not in lower and "?" not in lower:
        return _bits().get(lower, 0)
    return sum(bit for action, bit in _bits().items() if patterns.matches(lower, action))


@lru_cache(maxsize=4096)
def _within(mask: int) -> tuple[Path, ...]:
    return tuple(path for needed, path in _masks() if needed & mask == needed)


def _candidates(allows: Sequence[Statement]) -> tuple[Path, ...]:
    mask = 0
    for statement in allows:
        named = 0
        for action in statement.actions:
            named |= _mask_of(action)
        mask |= ~named & (1 << len(_bits())) - 1 if statement.not_actions else named
    return _within(mask) if mask else ()
