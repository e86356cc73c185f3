"""The exit code: 0 only if everything was judged and nothing refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from iam_guardrails.cli import checking
from iam_guardrails.rules import no_privilege_escalation

from tests.policies.cli.conftest import FINE, TRUST, WILD, Command, Write

ADVICE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999988887777:role/vendor"},
            "Action": "sts:AssumeRole",
        }
    ],
}
VENDOR = ("--trusted-account", "111122223333", "--trusted-principal", "arn:aws:iam::999988887777:role/vendor")
PASS_ROLE = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
RUN = {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}


def document(*statements: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_clean_refused_and_not_judged_have_codes_of_their_own(command: Command, write: Write) -> None:
    write("fine.json", FINE)
    write("wild.json", WILD)
    write("other.json", {})
    assert command("check", "fine.json").code == 0
    assert command("check", "fine.json", "wild.json").code == 1
    assert command("check", "fine.json", "other.json").code == 2


def test_what_could_not_be_judged_weighs_more_than_what_was_refused(command: Command, write: Write) -> None:
    write("wild.json", WILD)
    ran = command("check", "wild.json", "nowhere.json")
    assert ran.code == 2
    assert "wild.json: identity policy, guessed from its content: rejected" in ran.out
    assert ran.out.splitlines()[-1] == "What could not be checked is not clean: exit code 2."


def test_advice_alone_is_clean_unless_it_is_to_count(command: Command, write: Write) -> None:
    write("a.json", ADVICE)
    ran = command("check", "a.json", *VENDOR)
    assert ran.code == 0
    assert "a.json: trust policy, guessed from its content: warnings" in ran.out
    assert ran.out.splitlines()[-2:] == [
        "1 document checked: 1 with warnings.",
        "Warnings alone reject nothing; --strict makes them count.",
    ]
    strict = command("check", "a.json", *VENDOR, "--strict")
    assert (strict.code, strict.out.splitlines()[-1]) == (1, "With --strict, warnings count: exit code 1.")


def test_documents_of_one_identity_are_refused_for_what_they_add_up_to(command: Command, write: Write) -> None:
    write("a.json", document(PASS_ROLE))
    write("b.json", document(RUN))
    assert command("check", "a.json", "b.json").code == 0
    ran = command("check", "a.json", "b.json", "--together", "--format", "json")
    assert ran.code == 1
    findings = {one["file"]: one["findings"] for one in ran.data["documents"]}
    assert findings["b.json"] == []
    assert [(one["rule"], one["pointer"], one["line"]) for one in findings["a.json"]] == [
        ("no-privilege-escalation", "/Statement/0/Action", 6)
    ]
    assert findings["a.json"][0]["evidence"]["statements"] == ["/a.json/Statement/0", "/b.json/Statement/0"]


def test_documents_on_the_lines_of_one_file_can_be_one_identity(command: Command) -> None:
    lines = f"{json.dumps(document(PASS_ROLE))}\n{json.dumps(document(RUN))}\n"
    assert command("check", "-", stdin=lines).code == 0
    ran = command("check", "-", "--together", stdin=lines)
    assert ran.code == 1
    assert "2 documents checked, as one identity: 1 rejected, 1 clean." in ran.out


def test_trust_policies_are_judged_by_themselves_beside_an_identity(command: Command, write: Write) -> None:
    write("a.json", document(PASS_ROLE))
    write("trust.json", TRUST)
    ran = command("check", "a.json", "trust.json", "--together", "--trusted-account", "111122223333")
    assert (ran.code, "2 documents checked, as one identity: 2 clean." in ran.out) == (0, True)


def test_a_malformed_document_of_an_identity_is_refused_at_its_own_place(command: Command, write: Write) -> None:
    write("a.json", document({**PASS_ROLE, "Effekt": "Allow"}))
    write("b.json", document(RUN))
    data = command("check", "a.json", "b.json", "--together", "--format", "json").data
    assert "/Statement/0/Effekt" in [one["pointer"] for one in data["documents"][0]["findings"]]


def fail(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("the secret of the failing rule")


@pytest.mark.parametrize("form", ["people", "json", "sarif", "github"])
@pytest.mark.parametrize("together", [(), ("--together",)], ids=["alone", "together"])
def test_a_rule_that_fails_leaves_the_document_unjudged(
    command: Command, write: Write, monkeypatch: pytest.MonkeyPatch, form: str, together: tuple[str, ...]
) -> None:
    write("a.json", WILD)
    for question in ("check", "check_together"):
        monkeypatch.setattr(no_privilege_escalation, question, fail, raising=False)
    ran = command("check", "a.json", "--format", form, *together)
    assert ran.code == 2
    assert "no-privilege-escalation: the rule failed on this document (RuntimeError)" in ran.out
    assert "secret" not in ran.out + ran.err


@pytest.mark.parametrize("place", ["cli.checking.check", "cli.inputs.find", "cli.settings.load", "reports.text.render"])
def test_an_error_of_the_command_itself_is_no_verdict_and_leaks_nothing(
    command: Command, write: Write, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    write("a.json", FINE)
    monkeypatch.setattr(f"iam_guardrails.{place}", fail)
    ran = command("check", "a.json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "iam-guardrails: an internal error (RuntimeError): nothing was found to be clean. Please report it.\n"
    )


def test_an_interrupt_is_no_verdict(command: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    write("a.json", FINE)
    monkeypatch.setattr(checking, "check", interrupt)
    ran = command("check", "a.json")
    assert (ran.code, ran.out, ran.err.strip()) == (
        130,
        "",
        "iam-guardrails: interrupted: nothing was found to be clean",
    )


@pytest.mark.parametrize(
    "arguments",
    [(), ("check",), ("chekc",), ("check", "--colour", "x"), ("check", "a.json", "--format", "xml")],
    ids=["nothing", "no file", "no command", "no option", "no format"],
)
def test_arguments_that_cannot_be_meant_are_no_verdict(command: Command, arguments: tuple[Any, ...]) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: iam-guardrails" in ran.err


def test_help_and_version_are_fine(command: Command) -> None:
    assert "Exit code 0: all checked, none rejected." in command("check", "--help").out
    ran = command("--version")
    assert (ran.code, ran.out) == (0, "iam-guardrails, version 0.1.0\n")
