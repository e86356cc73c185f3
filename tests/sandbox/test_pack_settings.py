"""Which settings `make up` gives the policy pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import deployment

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_an_environments_own_settings_of_the_pack_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "CHECKOUT", tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "policy-config.dev.json").write_text("{}")

    assert deployment.pack_options("dev")[2:] == ("--policy-pack-config", "policies/policy-config.dev.json")
    assert deployment.pack_options("prod")[2:] == ()
