"""Where in its file stands what a JSON pointer names: lines and columns.

`json` tells only where a text breaks off, so the text is walked once more; only for documents with findings.
"""

from __future__ import annotations

import contextlib
import json
import re
from functools import lru_cache
from typing import NamedTuple, cast

from iam_guardrails.cli.outcome import PolicyText
from iam_guardrails.findings import Finding
from iam_guardrails.iam.text import READABLE

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
        start: where it begins.
        end: where it has ended.
        name: where its name begins, or `start` where it has none.
        text: what it says, for a string.
    """

    start: int
    end: int
    name: int
    text: str | None

    @property
    def marked(self) -> tuple[int, int]:
        """The stretch to point at: a plain value by itself, a list or an object with its name."""
        return (self.name if self.text is None else self.start), self.end


class _Lost(Exception):
    """The text is no JSON from here on."""


class Map:
    """The values of a JSON text by their pointers, as far as it can be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes: dict[str, Node] = {}
        self.duplicate: tuple[int, int] | None = None
        if len(text) <= READABLE:
            with contextlib.suppress(_Lost, ValueError):
                self._value(self._skip(0), "", None, 0)

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _value(self, at: int, pointer: str, name: int | None, depth: int) -> int:
        """Read the value that begins at a place; where it has ended."""
        first = self.text[at : at + 1]
        said: str | None = None
        if first == "{" and depth < _DEEPEST:
            end = self._members(at, pointer, depth)
        elif first == "[" and depth < _DEEPEST:
            end = self._items(at, pointer, depth)
        elif first == '"':
            said, end = self._string(at)
        else:
            found = _BARE.match(self.text, at)
            if not found:
                raise _Lost
            end = found.end()
        self.nodes.setdefault(pointer, Node(at, end, at if name is None else name, said))
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
            if name in seen and self.duplicate is None:
                self.duplicate = (start, at)
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

    def spans(self, finding: Finding) -> list[tuple[int, int]]:
        """What to point at for a finding, the place of its pointer first."""
        if finding.pointer == "":
            return [self._whole()]
        pointer = finding.pointer
        while pointer and pointer not in self.nodes:
            pointer = pointer.rpartition("/")[0]
        node = self.nodes.get(pointer)
        if node is None:
            return [self._whole()]
        values = self._values(finding)
        if node.text is not None:
            beside = self._below(pointer.rpartition("/")[0], values) if len(values) > 1 else []
            return [node.marked, *(span for span in beside if span != node.marked)]
        return self._below(pointer, values) or [node.marked]

    @staticmethod
    def _values(finding: Finding) -> set[str]:
        several = finding.evidence.get("values")
        one = finding.evidence.get("value")
        listed = cast("list[object]", several if isinstance(several, list) else [one])
        return {value.lower() for value in listed if isinstance(value, str)}

    def _below(self, pointer: str, values: set[str]) -> list[tuple[int, int]]:
        """The strings below a pointer that say one of the values."""
        return [
            node.marked
            for at, node in self.nodes.items()
            if node.text is not None and at.startswith(f"{pointer}/") and node.text.lower() in values
        ]

    def _whole(self) -> tuple[int, int]:
        """What to point at where a document as a whole is meant: what spoils it, or its beginning."""
        start = self._skip(0)
        return self.spoiled() or (start, min(start + 1, len(self.text)))

    def spoiled(self) -> tuple[int, int] | None:
        """What keeps readers from reading the text, or from reading it alike."""
        if self.duplicate:
            return self.duplicate
        try:
            json.loads(self.text, strict=False)
        except json.JSONDecodeError as error:
            at = min(error.pos, max(len(self.text.rstrip()) - 1, 0))
            return at, min(at + 1, len(self.text))
        except (ValueError, RecursionError):
            pass
        return None


@lru_cache(maxsize=1)
def map_of(text: str) -> Map:
    """The map of a text; a document's findings come one after the other."""
    return Map(text)


def place(document: PolicyText, finding: Finding) -> Place:
    """Where in the file stands what a finding is about."""
    start, end = map_of(document.text).spans(finding)[0]
    line, column = position(document.text, start)
    end_line, end_column = position(document.text, end)
    before = document.first_line - 1
    return Place(line + before, column, end_line + before, end_column)


def position(text: str, at: int) -> tuple[int, int]:
    """The line and the column of a character, both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
