"""Looking for plain key material in files, folders and standard input."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import lzma
import os
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

from pipeline_identity_cli.key_material import Place, places
from pipeline_identity_cli.outcome import DONE, REFUSED, UNUSABLE, one_line
from pipeline_identity_cli.texts import standard_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BLOCK = 4 * 1024 * 1024
_OVERLAP = 64 * 1024
"""How much of a block is read again with the next one, in characters: what stands across the border is found."""
_OPENED: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": lambda file: cast("BinaryIO", gzip.GzipFile(fileobj=file)),
    b"BZh": lambda file: cast("BinaryIO", bz2.BZ2File(file)),
    b"\xfd7zXZ\x00": lambda file: cast("BinaryIO", lzma.LZMAFile(file)),  # noqa: SIM115 - the caller closes it
}
_NOT_OPENED = {b"PK\x03\x04": "a zip archive", b"\x28\xb5\x2f\xfd": "compressed by zstd", b"7z\xbc\xaf": "a 7z archive"}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Leak:
    """Key material in the clear.

    Attributes:
        file: The file it stands in.
        line: The line, from 1.
        column: The column, from 1.
        kind: What it is.
        resource: The URN of the resource in a Pulumi state that it belongs to; None elsewhere.
    """

    file: str
    line: int
    column: int
    kind: str
    resource: str | None = None


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        leaks: The key material.
        read: How many files were read.
        unread: What could not be read, as pairs of file and reason.
    """

    leaks: tuple[Leak, ...]
    read: int
    unread: tuple[tuple[str, str], ...]

    @property
    def code(self) -> int:
        """The exit code: what could not be read is not fine."""
        return REFUSED if self.leaks else UNUSABLE if self.unread else DONE

    def lines(self) -> str:
        """For people."""
        lines = [
            f"{one_line(leak.file)}:{leak.line}:{leak.column}: {leak.kind}"
            + (f", in {one_line(leak.resource)}" if leak.resource else "")
            for leak in self.leaks
        ]
        lines += [f"{one_line(file)}: not read: {reason}" for file, reason in self.unread]
        lines.append(f"{_count(self.read, 'file')} read: {_count(len(self.leaks), 'place')} with plain key material.")
        if self.leaks:
            lines.append("Make these keys inactive first, then remove them from the files and from their history.")
        return "\n".join(lines) + "\n"

    def data(self) -> str:
        """As JSON."""
        unread = [{"file": file, "reason": reason} for file, reason in self.unread]
        found = {"leaks": [asdict(leak) for leak in self.leaks], "read": self.read, "unread": unread}
        return json.dumps(found, indent=2) + "\n"


def scan(arguments: Sequence[str], exclude: Sequence[str]) -> Report:
    """Read everything that the arguments name.

    Args:
        arguments: Files, folders, or `-` for standard input.
        exclude: Patterns of files and folders that are left out of the folders named.
    """
    leaks: list[Leak] = []
    unread: list[tuple[str, str]] = []
    read = 0
    for file in _files(arguments, exclude, unread):
        reason = _read(file, leaks)
        read += not reason
        unread += [(file, reason)] if reason else []
    return Report(tuple(leaks), read, tuple(unread))


def _read(file: str, leaks: list[Leak]) -> str:
    """Add what stands in a file, and return why it could not be read to its end; nothing if it was."""
    try:
        leaks.extend(_of_file(file))
    except _NotRead as reason:
        return str(reason)
    except (OSError, EOFError, lzma.LZMAError) as error:
        return getattr(error, "strerror", None) or "it is damaged"
    return ""


class _NotRead(Exception):
    """Why a file is not read."""


def _files(arguments: Sequence[str], exclude: Sequence[str], unread: list[tuple[str, str]]) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        unread.append((str(error.filename), error.strerror or "it cannot be opened"))

    # Links to folders are not followed: they may lead in circles.
    roots = [os.path.realpath(argument) for argument in arguments if argument != "-"]
    for argument in arguments:
        if not Path(argument).is_dir():
            yield argument
            continue
        for place, folders, files in os.walk(argument, onerror=unreadable):
            # Git keeps its objects compressed: what is in the history is another tool's business.
            folders[:] = sorted(one for one in folders if one != ".git" and not _excluded(place, one, exclude))
            why = "it is a link to a folder elsewhere: name that folder, or leave it out"
            unread += [(str(Path(place) / one), why) for one in folders if _leads_out(Path(place) / one, roots)]
            yield from (str(Path(place) / one) for one in sorted(files) if not _excluded(place, one, exclude))


def _leads_out(folder: Path, roots: Sequence[str]) -> bool:
    """Whether a folder is a link to one that is not read by itself."""
    return folder.is_symlink() and not any(Path(os.path.realpath(folder)).is_relative_to(root) for root in roots)


def _excluded(place: str, name: str, patterns: Sequence[str]) -> bool:
    path = "/" + (PurePath(place) / name).as_posix().lstrip("/")
    return any(fnmatch(path, f"*/{pattern.strip('/')}") for pattern in patterns)


def _of_file(file: str) -> Iterator[Leak]:
    if file == "-":
        yield from _of_stream("standard input", standard_input())
        return
    if not Path(file).is_file() and Path(file).exists():
        raise _NotRead("it is no regular file")
    with Path(file).open("rb") as stream:
        yield from _of_stream(file, stream)


def _of_stream(file: str, stream: BinaryIO) -> Iterator[Leak]:
    buffered = io.BufferedReader(cast("io.RawIOBase", stream))
    start = buffered.peek(8)[:8]
    for magic, reason in _NOT_OPENED.items():
        if start.startswith(magic):
            raise _NotRead(f"it is {reason}: unpack it")
    for magic, opened in _OPENED.items():
        if start.startswith(magic):
            yield from _of_stream(file, opened(buffered))
            return
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    # Whatever is no text in this encoding cannot be a key either, and must not hide the keys around it.
    yield from _of_text(file, io.TextIOWrapper(buffered, encoding, errors="replace", newline=""))


def _of_text(file: str, text: io.TextIOBase) -> Iterator[Leak]:
    kept, line, column, told = "", 1, 1, -1
    offset = 0
    while more := text.read(_BLOCK):
        block = kept + more
        for place in places(block):
            if offset + place.start > told:
                told = offset + place.start
                yield _leak(file, block, place, line, column)
        cut = max(0, len(block) - _OVERLAP)
        line, column = _after(block[:cut], line, column)
        kept, offset = block[cut:], offset + cut


def _leak(file: str, block: str, place: Place, line: int, column: int) -> Leak:
    at_line, at_column = _after(block[: place.start], line, column)
    return Leak(file, at_line, at_column, place.kind, _resource(block, place.start))


def _after(text: str, line: int, column: int) -> tuple[int, int]:
    """Line and column after a text that begins at others."""
    breaks = text.count("\n")
    return (line + breaks, len(text) - text.rfind("\n")) if breaks else (line, column + len(text))


def _resource(block: str, position: int) -> str | None:
    """The URN before a place: in a Pulumi state, a resource begins with its own."""
    mark = '"urn": "urn:pulumi:'
    start = block.rfind(mark, 0, position)
    if start < 0:
        return None
    urn = block[start + len('"urn": "') :].partition('"')[0]
    return None if places(urn) else urn


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
