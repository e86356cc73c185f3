"""The graph of an audit in the DOT language of Graphviz.

Source: Graphviz documentation, "DOT Language" (quoted identifiers, escapes).
"""

from __future__ import annotations

from collections.abc import Mapping

from iam_guardrails.reports.graph import Edge, Node, graph_of

_STYLES = {"certain": "solid", "needs inventory": "dotted"}
_SHAPES = {"user": "ellipse", "role": "box"}


def render(audit: Mapping[str, object]) -> str:
    """The graph as DOT text.

    Args:
        audit: the audit as its report in JSON has it, read.
    """
    graph = graph_of(audit)
    lines = ["digraph reach {", "  rankdir=LR;", '  node [fontname="sans-serif"];', '  edge [fontname="sans-serif"];']
    lines += [_node(node) for node in graph.nodes]
    lines += [_edge(edge) for edge in graph.edges]
    return "\n".join([*lines, "}", ""])


def _node(node: Node) -> str:
    shape = _SHAPES.get(node.kind, "cylinder")
    border = ", peripheries=2, color=firebrick" if node.administrator else ""
    label = f"{_quoted(node.name)[:-1]}\\n{_quoted(f'{node.kind} {node.account}'.strip())[1:]}"
    return f"  {_quoted(node.arn)} [label={label}, shape={shape}{border}];"


def _edge(edge: Edge) -> str:
    style = _STYLES.get(edge.certainty, "dashed")
    return f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(edge.how)}, style={style}];"


def _quoted(text: str) -> str:
    """A text as a quoted identifier. A backslash would begin an escape of labels, so each stands twice."""
    plain = "".join(one if one.isprintable() else "\ufffd" for one in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
