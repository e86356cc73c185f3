"""Real shells for the tests: the machine's own, or Debian's, unpacked into the cache without being installed.

On Debian and its kin, `apt-get` brings fish and zsh, and checks them against the keys of the distribution; it needs no
root for that. Elsewhere a shell that is not there is skipped, and pytest says so. PowerShell, a program of .NET, is run
where it is installed; everywhere its lines are read by a parser of PowerShell.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.folders import cache_folder
from tests.policies.pack.other_languages import built_once
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGES = ("fish", "fish-common", "libpcre2-32-0", "zsh", "zsh-common")


@dataclass(frozen=True)
class Shell:
    """A shell that can be run.

    Attributes:
        program: Its file.
        variables: What it needs in its environment, where it is not installed.
        prelude: What it must be told first, for the same reason.
    """

    program: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    prelude: str = ""


def find(name: str) -> Shell:
    """A shell; the test is skipped where there is none."""
    if found := shutil.which(name):
        return Shell(found)
    if name not in ("fish", "zsh") or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip(f"{name} is not on this machine, and cannot be had from Debian's packages here")
    return _unpacked(name, built_once(cache_folder() / "shells", [Path(__file__)], _unpack))


def _unpacked(name: str, folder: Path) -> Shell:
    (libraries,) = (folder / "usr" / "lib").glob("*-linux-gnu*")
    if name == "fish":
        # It takes its own functions from beside itself where it finds settings there, too.
        return Shell(str(folder / "usr" / "bin" / "fish"), {"LD_LIBRARY_PATH": str(libraries)})
    modules = next((libraries / "zsh").iterdir())
    return Shell(str(folder / "bin" / "zsh"), prelude=f"module_path=('{modules}')\n")


def _unpack(folder: Path) -> None:
    state, cache = folder / "apt" / "state", folder / "apt" / "cache"
    (state / "lists" / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    apt = ["apt-get", "-qq", "-o", f"Dir::State={state}", "-o", f"Dir::Cache={cache}", "-o", "Acquire::Retries=3"]
    if os.geteuid() == 0:
        # The user that apt would change to may not write here.
        apt += ["-o", "APT::Sandbox::User=root"]
    try:
        for command in ("update", f"download {' '.join(_PACKAGES)}"):
            fetched([*apt, *command.split()], folder=folder, variables=os.environ)
    except AssertionError as error:
        pytest.skip(str(error))
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(folder)], check=True)
        package.unlink()
    (folder / "usr" / "etc").symlink_to("../etc")
    shutil.rmtree(folder / "apt")
