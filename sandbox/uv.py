"""Finding uv, or installing it into the cache from the Python package index, checked against committed hashes.

Only the standard library is used: nothing else is there yet when this runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.folders import cache_folder

REQUIREMENTS = Path(__file__).parent / "uv-requirements.txt"
"""The pinned uv, with the hashes of its builds for every platform."""

_OLDEST = (0, 8)
"""uv reads this workspace's lock file from this version on."""


def install() -> Path:
    """The uv to use, installed if need be. A second run at the same time does no harm.

    Raises:
        SandboxError: If it can't be installed; the message says why and what to do instead.
    """
    found = _own() or _cached()
    if found is not None:
        return found
    target = _target()
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _pip_install(unfinished)
        if not _is_there(target):
            unfinished.rename(target)
    except OSError:
        # Somebody else was quicker: theirs is as good as ours.
        if not _is_there(target):
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _in(target)


def _own() -> Path | None:
    found = shutil.which("uv")
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"uv (\d+)\.(\d+)", said)
    return Path(found) if numbers and (int(numbers[1]), int(numbers[2])) >= _OLDEST else None


def _cached() -> Path | None:
    return _in(_target()) if _is_there(_target()) else None


def _target() -> Path:
    return cache_folder() / "uv" / _version()


def _version() -> str:
    return REQUIREMENTS.read_text().partition("uv==")[2].split(maxsplit=1)[0]


def _in(folder: Path) -> Path:
    return folder / "bin" / "uv"


def _is_there(folder: Path) -> bool:
    return os.access(_in(folder), os.X_OK)


def _pip_install(folder: Path) -> None:
    command = [
        *_pip(folder),
        *("install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--target", str(folder), "-r", str(REQUIREMENTS)),
    ]
    # pip asks for Rust's version, and Rust's installer then writes its settings: not into the user's home.
    variables = {**os.environ, "RUSTUP_HOME": str(folder / "rustup")}
    finished = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if finished.returncode != 0 or not _is_there(folder):
        raise SandboxError(
            f"uv {_version()} could not be installed from the Python package index. Can it be reached from here? "
            + "uv from its own site or your system's packages does as well.\n"
            + f"pip said:\n{finished.stderr.strip()}"
        )


def _pip(folder: Path) -> list[str]:
    """A pip to run: this Python's own, or one in a throw-away environment (some systems' Python has none)."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return [sys.executable, "-m", "pip"]
    environment = folder / "pip"
    made = subprocess.run([sys.executable, "-m", "venv", str(environment)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SandboxError(
            f"uv is not on PATH, and {sys.executable} has no pip to install it with. "
            + "Install uv, or Python's venv module (on Debian and Ubuntu: apt install python3-venv).\n"
            + (made.stderr or made.stdout).strip()
        )
    return [str(environment / "bin" / "python"), "-m", "pip"]
