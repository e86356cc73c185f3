"""Every command, in every format, under everything that can go wrong: the exit code says whether there is a verdict.

0 as asked, 1 a verdict against, 2 no verdict. A program that reads JSON, JUnit, SARIF or Markdown gets a document.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import click
import pytest
from pipeline_identity_cli.commands import every_command

from tests.pipeline.ci_systems import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.pipeline.ci_systems import System
    from tests.pipeline.conftest import Command, Ran


ROLE = "arn:aws:iam::111122223333:role/site"
COMMANDS: dict[str, tuple[str, ...]] = {
    "exec": ("--role-arn", ROLE, "--settle", "0", "--", "true"),
    "assume": ("--role-arn", ROLE, "--settle", "0"),
    "whoami": (),
    "doctor": ("--role-arn", ROLE, "--settle", "0"),
    "snippet": ("--for", "sh", "--region", "eu-west-1", "--outputs", "outputs.json"),
    "verify": ("--outputs", "outputs.json"),
    "explain": ("s3:ListAllMyBuckets",),
    "permissions": ("preview.json", "--check", "--role-arn", ROLE),
    "rotate": ("--user", "site", "--parameter", "/site", "--settle", "0"),
    "scan-state": ("outputs.json",),
}
"""Each command with what it needs to reach its verdict."""
OFFLINE = ("snippet", "scan-state")
VERDICTS = ("exec", "assume")
"""The commands whose question is whether the role can be assumed, so that a denial is the answer."""


def formats(name: str) -> list[str]:
    option = every_command()[name].settable.get("format")
    return list(option.type.choices) if option and isinstance(option.type, click.Choice) else [""]


CASES = [(name, form) for name in COMMANDS for form in formats(name)]


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == set(every_command())
    assert {"json", "junit", "sarif", "markdown"} <= {form for _, form in CASES}


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong.

    Attributes:
        id: Its stable id, as programs read it.
        answer: What answers in AWS's place.
        variables: The environment.
        arguments: What stands before the command.
    """

    id: str
    answer: tuple[int, str] = (200, "")
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    arguments: tuple[str, ...] = ()


DENIED = Trouble("denied", (403, refusal("AccessDenied", f"User: {ROLE} is not authorized to perform: sts:X")))
OF_AWS = {
    "throttled": Trouble("throttled", (400, refusal("Throttling", "Rate exceeded"))),
    "down": Trouble("aws-down", (503, refusal("ServiceUnavailable", "Service Unavailable"))),
    "proxy": Trouble("unreachable", (502, "<html>of a proxy</html>")),
    "portal": Trouble("unreachable", (403, "<html>log in</html>")),
    "unknown key": Trouble("unknown-key", (403, refusal("InvalidClientTokenId", "The security token is invalid"))),
    "expired": Trouble("expired-session", (400, refusal("ExpiredToken", "The security token is expired"))),
    "clock": Trouble("clock", (403, refusal("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"))),
    "new": Trouble("aws-error", (400, refusal("SomethingNew", "of tomorrow"))),
    "no credentials": Trouble("no-credentials", variables={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}),
    "swapped": Trouble(
        "invalid-credentials",
        variables={"AWS_ACCESS_KEY_ID": "wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY": "AKIAQWERTYUIOPASDFGH"},
    ),
    "no profile": Trouble("invalid-profile", variables={"AWS_PROFILE": "nowhere", "AWS_ACCESS_KEY_ID": ""}),
    "region": Trouble("no-region", variables={"AWS_REGION": "eu west"}),
}
OF_USAGE = {
    "unknown variable": Trouble("unknown-variable", variables={"PIPELINE_IDENTITY_NOTHING": "1"}),
    "settings": Trouble("unreadable-file", arguments=("--settings", "nowhere.toml")),
    "unknown setting": Trouble("invalid-settings", arguments=("--settings", "odd.toml")),
}


@pytest.fixture
def job_of_site(command: Command, asked_system: System) -> Command:
    """A job whose AWS is a place that answers what the test says."""
    command.become(("AKIAIOSFODNN7EXAMPL2", "secret0123456789"))
    command.environment({"AWS_ENDPOINT_URL": asked_system.url, "AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1"})
    command.environment({"NO_PROXY": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"})
    command.environment({"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"})
    Path("outputs.json").write_text(json.dumps({"site": {"roleArn": ROLE, "userArn": ROLE.replace("role", "user")}}))
    Path("preview.json").write_text(json.dumps({"steps": []}))
    Path("odd.toml").write_text("durration = 1\n")
    return command


def run(command: Command, asked_system: System, trouble: Trouble, name: str, form: str) -> Ran:
    asked_system.answers = [trouble.answer]
    command.environment(trouble.variables)
    options = [*([f"--format={form}"] if form else []), *(["--retry-for=0"] if name not in OFFLINE else [])]
    return command(*trouble.arguments, name, *options, *COMMANDS[name])


def error_in(form: str, text: str) -> tuple[Any, Any]:
    """The id and the exit code in a document that says why there is no result."""
    if form == "json":
        content = json.loads(text)
        assert content["format"] == 1
        return content["error"]["id"], content["exit_code"]
    if form == "junit":
        suites = ElementTree.fromstring(text)  # noqa: S314 - it is our own
        code = next(one.get("value") for one in suites.iter("property") if one.get("name") == "exit_code")
        return next(suites.iter("error")).get("type"), int(code or "")
    if form == "sarif":
        (invocation,) = json.loads(text)["runs"][0]["invocations"]
        assert invocation["executionSuccessful"] is False
        return invocation["toolExecutionNotifications"][0]["descriptor"]["id"], invocation["exitCode"]
    assert form == "markdown"
    assert text.startswith("### pipeline-identity ")
    return text.rpartition("(`")[2].removesuffix("`)\n"), 2


def matrix() -> Iterator[Any]:
    """Every command under everything, in one format each; in the others in the long tests."""
    for number, (what, trouble) in enumerate({**OF_AWS, **OF_USAGE}.items()):
        for name in COMMANDS:
            if name in OFFLINE and what in OF_AWS:
                continue
            forms = formats(name)
            for place, form in enumerate(forms):
                marks = () if place == number % len(forms) else (pytest.mark.long,)
                yield pytest.param(name, form, trouble, marks=marks, id=f"{name} {form} {what}")


@pytest.mark.parametrize(("name", "form", "trouble"), list(matrix()))
def test_what_keeps_a_command_from_its_answer_is_no_verdict(
    job_of_site: Command, asked_system: System, name: str, form: str, trouble: Trouble
) -> None:
    ran = run(job_of_site, asked_system, trouble, name, form)
    assert ran.code == 2, ran.out + ran.err
    assert "internal error" not in ran.out + ran.err
    if name == "doctor" and trouble not in OF_USAGE.values():
        if form == "json":
            assert ran.data["exit_code"] == 2
        return
    assert ran.stopped == 2
    assert ran.err.count("\n") == 1, ran.err
    if form in ("json", "junit", "sarif", "markdown"):
        assert error_in(form, ran.out) == (trouble.id, 2)


@pytest.mark.parametrize(("name", "form"), [one for one in CASES if one[0] not in OFFLINE])
def test_a_denial_is_a_verdict_where_it_was_asked_for_alone(
    job_of_site: Command, asked_system: System, name: str, form: str
) -> None:
    """Elsewhere AWS denies a question on the way to the answer."""
    ran = run(job_of_site, asked_system, DENIED, name, form)
    expected = 1 if name in VERDICTS else 2
    assert ran.code == expected, ran.out + ran.err
    if name != "doctor" and form in ("json", "junit", "markdown"):
        assert error_in(form, ran.out) == ("denied", expected)


@pytest.mark.parametrize(("name", "form"), CASES)
@pytest.mark.parametrize("wrong", ["--nothing", "--region=", "--format=of-tomorrow"])
def test_what_was_not_understood_is_no_verdict(command: Command, name: str, form: str, wrong: str) -> None:
    given = [f"--format={form}"] if form and not wrong.startswith("--format") else []
    ran = command(name, *given, wrong)
    assert ran.stopped == 2
    assert ran.err.count("\n") == 1, ran.err
    if given and form in ("json", "junit", "sarif", "markdown"):
        assert error_in(form, ran.out)[1] == 2
