"""What an audit finds in the graph of who can become whom: paths to administrators and named ends, and who enters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import Location
from iam_guardrails.reach import Answered, Certainty, Entry, Path, Paths, words
from iam_guardrails.rules.base import Rule


def paths_found(rule: Rule, answered: Answered) -> Iterator[Finding]:
    """A finding for each identity that reaches an end, with its shortest path in one message.

    A certain path to an administrator is an error; one that needs a condition or an inventory is a warning, and so is
    a path to another end that somebody named: whoever named it knows who may get there.

    Args:
        rule: the rule, no-privilege-escalation.
        answered: the paths.
    """
    members = answered.graph.members
    seen: set[tuple[str, str]] = set()
    for path in sorted(answered.paths, key=lambda one: (len(one.steps), one.certainty.rank)):
        pair = (path.source, path.target if answered.asked.ends else "")
        if pair in seen:
            continue
        seen.add(pair)
        end = _end(path, answered)
        certain = path.certainty is Certainty.CERTAIN
        is_error = certain and not answered.asked.ends
        found = rule.finding(
            f"{words.chain(path, members)}{end}: who gets the first of them gets the last",
            "",
            evidence={"value": path.source, "to": path.target, "chain": [step.target for step in path.steps]},
            fix=_fix(path),
            together=True,
            level="" if is_error else "warning",
            severity="" if is_error else "medium",
        )
        member = members.get(path.source)
        yield replace(found, location=member.location if member is not None else Location())


def entries_found(rule: Rule, answered: Answered) -> Iterator[Finding]:
    """A warning for each principal of elsewhere that a role lets in from where an administrator is reached.

    Args:
        rule: the rule, trusted-principals-only.
        answered: the paths.
    """
    graph = answered.graph
    accounts = {one.account for one in graph.members.values()}
    there = Paths(graph)
    for entry in graph.entries:
        if entry.account in accounts or entry.role not in graph.reaches:
            continue
        member = graph.members.get(entry.role)
        found = rule.finding(
            f"{entry.principal} gets in through {words.called(entry.role, graph.members)}"
            f"{_asking(entry)}, which {_onward(entry.role, there, answered)}",
            "",
            evidence={"value": entry.principal, "role": entry.role},
            fix="let it in to a role that reaches no administrator, or take a step after it out",
            level="warning",
            severity="high",
            together=True,
        )
        yield replace(found, location=member.location if member is not None else Location())


def _onward(role: str, there: Paths, answered: Answered) -> str:
    members = answered.graph.members
    if members[role].administrator:
        return "is an administrator"
    path = there.to_administrator(role)
    if path is None:
        return "reaches an administrator"
    said = words.chain(path, members)
    return f"{said.removeprefix(words.called(role, members)).strip()}{_end(path, answered)}"


def _end(path: Path, answered: Answered) -> str:
    member = answered.graph.members.get(path.target)
    if member is not None and member.administrator:
        return ", an administrator"
    return "" if answered.asked.ends else ", and so makes it an administrator"


def _asking(entry: Entry) -> str:
    return f" (asked for {', '.join(entry.conditions)})" if entry.conditions else ""


def _fix(path: Path) -> str:
    """The statement that opens a step by itself, as what to narrow."""
    for step in reversed(path.steps):
        for one in step.because:
            if one.is_statement and one.alone:
                return f"narrow {one.words.partition(' allows ')[0]} of {one.of}, or take it out"
    return "take one step of the chain out"
