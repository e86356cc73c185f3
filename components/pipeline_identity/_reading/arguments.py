"""The edge where arguments come in: untyped mappings are read once into checked values, and every problem is noted.

Arguments arrive as a dict from a Python program, from the component host or from stack configuration, and their names
may be written as Python does (`role_name`) or as Pulumi's schema does (`roleName`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Generic, TypeVar, cast

from pipeline_identity._reading.errors import NOT_SHOWN, Path, Problems, Refusal, schema_name
from pipeline_identity._reading.sources import Later
from pipeline_identity._reading.tokens import is_late

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=Enum)
Parser = Callable[[object], T]
"""Turns what came in into a value that can be trusted, or raises `Refusal`."""

_LARGEST_NUMBER = 2**53
"""Up to here a float is exact: the plugin and the engine know no other numbers."""


class Arguments:
    """The arguments of one thing, read name by name."""

    def __init__(
        self, values: object, problems: Problems, path: Path = (), memory: dict[object, Any] | None = None
    ) -> None:
        self.problems = problems
        self.path = path
        self.memory = memory
        self._before = len(problems.found)
        self._asked: set[str] = set()
        self._values: Mapping[str, object] = {}
        try:
            self._values = _named(values)
        except Refusal as refusal:
            problems.note(path, _shown(values), refusal)

    def required(self, name: str, parse: Parser[str], *, meaning: str) -> str:
        """Reads text that must be there.

        Args:
            name: The argument's name in Python's spelling.
            parse: Checks the value.
            meaning: What to write when it is missing, as the end of "set it to ...".

        Returns:
            The checked text. When it is missing or rejected the problem is noted and empty text is returned, with which
            nothing may be made: `Problems.stop_if_any` stands between reading and using.
        """
        value = self._take(name)
        if value is None:
            self.refuse((name,), None, "is missing", f"set it to {meaning}")
            return ""
        return self._parse((name,), value, parse) or ""

    def optional(self, name: str, parse: Parser[T], default: D) -> T | D:
        """Reads an argument that may be left out; the default is returned then, and when the value is rejected."""
        value = self._take(name)
        if value is None:
            return default
        parsed = self._parse((name,), value, parse)
        return default if parsed is None else parsed

    def section(self, name: str) -> Arguments:
        """Reads an argument that is itself a mapping of arguments; left out, it is an empty one."""
        value = self._take(name)
        return Arguments({} if value is None else value, self.problems, (*self.path, name), self.memory)

    def sections(self, name: str) -> list[Arguments]:
        """Reads an argument that is a list of mappings of arguments; left out, it is an empty list."""
        items = self.optional(name, sequence, ())
        return [
            Arguments(item, self.problems, (*self.path, name, place), self.memory) for place, item in enumerate(items)
        ]

    def texts(self, name: str, parse: Parser[T]) -> tuple[T, ...]:
        """Reads a list whose items are checked one by one, without those that are rejected; left out, it is empty.

        What stands twice is read once, as AWS keeps it: the next preview would find a difference otherwise.
        """
        items = self.optional(name, late_inside(sequence) if _may_be_late(parse) else sequence, ())
        parsed = [self._parse((name, place), item, parse) for place, item in enumerate(items)]
        return tuple(dict.fromkeys(item for item in parsed if item is not None))

    def given(self, name: str) -> bool:
        """Tells whether the argument was written at all."""
        return self._take(name) is not None

    def written(self, *names: str) -> dict[str, object]:
        """Returns arguments as they were written, under their names in Python, to hand them on to another reader."""
        found = {name: self._take(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def everything(self) -> Mapping[str, object]:
        """Returns all arguments as they were written."""
        return self._values

    def no_others(self) -> None:
        """Refuses every argument that nothing has read: most often a misspelling."""
        read, spelled = self._asked | set(map(schema_name, self._asked)), self.problems.spelling
        for written in self._values:
            if written not in read:
                known = sorted(map(spelled, self._asked))
                close = difflib.get_close_matches(written, known, n=1, cutoff=0.4)
                self.problems.misspelt.update((*self.path, name) for name in self._asked if close == [spelled(name)])
                self.refuse(
                    (written,), self._values[written], "is not an argument here",
                    f"did you mean {close[0]}?" if close else f"the arguments are {', '.join(known)}",
                )  # fmt: skip

    def refuse(self, where: Path, value: object, reason: str, fix: str) -> None:
        """Notes a problem that takes more than one argument to see."""
        self.problems.note((*self.path, *where), value, Refusal(reason, fix))

    @property
    def failed(self) -> bool:
        """Whether anything was rejected since this reader began, so that further checks would lead astray."""
        return len(self.problems.found) > self._before

    def _parse(self, where: Path, value: object, parse: Parser[T]) -> T | None:
        try:
            return parse(value if _may_be_late(parse) else _plain(value))
        except Refusal as refusal:
            self.problems.note((*self.path, *where), _shown(value), refusal)
            return None

    def _take(self, name: str) -> object:
        self._asked.add(name)
        in_schema = schema_name(name)
        value = self._values.get(in_schema)
        if value is None:
            return self._values.get(name)
        if in_schema != name and name in self._values:
            self.refuse((name,), self._values[name], f"is written twice, also as {in_schema}", "keep one of the two")
        return value


class Late(Generic[T]):
    """A parser for what may be the output of another resource, which is not always known when arguments are read.

    Args:
        parse: Checks the value.
        inside: Whether outputs stand inside the value, in its places for text, and are tokens for the parser. Else the
            value itself is text that may be one.
    """

    def __init__(self, parse: Parser[T], *, inside: bool) -> None:
        self._parse = parse
        self._inside = inside

    def __call__(self, value: object) -> T:
        """Returns the checked value, or the token of an output that is not known."""
        if self._inside:
            return self._parse(_with_tokens(value))
        text = _with_tokens(value)
        return cast("T", text) if is_late(text) else self._parse(value)


def _may_be_late(parse: object) -> bool:
    return isinstance(parse, Late)


def late(parse: Parser[str]) -> Parser[str]:
    """Returns a parser of text that may be an output."""
    return Late(parse, inside=False)


def late_inside(parse: Parser[T]) -> Parser[T]:
    """Returns a parser of a list or mapping whose texts may be outputs. For the parser they are tokens: `is_late`."""
    return Late(parse, inside=True)


def _with_tokens(value: object) -> object:
    if isinstance(value, Later):
        # The keys of a mapping that is known are plain, as if it were written out.
        return _with_tokens(value.structure()) if value.is_known_mapping else value.token
    if isinstance(value, dict):
        return {key: _with_tokens(part) for key, part in cast("dict[object, object]", value).items()}
    if isinstance(value, list):
        return [_with_tokens(part) for part in cast("list[object]", value)]
    return value


def _shown(value: object) -> object:
    """Returns a value as a message shows it: nothing of an output that is not known."""
    if isinstance(value, Later):
        return NOT_SHOWN
    return _with_tokens(value)


def _plain(value: object) -> object:
    """Returns a value without outputs: those that are known are written out, and others rejected."""
    if isinstance(value, Later):
        value = value.structure()
        if isinstance(value, Later):
            if value.source.is_secret:
                raise Refusal(
                    "is a secret, and does not stay one where names and choices stand",
                    "write it plainly, or use pulumi.Output.unsecret if it is no secret",
                    is_secret=True,
                )
            # Text that is known, where nothing but plain text can stand.
            return value.source.value
    return value


def _named(value: object) -> Mapping[str, object]:
    value = _plain(value)
    if not isinstance(value, Mapping):
        raise Refusal("is not a mapping of arguments", "write the arguments by name")
    if not all(isinstance(name, str) for name in cast("Mapping[object, object]", value)):
        raise Refusal("has a name that is not text", "write the arguments by name")
    return cast("Mapping[str, object]", value)


def text(value: object) -> str:
    """Checks that a value is text and not empty."""
    if not isinstance(value, str):
        raise Refusal("is not text", "put it in quotes")
    if not value:
        raise Refusal("is empty", "write a value or leave the argument out")
    return value


def flag(value: object) -> bool:
    """Checks that a value is true or false."""
    if not isinstance(value, bool):
        raise Refusal("is not true or false", "write true or false")
    return value


def one_of(choices: type[E]) -> Parser[E]:
    """Returns a parser of an enum's values, which may be written as text."""

    def parse(value: object) -> E:
        for choice in choices:
            if value == choice.value:
                return choice
        raise Refusal("is not one of the choices", f"use {', '.join(str(choice.value) for choice in choices)}")

    return parse


def whole_number(value: object) -> int:
    """Checks that a value is a whole number, of a size that the component host, which hands over floats, can tell."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value % 1 != 0:
        raise Refusal("is not a whole number", "write a whole number without quotes")
    if abs(value) > _LARGEST_NUMBER:
        raise Refusal("is larger than any number that is meant here", f"use at most {_LARGEST_NUMBER}")
    return int(value)


def sequence(value: object) -> Sequence[object]:
    """Checks that a value is a list; the token of an output that is one stands for its only item."""
    if is_late(value):
        return [value]
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise Refusal("is not a list", "write a list, even for one item")
    return cast("Sequence[object]", value)


def mapping(value: object) -> Mapping[str, object]:
    """Checks that a value is a mapping whose keys are text; the token of an output that is one stands for its entry."""
    if isinstance(value, str) and is_late(value):
        return {value: value}
    if not isinstance(value, Mapping):
        raise Refusal("is not a mapping", "write names and values")
    entries = cast("Mapping[object, object]", value)
    if not all(isinstance(key, str) for key in entries):
        raise Refusal("has a key that is not text", "put the keys in quotes")
    return cast("Mapping[str, object]", value)
