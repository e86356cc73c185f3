from __future__ import annotations

import json
import re

import pytest
from iam_guardrails.pack.configuration import SCHEMAS
from iam_guardrails.pack.guardrails import GUARDRAILS, Level

from tests.policies.pack.stacks import PACK

PAGE = (PACK.parent / "docs" / "policy-pack.md").read_text()
OWN = [guardrail for guardrail in GUARDRAILS.values() if guardrail.docs.startswith("docs/policy-pack.md#")]


@pytest.mark.parametrize("name", [guardrail.name for guardrail in OWN])
def test_every_rule_of_the_pack_has_its_section(name: str):
    assert re.search(rf"^##+ {name}$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", [guardrail.name for guardrail in OWN if guardrail.references])
def test_a_section_tells_level_severity_and_references_as_the_engine_is_told(name: str):
    guardrail = GUARDRAILS[name]
    section = re.split(r"^#+ ", PAGE.partition(f"# {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    level = "off by default" if guardrail.level is Level.DISABLED else guardrail.level.value
    assert level in section.lower()
    assert guardrail.severity.value in section.lower()
    for reference in guardrail.references:
        assert reference.requirement in section, reference


def test_every_rule_of_the_library_is_named_there():
    for guardrail in GUARDRAILS.values():
        assert f"`{guardrail.name}`" in PAGE or guardrail in OWN


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
