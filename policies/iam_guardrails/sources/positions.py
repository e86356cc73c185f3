"""Where in a text stands what a JSON pointer names: lines and columns, of JSON and YAML.

`json` tells only where a text breaks off, so a JSON text is walked once more; only for documents with findings.
"""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

from iam_guardrails.sources.values import escape

_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BARE = re.compile(r'[^\s,:{}\[\]"]+')
# Deeper than any policy in any template; what stands below is not told apart.
_DEEPEST = 120
_LARGEST = 64 * 1024 * 1024


class Place(NamedTuple):
    """A stretch of a file.

    Attributes:
        line: where it begins, from 1.
        column: the character it begins with, from 1.
        end_line: where it ends.
        end_column: the character after its last.
    """

    line: int
    column: int
    end_line: int
    end_column: int


class Node(NamedTuple):
    """A value of a JSON text.

    Attributes:
        pointer: its JSON pointer.
        start: where it begins.
        end: where it has ended.
        name: where its name begins, or `start` where it has none.
        text: what it says, for a string.
        first: how many values had ended when it began; those since are in it.
    """

    pointer: str
    start: int
    end: int
    name: int
    text: str | None
    first: int

    @property
    def marked(self) -> tuple[int, int]:
        """The stretch to point at: a plain value by itself, a list or an object with its name."""
        return (self.name if self.text is None else self.start), self.end


class _Lost(Exception):
    """The text is no JSON from here on."""


class Map:
    """The values of a text by their pointers, as far as it can be read, and its lines.

    Args:
        text: the text.
        nodes: its values, each after those in it; None reads the text as JSON.
    """

    def __init__(self, text: str, nodes: Sequence[Node] | None = None) -> None:
        self.text = text
        self._is_json = nodes is None
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self.nodes: dict[str, Node] = {}
        self._ended: list[Node] = []
        self._duplicate: tuple[int, int] | None = None
        if nodes is not None:
            self._ended = list(nodes)
            self.nodes = {node.pointer: node for node in reversed(self._ended)}
        elif len(text) <= _LARGEST:
            with contextlib.suppress(_Lost, ValueError, RecursionError):
                self._value(self._skip(0), "", None, 0)

    def position(self, at: int) -> tuple[int, int]:
        """The line and the column of a character, both from 1."""
        line = bisect_right(self._starts, at, hi=len(self.lines))
        return line, at - self._starts[line - 1] + 1

    def below(self, pointer: str) -> list[Node]:
        """The values, each after those in it, with their pointers below another: as part of a larger text."""
        return [node._replace(pointer=f"{pointer}{node.pointer}") for node in self._ended]

    def start(self, line: int) -> int:
        """The first character of a line."""
        return self._starts[line - 1]

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _value(self, at: int, pointer: str, name: int | None, depth: int) -> int:
        """Read the value that begins at a place; where it has ended."""
        character = self.text[at : at + 1]
        first = len(self._ended)
        said: str | None = None
        if character == "{" and depth < _DEEPEST:
            end = self._members(at, pointer, depth)
        elif character == "[" and depth < _DEEPEST:
            end = self._items(at, pointer, depth)
        elif character == '"':
            said, end = self._string(at)
        else:
            found = _BARE.match(self.text, at)
            if not found:
                raise _Lost
            end = found.end()
        node = Node(pointer, at, end, at if name is None else name, said, first)
        self.nodes.setdefault(pointer, node)
        self._ended.append(node)
        return end

    def _string(self, at: int) -> tuple[str, int]:
        found = _STRING.match(self.text, at)
        if not found:
            raise _Lost
        return str(json.loads(found.group(), strict=False)), found.end()

    def _members(self, at: int, pointer: str, depth: int) -> int:
        seen: set[str] = set()
        at = self._skip(at + 1)
        while self.text[at : at + 1] != "}":
            start = at
            name, at = self._string(at)
            if name in seen and self._duplicate is None:
                self._duplicate = (start, at)
            seen.add(name)
            at = self._expect(":", at)
            at = self._value(at, f"{pointer}/{escape(name)}", start, depth + 1)
            at = self._next(at, "}")
        return at + 1

    def _items(self, at: int, pointer: str, depth: int) -> int:
        number = 0
        at = self._skip(at + 1)
        while self.text[at : at + 1] != "]":
            at = self._value(at, f"{pointer}/{number}", None, depth + 1)
            number += 1
            at = self._next(at, "]")
        return at + 1

    def _expect(self, character: str, at: int) -> int:
        at = self._skip(at)
        if self.text[at : at + 1] != character:
            raise _Lost
        return self._skip(at + 1)

    def _next(self, at: int, closing: str) -> int:
        """The beginning of the next value, or the end of the list or object."""
        at = self._skip(at)
        return at if self.text[at : at + 1] == closing else self._expect(",", at)

    def nearest(self, pointer: str) -> Node | None:
        """The value that a pointer names, or the nearest around it; None for the text as a whole."""
        while pointer and pointer not in self.nodes:
            pointer = pointer.rpartition("/")[0]
        return self.nodes.get(pointer) if pointer else None

    def marked(self, pointer: str, values: Collection[str] = ()) -> list[Node]:
        """What to mark: the value that a pointer names first, and those around that say one of some texts.

        Args:
            pointer: the pointer; of one that leads nowhere, the nearest that does.
            values: the texts, in lower case.

        Returns:
            The values; [] for the text as a whole.
        """
        node = self.nearest(pointer)
        if node is None:
            return []
        pointer = node.pointer
        if node.text is None:
            return self._below(node, values) or [node]
        around = self.nodes.get(pointer.rpartition("/")[0])
        beside = self._below(around, values) if around and len(values) > 1 else []
        return [node, *(one for one in beside if one != node)]

    def _below(self, around: Node, values: Collection[str]) -> list[Node]:
        """The strings in a value that say one of the values."""
        inside = self._ended[around.first : around.first + self._count(around)]
        return [node for node in inside if node.text is not None and node.text.lower() in values]

    def _count(self, around: Node) -> int:
        """How many values are in a value."""
        return bisect_left(self._ended, around.end, lo=around.first, key=lambda node: node.end) - around.first

    def span(self, pointer: str, values: Collection[str] = ()) -> tuple[int, int]:
        """The stretch of text to point at. Arguments as those of `marked`."""
        found = self.marked(pointer, values)
        return found[0].marked if found else self._whole()

    def _whole(self) -> tuple[int, int]:
        """What to point at where a document as a whole is meant: what spoils it, or its beginning."""
        start = self._skip(0)
        return self.spoiled() or (start, min(start + 1, len(self.text)))

    def spoiled(self) -> tuple[int, int] | None:
        """What keeps readers from reading the text, or from reading it alike."""
        if self._duplicate:
            return self._duplicate
        if not self._is_json:
            return None
        try:
            json.loads(self.text, strict=False)
        except json.JSONDecodeError as error:
            at = min(error.pos, max(len(self.text.rstrip()) - 1, 0))
            return at, min(at + 1, len(self.text))
        except (ValueError, RecursionError):
            pass
        return None


@lru_cache(maxsize=4)
def json_map(text: str) -> Map:
    """The map of a JSON text; the findings of a document come one after the other."""
    return Map(text)
