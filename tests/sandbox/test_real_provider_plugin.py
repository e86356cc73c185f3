"""Where Terraform's AWS provider is looked for, and what it is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import real_provider
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT
from sandbox.provider import registry
from tests.sandbox.real_provider import NOT_IN_VERSION_5


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose plugins are all below one folder."""
    for name in ("TERRAFORM_PROVIDER_AWS", "TF_PLUGIN_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(real_provider, "_KEPT", ("~/.terraform.d/plugin-cache",))
    return tmp_path


def _plugin(folder: Path, version: str) -> Path:
    file = folder / "registry.terraform.io" / "hashicorp" / "aws" / version / f"terraform-provider-aws_v{version}_x5"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o755)
    return file


def test_the_newest_of_those_that_terraform_keeps_is_taken(home: Path) -> None:
    kept = home / ".terraform.d" / "plugin-cache"
    _plugin(kept, "5.99.1")
    newest = _plugin(kept, "5.100.0")
    assert real_provider.find_plugin() == newest


def test_one_that_is_too_old_is_none(home: Path) -> None:
    _plugin(home / ".terraform.d" / "plugin-cache", "4.9.0")
    assert real_provider.find_plugin() is None


def test_terraforms_own_cache_is_looked_into(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(home / "cache"))
    plugin = _plugin(home / "cache", "5.100.0")
    assert real_provider.find_plugin() == plugin


def test_the_one_that_is_named_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _plugin(home / ".terraform.d" / "plugin-cache", "5.100.0")
    named = _plugin(home / "elsewhere", "5.90.0")
    monkeypatch.setenv("TERRAFORM_PROVIDER_AWS", str(named))
    assert real_provider.find_plugin() == named


def test_a_name_of_nothing_is_told_and_not_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _plugin(home / ".terraform.d" / "plugin-cache", "5.100.0")
    monkeypatch.setenv("TERRAFORM_PROVIDER_AWS", str(home / "nothing"))
    with pytest.raises(SandboxError, match=r"TERRAFORM_PROVIDER_AWS names .*nothing"):
        real_provider.find_plugin()


@pytest.mark.parametrize("token", [token for token in registry.tokens() if token not in NOT_IN_VERSION_5])
def test_every_type_of_the_stand_in_is_one_that_the_real_provider_is_asked_about(token: str) -> None:
    module, _, name = token.removeprefix("aws:").partition(":")
    bridge = (CHECKOUT / "sandbox" / "real_provider" / "bridge" / "main.go").read_text()
    assert f'{{"{module.partition("/")[0]}", "{name}"}}' in bridge
