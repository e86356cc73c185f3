from __future__ import annotations

import json
import re

import pytest
from iam_guardrails.pack.configuration import PACK as PACK_NAME
from iam_guardrails.pack.configuration import SCHEMAS
from iam_guardrails.pack.guardrails import GUARDRAILS, Guardrail, Level

from tests.policies.pack.stacks import PACK

PAGE = (PACK.parent / "docs" / "policy-pack.md").read_text()
LEVELS = {Level.MANDATORY: "mandatory", Level.ADVISORY: "advisory", Level.DISABLED: "off by default"}


@pytest.mark.parametrize("name", [name for name in GUARDRAILS if name != PACK_NAME])
def test_every_rule_stands_in_the_row_of_its_level_with_its_page(name: str):
    guardrail = GUARDRAILS[name]
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {LEVELS[guardrail.level]} |")]
    assert f"[{name}](rules/{name}.md)" in row
    assert guardrail.docs == f"docs/rules/{name}.md"


@pytest.mark.parametrize(
    "guardrail", [one for one in GUARDRAILS.values() if one.name != PACK_NAME], ids=lambda one: one.name
)
def test_every_rule_has_remediation_steps_and_serves_a_requirement(guardrail: Guardrail):
    assert guardrail.remediation
    assert guardrail.references


def test_every_setting_is_in_the_table_with_its_default():
    for settings in SCHEMAS.values():
        for setting, schema in settings.items():
            row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"`{setting}`" in line)
            assert str(schema.get("default", "")) in row


def test_the_example_of_an_exception_is_json():
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        json.loads(block)
