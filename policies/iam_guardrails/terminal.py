"""What `iam-guardrails`, and `pipeline-identity` beside it, owe a terminal, a pipe and a file.

Both decide on colors in one way, and neither ends well when its result did not arrive.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

__all__ = ["deliver", "is_terminal", "shows_color"]


def shows_color(wanted: str) -> bool:
    """Whether to write colors. Sources: the conventions at no-color.org and force-color.org.

    Args:
        wanted: The value of `--color`: `always`, `never`, or `auto`, which asks the environment and the terminal.
    """
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal() and os.environ.get("TERM") != "dumb")


def is_terminal() -> bool:
    """Whether the standard output of the process is a terminal, also while something keeps what is printed apart."""
    return sys.__stdout__ is not None and sys.__stdout__.isatty()


def deliver(stream: TextIO, text: str) -> None:
    """Write and flush, or leave nothing behind that the interpreter would try, and fail, to write at its end.

    Args:
        stream: Standard output or standard error.
        text: The whole text.

    Raises:
        OSError: The text could not be written.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise
