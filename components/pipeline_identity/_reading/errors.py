"""What is wrong with the arguments, said so that it can be put right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import pulumi

from pipeline_identity._reading.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple["str | int", ...]
"""Where an argument stands: names and list positions from the outside in."""

Spelling = Callable[[str], str]
"""Turns an argument's name in Python into the name that the program's language uses."""

_LONGEST_VALUE = 120
_SNAKE_CASE = re.compile(r"(?<![\w'\"])[a-z]+(?:_[a-z]+)+\b")
_HIDDEN = "[secret]"
NOT_SHOWN = object()
"""Stands for a value that a message does not show."""


class Refusal(ValueError):
    """One value that cannot be used: why, and what to write instead. The reader of the argument adds its name.

    A value that may be a secret is never shown.
    """

    def __init__(self, reason: str, fix: str, *, is_secret: bool = False) -> None:
        super().__init__(f"{reason}; {fix}")
        self.reason = reason
        self.fix = fix
        self.is_secret = is_secret


@dataclass(frozen=True)
class Problem:
    """One argument that cannot be used.

    Attributes:
        path: Where the argument stands, by its names in Python.
        place: The same as a program in its own language writes it, such as `permissions[0].actions`.
        value: What was given; None when nothing was, and `NOT_SHOWN` where it is a secret, or not known.
        reason: Why it cannot be used.
        fix: What to write instead.
    """

    path: Path
    place: str
    value: object
    reason: str
    fix: str

    def __str__(self) -> str:
        shown = "" if self.value is None or self.value is NOT_SHOWN else f" {_shorten(self.value)}"
        return f"{self.place}:{shown} {self.reason}; {self.fix}"


class ArgumentError(pulumi.RunError):
    """Some arguments cannot be used.

    It names each argument, its value and the fix. As a `pulumi.RunError` it ends a Pulumi program with its message
    alone. It is raised before any resource is registered, unless an argument is an output whose value comes later:
    then the update fails before the resource that needs the value is made.
    """

    def __init__(self, problems: Iterable[Problem], *, subject: str = "") -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        about = f"{subject}: " if subject else ""
        self.summary = f"{about}{count} argument{'s' if count > 1 else ''} cannot be used"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{about}{self.problems[0]}" if count == 1 else f"{self.summary}{lines}")


def python_name(name: str) -> str:
    """Returns a name as Python writes it."""
    return name


class Problems:
    """Everything found wrong so far, so that it can be reported at once.

    Attributes:
        found: The problems.
        spelling: How the program's language writes the names of arguments.
        secrets: Texts that no message may show.
        misspelt: Arguments that are written under a misspelt name, where that says which one is meant.
    """

    def __init__(self, spelling: Spelling = python_name) -> None:
        self.found: list[Problem] = []
        self.spelling = spelling
        self.secrets: list[str] = []
        self.misspelt: set[Path] = set()

    def note(self, path: Path, value: object, refusal: Refusal) -> None:
        """Remembers one problem, unless it only follows from another: what was rejected is not also missing.

        Nor is a part missing of what was rejected as a whole.
        """
        problem = Problem(
            path,
            _place(path, self.spelling) or "arguments",
            NOT_SHOWN if refusal.is_secret else self._shown(value),
            self._said(refusal.reason),
            self._said(refusal.fix),
        )
        follows = value is None and any(
            other.path[: len(path)] == path or (other.value is not None and path[: len(other.path)] == other.path)
            for other in self.found
        )
        if problem not in self.found and not follows:
            self.found.append(problem)

    def stop_if_any(self, subject: str = "") -> None:
        """Raises all problems together.

        Args:
            subject: What the arguments are for, such as a component and its name.

        Raises:
            ArgumentError: At least one problem was noted.
        """
        found = [one for one in self.found if one.value is not None or one.path not in self.misspelt]
        if found:
            raise ArgumentError(found, subject=subject)

    def _said(self, text: str) -> str:
        """A message with the names of arguments as the language writes them, and without secrets."""
        return _SNAKE_CASE.sub(lambda name: self.spelling(name[0]), str(self._shown(text)))

    def _shown(self, value: object) -> object:
        if isinstance(value, str):
            for secret in self.secrets:
                value = value.replace(secret, _HIDDEN)
            return TOKEN.sub("(output)", value)
        if isinstance(value, dict):
            entries = cast("dict[object, object]", value)
            return {self._shown(key): self._shown(part) for key, part in entries.items()}
        if isinstance(value, (list, tuple)):
            return [self._shown(part) for part in cast("list[object] | tuple[object, ...]", value)]
        return value


@lru_cache(maxsize=1_024)
def schema_name(name: str) -> str:
    """Returns an argument's name as Pulumi's schema, YAML and TypeScript write it: `role_name` becomes `roleName`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _place(path: Path, spelling: Spelling) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + spelling(step)
    return text


def _shorten(value: object) -> str:
    # Only kinds whose text is what the user wrote are shown: anything else could carry a secret in its repr.
    if not _is_plain(value):
        return f"({type(value).__name__})"
    # The component host hands whole numbers over as floats.
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else repr(cast("object", value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(part) for entry in cast("dict[object, object]", value).items() for part in entry)
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, cast("list[object] | tuple[object, ...]", value)))
    return value is None or isinstance(value, (str, int, float))
