"""The files that a scan is to read, and reading each of them."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from pipeline_identity_cli.scan.leaks import Findings, Leak, NotRead
from pipeline_identity_cli.scan.opening import DAMAGED, opened
from pipeline_identity_cli.scan.text import leaks_in
from pipeline_identity_cli.texts import standard_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HISTORY = "Git keeps its objects compressed: add --git-history"


def read_file(file: str, findings: Findings) -> None:
    """Add what stands in a file, or why it could not be read.

    Args:
        file: The file; `-` for standard input.
        findings: Where to add it.
    """
    try:
        if file == "-":
            read_stream("standard input", standard_input(), findings)
            return
        if Path(file).exists() and not Path(file).is_file():
            raise NotRead("it is no regular file")
        with Path(file).open("rb") as stream:
            read_stream(file, stream, findings)
    except NotRead as reason:
        findings.unread.append((file, str(reason)))
    except OSError as error:
        findings.unread.append((file, error.strerror or "it is damaged"))


def read_stream(
    name: str, stream: BinaryIO, findings: Findings, found: Callable[[Leak], Leak] = lambda leak: leak
) -> None:
    """Add what stands in a stream, or why it could not be read to its end.

    Args:
        name: What it is called in the report.
        stream: Its content.
        findings: Where to add it.
        found: Completes each leak.
    """
    last = name
    try:
        for inner, text in opened(name, stream):
            last = inner
            if isinstance(text, NotRead):
                findings.unread.append((inner, str(text)))
                continue
            with text:
                findings.leaks += map(found, leaks_in(inner, text, findings))
            findings.read += 1
    except NotRead as reason:
        findings.unread.append((last, str(reason)))
    except DAMAGED as error:
        why = error.strerror if isinstance(error, OSError) else None
        findings.unread.append((last, why or "it is damaged"))


def files(arguments: Sequence[str], exclude: Sequence[str], findings: Findings, *, history: bool) -> Iterator[str]:
    """Every file that the arguments name.

    Args:
        arguments: Files, folders, or `-` for standard input.
        exclude: Patterns of files and folders that are left out of the folders named.
        findings: Where to add what cannot be opened.
        history: Whether the history of Git is read by itself.
    """
    # Links to folders are not followed: they may lead in circles.
    roots = [os.path.realpath(argument) for argument in arguments if argument != "-"]
    for argument in arguments:
        if not Path(argument).is_dir():
            yield argument
        else:
            yield from _folder(argument, exclude, roots, findings, history=history)


def _folder(
    folder: str, exclude: Sequence[str], roots: Sequence[str], findings: Findings, *, history: bool
) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        findings.unread.append((str(error.filename), error.strerror or "it cannot be opened"))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        if "objects" in folders and _is_of_git(Path(place)):
            # What lies beside the objects is text: addresses in `config` may hold tokens.
            folders.remove("objects")
            if not history and Path(place) == Path(folder):
                findings.unread.append((str(Path(place) / "objects"), _HISTORY))
            elif not history:
                findings.notes.append(f"{place}: its history was not read; add --git-history")
        folders[:] = sorted(one for one in folders if not _excluded(place, one, exclude))
        why = "it is a link to a folder elsewhere: name that folder, or leave it out"
        leading_out = (Path(place) / one for one in folders)
        findings.unread += [(str(one), why) for one in leading_out if _leads_out(one, roots)]
        yield from (str(Path(place) / one) for one in sorted(names) if not _excluded(place, one, exclude))


def _is_of_git(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "refs").is_dir()


def _leads_out(folder: Path, roots: Sequence[str]) -> bool:
    """Whether a folder is a link to one that is not read by itself."""
    return folder.is_symlink() and not any(Path(os.path.realpath(folder)).is_relative_to(root) for root in roots)


def _excluded(place: str, name: str, patterns: Sequence[str]) -> bool:
    path = "/" + (PurePath(place) / name).as_posix().lstrip("/")
    return any(fnmatch(path, f"*/{pattern.strip('/')}") for pattern in patterns)
