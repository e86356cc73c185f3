"""What others would get of this checkout: its distributions, and its repository."""

from __future__ import annotations

import email
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import uv
from tests.policies.cli.installed import checked_out, constraints, variables
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from email.message import Message

FOLDERS = {"pulumi_pipeline_identity": "components", "iam_guardrails": "policies", "pipeline_identity_cli": "pipeline"}
"""The distributions that others install, by the beginning of their files' names, and their folders here."""


def distributions(folder: Path) -> Path:
    """A folder with wheel and sdist of each, built as a release would build them, from what git knows alone."""
    source, built = checked_out(folder / "source"), folder / "built"
    for name in FOLDERS.values():
        run("uv", "build", "--quiet", "--out-dir", str(built), str(source / name), folder=folder)
    return built


def repository(folder: Path) -> str:
    """The address of a git repository whose one commit holds this checkout as it is."""
    checked_out(folder)
    person = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
    run("git", "init", "--quiet", "--initial-branch", "main", folder=folder)
    run("git", "add", "--all", "--force", folder=folder)
    run("git", *person, "commit", "--quiet", "--message", "All there is", folder=folder)
    return f"git+file://{folder}"


def environment(folder: Path, *requirements: str, python: str | None = None) -> Path:
    """A new environment with these requirements, pinned to the versions of `uv.lock`; its interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = ("--python", python) if python else ()
    run("uv", "venv", "--quiet", *chosen, str(folder / "environment"), folder=folder)
    interpreter = folder / "environment" / "bin" / "python"
    pinned = ("--constraints", str(constraints(folder)))
    run("uv", "pip", "install", "--quiet", "--python", str(interpreter), *pinned, *requirements, folder=folder)
    return interpreter


def run(*command: str, folder: Path) -> str:
    """What a program prints; it must succeed. What uv fetches may take more than one attempt."""
    program, *arguments = command
    if program == "uv":
        return fetched([str(uv.install()), *arguments], folder=folder, variables=variables())
    done = subprocess.run(command, cwd=folder, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(distribution: Path) -> dict[str, bytes]:
    """What a wheel or an sdist holds, by name; an sdist without the folder that all of it stands in."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(distribution) as sdist:
        held = {member.name.partition("/")[2]: sdist.extractfile(member) for member in sdist.getmembers()}
        return {name: content.read() for name, content in held.items() if content}


def metadata(distribution: Path) -> Message:
    """The core metadata of a wheel or an sdist."""
    held = files(distribution)
    (name,) = [name for name in held if name.endswith(".dist-info/METADATA") or name == "PKG-INFO"]
    return email.message_from_bytes(held[name])
