"""Fixtures of the components' tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def python_names_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_identity._reading.errors._schema_names", False)
