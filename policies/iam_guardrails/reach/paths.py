"""Paths through the graph, and the changes that close most of them; the algorithms are those of rustworkx.

A path is minimal if no step of it could be left out: of a, b, c there is no edge from a to c.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from iam_guardrails.reach.graph import MOST_HOPS, reaching
from iam_guardrails.reach.values import Because, Cut, Edge, Path, Reach, best

if TYPE_CHECKING:
    import rustworkx

_MOST_CUTS = 12
"""Statements that are tried as a change: those on the most paths."""


class Paths:
    """Answers about paths in one graph.

    Args:
        reach: the graph.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._nearest: dict[frozenset[int], rustworkx.PathMapping] = {}
        self._between: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        for one in reach.edges:
            self._between[one.source, one.target].append(one)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        names = dict.fromkeys((*self._reach.members, *self._reach.resources))
        names |= dict.fromkeys(end for one in self._reach.edges for end in (one.source, one.target))
        return {name: number for number, name in enumerate(names)}

    @cached_property
    def _names(self) -> list[str]:
        return list(self._numbers)

    @cached_property
    def _graph(self) -> rustworkx.PyDiGraph[str, None]:
        import rustworkx

        graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph(multigraph=False)
        graph.add_nodes_from(self._names)
        pairs = ((self._numbers[source], self._numbers[target]) for source, target in self._between)
        graph.add_edges_from_no_data(list(pairs))
        return graph

    # --- shortest -----------------------------------------------------------------------------------------------------

    def shortest(self, start: str, ends: Iterable[str]) -> Path | None:
        """A path of the fewest steps from an identity to the nearest of some ends; None where there is none.

        Args:
            start: ARN of the identity.
            ends: ARNs of the ends.
        """
        wanted = frozenset(self._numbers[one] for one in ends if one in self._numbers and one != start)
        if start not in self._numbers or not wanted:
            return None
        if wanted not in self._nearest:
            self._nearest[wanted] = self._from_ends(wanted)
        nearest, number = self._nearest[wanted], self._numbers[start]
        return self._path(list(nearest[number])[:0:-1]) if number in nearest else None

    def _from_ends(self, ends: Iterable[int]) -> rustworkx.PathMapping:
        """A shortest path from each node to the nearest end, backwards and with a node before the end.

        All at once, in the reversed graph, from a node that leads to every end.
        """
        import rustworkx

        graph = self._graph.copy()
        graph.reverse()
        before = graph.add_node("")
        graph.add_edges_from_no_data([(before, one) for one in ends])
        return rustworkx.dijkstra_shortest_paths(graph, before, weight_fn=None, default_weight=1)

    def to_administrator(self, start: str) -> Path | None:
        """A path from an identity to an administrator, or to somebody of whom it can make one; None without one."""
        found = self.shortest(start, self._administrators)
        return found if found is not None else self._by_rewriting(start)

    def _by_rewriting(self, start: str) -> Path | None:
        """A path to somebody whose policies somebody on the way can rewrite."""
        candidates: list[Path] = []
        for rewrite in self._reach.rewrites:
            one = self._leading(start, rewrite.source)
            other = self._leading(start, rewrite.target)
            if one is not None and other is not None:
                candidates.append(Path((*one, *(each for each in other if each not in one), rewrite)))
        return min(candidates, key=lambda path: len(path.steps), default=None)

    def _leading(self, start: str, end: str) -> tuple[Edge, ...] | None:
        if start == end:
            return ()
        found = self.shortest(start, [end])
        return None if found is None else found.steps

    # --- all of them --------------------------------------------------------------------------------------------------

    def minimal(self, start: str, end: str, most_hops: int = MOST_HOPS, most: int = 1000) -> list[Path]:
        """The minimal paths between two ends, the shortest first.

        Args:
            start: ARN of the identity.
            end: ARN of the end.
            most_hops: steps beyond which none is listed.
            most: number of paths beyond which none is listed.
        """
        import rustworkx

        if start not in self._numbers or end not in self._numbers or start == end:
            return []
        one, other = self._numbers[start], self._numbers[end]
        if not rustworkx.has_path(self._graph, one, other):
            return []
        found = rustworkx.all_simple_paths(self._graph, one, other, 2, most_hops + 1)
        kept = islice((self._path(numbers) for numbers in found if self._is_minimal(numbers)), most)
        return sorted(kept, key=lambda path: len(path.steps))

    def _is_minimal(self, numbers: Sequence[int]) -> bool:
        """Whether no step could be left out."""
        names = [self._names[one] for one in numbers]
        pairs = ((names[i], names[j]) for i in range(len(names)) for j in range(i + 2, len(names)))
        return not any(pair in self._between for pair in pairs)

    def _path(self, numbers: Sequence[int]) -> Path:
        names = [self._names[one] for one in numbers]
        return Path(tuple(best(self._between[pair]) for pair in pairwise(names)))

    # --- what closes them ---------------------------------------------------------------------------------------------

    def cuts(self, paths: Sequence[Path], ends: Iterable[str]) -> list[Cut]:
        """The single changes that close the most of some paths, the best first.

        A change is to take out or to narrow one statement. It closes a path if the start then reaches no end at all.

        Args:
            paths: the paths.
            ends: ARNs of what counts as reached.
        """
        ends = tuple(ends)
        through: dict[tuple[str, str, str, int | None], list[Path]] = defaultdict(list)
        statements: dict[tuple[str, str, str, int | None], Because] = {}
        for path in paths:
            for reason in dict.fromkeys(each for step in path.steps for each in step.because if each.alone):
                if reason.is_statement:
                    statements.setdefault(reason.place, reason)
                    through[reason.place].append(path)
        starts = {path.source for path in paths}
        likely = sorted(through, key=lambda place: -len(through[place]))[:_MOST_CUTS]
        found = [Cut(statements[one], self._closed(one, starts, ends), len(through[one])) for one in likely]
        return sorted((one for one in found if one.closes), key=lambda one: (-len(one.closes), -one.paths))

    def _closed(
        self, place: tuple[str, str, str, int | None], starts: set[str], ends: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The starts from which no end is reached any more without a statement."""
        left = [one for one in self._reach.edges if not _falls(one, place)]
        rewrites = [one for one in self._reach.rewrites if not _falls(one, place)]
        still = reaching(ends, left, rewrites if set(ends) & self._administrators else ())
        return tuple(sorted(starts - still))

    @cached_property
    def _administrators(self) -> set[str]:
        return {one.arn for one in self._reach.members.values() if one.administrator}


def _falls(edge: Edge, place: tuple[str, str, str, int | None]) -> bool:
    """Whether an edge falls with a statement."""
    return any(one.alone and one.place == place for one in edge.because if one.is_statement)
