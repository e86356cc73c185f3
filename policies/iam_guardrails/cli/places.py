"""Where in its file stands what a JSON pointer names: lines and columns.

`json` tells only where a text breaks off, so the text is walked once more; only for documents with findings.
"""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, cast

from iam_guardrails.cli.outcome import PolicyText
from iam_guardrails.findings import Finding
from iam_guardrails.language.text import READABLE

_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BARE = re.compile(r'[^\s,:{}\[\]"]+')
# Deeper than any policy; what stands below is not told apart.
_DEEPEST = 40


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
    """The values of a JSON text by their pointers, as far as it can be read, and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self.nodes: dict[str, Node] = {}
        self._ended: list[Node] = []
        self._duplicate: tuple[int, int] | None = None
        if len(text) <= READABLE:
            with contextlib.suppress(_Lost, ValueError):
                self._value(self._skip(0), "", None, 0)

    def position(self, at: int) -> tuple[int, int]:
        """The line and the column of a character, both from 1."""
        line = bisect_right(self._starts, at, hi=len(self.lines))
        return line, at - self._starts[line - 1] + 1

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
            at = self._value(at, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", start, depth + 1)
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

    def marked(self, finding: Finding) -> list[Node]:
        """The values that a finding is about, the one its pointer names first; [] for the document as a whole."""
        pointer = finding.pointer
        while pointer and pointer not in self.nodes:
            pointer = pointer.rpartition("/")[0]
        node = self.nodes.get(pointer)
        if node is None or not pointer:
            return []
        values = _values(finding)
        if node.text is None:
            return self._below(node, values) or [node]
        around = self.nodes.get(pointer.rpartition("/")[0])
        beside = self._below(around, values) if around and len(values) > 1 else []
        return [node, *(one for one in beside if one != node)]

    def _below(self, around: Node, values: set[str]) -> list[Node]:
        """The strings in a value that say one of the values."""
        inside = self._ended[around.first : around.first + self._count(around)]
        return [node for node in inside if node.text is not None and node.text.lower() in values]

    def _count(self, around: Node) -> int:
        """How many values are in a value."""
        return bisect_left(self._ended, around.end, lo=around.first, key=lambda node: node.end) - around.first

    def span(self, finding: Finding) -> tuple[int, int]:
        """The stretch of text that a finding is about."""
        found = self.marked(finding)
        return found[0].marked if found else self._whole()

    def _whole(self) -> tuple[int, int]:
        """What to point at where a document as a whole is meant: what spoils it, or its beginning."""
        start = self._skip(0)
        return self.spoiled() or (start, min(start + 1, len(self.text)))

    def spoiled(self) -> tuple[int, int] | None:
        """What keeps readers from reading the text, or from reading it alike."""
        if self._duplicate:
            return self._duplicate
        try:
            json.loads(self.text, strict=False)
        except json.JSONDecodeError as error:
            at = min(error.pos, max(len(self.text.rstrip()) - 1, 0))
            return at, min(at + 1, len(self.text))
        except (ValueError, RecursionError):
            pass
        return None


def _values(finding: Finding) -> set[str]:
    several = finding.evidence.get("values")
    listed = cast("list[object]", several if isinstance(several, list) else [finding.evidence.get("value")])
    return {value.lower() for value in listed if isinstance(value, str)}


@lru_cache(maxsize=1)
def map_of(text: str) -> Map:
    """The map of a text; a document's findings come one after the other."""
    return Map(text)


def place(document: PolicyText, finding: Finding) -> Place:
    """Where in the file stands what a finding is about."""
    found = map_of(document.text)
    start, end = found.span(finding)
    line, column = found.position(start)
    end_line, end_column = found.position(end)
    before = document.first_line - 1
    return Place(line + before, column, end_line + before, end_column)
