"""The paths that somebody asks for: from whom, to what, over how many steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from iam_guardrails.reach.graph import MOST_HOPS, reaching
from iam_guardrails.reach.paths import Paths
from iam_guardrails.reach.values import Cut, Path, Reach

_MOST_BETWEEN = 50


@dataclass(frozen=True)
class Asked:
    """What is asked of a graph.

    Attributes:
        starts: ARNs, names or patterns of the identities to begin with; () for all of them.
        ends: ARNs, names or patterns of the ends; () for every administrator.
        most_hops: steps beyond which no path is listed.
    """

    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    most_hops: int = MOST_HOPS


@dataclass(frozen=True)
class Answered:
    """A graph, and the paths that were asked for.

    Attributes:
        graph: the graph.
        asked: what was asked.
        paths: of each start a shortest path to an administrator; where starts or ends were named, every minimal path.
        cuts: the single changes that close the most of them.
        missing: names that nothing in the graph has.
    """

    graph: Reach
    asked: Asked
    paths: tuple[Path, ...]
    cuts: tuple[Cut, ...]
    missing: tuple[str, ...] = ()


def answer(graph: Reach, asked: Asked) -> Answered:
    """The paths that somebody asks for.

    Args:
        graph: the graph.
        asked: from whom, to what.
    """
    administrators = [one.arn for one in graph.members.values() if one.administrator]
    starts = named(asked.starts, graph.members) if asked.starts else list(graph.members)
    everything = dict.fromkeys((*graph.members, *graph.resources))
    ends = named(asked.ends, everything) if asked.ends else administrators
    missing = [one for one in asked.starts if not named((one,), graph.members)]
    missing += [one for one in asked.ends if not named((one,), everything)]
    there = Paths(graph)
    if asked.ends:
        found = _between(there, graph, starts, ends, asked.most_hops)
    else:
        found = _to_administrators(there, graph, starts, administrators, asked)
    kept = tuple(one for one in found if len(one.steps) <= asked.most_hops)
    return Answered(graph, asked, kept, tuple(there.cuts(kept, ends)), tuple(missing))


def _to_administrators(
    there: Paths, graph: Reach, starts: Sequence[str], administrators: Sequence[str], asked: Asked
) -> list[Path]:
    """Of each start that is none, a shortest path to an administrator; of those that were named, every minimal path."""
    ends = set(administrators)
    found: list[Path] = []
    for start in starts:
        if start not in graph.reaches or start in ends:
            continue
        shortest = there.to_administrator(start)
        if shortest is None:
            continue
        every = [shortest]
        if asked.starts and shortest.target in ends:
            every = [one for end in administrators for one in there.minimal(start, end, asked.most_hops, _MOST_BETWEEN)]
            every = [one for one in every if not any(step.source in ends for step in one.steps)]
        found += every
    return found


def _between(there: Paths, graph: Reach, starts: Sequence[str], ends: Sequence[str], most_hops: int) -> list[Path]:
    found: list[Path] = []
    for end in ends:
        able = reaching([end], graph.edges)
        for start in starts:
            if start in able and start != end:
                found += there.minimal(start, end, most_hops, _MOST_BETWEEN)
    return found


def named(names: Iterable[str], among: Iterable[str]) -> list[str]:
    """The ARNs that names mean: an ARN, the name at its end, or a pattern of either.

    Args:
        names: the names.
        among: the ARNs that there are.
    """
    found: dict[str, None] = {}
    for name in names:
        for arn in among:
            last = arn.rpartition("/")[2] if "/" in arn else arn.rpartition(":")[2]
            if fnmatchcase(arn, name) or fnmatchcase(last, name):
                found[arn] = None
    return list(found)
