"""File names as code hosts know them: relative to the repository."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


def top() -> Path:
    """The repository's top folder: the workspace of a GitHub job, else where `.git` is, else the current folder."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace:
        return Path(workspace).resolve()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def path(file: str, repository: Path) -> str:
    """A file's name relative to the repository, with `/`; as it is for one outside, and for standard input."""
    if not os.path.exists(file):  # noqa: PTH110 - a name too long for a file is none
        return file
    real = Path(file).resolve()
    return real.relative_to(repository).as_posix() if real.is_relative_to(repository) else real.as_posix()


def uri(file: str, repository: Path) -> str:
    """The same as a URI reference."""
    name = path(file, repository)
    return Path(name).as_uri() if Path(name).is_absolute() else quote(name, errors="surrogateescape")
