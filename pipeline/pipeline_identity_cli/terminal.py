"""What a terminal wants. The command `iam-guardrails` decides in the same way."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap


def shows_color(wish: str) -> bool:
    """Whether to write colors. Sources: the conventions at no-color.org and force-color.org.

    Args:
        wish: The value of `--color`: `always`, `never`, or `auto`, which asks the environment and the terminal.
    """
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal() and os.environ.get("TERM") != "dumb")


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    # While a command runs, click's own output is kept apart, so the process's stream is asked.
    return sys.__stdout__ is not None and sys.__stdout__.isatty()


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
