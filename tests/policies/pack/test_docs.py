from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from policies.rule_tables import PAGES, filled
from tests.policies.pack.stacks import PACK

PAGE = (PACK.parent / "docs" / "policy-pack.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_follow_from_the_rules_and_the_settings(page: Path):
    text = page.read_text()
    assert "<!-- rules: " in text
    assert text == filled(text), "if meant: python -m policies.rule_tables"


def test_the_examples_of_configuration_are_json():
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        json.loads(block)
