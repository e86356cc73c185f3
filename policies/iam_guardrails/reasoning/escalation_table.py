"""The known escalation paths, as `data/escalation_paths.json` has them.

A document is compared with 290 paths of some 200 actions. So each of its action patterns is turned once into the set of
those actions that it matches, and only paths all of whose actions are in the set of the whole identity are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypedDict, cast

from iam_guardrails.language import patterns
from iam_guardrails.language.documents import Statement
from iam_guardrails.reasoning import tables
from iam_guardrails.reasoning.permissions import RelevantStatement, RequiredPermission

REWRITE, CREATE = "iam:createpolicyversion", "iam:createpolicy"
TAG_ITSELF = {"iam:taguser": "iam:user", "iam:tagrole": "iam:role"}


@dataclass(frozen=True, eq=False)
class Path:
    """One known path to more permissions than an identity's policies spell out.

    Attributes:
        id: its name in the table.
        title: what is done.
        gain: what that brings.
        severity: "critical", "high" or "medium".
        needs: the permissions it takes, all of them.
        deciding: the place of the first of them whose breadth decides how dangerous it is.
        kind: how it brings more: "self", "new-principal", "existing-principal", "pass-role", "existing-compute" or
            "indirect".
        precondition: what has to be there beside the permissions, as a clause; "" for nothing.
    """

    id: str
    title: str
    gain: str
    severity: str
    needs: tuple[RequiredPermission, ...]
    deciding: int
    kind: str = ""
    precondition: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """All known paths, the gravest first, and what is looked up beside them.

    Attributes:
        paths: the paths.
        actions: every action that is looked for, in lower case.
        tagging: for each resource type, the permissions to tag any object of it.
        spelled: restricting keys in lower case, as AWS writes them.
    """

    paths: tuple[Path, ...]
    actions: frozenset[str]
    tagging: dict[str, tuple[RequiredPermission, ...]]
    spelled: dict[str, str]


class _Required(TypedDict):
    action: str
    on: str | list[str]


class _NeedRow(_Required, total=False):
    decisive: bool
    own: bool
    passed_to: list[str]
    guards: list[str]
    sends: list[str]
    always: list[str]


class _PathRowOptions(TypedDict, total=False):
    precondition: str


class _PathRow(_PathRowOptions):
    id: str
    title: str
    gain: str
    severity: str
    kind: str
    needs: list[_NeedRow]


class _TaggingRow(TypedDict):
    kind: str
    actions: list[str]


_ORDER = {"critical": 0, "high": 1, "medium": 2, "low": 3}


@cache
def table() -> Table:
    """The table, read once."""
    rows = cast("list[_PathRow]", tables.data("escalation_paths.json"))
    tagging_rows = cast("list[_TaggingRow]", tables.data("tagging_actions.json"))
    known: dict[str, RequiredPermission] = {}
    paths = tuple(_path(row, known) for row in sorted(rows, key=lambda row: _ORDER[row["severity"]]))
    tagging = {
        row["kind"]: tuple(RequiredPermission(one.lower(), (row["kind"],), name=one) for one in row["actions"])
        for row in tagging_rows
    }
    actions = {need.action for path in paths for need in path.needs}
    actions.update(one.action for ones in tagging.values() for one in ones)
    keys = (key.partition("${")[0] for row in rows for need in row["needs"] for key in need.get("guards", ()))
    return Table(
        paths, frozenset(actions | {REWRITE, CREATE, *TAG_ITSELF}), tagging, {key.lower(): key for key in keys}
    )


def _path(row: _PathRow, known: dict[str, RequiredPermission]) -> Path:
    needs = tuple(known.setdefault(repr(sorted(need.items())), _required(need)) for need in row["needs"])
    deciding = next((place for place, need in enumerate(needs) if need.decisive), 0)
    kind, precondition = row["kind"], row.get("precondition", "")
    return Path(row["id"], row["title"], row["gain"], row["severity"], needs, deciding, kind, precondition)


def _required(row: _NeedRow) -> RequiredPermission:
    on = row["on"]
    return RequiredPermission(
        row["action"].lower(),
        (on,) if isinstance(on, str) else tuple(on),
        tuple(row.get("passed_to", ())),
        tuple(key.lower().partition("${")[0] for key in row.get("guards", ())),
        row.get("decisive", False),
        row.get("own", False),
        tuple(key.lower() for key in row.get("sends", ())),
        row["action"],
        tuple(key.lower() for key in row.get("always", ())),
    )


def relevant(statements: Iterable[Statement]) -> list[RelevantStatement]:
    """The statements that are about actions of the table."""
    found: list[RelevantStatement] = []
    for one in statements:
        actions = _actions_of(one)
        if actions:
            found.append(RelevantStatement(one, actions))
    return found


@lru_cache(maxsize=4096)
def paths_within(actions: frozenset[str]) -> tuple[Path, ...]:
    """The paths that take no other actions than these, the gravest first."""
    return tuple(path for path in table().paths if all(need.action in actions for need in path.needs))


def _actions_of(statement: Statement) -> frozenset[str]:
    named = frozenset[str]().union(*map(_matched, statement.actions))
    return table().actions - named if statement.not_actions else named


@lru_cache(maxsize=16384)
def _matched(pattern: str) -> frozenset[str]:
    """The actions of the table that a pattern matches."""
    lower = pattern.lower()
    if "*" not in lower and "?" not in lower:
        return frozenset((lower,)) & table().actions
    service, colon, _ = lower.partition(":")
    whole = not colon or "*" in service or "?" in service
    candidates = table().actions if whole else _of_service().get(service, frozenset[str]())
    return frozenset(action for action in candidates if patterns.matches(lower, action))


@cache
def _of_service() -> dict[str, frozenset[str]]:
    """The actions of the table, by service."""
    found: dict[str, set[str]] = {}
    for action in table().actions:
        found.setdefault(action.partition(":")[0], set()).add(action)
    return {service: frozenset(actions) for service, actions in found.items()}
