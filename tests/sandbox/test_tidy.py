"""The `pulumi` of a shell of `make env`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from sandbox.folders import CHECKOUT
from sandbox.tidy import launcher

if TYPE_CHECKING:
    from pathlib import Path

_OWN = "config:\n  a:b: [c]   # as we like it\n"


def _after(folder: Path, engine_text: str) -> tuple[int, str]:
    """Exit code and settings after an engine that does this; the launcher is told its checkout is `folder`."""
    engine = folder / "engine"
    engine.mkdir()
    (engine / "pulumi").write_text("#!/bin/sh\n" + engine_text)
    (engine / "pulumi").chmod(0o755)
    file = folder / "Pulumi.dev.yaml"
    file.write_text(_OWN)
    launcher(folder / "commands", engine, folder)
    (folder / "sandbox").symlink_to(CHECKOUT / "sandbox")
    run = subprocess.run([folder / "commands" / "pulumi", "up", "--yes"], cwd=folder, check=False)
    return run.returncode, file.read_text()


def test_a_salt_and_a_new_format_are_taken_back(tmp_path: Path) -> None:
    wrote = "printf 'config:\\n  a:b:\\n    - c\\nencryptionsalt: v1:x\\n' > Pulumi.dev.yaml\n"

    assert _after(tmp_path, wrote) == (0, _OWN)


def test_a_changed_setting_stays(tmp_path: Path) -> None:
    wrote = "printf 'config:\\n  a:b:\\n    - d\\nencryptionsalt: v1:x\\n' > Pulumi.dev.yaml\n"

    assert _after(tmp_path, wrote) == (0, "config:\n  a:b:\n    - d\nencryptionsalt: v1:x\n")


@pytest.mark.parametrize(("ends", "code"), [("exit 3", 3), ("kill -9 $$", 137)])
def test_it_ends_as_the_engine_did(tmp_path: Path, ends: str, code: int) -> None:
    assert _after(tmp_path, ends)[0] == code


def test_the_engine_is_given_the_same_arguments(tmp_path: Path) -> None:
    _after(tmp_path, 'echo "$@" > arguments\n')

    assert (tmp_path / "arguments").read_text() == "up --yes\n"
