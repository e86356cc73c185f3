"""The user's own Pulumi is used when it will do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sandbox.engine.found import find

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, folders), "/bin"]))


def _pulumi(folder: Path, version: str, host: bool = True) -> None:
    folder.mkdir(parents=True)
    for name in ("pulumi", "pulumi-language-python") if host else ("pulumi",):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)


def test_a_new_enough_one_with_its_python_host_is_found(tmp_path: Path) -> None:
    _pulumi(tmp_path / "one", "v3.300.1")

    found = find(not_in=tmp_path / "cache")
    assert found is not None
    assert (found.bin_dir, found.version, found.is_own) == (tmp_path / "one", "3.300.1", True)


@pytest.mark.parametrize("version", ["v3.248.0", "v2.25.2", "not a version"])
def test_one_that_is_too_old_or_tells_no_version_is_not(tmp_path: Path, version: str) -> None:
    _pulumi(tmp_path / "one", version)

    assert find(not_in=tmp_path / "cache") is None


def test_one_without_its_python_host_is_not(tmp_path: Path) -> None:
    _pulumi(tmp_path / "one", "v3.300.1", host=False)

    assert find(not_in=tmp_path / "cache") is None


def test_a_later_one_on_path_is_found_behind_an_old_one(tmp_path: Path) -> None:
    _pulumi(tmp_path / "one", "v3.100.0")
    _pulumi(tmp_path / "two", "v3.249.0")

    found = find(not_in=tmp_path / "cache")
    assert found is not None
    assert found.version == "3.249.0"


def test_the_host_may_stand_beside_what_a_link_points_to(tmp_path: Path) -> None:
    _pulumi(tmp_path / "cellar", "v3.300.1")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "pulumi").symlink_to(tmp_path / "cellar" / "pulumi")

    found = find(not_in=tmp_path / "cache")
    assert found is not None
    assert found.bin_dir == tmp_path / "cellar"


def test_the_one_in_the_cache_is_not_taken_for_the_users_own(tmp_path: Path) -> None:
    _pulumi(tmp_path / "one", "v3.300.1")

    assert find(not_in=tmp_path) is None
