"""How a run of the command ends."""

from __future__ import annotations

from dataclasses import dataclass

DONE = 0
"""All was done, and nothing is wrong."""
REFUSED = 1
"""AWS refused, or what was looked for was found: keys in plain text."""
UNUSABLE = 2
"""The command could not do what it was asked: arguments, files, credentials or network are not as they must be."""
INTERRUPTED = 130
"""Ctrl-C."""


@dataclass(frozen=True)
class Outcome:
    """What a run leaves behind.

    Attributes:
        text: What goes to standard output.
        code: The exit code.
    """

    text: str = ""
    code: int = DONE


class Stopped(Exception):
    """The command cannot go on. The text is one line for people: what is wrong, and the fix.

    Attributes:
        code: The exit code.
    """

    def __init__(self, problem: str, fix: str, code: int = UNUSABLE) -> None:
        super().__init__(f"{problem}; {fix}")
        self.code = code


def one_line(text: str, most: int = 400) -> str:
    """A text from elsewhere, fit for one line of a terminal: no control characters, no more than `most` characters."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."
