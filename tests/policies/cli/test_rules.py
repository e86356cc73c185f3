"""`iam-guardrails rules`: where the messages of the command lead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from iam_guardrails import addresses
from iam_guardrails.rules import RULES

from sandbox.folders import CHECKOUT
from tests.policies.cli.conftest import WILD, Command, Write


def test_every_rule_is_listed_with_its_level(command: Command) -> None:
    lines = command("rules").out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert [line.split()[1] for line in lines] == [one.level for one in RULES.values()]


@pytest.mark.parametrize("rule", list(RULES))
def test_the_page_of_each_rule_is_printed(command: Command, rule: str) -> None:
    ran = command("rules", rule)
    assert (ran.code, ran.out) == (0, (CHECKOUT / RULES[rule].docs).read_text("utf-8"))


def test_a_message_leads_to_a_command_that_works(command: Command, write: Write) -> None:
    write("a.json", WILD)
    found = re.findall(r"^    more  iam-guardrails (.*)$", command("check", "a.json").out, re.MULTILINE)
    assert found
    assert all(command(*one.split()).code == 0 for one in found)


def test_where_no_page_is_shipped_a_rule_speaks_for_itself(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_PACKAGE", Path("/nowhere/a/b"))
    said = command("rules", "no-self-change").out
    assert RULES["no-self-change"].why in said
    assert RULES["no-self-change"].remediation in said


def test_a_rule_that_does_not_exist_is_rejected_with_the_one_that_was_meant(command: Command) -> None:
    ran = command("rules", "no-self-changes")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean no-self-change?" in ran.err
