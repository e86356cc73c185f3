"""Which Python runs a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.engine.language_host.interpreter import InterpreterError, Runtime

if TYPE_CHECKING:
    from pathlib import Path


def _environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    python.chmod(0o755)
    return python


def test_a_virtualenv_is_found_relative_to_the_project(tmp_path: Path) -> None:
    python = _environment(tmp_path / "venv")

    assert Runtime(tmp_path, tmp_path, virtualenv="venv").interpreter() == python


def test_uv_means_the_environment_beside_the_nearest_lock_file(tmp_path: Path) -> None:
    python = _environment(tmp_path / ".venv")
    (tmp_path / "uv.lock").touch()
    (tmp_path / "policies" / "pack").mkdir(parents=True)

    assert Runtime(tmp_path / "policies" / "pack", tmp_path, toolchain="uv").interpreter() == python


def test_uv_without_a_lock_file_means_the_environment_beside_the_project(tmp_path: Path) -> None:
    python = _environment(tmp_path / ".venv")

    assert Runtime(tmp_path, tmp_path, toolchain="uv").interpreter() == python


def test_a_missing_environment_is_named_with_the_way_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError) as refused:
        Runtime(tmp_path, tmp_path, toolchain="uv").interpreter()

    assert str(tmp_path / ".venv" / "bin" / "python") in str(refused.value)
    assert "uv sync" in str(refused.value)


def test_an_unknown_toolchain_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match=r"toolchain is 'poetry'; this host knows pip and uv"):
        Runtime(tmp_path, tmp_path, toolchain="poetry").interpreter()


def test_without_options_the_python_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = _environment(tmp_path)
    python.rename(tmp_path / "bin" / "python3")
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    assert Runtime(tmp_path, tmp_path).interpreter() == tmp_path / "bin" / "python3"


def test_no_python_on_path_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InterpreterError, match="No python3 on PATH"):
        Runtime(tmp_path, tmp_path).interpreter()
