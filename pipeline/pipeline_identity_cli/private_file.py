"""Files that only their owner may read."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from pipeline_identity_cli.outcome import Stopped


def write(path: str, text: str) -> None:
    """Write a file with mode 0600, in one step: whoever reads it sees the old text or the new one.

    On Windows, the file has the permissions of its folder: there are no modes.

    Raises:
        Stopped: The file cannot be written.
    """
    target = Path(path)
    try:
        # Made with mode 0600, so at no moment is there a file that others can open.
        descriptor, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.replace(scratch, target)  # noqa: PTH105 - a link in its place is replaced, not followed
        except BaseException:
            with suppress(OSError):
                Path(scratch).unlink()
            raise
    except OSError as error:
        raise Stopped(f"{path} cannot be written: {error.strerror}", "name a file in a folder you may write") from None
