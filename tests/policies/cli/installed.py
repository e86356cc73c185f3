"""Environments of their own for what is installed from this checkout, with the versions of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path

from sandbox import uv
from sandbox.folders import CHECKOUT, cache_folder
from tests.support.downloads import fetched

_OURS = ("iam-guardrails", "pulumi-pipeline-identity")


def variables() -> dict[str, str]:
    """The environment for uv and pip: nothing of a virtual environment around the tests, and one cache."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return {"UV_CACHE_DIR": str(cache_folder() / "uv-cache"), **kept}


def constraints(folder: Path) -> Path:
    """A file that pins all packages to the versions of this environment, which `uv.lock` pins."""
    file = folder / "constraints.txt"
    pins = {f"{one.name}=={one.version}" for one in distributions() if one.name not in _OURS}
    file.write_text("\n".join(sorted(pins)))
    return file


def wheel(folder: Path) -> Path:
    """The wheel of `policies/`, built from a copy of what git knows, so that nothing else gets in."""
    source = checked_out(folder / "source") / "policies"
    _uv("build", "--wheel", "--out-dir", str(folder / "wheels"), str(source), folder=folder)
    (built,) = (folder / "wheels").glob("*.whl")
    return built


def environment(folder: Path, *requirements: str) -> Path:
    """A new environment with these packages and what they need; its folder of programs."""
    folder.mkdir(parents=True, exist_ok=True)
    _uv("venv", str(folder / "environment"), folder=folder)
    python = folder / "environment" / "bin" / "python"
    pinned = ("--constraints", str(constraints(folder)))
    _uv("pip", "install", "--python", str(python), *pinned, *requirements, folder=folder)
    return python.parent


def checked_out(folder: Path) -> Path:
    """A copy of the files of this checkout as they are, without those that git does not know or ignores."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        if name and (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    return folder


def _uv(*arguments: str, folder: Path) -> None:
    fetched([str(uv.install()), *arguments, "--quiet"], folder=folder, variables=variables())
