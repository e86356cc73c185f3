"""The text of a file as a value, with the place of each part: JSON and YAML.

YAML needs the package PyYAML (`iam-guardrails[cli]`). CloudFormation's short forms (`!Sub`) become their long ones
(`Fn::Sub`). What YAML takes for a day stays text, since `Version: 2012-10-17` is meant so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from iam_guardrails.sources.positions import Node
from iam_guardrails.sources.values import escape

if TYPE_CHECKING:
    import yaml

_MOST_REPEATED = 100_000
"""How many values more than characters a text may have: only aliases make more than one of a character."""
_DEEPEST = 200
_ACCOUNT = re.compile(r"\d{12,}|0\d+")


class NotReadable(Exception):
    """A text is not what it should be; the text of the error says what is wrong and where.

    Attributes:
        reason: what is wrong.
        fix: what to do.
    """

    def __init__(self, reason: str, fix: str = "mend the file") -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


class Tree(NamedTuple):
    """A value as it stands in a file.

    Attributes:
        value: the value.
        nodes: its parts with their places in the text, each after those in it; None for JSON, which is walked once more
            when a place is asked for.
        twice: JSON pointers of members that stand twice in an object; the value has the last.
    """

    value: object
    nodes: Sequence[Node] | None = None
    twice: tuple[str, ...] = ()


def json_tree(text: str) -> Tree:
    """A JSON text.

    Raises:
        NotReadable: it is no JSON.
    """
    twice: list[str] = []

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(found)
        if len(made) != len(found):
            names = [name for name, _ in found]
            twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return made

    try:
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise NotReadable(f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise NotReadable("no JSON that can be read") from None
    return Tree(value, None, tuple(twice))


def yaml_trees(text: str) -> list[Tree]:
    """The documents of a YAML text.

    Raises:
        NotReadable: it is no YAML, or PyYAML is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError:
        raise NotReadable("YAML needs the package PyYAML", "install iam-guardrails[cli]") from None
    loader = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        text = text.removeprefix("\ufeff")
        composed = cast("Iterator[yaml.Node | None]", yaml.compose_all(text, Loader=loader))  # pyright: ignore[reportUnknownMemberType]
        return [_Reading(text).tree(node) for node in composed if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise NotReadable(f"no YAML: {error.problem or error.context}{where}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotReadable(f"no YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None


class _Reading:
    """Makes a value of YAML nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes: list[Node] = []
        self._twice: list[str] = []
        self._made = 0
        self._above: set[int] = set()

    def tree(self, node: yaml.Node) -> Tree:
        return Tree(self._value(node, ""), self._nodes, tuple(self._twice))

    def _value(self, node: yaml.Node, pointer: str, name: yaml.Node | None = None) -> object:
        self._made += 1
        if self._made > len(self._text) + _MOST_REPEATED:
            raise NotReadable("it has too many values; aliases repeat each other")
        if id(node) in self._above:
            line = node.start_mark.line + 1
            raise NotReadable(f"no YAML that can be read: what begins at line {line} contains itself")
        if len(self._above) > _DEEPEST:
            raise NotReadable("it is nested too deeply")
        self._above.add(id(node))
        first = len(self._nodes)
        try:
            return self._tagged(node, pointer)
        finally:
            self._above.discard(id(node))
            self._nodes.append(self._place(node, pointer, name, first))

    def _place(self, node: yaml.Node, pointer: str, name: yaml.Node | None, first: int) -> Node:
        start = node.start_mark.index
        end = start + len(self._text[start : node.end_mark.index].rstrip())
        begins = name.start_mark.index if name is not None else start
        # An alias stands where it is used, and what it means somewhere else.
        begins = min(begins, start)
        said = node.value if isinstance(node.value, str) else None
        return Node(pointer, start, max(end, start), begins, said, first)

    def _tagged(self, node: yaml.Node, pointer: str) -> object:
        tag = node.tag
        if not tag.startswith("!"):
            return self._plain(node, pointer)
        short = tag.removeprefix("!")
        value = self._plain(node, pointer, quoted=True)
        if short == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {short if short in ("Ref", "Condition") else f"Fn::{short}": value} if short else value

    def _plain(self, node: yaml.Node, pointer: str, *, quoted: bool = False) -> object:
        import yaml

        if isinstance(node, yaml.MappingNode):
            return self._members(node, pointer)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, f"{pointer}/{place}") for place, one in enumerate(_children(node))]
        return _scalar(cast("str", node.value), "tag:yaml.org,2002:str" if quoted else node.tag)

    def _members(self, node: yaml.MappingNode, pointer: str) -> dict[str, object]:
        import yaml

        found: dict[str, object] = {}
        merged: dict[str, object] = {}
        for name, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            if name.tag == "tag:yaml.org,2002:merge":
                sources = _children(value) if isinstance(value, yaml.SequenceNode) else [value]
                for one in sources:
                    inside = self._value(one, pointer)
                    merged = {**(cast("dict[str, object]", inside) if isinstance(inside, dict) else {}), **merged}
                continue
            written = str(name.value) if isinstance(name, yaml.ScalarNode) else "?"
            at = f"{pointer}/{escape(written)}"
            if written in found:
                self._twice.append(at)
            found[written] = self._value(value, at, name)
        return {**merged, **found} if merged else found


def _children(node: yaml.SequenceNode) -> list[yaml.Node]:
    return cast("list[Any]", node.value)


def _scalar(written: str, tag: str) -> object:
    kind = tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return written.lower() in ("yes", "true", "on", "y")
    if kind == "int" and not _ACCOUNT.fullmatch(written):
        try:
            return int(written.replace("_", ""), 0)
        except ValueError:
            return written
    if kind == "float":
        try:
            return float(written.replace("_", ""))
        except ValueError:
            return written
    return written
