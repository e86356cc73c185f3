"""GraphML and DOT are read by the tools they are for, whatever names have in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import networkx
import pydot
import pytest
from iam_guardrails.reports import dot, graphml

from tests.policies.reports.audits import HOSTILE, LAB, arn, edge, identity, large, small

# pydot speaks to its parser by the parser's older names.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")

NAMES = ["dev", HOSTILE, 'quo"te', "back\\slash\\", "new\nline", "\x01\x1f", "-->", "]]>", "emoji 🙂", "a;b", "ünïcode"]


def as_networkx(audit: dict[str, Any]) -> Any:
    read: Any = networkx.read_graphml  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return read(io.BytesIO(graphml.render(audit).encode()))


def test_graphml_has_the_nodes_and_edges_with_what_is_known_of_them(tmp_path: Path) -> None:
    graph = as_networkx(small(tmp_path))
    admin = arn("admin", account=LAB)
    assert set(graph) == {arn("dev", "user"), arn("ci/deploy"), arn("reader"), admin}
    assert graph.nodes[admin] == {
        "name": "admin",
        "kind": "role",
        "account": LAB,
        "administrator": True,
        "reaches": True,
    }
    assert graph.nodes[arn("reader")]["reaches"] is False
    found = graph.edges[arn("ci/deploy"), admin]
    assert (found["certainty"], found["crosses"]) == ("needs a condition", True)
    assert networkx.has_path(graph, arn("dev", "user"), admin)


def test_dot_has_the_same_nodes_and_edges(tmp_path: Path) -> None:
    (graph,) = cast("list[Any]", pydot.graph_from_dot_data(dot.render(small(tmp_path))))
    edges = {(one.get_source().strip('"'), one.get_destination().strip('"')) for one in graph.get_edges()}
    assert edges == {(arn("dev", "user"), arn("ci/deploy")), (arn("ci/deploy"), arn("admin", account=LAB))}
    assert len([one for one in graph.get_nodes() if one.get_name() not in ("node", "edge")]) == 4


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_written(name: str) -> None:
    one, other = arn(name), arn("other")
    audit = {
        "identities": [identity(one), identity(other)],
        "edges": [edge(one, other, how=name)],
        "paths": [],
        "findings": [],
    }
    graph = as_networkx(audit)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (2, 1)
    (drawn,) = cast("list[Any]", pydot.graph_from_dot_data(dot.render(audit)))
    assert len(drawn.get_edges()) == 1


def test_two_ways_between_the_same_two_are_two_edges() -> None:
    one, other = arn("one"), arn("other")
    audit = {"identities": [], "edges": [edge(one, other), edge(one, other, how="passes the role")]}
    assert as_networkx(audit).number_of_edges() == 2
    assert dot.render(audit).count(" -> ") == 2


def test_an_organization_is_written_whole() -> None:
    audit = large(500)
    graph = as_networkx(audit)
    assert graph.number_of_nodes() == 500
    assert graph.number_of_edges() == len({(one["from"], one["to"]) for one in audit["edges"]}) or graph.is_multigraph()
