"""A download that a registry cuts off, or leaves hanging, is begun again; what never arrives fails the test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support import downloads
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from pathlib import Path


def _at_last(folder: Path, otherwise: str) -> str:
    """What a program prints that does something else the first two times."""
    script = f'echo >> tries; [ "$(wc -l < tries)" -ge {downloads.ATTEMPTS} ] || {{ {otherwise}; }}; echo here'
    return fetched(["sh", "-c", script], folder=folder, variables=os.environ)


def test_what_was_cut_off_is_fetched_again(tmp_path: Path) -> None:
    assert _at_last(tmp_path, "exit 1") == "here\n"


def test_what_hangs_is_ended_and_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 1)

    assert _at_last(tmp_path, "exec sleep 600") == "here\n"


def test_what_never_arrives_fails_the_test_with_what_the_program_said(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no route to host"):
        fetched(["sh", "-c", "echo no route to host >&2; exit 2"], folder=tmp_path, variables=os.environ)
