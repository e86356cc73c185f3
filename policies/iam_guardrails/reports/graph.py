"""The graph of an audit, as the formats for graph tools write it: each node and edge once, no document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iam_guardrails.reports.page_data import account_of, kind_of, name_of
from iam_guardrails.sources.values import items, members, text


class Node(NamedTuple):
    """An identity or resource.

    Attributes:
        arn: ARN of it.
        name: what people call it.
        kind: user, role, bucket, ...
        account: the twelve digits of its account; "" where they are not known.
        administrator: whether it is an administrator in effect.
        reaches: whether it is one or reaches one.
    """

    arn: str
    name: str
    kind: str
    account: str
    administrator: bool
    reaches: bool


class Edge(NamedTuple):
    """One hop.

    Attributes:
        source: ARN of who can.
        target: ARN of what it can become or use.
        how: how, in words.
        certainty: "certain", "needs a condition" or "needs inventory".
        crosses: whether it goes into another account.
        because: what opens it, in words.
    """

    source: str
    target: str
    how: str
    certainty: str
    crosses: bool
    because: str


class Graph(NamedTuple):
    """Nodes and edges."""

    nodes: list[Node]
    edges: list[Edge]


def graph_of(audit: Mapping[str, object]) -> Graph:
    """The graph of an audit.

    Args:
        audit: the audit as its report in JSON has it, read.
    """
    edges = [_edge(members(one)) for one in items(audit.get("edges"))]
    given = {text(members(one).get("arn")): members(one) for one in items(audit.get("identities"))}
    ends = (end for edge in edges for end in (edge.source, edge.target))
    return Graph([_node(arn, given.get(arn, {})) for arn in dict.fromkeys([*given, *ends])], edges)


def _node(arn: str, one: Mapping[str, object]) -> Node:
    administrator, reaches = one.get("administrator") is True, one.get("reachesAdministrator") is True
    return Node(arn, name_of(arn), kind_of(arn), account_of(arn), administrator, administrator or reaches)


def _edge(one: Mapping[str, object]) -> Edge:
    because = "; ".join(text(members(each).get("words")) for each in items(one.get("because")))
    names = (text(one.get(name)) for name in ("from", "to", "how", "certainty"))
    source, target, how, certainty = names
    return Edge(source, target, how, certainty, one.get("crossesAccounts") is True, because)
