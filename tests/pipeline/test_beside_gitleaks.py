"""`scan-state` beside gitleaks, on files that are made for it: each holds one leak, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.scan_state import DEEP, built_gitleaks, found_by_gitleaks, found_by_us, write_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
def test_more_is_found_and_less_is_reported_by_mistake_than_by_gitleaks(tmp_path: Path) -> None:
    gitleaks = built_gitleaks()
    if gitleaks is None:
        pytest.skip("Go, which builds gitleaks, is not on this machine")
    leaks, _ = write_files(tmp_path)
    found, wrong = set(found_by_us(tmp_path, "leaks")), set(found_by_us(tmp_path, "clean"))
    assert len(found) >= 0.9 * leaks
    for options in ((), DEEP):
        assert len(found) > len(set(found_by_gitleaks(gitleaks, tmp_path, "leaks", *options)))
        assert len(wrong) <= len(set(found_by_gitleaks(gitleaks, tmp_path, "clean", *options)))
