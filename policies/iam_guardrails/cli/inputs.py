"""Files, folders, patterns and standard input: every policy document in them, and what could not be read."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePath

from iam_guardrails.cli.outcome import NotJudged, PolicyText
from iam_guardrails.cli.recognition import MOST_PLACES, Content, Piece, Recognized, pieces, recognize
from iam_guardrails.language.documents import DocumentKind

STDIN = "-"
_SUFFIXES = (".json", ".jsonl", ".ndjson")
_NOT_SEARCHED = frozenset(
    (".git", ".hg", ".svn", ".terraform", ".venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache", "node_modules")
)
"""Folders that other tools fill."""
_LARGEST = 64 * 1024 * 1024
"""Bytes beyond which a file is not read: it cannot be policies by hand, and a device may never end."""


@dataclass
class Found:
    """What the arguments hold.

    Attributes:
        documents: the policy documents.
        not_judged: what could not be read, and what should have held a document and does not.
        passed_over: files without a policy document that were nobody's particular wish.
    """

    documents: list[PolicyText] = field(default_factory=list[PolicyText])
    not_judged: list[NotJudged] = field(default_factory=list[NotJudged])
    passed_over: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Reading:
    """How to read.

    Attributes:
        kind: what every document is judged as; None guesses.
        exclude: patterns of files and folders that are left out of the folders named.
        only_policies: whether files that are named and hold no policy document are passed over, like those in folders.
        stdin_name: what to call standard input.
    """

    kind: DocumentKind | None = None
    exclude: tuple[str, ...] = ()
    only_policies: bool = False
    stdin_name: str = "standard input"


def find(arguments: Sequence[str], reading: Reading) -> Found:
    """Read everything that the arguments name, each file once."""
    found = Found()
    seen: set[str] = set()
    for argument in arguments:
        problems = len(found.not_judged)
        files = list(_files(argument, found))
        if not files and len(found.not_judged) == problems:
            found.not_judged.append(NotJudged(argument, None, *_NO_FILE))
        for file, in_folder in files:
            real = file if file == STDIN else str(Path(file).resolve())
            if real not in seen and not (in_folder and _excluded(file, reading.exclude)):
                seen.add(real)
                _read(file, reading.only_policies or in_folder, reading, found)
    if not found.documents and not found.not_judged and not reading.only_policies:
        found.not_judged.append(NotJudged(" ".join(arguments), None, *_NO_DOCUMENT))
    return found


_NO_FILE = (
    "no file is there",
    "name a file, a folder with .json, .jsonl or .ndjson files, a pattern that matches some, or - for standard input",
)
_NO_DOCUMENT = (
    "no policy document is there",
    "name files that hold some; or pass --only-policies if there need not be any",
)


def _excluded(file: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the file, or a folder it is in; `*` runs over `/` too."""
    path = "/" + PurePath(file).as_posix()
    return any(fnmatch(path, f"*/{one}") or fnmatch(path, f"*/{one}/*") for one in map(_bare, patterns))


def _bare(pattern: str) -> str:
    return pattern.strip("/").removeprefix("./")


def _files(argument: str, found: Found) -> Iterator[tuple[str, bool]]:
    """The files that an argument names, and whether each was only found in a folder."""
    if argument == STDIN:
        yield STDIN, False
    elif os.path.isdir(argument):  # noqa: PTH112 - a Path would rewrite the name as given
        yield from ((file, True) for file in _in_folder(argument, found))
    elif os.path.exists(argument) or not glob.has_magic(argument):  # noqa: PTH110
        yield argument, False
    else:
        for match in sorted(glob.glob(argument, recursive=True)):  # noqa: PTH207 - names as given
            yield from _files(match, found)


def _in_folder(folder: str, found: Found) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        found.not_judged.append(NotJudged(str(error.filename), None, *_cannot_read(error)))

    seen: set[Path] = set()
    for place, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real = Path(place).resolve()
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if name not in _NOT_SEARCHED)
        yield from (os.path.join(place, name) for name in sorted(files) if name.lower().endswith(_SUFFIXES))  # noqa: PTH118


def _cannot_read(error: OSError) -> tuple[str, str]:
    return f"it cannot be read: {error.strerror or type(error).__name__}", "name a file that is there and may be read"


def _read(file: str, pass_over: bool, reading: Reading, found: Found) -> None:
    name = reading.stdin_name if file == STDIN else file
    try:
        written = _bytes_of(file)
    except OSError as error:
        found.not_judged.append(NotJudged(name, None, *_cannot_read(error)))
        return
    if len(written) > _LARGEST:
        reason = f"it has more than {_LARGEST:,} bytes"
        found.not_judged.append(NotJudged(name, None, reason, "split it into several files"))
        return
    try:
        text = written.decode("utf-8")
    except UnicodeDecodeError as error:
        reason = f"it is no UTF-8 text (byte {error.start + 1:,})"
        found.not_judged.append(NotJudged(name, None, reason, "save it as UTF-8"))
        return
    texts, line_each = pieces(text, PurePath(name).suffix)
    held = [recognize(piece.text) for piece in texts]
    if pass_over and all(one.content in (Content.OTHER, Content.NOTHING) for one in held):
        found.passed_over.append(name)
        return
    if not held:
        found.not_judged.append(NotJudged(name, None, *_no_policy("it is empty")))
    for piece, one in zip(texts, held, strict=True):
        _sort(piece, one, name, line_each, reading.kind, found)


def _bytes_of(file: str) -> bytes:
    if file != STDIN:
        with open(file, "rb") as stream:  # noqa: PTH123 - also /dev/fd/N and its like
            return stream.read(_LARGEST + 1)
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] (it is, where the shell closed it)
        raise OSError(0, "standard input is closed")
    return sys.stdin.buffer.read(_LARGEST + 1)


def _sort(piece: Piece, held: Recognized, name: str, line_each: bool, kind: DocumentKind | None, found: Found) -> None:
    """Put a piece of a file where it belongs."""
    line = piece.line if line_each else None
    if held.content is Content.POLICY:
        found.documents.append(PolicyText(name, piece.text, piece.line, line_each, kind or held.kind, kind is None))
    elif held.content is Content.EMBEDDED:
        found.not_judged.append(NotJudged(name, line, *_embedded(held.places)))
    else:
        found.not_judged.append(NotJudged(name, line, *_no_policy(held.trouble)))


def _no_policy(trouble: str) -> tuple[str, str]:
    reason = f"no policy document is there: {trouble}" if trouble else "no policy document is there"
    return reason, "name files that hold policy documents, or pass --only-policies to pass over others"


def _embedded(places: Sequence[str]) -> tuple[str, str]:
    more = " and elsewhere" if len(places) > MOST_PLACES else ""
    where = ", ".join(places[:MOST_PLACES]) + more
    return (
        f"policy documents stand inside something else, at {where}",
        "hand over each document by itself, a file or a line each, or leave this file out",
    )
