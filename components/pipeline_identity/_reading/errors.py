"""What is wrong with the arguments, said so that it can be put right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple["str | int", ...]
"""Where an argument stands: names and list positions from the outside in."""

_LONGEST_VALUE = 120


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
    """One argument that cannot be used."""

    path: Path
    value: object
    reason: str
    fix: str

    @property
    def place(self) -> str:
        """Where the argument stands, such as `permissions[0].actions`."""
        return _spell(self.path)

    def __str__(self) -> str:
        shown = "" if self.value is None else f" {_shorten(self.value)}"
        return f"{self.place}:{shown} {self.reason}; {self.fix}"


class ArgumentError(pulumi.RunError, ValueError):
    """Some arguments cannot be used. Raised before any resource is registered.

    It names each argument, its value and the fix. As a `pulumi.RunError` it ends a Pulumi program with its message
    alone.
    """

    def __init__(self, problems: Iterable[Problem], *, subject: str = "") -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        about = f"{subject}: " if subject else ""
        self.summary = f"{about}{count} argument{'s' if count > 1 else ''} cannot be used"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{about}{self.problems[0]}" if count == 1 else f"{self.summary}{lines}")


class Problems:
    """Everything found wrong so far, so that it can be reported at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def note(self, path: Path, value: object, refusal: Refusal) -> None:
        """Remembers one problem, unless it only follows from another: what was refused is not also missing."""
        problem = Problem(path, None if refusal.is_secret else value, refusal.reason, refusal.fix)
        follows = value is None and any(other.path[: len(path)] == path for other in self.found)
        if problem not in self.found and not follows:
            self.found.append(problem)

    def stop_if_any(self, subject: str = "") -> None:
        """Raises all problems together.

        Args:
            subject: What the arguments are for, such as a component and its name.

        Raises:
            ArgumentError: At least one problem was noted.
        """
        if self.found:
            raise ArgumentError(self.found, subject=subject)


@lru_cache(maxsize=1_024)
def schema_name(name: str) -> str:
    """Returns an argument's name as Pulumi's schema, YAML and TypeScript write it: `role_name` becomes `roleName`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def use_schema_names() -> None:
    """From now on errors write names as the schema does, for programs that are not written in Python."""
    global _schema_names
    _schema_names = True


_schema_names = False


def spelled(name: str) -> str:
    """Returns an argument's name as errors write it."""
    return schema_name(name) if _schema_names else name


def _spell(path: Path) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + spelled(step)
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
