"""Text as shells and tools of every system write it."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from typing import BinaryIO, cast

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Before those of UTF-16, with one of which it begins.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


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
