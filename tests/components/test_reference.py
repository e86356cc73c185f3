"""The reference of arguments and outputs says what the schema says."""

from __future__ import annotations

import json
import os
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "components-reference.md"
HEADING = """\
# Arguments and outputs of the components

Written from the schema of the package by `tests/components/test_reference.py`, which fails when the two differ. Names
are those of the schema, as YAML and TypeScript write them; in Python `roleName` is `role_name`. Arguments in bold must
be given. Those marked Input may be outputs of other resources, whole or in their parts.
"""


def reference() -> str:
    """The whole page."""
    host: Any = runpy.run_path(str(ROOT / "components" / "__main__.py"))["Host"]()
    schema = json.loads(host.schema)
    parts = [HEADING]
    for token, resource in sorted(schema["resources"].items()):
        parts.append(f"## {_name(token)}\n\n{resource['description']}\n")
        parts.append("\n".join(_table("argument", resource["inputProperties"], resource.get("requiredInputs", []))))
        parts.append("\n".join(_table("output", resource["properties"], [])))
    for token, type_ in sorted(schema["types"].items()):
        parts.append(f"## {_name(token)}\n\n{type_['description']}\n")
        if "enum" in type_:
            parts.append("\n".join(_values(type_["enum"])))
        else:
            parts.append("\n".join(_table("argument", type_["properties"], type_.get("required", []))))
    return "\n".join(parts)


def _name(reference: str) -> str:
    return reference.rsplit(":", 1)[-1]


def _table(kind: str, properties: dict[str, Any], required: list[str]) -> Iterator[str]:
    yield f"| {kind} | type | meaning |"
    yield "|---|---|---|"
    for name, described in sorted(properties.items(), key=lambda item: (item[0] not in required, item[0])):
        shown = f"**{name}**" if name in required else name
        takes_outputs = ", Input" if kind == "argument" and _takes_outputs(described) else ""
        yield f"| {shown} | {_type(described)}{takes_outputs} | {_line(described['description'])} |"
    yield ""


def _takes_outputs(described: dict[str, Any]) -> bool:
    inner = described.get("items") or described.get("additionalProperties")
    return not described.get("plain") or (inner is not None and "$ref" not in inner and _takes_outputs(inner))


def _values(values: list[dict[str, Any]]) -> Iterator[str]:
    yield "| value | meaning |"
    yield "|---|---|"
    for value in values:
        yield f"| `{value['value']}` | {_line(value['description'])} |"
    yield ""


def _type(described: dict[str, Any]) -> str:
    if "$ref" in described:
        name = _name(described["$ref"])
        return f"[{name}](#{name.lower()})"
    if described["type"] == "array":
        return f"list of {_type(described['items'])}"
    if described["type"] == "object":
        return f"map of {_type(described['additionalProperties'])}"
    return described["type"]


def _line(description: str) -> str:
    return " ".join(description.split()).replace("|", "\\|")


def test_the_reference_says_what_the_schema_says() -> None:
    written = reference()
    if os.environ.get("UPDATE_DOCS"):
        REFERENCE.write_text(written)
    assert REFERENCE.read_text() == written, "run this test with UPDATE_DOCS=1 and read what changed"


def test_no_description_names_an_argument_as_one_language_alone_writes_it() -> None:
    page = reference().removeprefix(HEADING)

    # What a CI system calls by such a name is no argument.
    assert set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", page)) == {"id_tokens", "repository_id"}
