"""The graph as JSON: what `iam-guardrails audit --format json` writes of it, and what the HTML report draws."""

from __future__ import annotations

from collections.abc import Iterable

from iam_guardrails.reach.values import Because, Cut, Edge, Entry, Held, Member, Path, Reach

FORMAT = 1
"""Number of the form: it goes up when something that stands here is taken away or comes to mean something else."""


def identities(reach: Reach) -> list[dict[str, object]]:
    """The users and roles: ARN, whether each is an administrator in effect, whether it reaches one, and why."""
    return [_member(one, reach) for one in reach.members.values()]


def edges(found: Iterable[Edge]) -> list[dict[str, object]]:
    """Edges, one hop each."""
    return [edge(one) for one in found]


def edge(one: Edge) -> dict[str, object]:
    """One edge: from whom, to whom, how, how certain, and the statements that open it."""
    return {
        "from": one.source,
        "to": one.target,
        "how": one.how.value,
        "way": one.way,
        "certainty": one.certainty.value,
        "because": [because(each) for each in one.because],
        "conditions": list(one.conditions),
        "crossesAccounts": one.crosses,
    }


def path(one: Path) -> dict[str, object]:
    """One path with its steps, each as an edge."""
    return {
        "from": one.source,
        "to": one.target,
        "certainty": one.certainty.value,
        "steps": [edge(step) for step in one.steps],
    }


def cut(one: Cut) -> dict[str, object]:
    """One change, and the identities that no longer reach the end after it."""
    return {"change": because(one.change), "closes": list(one.closes), "paths": one.paths}


def entry(one: Entry) -> dict[str, object]:
    """One principal of elsewhere that a role lets in."""
    return {
        "principal": one.principal,
        "kind": one.kind,
        "account": one.account,
        "role": one.role,
        "because": because(one.because),
        "conditions": list(one.conditions),
    }


def because(one: Because) -> dict[str, object]:
    """A statement, where it stands, and what it does in words; or another fact, which has words alone."""
    found: dict[str, object] = {"words": one.words}
    if one.is_statement:
        found |= {"of": one.of, "layer": one.layer, "policy": one.policy, "statement": one.statement}
        found |= {"sid": one.sid, "action": one.action, "alone": one.alone}
        found |= {"file": one.location.file, "line": one.location.line, "pointer": one.location.pointer}
    return found


def _held(one: Held) -> dict[str, object]:
    return {
        "kind": one.role,
        "policy": one.name,
        "of": one.of,
        "file": one.location.file or None,
        "pointer": one.location.pointer or None,
    }


def _member(one: Member, reach: Reach) -> dict[str, object]:
    found: dict[str, object] = {
        "arn": one.arn,
        "administrator": one.administrator,
        "reachesAdministrator": one.arn in reach.reaches,
        "kind": one.kind,
        "account": one.account,
        "label": one.label,
        "policies": [_held(each) for each in one.holds],
    }
    if one.administrator:
        found |= {"certainty": one.certainty.value, "because": [because(each) for each in one.why]}
    return found
