"""Looking for a Pulumi that the user has installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_OLDEST = (3, 249)
"""Older engines don't know what the component package and the policy pack of this project ask for."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine with its Python host.

    Attributes:
        bin_dir: The folder that holds `pulumi`, `pulumi-language-python` and `pulumi-language-python-exec`.
        version: For example `3.259.0`.
        is_own: Whether the user installed it; False for the one built here.
    """

    bin_dir: Path
    version: str
    is_own: bool


def find(*, not_in: Path) -> Engine | None:
    """The first `pulumi` on PATH that is new enough and has its Python host beside it, or None.

    Args:
        not_in: A folder whose engines don't count: the cache, which a shell of `make env` has on its PATH.
    """
    for entry in os.get_exec_path():
        named = shutil.which("pulumi", path=entry)
        if named is None or not_in.resolve() in Path(named).resolve().parents:
            continue
        # A package manager's link leads to the folder where the rest stands.
        for folder in dict.fromkeys((Path(named).parent, Path(named).resolve().parent)):
            if shutil.which("pulumi-language-python", path=str(folder)) and (version := _version(folder / "pulumi")):
                return Engine(folder, ".".join(map(str, version)), is_own=True)
    return None


def _version(pulumi: Path) -> tuple[int, int, int] | None:
    """The version, if it can be told and is new enough."""
    variables = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    said = subprocess.run([pulumi, "version"], capture_output=True, text=True, env=variables, check=False).stdout
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said)
    if numbers is None:
        return None
    version = (int(numbers[1]), int(numbers[2]), int(numbers[3]))
    return version if version >= _OLDEST else None
