"""What a resource type is made of: its properties, declared once, checked and compared by the table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from sandbox.provider.documents import canonical_document
from sandbox.provider.values import Unknown, from_json

if TYPE_CHECKING:
    from sandbox.provider.values import Value

Limit = Callable[[str], str | None]
"""Says what is wrong with a text, or None."""


class Kind(Enum):
    """What a property holds."""

    TEXT = "text"
    NUMBER = "whole number"
    FLAG = "true or false"
    DOCUMENT = "JSON document"
    TEXTS = "list of texts"
    OBJECTS = "list of objects"
    MAP = "map of texts"


_KINDS: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (int,),
    Kind.FLAG: (bool,),
    Kind.DOCUMENT: (str,),
    Kind.TEXTS: (list,),
    Kind.OBJECTS: (list,),
    Kind.MAP: (dict,),
}


@dataclass(frozen=True)
class Property:
    """One input of a resource type.

    Attributes:
        kind: What it holds. Lists have no order: the real provider holds them as sets.
        required: Whether it must be given.
        replaces: Whether a change makes a new resource in place of the old.
        default: Its value when not given.
        computed: Whether AWS or the provider chooses a value when none is given, so that leaving it out is no change.
        kept: Whether AWS never tells it, so that a read keeps what is in the state.
        secret: Whether the engine keeps it encrypted.
        only: The texts it may be, when few.
        least: The least number.
        most: The greatest number.
        limit: A check of the text.
        form: A form of the text in which no difference of meaning is equality.
        to: Its parameter in AWS; ``A.B`` is a text in the map ``A``. Empty when no call takes it by name.
        at: Where AWS tells it, when not by the name in ``to``: a path, or what a described type's source may be.
    """

    kind: Kind = Kind.TEXT
    required: bool = False
    replaces: bool = False
    default: Value = None
    computed: bool = False
    kept: bool = False
    secret: bool = False
    only: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    limit: Limit | None = None
    form: Callable[[str], str] | None = None
    to: str = ""
    at: str | Callable[[Any], object] = ""

    def coerced(self, value: Value) -> Value:
        """The value in the form the type wants, where it is meant clearly enough."""
        if self.kind is Kind.DOCUMENT and isinstance(value, dict):
            return json.dumps(value)
        if self.kind is Kind.FLAG and value in ("true", "false"):
            return value == "true"
        if self.kind is Kind.NUMBER and isinstance(value, str) and value.lstrip("-").isdecimal():
            return int(value)
        if self.kind is Kind.TEXT and isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        return value

    def problem(self, value: Value) -> str | None:
        """What is wrong with a value, or None."""
        if isinstance(value, Unknown):
            return None
        if not isinstance(value, _KINDS[self.kind]) or (self.kind is Kind.NUMBER and isinstance(value, bool)):
            return f"{'The value' if self.secret else repr(value)} is no {self.kind.value}."
        if self.kind is Kind.DOCUMENT and isinstance(value, str):
            return _document_problem(value)
        if isinstance(value, str) and self.only and value not in self.only:
            return f"{value!r} is not one of {', '.join(self.only)}."
        if isinstance(value, int):
            return self._number_problem(value)
        return self.limit(value) if isinstance(value, str) and self.limit else None

    def canonical(self, value: Value) -> object:
        """A form of the value in which no difference of meaning is equality."""
        if self.kind is Kind.DOCUMENT:
            return canonical_document(value)
        if self.form is not None and isinstance(value, str):
            return self.form(value)
        if isinstance(value, list):
            return sorted((_canonical_item(item) for item in value), key=repr)
        return value

    def is_empty(self, value: Value) -> bool:
        """Whether a value says no more than leaving it out."""
        return value in (None, "", False, 0) or value == [] or value == {} or value == self.default

    def _number_problem(self, value: int) -> str | None:
        if self.least is not None and value < self.least:
            return f"{value} is less than {self.least}."
        if self.most is not None and value > self.most:
            return f"{value} is more than {self.most}."
        return None


def _document_problem(text: str) -> str | None:
    try:
        parsed = from_json(text)
    except ValueError as error:
        return f"It is no JSON: {error}."
    return None if isinstance(parsed, dict) else "It is JSON, but no object: a document stands in braces."


def _canonical_item(item: Value) -> object:
    if not isinstance(item, dict):
        return item
    # Leaving a field out and leaving it empty mean the same in a nested object.
    return {name: canonical_document(field) for name, field in sorted(item.items()) if field not in (None, "")}


def at_most(length: int) -> Limit:
    """A check that a text is not longer than so many characters."""

    def limit(text: str) -> str | None:
        return f"{text!r} has {len(text)} characters, and {length} is the most." if len(text) > length else None

    return limit


def matching(pattern: str, allowed: str, length: int | None = None) -> Limit:
    """A check that the whole text matches a pattern, said in words, and is not too long."""
    compiled = re.compile(pattern)

    def limit(text: str) -> str | None:
        if not compiled.fullmatch(text):
            return f"{text!r} may hold only {allowed}."
        return at_most(length)(text) if length is not None else None

    return limit
