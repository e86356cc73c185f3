"""What does not count: exceptions, a baseline, rules that are off. All of it is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.policies.cli.conftest import FINE, WILD, Command, Write

EXCEPTION = """
[[exceptions]]
rule = "no-wildcard-actions"
resource = "{resource}"
finding = "{finding}"
owner = "storage team"
reason = "moves to named actions"
ends = {ends}
"""


def exception(resource: str = "p/wild.json", finding: str = "s3:*", ends: str = "2999-12-31") -> str:
    return EXCEPTION.format(resource=resource, finding=finding, ends=ends)


def test_an_exception_takes_what_it_names_out_and_is_said(command: Command, write: Write) -> None:
    write("p/wild.json", WILD)
    assert command("check", "p").code == 1
    write("accepted.toml", exception())
    ran = command("check", "p", "--exceptions", "accepted.toml")
    assert ran.code == 0
    assert (
        "Excepted: p/wild.json: no-wildcard-actions: storage team: moves to named actions (until 2999-12-31)" in ran.out
    )


def test_an_exception_in_the_settings_holds_too(command: Command, write: Write) -> None:
    write("p/wild.json", WILD)
    write("iam-guardrails.toml", exception())
    assert command("check", "p").code == 0


@pytest.mark.parametrize(
    "other",
    [exception(resource="p/other.json"), exception(finding="s3:Get*"), exception().replace("no-wildcard", "no-other")],
    ids=["another file", "another finding", "another rule"],
)
def test_an_exception_for_something_else_takes_nothing_out(command: Command, write: Write, other: str) -> None:
    write("p/wild.json", WILD)
    write("accepted.toml", other)
    assert command("check", "p", "--exceptions", "accepted.toml").code in (1, 2)


def test_an_exception_does_not_cover_what_is_found_later(command: Command, write: Write) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*"}
    write("p/wild.json", {"Version": "2012-10-17", "Statement": [statement]})
    write("accepted.toml", exception())
    assert command("check", "p", "--exceptions", "accepted.toml").code == 1


def test_an_exception_that_has_ended_counts_as_a_finding(command: Command, write: Write) -> None:
    write("p/fine.json", FINE)
    write("accepted.toml", exception(ends="2020-01-01"))
    ran = command("check", "p", "--exceptions", "accepted.toml")
    assert ran.code == 1
    assert "has ended: mend what it accepted and remove it" in ran.out


def test_an_exception_that_nothing_needs_is_said(command: Command, write: Write) -> None:
    write("p/fine.json", FINE)
    write("accepted.toml", exception())
    ran = command("check", "p", "--exceptions", "accepted.toml")
    assert ran.code == 0
    assert "was not needed in this run: remove it" in ran.out


def test_a_baseline_lets_only_new_findings_count(command: Command, write: Write) -> None:
    write("p/old.json", WILD)
    first = command("check", "p", "--write-baseline", "baseline.json")
    assert first.code == 0
    assert "Written: 1 findings to the baseline baseline.json." in first.out
    assert command("check", "p", "--baseline", "baseline.json").code == 0
    write("p/new.json", WILD)
    ran = command("check", "p", "--baseline", "baseline.json", "--format", "json")
    assert ran.code == 1
    assert [one["file"] for one in ran.data["documents"] if one["refused"]] == ["p/new.json"]
    assert [one["file"] for one in ran.data["excepted"]] == ["p/old.json"]


def test_a_finding_of_the_baseline_stays_the_same_while_lines_move_and_not_when_it_changes(
    command: Command, write: Write
) -> None:
    write("p/old.json", WILD)
    command("check", "p", "--write-baseline", "baseline.json")
    write("p/old.json", "\n\n\n" + json.dumps(WILD, indent=8))
    assert command("check", "p", "--baseline", "baseline.json").code == 0
    write("p/old.json", json.dumps(WILD).replace("s3:*", "sqs:*"))
    ran = command("check", "p", "--baseline", "baseline.json")
    assert ran.code == 1
    assert "1 of the findings in baseline.json are not there any more" in ran.out


def test_two_findings_that_are_alike_are_two_in_the_baseline(command: Command, write: Write) -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    write("p/a.json", {"Version": "2012-10-17", "Statement": [statement]})
    command("check", "p", "--write-baseline", "baseline.json")
    write("p/a.json", {"Version": "2012-10-17", "Statement": [statement, statement]})
    assert command("check", "p", "--baseline", "baseline.json").code == 1


@pytest.mark.parametrize("content", ["{}", "no json", '{"format": 2, "findings": []}'])
def test_what_is_no_baseline_is_no_baseline(command: Command, write: Write, content: str) -> None:
    write("a.json", FINE)
    write("baseline.json", content)
    ran = command("check", "a.json", "--baseline", "baseline.json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("iam-guardrails: --baseline: baseline.json: it is no ")


def test_a_rule_can_be_off_or_less_and_the_report_says_which(command: Command, write: Write) -> None:
    write("a.json", WILD)
    ran = command("check", "a.json", "--level", "no-wildcard-actions=off")
    assert ran.code == 0
    assert "Off: no-wildcard-actions." in ran.out
    warned = command("check", "a.json", "--level", "no-wildcard-actions=warning")
    assert warned.code == 0
    assert "warning no-wildcard-actions" in warned.out
    assert command("check", "a.json", "--level", "no-wildcard-actions=warning", "--strict").code == 1


def test_a_level_or_rule_that_does_not_exist_is_refused_by_name(command: Command, write: Write) -> None:
    write("a.json", FINE)
    for given, said in (
        ("no-such-rule=off", "no-such-rule"),
        ("no-wildcard-actions=loud", "loud"),
        ("no-wildcard-actions", "write RULE=LEVEL"),
    ):
        ran = command("check", "a.json", "--level", given)
        assert ran.code == 2, given
        assert said in ran.err, given


def test_the_kinds_of_documents_by_their_paths(command: Command, write: Write) -> None:
    write("p/limits/scp.json", WILD)
    write("p/deploy.json", FINE)
    assert command("check", "p").code == 1
    write("iam-guardrails.toml", '[kinds]\n"limits/*.json" = "scp"\n')
    ran = command("check", "p")
    assert ran.code == 0
    assert "p/limits/scp.json: scp policy: clean" in ran.out
    write("iam-guardrails.toml", '[kinds]\n"limits/*.json" = "limit"\n')
    assert "kinds: 'limit' cannot be used; write one of identity, trust" in command("check", "p").err


def test_what_is_not_known_counts_where_it_is_meant_to(command: Command, write: Write) -> None:
    text = json.dumps(FINE).replace("site", "<SITE>")
    write("a.json", text)
    assert command("check", "a.json").code == 0
    assert "Not known: a.json: /Statement/0/Resource of the identity policy" in command("check", "a.json").out
    assert command("check", "a.json", "--strict").code == 1
    write("iam-guardrails.toml", 'on_unknown = "block"\n')
    assert command("check", "a.json").code == 1


def test_identities_are_joined_across_the_files_of_a_run(command: Command, write: Write) -> None:
    def policy(action: object) -> dict[str, object]:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        return {
            "RoleName": "app",
            "PolicyName": "p",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        }

    write("pass.json", policy("iam:PassRole"))
    write("run.json", policy(["lambda:CreateFunction", "lambda:InvokeFunction"]))
    assert command("check", "pass.json").code == 0
    assert command("check", "run.json").code == 0
    ran = command("check", "pass.json", "run.json", "--format", "json")
    assert ran.code == 1
    found = [finding["rule"] for one in ran.data["documents"] for finding in one["findings"] if finding["blocking"]]
    assert found == ["no-privilege-escalation"]


def test_an_action_that_does_not_exist_is_a_note_with_the_day_of_the_catalogue(command: Command, write: Write) -> None:
    write("a.json", json.dumps(FINE).replace("s3:GetObject", "s3:GetObjekt"))
    ran = command("check", "a.json")
    assert ran.code == 0
    assert 'Note: a.json: no action of AWS matches "s3:GetObjekt" (catalogue of 20' in ran.out
    assert "did you mean s3:GetObject?" in ran.out
    write("a.json", FINE)
    assert "Note:" not in command("check", "a.json").out


# --- files that are none ----------------------------------------------------------------------------------------------


def test_a_link_to_itself_is_named_and_not_checked(command: Command, write: Write, folder: Path) -> None:
    write("p/a.json", FINE)
    (folder / "p/self.json").symlink_to("self.json")
    for arguments in (("p",), ("p/self.json",), ("p/*.json",)):
        ran = command("check", *arguments)
        assert ran.code == 2
        assert "p/self.json: not checked: it cannot be read: " in ran.out


def test_a_pattern_names_a_file_by_its_shortest_way_round_a_loop(command: Command, write: Write, folder: Path) -> None:
    write("p/q/ok.json", FINE)
    (folder / "p/q/again").symlink_to("..")
    data = command("check", "p/**/ok*.json", "--format", "json").data
    assert [one["file"] for one in data["documents"]] == ["p/q/ok.json"]


def test_a_pipe_in_a_folder_is_passed_over(command: Command, write: Write, folder: Path) -> None:
    write("p/a.json", FINE)
    os.mkfifo(folder / "p/pipe.json")
    ran = command("check", "p")
    assert ran.code == 0
    assert "Passed over, for they hold no policy document: p/pipe.json." in ran.out


@pytest.mark.parametrize(
    "text",
    [
        'resource "aws_iam_role" "r" {}\n',
        'data "aws_iam_policy_document" "d" {\n  statement {\n    effect = "Allow"\n    actions = ["s3:*"]\n  }\n}\n',
    ],
)
def test_terraforms_own_language_is_named(command: Command, write: Write, text: str) -> None:
    write("main.tf", text)
    ran = command("check", "main.tf")
    assert ran.code == 2
    assert "terraform show -json plan" in ran.out


# --- further reports --------------------------------------------------------------------------------------------------


def test_junit_has_a_test_case_a_document(command: Command, write: Write) -> None:
    write("p/fine.json", FINE)
    write("p/wild.json", WILD)
    write("p/broken.yaml", "Statement: [")
    write("accepted.toml", exception(resource="p/fine.json"))
    ran = command("check", "p", "--format", "junit", "--exceptions", "accepted.toml")
    assert ran.code == 2
    top = ElementTree.fromstring(ran.out)  # noqa: S314 - our own
    assert {name: top.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    (failure,) = top.iter("failure")
    assert failure.get("type") == "no-wildcard-actions"
    assert failure.text is not None
    assert "p/wild.json:6:" in failure.text


def test_junit_holds_whatever_a_document_says(command: Command, write: Write) -> None:
    write("a.json", json.dumps(WILD).replace("s3:*", "s3:\\u0001<&]]>*"))
    ElementTree.fromstring(command("check", "a.json", "--format", "junit").out)  # noqa: S314 - our own


def test_markdown_has_a_row_a_finding(command: Command, write: Write) -> None:
    write("p/wild.json", json.dumps(WILD).replace("s3:*", "s3:|`*"))
    write("p/fine.json", FINE)
    out = command("check", "p", "--format", "markdown").out
    rows = [line for line in out.splitlines() if line.startswith("| ❌ error")]
    assert rows
    assert all(row.count(" | ") == 4 for row in rows)
    assert out.startswith("## iam-guardrails: findings\n")


def test_sarif_says_what_is_excepted(command: Command, write: Write) -> None:
    write("p/wild.json", WILD)
    write("accepted.toml", exception())
    data = command("check", "p", "--format", "sarif", "--exceptions", "accepted.toml").data
    (result,) = data["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "justification": "storage team: moves to named actions (until 2999-12-31)"}
    ]
