"""The accounts joined: who reaches an administrator, by which paths, and what change closes the most of them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from itertools import chain

from iam_guardrails.reach.values import AccountReach, Edge, Entry, Member, Reach

MOST_HOPS = 8
"""Steps of a path beyond which none is listed, unless told otherwise."""


def join_accounts(accounts: Iterable[AccountReach], across: Iterable[Iterable[Edge]] = ()) -> Reach:
    """The graph over all accounts.

    Args:
        accounts: what each account adds, in any order.
        across: the edges from each account into others.
    """
    members: dict[str, Member] = {}
    edges: list[Edge] = []
    rewrites: list[Edge] = []
    resources: dict[str, None] = {}
    unknown: list[str] = []
    entries: list[Entry] = []
    for one in accounts:
        members.update((member.arn, member) for member in one.members)
        edges += one.edges
        rewrites += one.rewrites
        resources.update(dict.fromkeys(one.resources))
        unknown += one.unknown
        entries += one.entries
    edges += chain.from_iterable(across)
    reaches = reaching([one.arn for one in members.values() if one.administrator], edges, rewrites)
    return Reach(members, tuple(edges), tuple(rewrites), tuple(resources), reaches, tuple(unknown), tuple(entries))


def reaching(ends: Iterable[str], edges: Iterable[Edge], rewrites: Iterable[Edge] = ()) -> frozenset[str]:
    """Everything from which an end is reached, or somebody together with whoever makes an administrator of it.

    Args:
        ends: ARNs of the ends, which are among what is found.
        edges: the edges.
        rewrites: who can rewrite the policies of whom; () where the ends are no administrators.
    """
    before = _sources(edges)
    found = _ancestors(ends, before)
    known: dict[str, frozenset[str]] = {}
    for rewrite in rewrites:
        if rewrite.source in found and rewrite.target in found:
            continue
        for end in (rewrite.source, rewrite.target):
            if end not in known:
                known[end] = frozenset(_ancestors([end], before))
        found |= known[rewrite.source] & known[rewrite.target]
    return frozenset(found)


def _sources(edges: Iterable[Edge]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        found[edge.target].append(edge.source)
    return found


def _ancestors(ends: Iterable[str], before: Mapping[str, list[str]]) -> set[str]:
    """Everything from which some end is reached, the ends themselves among it."""
    found = set(ends)
    queue = deque(found)
    while queue:
        for source in before.get(queue.popleft(), ()):
            if source not in found:
                found.add(source)
                queue.append(source)
    return found
