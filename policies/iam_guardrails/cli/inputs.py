"""Files, folders, patterns and standard input: what is read of them, and what could not be."""

from __future__ import annotations

import glob
import os
import select
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import PurePath
from typing import NamedTuple

from iam_guardrails.model import DocumentKind
from iam_guardrails.reports.report import NotChecked
from iam_guardrails.sources import SUFFIXES, Content, NotReadable, Source, decoded, read

STDIN = "-"
_NOT_SEARCHED = frozenset(
    (".git", ".hg", ".svn", ".terraform", ".venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache", "node_modules")
)
"""Folders that other tools fill."""
_PATIENCE = 10
"""Seconds to wait for somebody to write to a pipe."""
_LARGEST = 64 * 1024 * 1024
"""Bytes beyond which a file is not read: it cannot be policies by hand, and a device may never end."""


@dataclass
class Found:
    """What the arguments hold.

    Attributes:
        sources: what was read and holds policies.
        not_checked: what could not be read, and what should have held a document and does not.
        passed_over: files without a policy document that nobody asked for in particular.
    """

    sources: list[Source] = field(default_factory=list[Source])
    not_checked: list[NotChecked] = field(default_factory=list[NotChecked])
    passed_over: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Reading:
    """How to read.

    Attributes:
        kind: the kind of every document whose place does not say it; None guesses.
        kinds: the same for the files whose path matches a pattern; the first that matches counts.
        exclude: patterns of files and folders that are left out of the folders named.
        only_policies: whether files that are named and hold no policy document are passed over, like those in folders.
        stdin_name: what to call standard input.
    """

    kind: DocumentKind | None = None
    kinds: tuple[tuple[str, DocumentKind], ...] = ()
    exclude: tuple[str, ...] = ()
    only_policies: bool = False
    stdin_name: str = "standard input"

    def kind_of(self, file: str) -> DocumentKind | None:
        """The kind of the documents of a file whose place does not say it."""
        return self.kind or next((kind for pattern, kind in self.kinds if matches_path(pattern, file)), None)


class Listed(NamedTuple):
    """A file to read.

    Attributes:
        file: name of it, or - for standard input.
        in_folder: whether it was only found in a folder, so that it need not hold a policy.
    """

    file: str
    in_folder: bool


def find(arguments: Sequence[str], reading: Reading) -> Found:
    """Read everything that the arguments name, each file once."""
    found = Found()
    read_all(listed(arguments, reading, found), reading, found)
    nothing = not found.sources and not found.not_checked and not reading.only_policies
    if nothing and not any(one in arguments for one in found.passed_over):
        found.not_checked.append(NotChecked(" ".join(arguments), None, *_NO_DOCUMENT))
    return found


def listed(arguments: Sequence[str], reading: Reading, found: Found) -> list[Listed]:
    """The files that arguments name, each once.

    Args:
        arguments: files, folders, patterns, or - for standard input.
        reading: what is left out.
        found: told what cannot be found.
    """
    names: list[Listed] = []
    seen: set[str] = set()
    for argument in arguments:
        problems = len(found.not_checked)
        files = list(_files(argument, found))
        if not files and len(found.not_checked) == problems:
            found.not_checked.append(NotChecked(argument, None, *_NO_FILE))
        for file, in_folder in files:
            real = file if file == STDIN else os.path.realpath(file)
            if real not in seen and not (in_folder and _excluded(file, reading.exclude)):
                seen.add(real)
                names.append(Listed(file, in_folder))
    return names


def read_all(files: Iterable[Listed], reading: Reading, found: Found) -> None:
    """Read files.

    Args:
        files: the files.
        reading: how to read.
        found: what was read so far, which these are added to.
    """
    for file, in_folder in files:
        _read(file, in_folder, reading, found)


def add_inventory(file: str, found: Found) -> None:
    """Read an inventory, beside what is checked.

    Args:
        file: name of the file, or - for standard input.
        found: what was read so far, which the inventory is added to.
    """
    from iam_guardrails.sources.inventory import read_inventory

    try:
        text = decoded(_bytes_of(file))
        parts = read_inventory(text, file)
    except OSError as error:
        found.not_checked.append(NotChecked(file, None, *_cannot_read(error)))
    except NotReadable as error:
        found.not_checked.append(NotChecked(file, None, error.reason, error.fix or "mend the inventory"))
    else:
        found.sources.append(Source(file, "inventory", Content.RESOURCES, text, parts=(parts,)))


_NO_FILE = (
    "no file is there",
    f"name a file, a folder with {', '.join(SUFFIXES)} files, a pattern that matches some, or - for standard input",
)
_NO_DOCUMENT = (
    "no policy document is there",
    "name files that hold some; or pass --only-policies if there need not be any",
)


def matches_path(pattern: str, file: str) -> bool:
    """Whether a pattern matches a file, or a folder it is in; `*` runs over `/` too."""
    path, bare = "/" + PurePath(file).as_posix(), pattern.strip("/").removeprefix("./")
    return fnmatch(path, f"*/{bare}") or fnmatch(path, f"*/{bare}/*")


def _excluded(file: str, patterns: Sequence[str]) -> bool:
    return any(matches_path(one, file) for one in patterns)


def _files(argument: str, found: Found) -> Iterator[tuple[str, bool]]:
    """The files that an argument names, and whether each was only found in a folder."""
    if argument == STDIN:
        yield STDIN, False
    elif os.path.isdir(argument):  # noqa: PTH112 - a Path would rewrite the name as given
        yield from ((file, True) for file in _in_folder(argument, found))
    elif os.path.lexists(argument) or not glob.has_magic(argument):
        yield argument, False
    else:
        for match in _matches(argument):
            yield from _files(match, found)


def _matches(pattern: str) -> list[str]:
    """What a pattern matches, each file once, by the shortest of its names: links may lead round in circles."""
    shortest: dict[str, str] = {}
    for match in glob.glob(pattern, recursive=True):  # noqa: PTH207 - names as given
        real = os.path.realpath(match)
        shortest[real] = min(shortest.get(real, match), match, key=lambda name: (len(name), name))
    return sorted(shortest.values())


def _in_folder(folder: str, found: Found) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        found.not_checked.append(NotChecked(str(error.filename), None, *_cannot_read(error)))

    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if name not in _NOT_SEARCHED)
        yield from (os.path.join(place, name) for name in sorted(files) if name.lower().endswith(SUFFIXES))  # noqa: PTH118


def _cannot_read(error: OSError) -> tuple[str, str]:
    return f"it cannot be read: {error.strerror or type(error).__name__}", "name a file that is there and may be read"


def _read(file: str, in_folder: bool, reading: Reading, found: Found) -> None:
    name = reading.stdin_name if file == STDIN else file
    try:
        if in_folder and not _is_regular(file):
            found.passed_over.append(name)
            return
        written = _bytes_of(file)
        if len(written) > _LARGEST:
            raise NotReadable(f"it has more than {_LARGEST:,} bytes", "split it into several files")
        text = decoded(written)
    except OSError as error:
        found.not_checked.append(NotChecked(name, None, *_cannot_read(error)))
        return
    except NotReadable as error:
        found.not_checked.append(NotChecked(name, None, error.reason, error.fix))
        return
    held = read(text, name, reading.kind_of(name))
    pass_over = in_folder or reading.only_policies
    if pass_over and all(one.content in (Content.OTHER, Content.NOTHING) for one in held):
        found.passed_over.append(name)
        return
    if not held:
        found.not_checked.append(NotChecked(name, None, *_no_policy("it is empty", name)))
    for one in held:
        _sort(one, found)


def _is_regular(file: str) -> bool:
    """Whether a file of a folder is one that ends: no pipe, socket or device."""
    return stat.S_ISREG(os.stat(file).st_mode)  # noqa: PTH116 - the name as given


def _bytes_of(file: str) -> bytes:
    if file == STDIN:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] (it is, where the shell closed it)
            raise OSError(0, "standard input is closed")
        return sys.stdin.buffer.read(_LARGEST + 1)
    if stat.S_ISFIFO(os.stat(file).st_mode):  # noqa: PTH116 - also /dev/fd/N and its like
        return _from_pipe(file)
    with open(file, "rb") as stream:  # noqa: PTH123 - also /dev/fd/N and its like
        return stream.read(_LARGEST + 1)


def _from_pipe(file: str) -> bytes:
    """What somebody writes to a pipe; one to which nobody writes is not waited for without end."""
    pipe = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        written = bytearray()
        if not select.select([pipe], [], [], _PATIENCE)[0]:
            raise NotReadable(f"nobody has written to this pipe for {_PATIENCE} seconds", "write to it, or name a file")
        while len(written) <= _LARGEST:
            try:
                some = os.read(pipe, 65536)
            except BlockingIOError:
                select.select([pipe], [], [])
                continue
            if not some:
                break
            written += some
    finally:
        os.close(pipe)
    return bytes(written)


def _sort(source: Source, found: Found) -> None:
    """Put what was read where it belongs."""
    line = source.first_line if source.line_of_many else None
    if source.trouble and source.content is not Content.OTHER:
        found.not_checked.append(NotChecked(source.file, line, source.trouble, "mend the file"))
    elif source.content in (Content.POLICY, Content.RESOURCES):
        found.sources.append(source)
    else:
        found.not_checked.append(NotChecked(source.file, line, *_no_policy(source.trouble, source.file)))


def _no_policy(trouble: str, file: str) -> tuple[str, str]:
    if file.endswith((".tf", ".hcl")):
        return (
            "no policy document is there: Terraform's own language is not read",
            "hand over the plan: terraform plan -out plan; terraform show -json plan > plan.json",
        )
    reason = f"no policy document is there: {trouble}" if trouble else "no policy document is there"
    return reason, "name files that hold policy documents, or pass --only-policies to pass over others"
