"""What a run of the command comes to: a text, an exit code, and why there is none."""

from __future__ import annotations

from typing import NamedTuple


class Unusable(Exception):
    """The run cannot begin or its report cannot be delivered; the text says why, and what to do."""


class Outcome(NamedTuple):
    """The report's text and the exit code."""

    text: str
    code: int
