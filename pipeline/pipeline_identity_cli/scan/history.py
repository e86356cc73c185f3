"""The history of Git: every file that a reference or the reflog reaches, once for each content it had.

Commits' and tags' messages are read, too. Objects are asked of `git cat-file` in one stream, which runs no filter, no
hook and no text conversion of the repository.
"""

from __future__ import annotations

import io
import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

from pipeline_identity_cli.outcome import one_line
from pipeline_identity_cli.scan.files import read_stream
from pipeline_identity_cli.scan.leaks import NotRead

if TYPE_CHECKING:
    from pipeline_identity_cli.scan.leaks import Findings, Leak

_FORM = "%(objecttype) %(objectname) %(objectsize) %(rest)"
_READ = ("blob", "commit", "tag")


def read_history(folder: str, findings: Findings) -> None:
    """Add what stands in the history of a repository, or why it could not be read.

    Args:
        folder: A folder of the repository.
        findings: Where to add it.
    """
    try:
        if _git(folder, "rev-parse", "--is-shallow-repository") == "true":
            findings.unread.append((folder, "its history is cut off (a shallow clone): git fetch --unshallow"))
        _read_objects(folder, findings)
    except NotRead as reason:
        findings.unread.append((folder, f"its history: {reason}"))


def _read_objects(folder: str, findings: Findings) -> None:
    with (
        _started(folder, "rev-list", "--objects", "--all", "--reflog", "--indexed-objects") as listing,
        _started(folder, "cat-file", f"--batch={_FORM}", stdin=listing.stdout) as objects,
    ):
        output = cast("BinaryIO", objects.stdout)
        while header := output.readline():
            kind, name, size, path = header.decode(errors="replace").rstrip("\n").split(" ", 3)
            content = output.read(int(size))
            output.read(1)
            if kind in _READ:
                _read_object(folder, kind, name, path, content, findings)
        _, errors = listing.communicate()
        objects.wait()
    if listing.returncode or objects.returncode:
        raise NotRead(one_line(errors.decode(errors="replace"), 200) or "git cannot read it")


def _read_object(folder: str, kind: str, name: str, path: str, content: bytes, findings: Findings) -> None:
    commit = name if kind == "commit" else ""

    def completed(leak: Leak) -> Leak:
        nonlocal commit
        if not commit and kind == "blob":
            commit = _first_commit(folder, name)
        return replace(leak, commit=commit[:12])

    label = f"{path}@{name[:12]}" if path else f"{kind} {name[:12]}"
    read_stream(label, cast("BinaryIO", io.BytesIO(content)), findings, completed)


def _first_commit(folder: str, blob: str) -> str:
    """The oldest commit that has a file's content; "" where none has it, as when it was only staged."""
    return _git(folder, "log", "--all", "--reflog", "--format=%H", f"--find-object={blob}").rpartition("\n")[2]


def _git(folder: str, *arguments: str) -> str:
    with _started(folder, *arguments) as process:
        output, errors = process.communicate()
    if process.returncode:
        raise NotRead(one_line(errors.decode(errors="replace"), 200))
    return output.decode(errors="replace").strip()


def _started(folder: str, *arguments: str, stdin: object = None) -> subprocess.Popen[bytes]:
    # Neither a hook nor a monitor of the repository's own runs, and nothing is fetched.
    command = ["git", "-C", folder, "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", *arguments]
    given = subprocess.DEVNULL if stdin is None else cast("int", stdin)
    try:
        return subprocess.Popen(
            command,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise NotRead("git is not on this machine's PATH") from None
