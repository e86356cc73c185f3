"""Pulumi's generator makes a .NET SDK from the schema. It is parsed, not compiled: the tests have no .NET."""

from __future__ import annotations

import html
import json
import re
import subprocess
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import tree_sitter_c_sharp
from tree_sitter import Language, Parser

from sandbox.folders import CHECKOUT
from tests.consumers import hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tree_sitter import Node

    from sandbox.local_aws import LocalAws
    from tests.support.sandboxes import Sandbox

pytestmark = pytest.mark.long

SCHEMA = json.loads((CHECKOUT / "components" / "schema.json").read_text())


class _Picture(BaseHTTPRequestHandler):
    """The picture of the package, which the generator would else fetch from the internet."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
        """Says nothing."""


@pytest.fixture(scope="module")
def sdk(
    new_sandbox: Callable[[LocalAws, Path], Sandbox],
    shared_local_aws: LocalAws,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder of the SDK, as the engine and Pulumi's language host make it."""
    folder = tmp_path_factory.mktemp("dotnet")
    sandbox = hosts.speaking(new_sandbox(shared_local_aws, folder), "dotnet")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Picture)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    schema = {**SCHEMA, "logoUrl": f"http://127.0.0.1:{server.server_port}/logo.png"}
    (folder / "schema.json").write_text(json.dumps(schema))
    command = ["pulumi", "package", "gen-sdk", "schema.json", "--language", "dotnet", "--out", "."]
    made = subprocess.run(command, cwd=folder, env=dict(sandbox.variables), capture_output=True, text=True, check=False)
    server.shutdown()
    server.server_close()
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "dotnet"


@dataclass(frozen=True)
class Type:
    """A C# class or struct.

    Attributes:
        words: Its documentation comments, as one text.
        inputs: Its arguments by their names in the schema, and whether each must be given.
        outputs: The names of its outputs.
        properties: The names of its C# properties.
        values: The texts that its constants stand for.
    """

    words: str
    inputs: dict[str, bool]
    outputs: set[str]
    properties: set[str]
    values: set[str]


def _parsed(file: Path) -> Node:
    return Parser(Language(tree_sitter_c_sharp.language())).parse(file.read_bytes()).root_node


def _within(node: Node, kind: str) -> Iterator[Node]:
    for child in node.children:
        if child.type == kind:
            yield child
        yield from _within(child, kind)


def _text(node: Node | None) -> str:
    assert node is not None
    assert node.text is not None
    return node.text.decode()


def _plain(words: str) -> str:
    return " ".join(words.split())


def _read(node: Node) -> Type:
    inputs: dict[str, bool] = {}
    outputs: set[str] = set()
    for attribute in _within(node, "attribute"):
        kind, text = _text(attribute.child_by_field_name("name")), _text(attribute)
        if kind in ("Input", "Output"):
            (name,) = map(_text, _within(attribute, "string_literal_content"))
            if kind == "Input":
                inputs[name] = "required: true" in text
            else:
                outputs.add(name)
    comments = " ".join(_text(comment).removeprefix("///") for comment in _within(node, "comment"))
    return Type(
        words=_plain(html.unescape(re.sub(r"</?summary>", " ", comments))),
        inputs=inputs,
        outputs=outputs,
        properties={_text(one.child_by_field_name("name")) for one in _within(node, "property_declaration")},
        values={_text(one) for one in _within(node, "string_literal_content")},
    )


@pytest.fixture(scope="module")
def types(sdk: Path) -> dict[str, Type]:
    """Every class and struct of the SDK, by its name."""
    roots = [_parsed(file) for file in sdk.rglob("*.cs")]
    kinds = ("class_declaration", "struct_declaration")
    return {
        _text(node.child_by_field_name("name")): _read(node)
        for root in roots
        for kind in kinds
        for node in _within(root, kind)
    }


def test_every_file_is_c_sharp(sdk: Path) -> None:
    files = list(sdk.rglob("*.cs"))
    assert files
    assert [file.name for file in files if _parsed(file).has_error] == []


def test_a_file_with_an_error_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "Broken.cs").write_text("class Broken { string Name { get; set }; = 1 }")

    assert _parsed(tmp_path / "Broken.cs").has_error


def _arguments() -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """The C# class, the arguments and the required ones of every component and every nested type."""
    for token, resource in SCHEMA["resources"].items():
        name = token.rpartition(":")[2]
        yield f"{name}Args", resource["inputProperties"], resource.get("requiredInputs", [])
    for token, described in SCHEMA["types"].items():
        if "properties" in described:
            yield f"{token.rpartition(':')[2]}Args", described["properties"], described.get("required", [])


def test_every_argument_is_there_with_its_words_and_required_when_the_schema_says_so(types: dict[str, Type]) -> None:
    for name, arguments, required in _arguments():
        made = types[name]
        assert made.inputs == {argument: argument in required for argument in arguments}, name
        assert {argument[0].upper() + argument[1:] for argument in arguments} <= made.properties, name
        for argument, described in arguments.items():
            assert _plain(described["description"]) in made.words, f"{name}, {argument}"


def test_every_output_is_there_with_its_words(types: dict[str, Type]) -> None:
    for token, resource in SCHEMA["resources"].items():
        made = types[token.rpartition(":")[2]]
        assert made.outputs == resource["properties"].keys()
        for described in resource["properties"].values():
            assert _plain(described["description"]) in made.words


def test_every_value_of_an_enum_is_there_with_its_words(types: dict[str, Type]) -> None:
    enums = {
        token.rpartition(":")[2]: described["enum"]
        for token, described in SCHEMA["types"].items()
        if "enum" in described
    }
    assert enums
    for name, values in enums.items():
        assert {one["value"] for one in values} <= types[name].values, name
        for one in values:
            assert _plain(one["description"]) in types[name].words, name
