"""Files that are written in one step, and that only their owner may read unless they are for everybody."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from pipeline_identity_cli.outcome import Stopped, one_line


def write(path: str, text: str, *, for_everybody: bool = False) -> None:
    """Write a file with mode 0600, in one step: whoever reads it sees the old text or the new one.

    Only a regular file is replaced. In the place of a device, a FIFO or a link, a program that runs as root would
    otherwise take away what the machine needs, or leave secrets where nobody looks for them.

    On Windows, the file has the permissions of its folder: there are no modes.

    Args:
        path: The file.
        text: The whole text.
        for_everybody: Whether others may read it: the mode is then 0644.

    Raises:
        Stopped: The file cannot be written, or something else than a regular file is in its place.
    """
    target = _regular(path)
    try:
        # Made with mode 0600, so at no moment is there a file that others can open.
        descriptor, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if for_everybody:
                os.chmod(scratch, 0o644)  # noqa: PTH101 - beside the one that made the scratch file
            os.replace(scratch, target)  # noqa: PTH105 - beside the one that made the scratch file
        except BaseException:
            with suppress(OSError):
                Path(scratch).unlink()
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def append(path: str, text: str) -> None:
    """Append to a file that is there already and that another program reads, such as the one of `GITHUB_ENV`.

    Raises:
        Stopped: The file cannot be written, or is not a regular file.
    """
    target = _regular(path)
    try:
        # A line that was left open would swallow the first variable.
        last = target.read_bytes()[-1:]
        with target.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text if last in (b"", b"\n") else f"\n{text}")
    except OSError as error:
        raise _unwritable(path, error) from None


def _regular(path: str) -> Path:
    """The file, if it is a regular one or not there yet."""
    name, target = one_line(path), Path(path)
    if path == "-":
        raise Stopped("- is standard output, and not a file", "name a file, or leave the option out", kind="usage")
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return target
    except OSError as error:
        raise _unwritable(path, error) from None
    if not stat.S_ISREG(mode):
        kinds = {
            stat.S_IFLNK: "a link",
            stat.S_IFDIR: "a folder",
            stat.S_IFIFO: "a FIFO",
            stat.S_IFCHR: "a device",
            stat.S_IFBLK: "a device",
            stat.S_IFSOCK: "a socket",
        }
        problem = f"{name} is {kinds.get(stat.S_IFMT(mode), 'something else')}, and not a regular file"
        raise Stopped(problem, "name a file, or one that is not there yet", kind="not-written")
    return target


def _unwritable(path: str, error: OSError) -> Stopped:
    problem = f"{one_line(path)} cannot be written: {error.strerror}"
    return Stopped(problem, "name a file in a folder you may write", kind="not-written")
