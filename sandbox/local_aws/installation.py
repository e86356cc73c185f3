"""Installing the local AWS once, into a cache that outlives the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.local_aws.errors import LocalAwsError

_ENVIRONMENT = Path(__file__).parent / "environment"
_PINNED = "ministack=="


def install(cache: Path, uv: Path) -> Path:
    """Install the local AWS unless it is there already.

    The folder appears in one step, complete: an interrupted or a doubled run leaves nothing half done.

    Args:
        cache: The project's cache folder, for example ``~/.cache/pulumi-pipeline-identity``. Made when missing.
        uv: The uv executable that does the installing. Every package is checked against the committed lock file.

    Returns:
        The installation: the folder of a Python environment, to be given to ``start``.

    Raises:
        LocalAwsError: uv could not install it; the message ends with what uv said.
    """
    target = cache / "local-aws" / _key()
    if _is_usable(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _sync(uv, unfinished)
        _publish(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def python_of(installation: Path) -> Path:
    """The interpreter of an installation."""
    return installation / "bin" / "python"


def _key() -> str:
    """Version, interpreter and lock: whatever changes one of them gets an installation of its own."""
    lock = hashlib.sha256((_ENVIRONMENT / "uv.lock").read_bytes()).hexdigest()[:12]
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return f"{_version()}-{python}-{lock}"


def _version() -> str:
    text = (_ENVIRONMENT / "pyproject.toml").read_text()
    return text.partition(_PINNED)[2].partition('"')[0]


def _is_usable(installation: Path) -> bool:
    # The link dangles once the interpreter it was made with is gone.
    return python_of(installation).exists()


def _sync(uv: Path, target: Path) -> None:
    command = [str(uv), "sync", "--frozen", "--no-config", "--project", str(_ENVIRONMENT), "--python", sys.executable]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = str(target)
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise LocalAwsError(
            f"The local AWS (ministack {_version()}) could not be installed. Can a Python package index be reached? "
            f"uv said:\n{finished.stderr.strip()}"
        )


def _publish(unfinished: Path, target: Path) -> None:
    if target.exists() and not _is_usable(target):
        shutil.rmtree(target, ignore_errors=True)
    try:
        unfinished.rename(target)
    except OSError:
        # Somebody else was quicker: theirs is as good as ours.
        if not _is_usable(target):
            raise
