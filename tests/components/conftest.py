"""Fixtures of the components' tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def each_test_is_a_program_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_identity._life.deployment._is_plugin", False)
