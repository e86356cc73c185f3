"""An environment's settings file, read and copied for the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from sandbox.settings import read

if TYPE_CHECKING:
    from pathlib import Path

_GOOD = '# ours\nconfig:\n  aws:region: eu-west-1\n  pipeline-identity:accountId: "011122223333"\n'


def _file(folder: Path, text: str, environment: str = "dev") -> Path:
    file = folder / f"Pulumi.{environment}.yaml"
    file.write_text(text)
    return file


def test_account_and_region_are_read(tmp_path: Path) -> None:
    _file(tmp_path, _GOOD)

    settings = read(tmp_path, "dev")
    assert (settings.account, settings.region) == ("011122223333", "eu-west-1")


def test_an_unknown_environment_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    _file(tmp_path, _GOOD)
    _file(tmp_path, _GOOD, "prod")

    with pytest.raises(SandboxError, match=r"ENV=staging: .* There are: dev, prod\. Choose one"):
        read(tmp_path, "staging")


@pytest.mark.parametrize("environment", ["../dev", "", "a b"])
def test_a_name_that_is_no_stack_name_is_refused(tmp_path: Path, environment: str) -> None:
    with pytest.raises(SandboxError, match=f"ENV={environment}: "):
        read(tmp_path, environment)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("config: [\n", r"Pulumi\.dev\.yaml is not valid YAML; correct it there:\n(.|\n)*line 2"),
        ("", r"`config` is None; it must hold"),
        ("config: 3\n", r"`config` is 3; it must hold"),
        ("config:\n  aws:region: eu-west-1\n", r"pipeline-identity:accountId is ''; set it to the 12 digits"),
        (_GOOD.replace("011122223333", "1234"), r"pipeline-identity:accountId is '1234'; set it to the 12 digits"),
        (_GOOD.replace('"011122223333"', "011122223333"), r"pipeline-identity:accountId is '\d+'; set .* in quotes"),
        (_GOOD.replace("eu-west-1", "Ireland"), r"aws:region is 'Ireland'; set it"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_value_and_the_fix(tmp_path: Path, text: str, complaint: str) -> None:
    _file(tmp_path, text)

    with pytest.raises(SandboxError, match=complaint):
        read(tmp_path, "dev")


def test_a_copy_says_what_the_file_says_and_leaves_it_alone(tmp_path: Path) -> None:
    source = _file(tmp_path, _GOOD)

    read(tmp_path, "dev").copy_to(tmp_path / "copies" / "Pulumi.dev.yaml")
    assert (tmp_path / "copies" / "Pulumi.dev.yaml").read_text() == _GOOD
    assert source.read_text() == _GOOD


def test_a_later_copy_keeps_the_salt_the_engine_has_written_into_the_first(tmp_path: Path) -> None:
    _file(tmp_path, _GOOD)
    copy = _file(tmp_path, "config: {}\nencryptionsalt: v1:ours\n", "copy")

    read(tmp_path, "dev").copy_to(copy)
    assert copy.read_text() == _GOOD + "encryptionsalt: v1:ours\n"


def test_the_users_own_way_of_encrypting_is_not_copied(tmp_path: Path) -> None:
    own = "secretsprovider: awskms://alias/ours\nencryptedkey: abc\nencryptionsalt: v1:theirs\n"
    _file(tmp_path, own + _GOOD)

    read(tmp_path, "dev").copy_to(tmp_path / "copies" / "Pulumi.dev.yaml")
    assert (tmp_path / "copies" / "Pulumi.dev.yaml").read_text() == _GOOD


def test_settings_that_only_the_users_key_can_read_are_refused(tmp_path: Path) -> None:
    _file(tmp_path, _GOOD + "  pipeline-identity:word:\n    secure: v1:abc\nencryptionsalt: v1:theirs\n")

    with pytest.raises(SandboxError, match=r"holds encrypted settings"):
        read(tmp_path, "dev").copy_to(tmp_path / "copies" / "Pulumi.dev.yaml")


def test_settings_encrypted_in_the_sandbox_itself_are_copied(tmp_path: Path) -> None:
    _file(tmp_path, _GOOD + "  pipeline-identity:word:\n    secure: v1:abc\nencryptionsalt: v1:ours\n")
    copy = _file(tmp_path, "encryptionsalt: v1:ours\n", "copy")

    read(tmp_path, "dev").copy_to(copy)
    assert "secure: v1:abc" in copy.read_text()
    assert copy.read_text().count("encryptionsalt") == 1
