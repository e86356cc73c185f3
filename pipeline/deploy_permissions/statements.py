"""From required permissions to statements, and from statements to documents that IAM takes.

Statements are made without widening: a statement's actions are all needed on each of its resources, under its
conditions. First all actions on the same resources come together, then all resources of the same actions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from deploy_permissions.catalogue import action_facts
from deploy_permissions.needs import Conditions, Need

MANAGED_LIMIT = 6_144
"""The characters of a managed policy, white space aside (IAM user guide, quotas)."""
INLINE_LIMIT = 10_240
"""The characters of all inline policies of a role, white space aside (IAM user guide, quotas)."""
MANAGED_POLICIES = 10
"""How many managed policies a role may have, where the quota was not raised."""


@dataclass(frozen=True)
class Statement:
    """A statement that allows.

    Attributes:
        sid: Its Sid: the type and name of the first resource that asks for it.
        actions: Its actions, sorted.
        resources: Its ARNs, sorted.
        conditions: Its conditions.
        asked_by: The URNs of the resources, and the tokens of the functions, that ask for it.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = ()
    asked_by: tuple[str, ...] = ()

    @property
    def has_resource_level(self) -> bool:
        """Whether AWS allows any of its actions on single resources."""
        return any(bool(facts and facts.formats) for facts in map(action_facts, self.actions))

    def document(self) -> dict[str, Any]:
        """The statement as IAM has it."""
        written: dict[str, Any] = {"Sid": self.sid, "Effect": "Allow"}
        written["Action"] = _one_or_many(self.actions)
        written["Resource"] = _one_or_many(self.resources)
        if self.conditions:
            written["Condition"] = condition(self.conditions)
        return written


def condition(conditions: Conditions) -> dict[str, dict[str, Any]]:
    """Conditions as IAM has them."""
    found: dict[str, dict[str, Any]] = {}
    for operator, key, values in conditions:
        found.setdefault(operator, {})[key] = _one_or_many(values)
    return found


def statements(needs: Iterable[Need]) -> tuple[Statement, ...]:
    """The fewest statements that this way of grouping finds, which allow the needs and nothing else.

    Args:
        needs: The required permissions, of one caller.
    """
    where: dict[tuple[str, Conditions], dict[str, dict[str, None]]] = {}
    for need in needs:
        asked = where.setdefault((need.action, need.conditions), {})
        for resource in need.resources:
            asked.setdefault(resource, {})[need.asked_by] = None
    # All actions that are needed on one resource, with who asks; then all resources that have the same actions.
    on: dict[tuple[str, Conditions], dict[str, dict[str, None]]] = {}
    for (action, conditions), asked in where.items():
        for resource, covered in covering(asked).items():
            askers = on.setdefault((resource, conditions), {}).setdefault(action, {})
            askers.update({one: None for other in covered for one in asked[other]})
    same: dict[tuple[tuple[str, ...], Conditions], list[tuple[str, list[str]]]] = {}
    for (resource, conditions), by_action in on.items():
        askers = list(dict.fromkeys(one for of in by_action.values() for one in of))
        same.setdefault((tuple(sorted(by_action)), conditions), []).append((resource, askers))
    found: list[Statement] = []
    sids: set[str] = set()
    for (actions, conditions), group in sorted(same.items(), key=lambda one: (one[0][0], str(one[0][1]))):
        askers = tuple(dict.fromkeys(one for _, of in group for one in of))
        sid = _sid(askers, sids)
        found.append(Statement(sid, actions, tuple(sorted(resource for resource, _ in group)), conditions, askers))
    return tuple(found)


def covering(resources: Iterable[str]) -> dict[str, list[str]]:
    """The resources without those that another one of them takes in, each with those that it takes in.

    The beginnings of the patterns are looked up by their lengths, as stacks have thousands of resources: `orders-*`
    takes in what begins with the seven characters `orders-`.
    """
    listed = list(dict.fromkeys(resources))
    wild = {one[:-1]: one for one in listed if one.endswith("*") and one.count("*") == 1 and "?" not in one}
    lengths = sorted({len(one) for one in wild})
    found: dict[str, list[str]] = {}
    for one in listed:
        begins = (one[:length] for length in lengths if length <= len(one))
        # The shortest beginning is that of the widest pattern, which takes in the others.
        found.setdefault(next((wild[begin] for begin in begins if begin in wild), one), []).append(one)
    return found


def covers(pattern: str, resource: str) -> bool:
    """Whether a pattern surely takes in another: it is the same, or begins it and ends in its only star."""
    if pattern in ("*", resource):
        return True
    return (
        pattern.endswith("*") and pattern.count("*") == 1 and "?" not in pattern and resource.startswith(pattern[:-1])
    )


def policy(found: Sequence[Statement]) -> dict[str, Any]:
    """One policy document with all statements."""
    return {"Version": "2012-10-17", "Statement": [one.document() for one in found]}


def size(document: Mapping[str, Any]) -> int:
    """The characters of a document as IAM counts them: without white space outside of texts."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def split(found: Sequence[Statement], limit: int = MANAGED_LIMIT) -> list[dict[str, Any]]:
    """The statements as policies none of which is larger than the limit.

    A statement that is larger by itself is divided by its resources, so that nothing is added and nothing lost.

    Args:
        found: The statements.
        limit: The most characters of a policy.
    """
    small = [part for one in found for part in _divided(one, limit)]
    policies: list[list[Statement]] = []
    sizes: list[int] = []
    empty = size(policy(()))
    for one in sorted(small, key=lambda one: -size(one.document())):
        needed = size(one.document()) + 1
        place = next((number for number, used in enumerate(sizes) if used + needed <= limit), None)
        if place is None:
            policies.append([])
            sizes.append(empty)
            place = len(sizes) - 1
        policies[place].append(one)
        sizes[place] += needed
    return [policy(one) for one in policies]


def _divided(one: Statement, limit: int) -> list[Statement]:
    if size(policy((one,))) <= limit:
        return [one]
    if len(one.resources) > 1:
        half = len(one.resources) // 2
        parts = [(one.actions, one.resources[:half]), (one.actions, one.resources[half:])]
    elif len(one.actions) > 1:
        half = len(one.actions) // 2
        parts = [(one.actions[:half], one.resources), (one.actions[half:], one.resources)]
    else:
        return [one]
    made = [
        Statement(f"{one.sid}{letter}", actions, resources, one.conditions, one.asked_by)
        for letter, (actions, resources) in zip("AB", parts, strict=True)
    ]
    return [small for part in made for small in _divided(part, limit)]


def _sid(askers: Sequence[str], taken: set[str]) -> str:
    """`BucketSite`, or `BucketSiteAnd3More`; Sids hold letters and digits alone, each once in a document."""
    words = [_words(askers[0])]
    if len(askers) > 1:
        words.append(f"And{len(askers) - 1}More")
    sid = base = "".join(words)
    number = 2
    while sid in taken:
        sid = f"{base}V{number}"
        number += 1
    taken.add(sid)
    return sid


def _words(asker: str) -> str:
    """The type and the name of a URN, or the name of a function, as one word."""
    if "::" not in asker:
        named = asker.rpartition(":")[2] if "/" in asker else asker
        return "".join(word[:1].upper() + word[1:] for word in re.split("[^A-Za-z0-9]+", named))
    kind, name = asker.split("::")[-2].rpartition(":")[2], asker.rpartition("::")[2]
    words = re.split("[^A-Za-z0-9]+", name)
    return re.sub("[^A-Za-z0-9]", "", kind) + "".join(word[:1].upper() + word[1:] for word in words)[:40]


def _one_or_many(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def actions_of(document: Mapping[str, Any]) -> list[str]:
    """Every action that a document's statements name.

    Args:
        document: A policy document, as `policy` makes it.
    """
    listed = [one["Action"] for one in cast("list[dict[str, Any]]", document["Statement"])]
    return [one for value in listed for one in cast("list[str]", value if isinstance(value, list) else [value])]
