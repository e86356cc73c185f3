"""The graph of an audit as GraphML, which yEd, Gephi, Cytoscape and networkx read.

Source: the GraphML specification (graphml.graphdrawing.org), "Defining GraphML-Attributes".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from iam_guardrails.reports.graph import graph_of

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 text can hold (section 2.2)."""
_NODE_KEYS = {"name": "string", "kind": "string", "account": "string", "administrator": "boolean", "reaches": "boolean"}
_EDGE_KEYS = {"how": "string", "certainty": "string", "crosses": "boolean", "because": "string"}


def render(audit: Mapping[str, object]) -> str:
    """The graph as GraphML text.

    Args:
        audit: the audit as its report in JSON has it, read.
    """
    graph = graph_of(audit)
    top = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for of, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for name, sort in keys.items():
            ElementTree.SubElement(top, "key", {"id": f"{of}-{name}", "for": of, "attr.name": name, "attr.type": sort})
    inside = ElementTree.SubElement(top, "graph", {"id": "reach", "edgedefault": "directed"})
    for node in graph.nodes:
        made = ElementTree.SubElement(inside, "node", {"id": _text(node.arn)})
        _add(made, "node", {name: getattr(node, name) for name in _NODE_KEYS})
    for number, edge in enumerate(graph.edges):
        ends = {"source": _text(edge.source), "target": _text(edge.target)}
        made = ElementTree.SubElement(inside, "edge", {"id": f"e{number}", **ends})
        _add(made, "edge", {name: getattr(edge, name) for name in _EDGE_KEYS})
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _add(element: ElementTree.Element, of: str, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        data = ElementTree.SubElement(element, "data", key=f"{of}-{name}")
        data.text = str(value).lower() if isinstance(value, bool) else _text(str(value))


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
