"""The guide shows what the command really says, and leaves nothing out."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
from iam_guardrails import Settings, TrustedIdentityProvider
from iam_guardrails.cli.check import check
from iam_guardrails.cli.settings import load

from tests.policies.cli.guide import GUIDE, rerun


def test_every_session_of_the_guide_gives_the_output_shown() -> None:
    text = GUIDE.read_text()
    assert rerun(text) == text, "if meant: python -m tests.policies.cli.guide"


def test_every_option_is_in_the_guide() -> None:
    text = GUIDE.read_text()
    options = [name for one in check.params if isinstance(one, click.Option) for name in one.opts if name[:2] == "--"]
    assert [name for name in options if name not in text] == []


def test_the_settings_of_the_guide_are_all_there_are_and_can_be_loaded(tmp_path: Path) -> None:
    (toml,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "guide.toml").write_text(toml)
    load(str(tmp_path / "guide.toml"), {})
    settings, _, provider = toml.partition("[[trusted_identity_providers]]\n")
    assert named(settings) | {"trusted_identity_providers"} == {field.name for field in fields(Settings)}
    assert named(provider) == {field.name for field in fields(TrustedIdentityProvider)}


def named(toml: str) -> set[str]:
    return set(re.findall(r"^(?:# )?(\w+) = ", toml, re.MULTILINE))


def test_every_page_that_the_guide_names_is_there() -> None:
    for page in re.findall(r"\]\(([^)#]+)\)", GUIDE.read_text()):
        assert (GUIDE.parent / page).is_file(), page
