"""The pages in `docs/rules`: one for every rule, told as the rules are, with examples judged as the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from iam_guardrails import (
    check_identity,
    check_identity_policy,
    check_managed_policies,
    check_resource_policy,
    check_trust_policy,
)
from iam_guardrails.addresses import address_of
from iam_guardrails.pack.configuration import Level, configuration_from
from iam_guardrails.pack.run import Run
from iam_guardrails.rules import RULES

from policies.rule_tables import LEVELS
from tests.policies.golden import settings_from
from tests.policies.pack.resources import ACCOUNT, TODAY, resource

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "rules"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
KINDS = {"identity", "documents", "trust", "resource", "role", "attachments", "stack"}
USUAL_SETTINGS: dict[str, Any] = {"trusted_accounts": [ACCOUNT]}


_BLOCK = re.compile(r"^## (?P<title>[^\n]+)$|^```json (?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """One block of JSON under "Refused" or "Accepted", and what stood before it."""

    rule: str
    number: int
    refused: bool
    kind: str
    text: str
    settings: dict[str, Any]
    config: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.rule}/{'refused' if self.refused else 'accepted'}/{self.number}"


class Verdict(NamedTuple):
    rule: str
    blocking: bool


def examples_of(page: Path) -> Iterator[Example]:
    section, settings = "", USUAL_SETTINGS
    config: dict[str, Any] = {}
    for number, block in enumerate(_BLOCK.finditer(page.read_text("utf-8"))):
        kind, text = block["kind"], block["text"]
        if block["title"]:
            section = block["title"]
        elif kind == "settings":
            settings = USUAL_SETTINGS | cast("dict[str, Any]", json.loads(text))
        elif kind == "config":
            config = json.loads(text)
        else:
            assert section in ("Refused", "Accepted"), f"{page.name}: an example under {section}"
            assert kind in KINDS, f"{page.name}: no such example: {kind}"
            yield Example(page.stem, number, section == "Refused", kind, text, settings, config)
            config = {}


EXAMPLES = [example for page in PAGES for example in examples_of(page)]


def verdicts_on(example: Example) -> list[Verdict]:
    text, settings = example.text, settings_from(example.settings)
    if example.kind == "stack":
        return _of_stack(json.loads(text), example.config)
    if example.kind == "identity":
        findings = check_identity_policy(text, settings)
    elif example.kind == "documents":
        findings = check_identity(json.loads(text), settings)
    elif example.kind == "trust":
        findings = check_trust_policy(text, settings)
    elif example.kind == "role":
        role = json.loads(text)
        duration = role["maxSessionDuration"]
        findings = check_trust_policy(role["assumeRolePolicy"], settings, max_session_duration=duration)
    elif example.kind == "resource":
        findings = check_resource_policy(text, settings)
    else:
        findings = check_managed_policies(json.loads(text), settings)
    return [Verdict(one.rule, one.blocking) for one in findings]


def _of_stack(resources: list[dict[str, Any]], config: dict[str, Any]) -> list[Verdict]:
    levels: dict[str, Level] = {}
    settings: dict[str, dict[str, Any]] = {}
    for name, given in config.items():
        written: dict[str, Any] = {"enforcementLevel": given} if isinstance(given, str) else dict(given)
        if level := written.pop("enforcementLevel", ""):
            levels[name] = Level(level)
        settings[name] = written
    run = Run(configuration_from(settings, levels), today=TODAY)
    declared = [resource(one["type"], one["name"], _properties(one["properties"])) for one in resources]
    reports = [report for one in declared for report in run.resource(one)]
    reports += run.stack(declared).reported
    return [Verdict(report.rule, report.blocking) for report in reports]


def _properties(written: dict[str, Any]) -> dict[str, Any]:
    """Properties as the engine has them: a policy document is text."""
    return {
        name: json.dumps(value) if name in ("policy", "assumeRolePolicy") else value for name, value in written.items()
    }


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.refused], ids=str)
def test_what_a_page_calls_refused_is_found_by_its_rule(example: Example) -> None:
    found = [one for one in verdicts_on(example) if one.rule == example.rule]
    assert found
    assert any(one.blocking for one in found) or RULES[example.rule].level == "warning"


@pytest.mark.parametrize("example", [one for one in EXAMPLES if not one.refused], ids=str)
def test_what_a_page_calls_accepted_is_refused_by_no_rule(example: Example) -> None:
    verdicts = verdicts_on(example)
    assert not [one for one in verdicts if one.blocking]
    if RULES[example.rule].level != "error":
        assert example.rule not in {one.rule for one in verdicts}


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {page.stem for page in PAGES} == RULES.keys()
    for rule in RULES.values():
        assert ROOT / rule.docs == FOLDER / f"{rule.id}.md"
        assert address_of(rule.docs).endswith(rule.docs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_examples_of_both_sides_and_what_to_do(page: Path) -> None:
    text = page.read_text("utf-8")
    assert {one.refused for one in EXAMPLES if one.rule == page.stem} == {True, False}
    for section in ("Repair", "Settings", "Sources"):
        assert re.search(rf"^## {section}\n\n\S", text, re.MULTILINE), section


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_title_severity_level_and_sources_as_the_rule_has_them(page: Path) -> None:
    rule = RULES[page.stem]
    text = page.read_text("utf-8")
    head = " ".join(text.split("\n\n")[1].split())
    assert text.startswith(f"# {rule.id}\n")
    assert head.startswith(f"**{rule.title}.** ")
    assert rule.severity in head.lower()
    assert LEVELS[rule.level] in head
    sources = text.partition("\n## Sources\n")[2]
    for requirement in rule.requirements:
        assert requirement.framework in sources
        assert requirement.number in sources
    for source in rule.sources:
        assert f"- {source}\n" in sources
