"""Lines that fit a terminal."""

from __future__ import annotations

import shutil
import textwrap

from iam_guardrails.terminal import is_terminal


def width() -> int | None:
    """How many characters a line of standard output holds; None where it is no terminal, and lines are not folded."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def folded(text: str, columns: int | None, indent: str = "    ") -> list[str]:
    """A text in lines that fit; what has no space, such as an ARN, stays whole, so that it can be copied.

    Args:
        text: The text.
        columns: The width in characters; None makes one line.
        indent: What every line but the first begins with.
    """
    if columns is None:
        return [text]
    lines = textwrap.wrap(
        text, max(columns, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines or [""]
