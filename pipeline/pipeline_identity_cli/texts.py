"""Text as shells and tools of every system write it, and the files that options name."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO, cast

from pipeline_identity_cli.outcome import Stopped, one_line

UNREADABLE = "unreadable-file"
"""The stable id of a file that an option names and that cannot be read, or is not of the form that was asked for."""
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""Where the form of SARIF 2.1.0 is described."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Before those of UTF-16, with one of which it begins.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def named(file: str, option: str = "") -> str:
    """A file as an error names it. Whoever pastes a secret where a file belongs does not see it in the log.

    Args:
        file: The value of the option.
        option: The option, such as `--event`; "" where none named the file.
    """
    return f"{option} {one_line(file, 80)}".lstrip()


def read(file: str, option: str, fix: str) -> str:
    """The text of a file that an option names.

    Args:
        file: Its name; `-` reads standard input.
        option: The option, for the error; "" where none named the file.
        fix: What to do if it cannot be read.

    Raises:
        Stopped: It cannot be read, or is not text.
    """
    try:
        return decoded(standard_input().read() if file == "-" else Path(file).read_bytes())
    except OSError as error:
        problem = f"{named(file, option)} cannot be read: {error.strerror}"
    except UnicodeError:
        problem = f"{named(file, option)} is not text in UTF-8"
    raise Stopped(problem, fix, kind=UNREADABLE)


def read_json(file: str, option: str, fix: str) -> object:
    """What a file of JSON holds; the arguments are those of `read`.

    Raises:
        Stopped: It cannot be read, or is not JSON.
    """
    return parsed(read(file, option, fix), file, option, fix)


def parsed(text: str, file: str, option: str, fix: str) -> object:
    """What the text of a file says as JSON; the other arguments are those of `read`.

    Raises:
        Stopped: It is not JSON.
    """
    import json

    try:
        return cast("object", json.loads(text))
    except ValueError:
        problem = f"{named(file, option)} is not JSON"
    except RecursionError:
        problem = f"{named(file, option)} is nested too deeply"
    raise Stopped(problem, fix, kind=UNREADABLE)


def markdown(text: str) -> str:
    """A text for Markdown, also for a cell of a table, where it is no markup."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`").replace("\n", " ")


def decoded(content: bytes) -> str:
    """UTF-8, or what the byte order mark says: `>` of Windows PowerShell writes UTF-16.

    Raises:
        UnicodeDecodeError: It is something else.
    """
    return content.decode(next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8"))


def standard_input() -> BinaryIO:
    """What the process is given.

    Raises:
        OSError: It was started without.
    """
    # Python has None here, whatever its types say.
    if cast("object", sys.stdin) is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard input")
    return sys.stdin.buffer
