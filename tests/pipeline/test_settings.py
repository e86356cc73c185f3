"""Settings: each variable exists, what cannot be meant is an error, and a file that came along decides little."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from pipeline_identity_cli.commands import every_command
from pipeline_identity_cli.options import check_text
from pipeline_identity_cli.outcome import Stopped

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command

ROLE = "arn:aws:iam::111122223333:role/site"
ASSUME = ("assume", "--format", "sh", "--role-arn", ROLE)
OPTIONS = [(name, one) for name, command in every_command().items() for one in dict.fromkeys(command.settable.values())]


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=lambda one: getattr(one, "written", one))
def test_the_variable_of_an_option_is_named_after_it(command: str, option: click.Option) -> None:
    names = [name for name in option.opts if name.startswith("--")]
    written = f"PIPELINE_IDENTITY_{command}_{names[0].removeprefix('--')}".upper().replace("-", "_")
    assert getattr(option, "variables")[0] == written  # noqa: B009 - it is of a class of the command


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ASSUME_FORMAT", "csv", "'csv' is not one of"),
        ("ASSUME_TAG", "team", "write each as KEY=VALUE"),
        ("ASSUME_DURATION", "1", "--duration 1 is out of the role's bounds"),
        ("ASSUME_ALLOWED_ACCOUNT", "999999999999", "which --allowed-account does not name"),
        ("ASSUME_SESSION_NAME", "no spaces", "--session-name"),
    ],
)
def test_a_variable_sets_its_option(command: Command, name: str, value: str, told: str) -> None:
    arguments = ("assume", "--role-arn", ROLE) if name == "ASSUME_FORMAT" else ASSUME
    assert command(*arguments).err.find(told) == -1
    command.environment({f"PIPELINE_IDENTITY_{name}": value})
    assert told in command(*arguments).err


def test_several_values_stand_on_a_line_each(command: Command) -> None:
    command.environment({"PIPELINE_IDENTITY_ASSUME_TAG": "team=my team\ncost=7\r\n"})
    assert "tag" not in command(*ASSUME).err, "both are tags"
    command.environment({"PIPELINE_IDENTITY_ASSUME_TAG": "team=my team\ncost"})
    assert "write each as KEY=VALUE" in command(*ASSUME).err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ASSUME_DURATON", "did you mean PIPELINE_IDENTITY_ASSUME_DURATION?"),
        ("ASSUME_FORM", "did you mean PIPELINE_IDENTITY_ASSUME_FORMAT?"),
        ("ASSUME_TAGS", "did you mean PIPELINE_IDENTITY_ASSUME_TAG?"),
        ("ROLE", "unset it, or give it another name"),
    ],
)
def test_an_unknown_variable_is_an_error_for_every_command(command: Command, name: str, told: str) -> None:
    command.environment({f"PIPELINE_IDENTITY_{name}": "x"})
    for arguments in (ASSUME, ("whoami",), ("scan-state", ".")):
        ran = command(*arguments)
        assert ran.stopped == 2
        assert told in ran.err
    assert command("assume", "--help").code == 0


@pytest.mark.parametrize("value", ["", "  ", "\n"])
@pytest.mark.parametrize("name", ["ASSUME_WRITE", "ASSUME_SESSION_POLICY", "ASSUME_ALLOWED_ACCOUNT", "ASSUME_DURATION"])
def test_an_empty_variable_is_an_error(command: Command, name: str, value: str) -> None:
    """What it guards would go unguarded: the log would get the session that belongs into a file."""
    command.environment({f"PIPELINE_IDENTITY_{name}": value})
    ran = command(*ASSUME)
    assert ran.stopped == 2
    assert f"PIPELINE_IDENTITY_{name} is empty; give it a value, or unset it" in ran.err


STEERING = [
    ("assume", 'role-arn = "arn:aws:iam::111122223333:role/theirs"'),
    ("assume", 'outputs = "theirs.json"'),
    ("assume", 'stack = "theirs"'),
    ("assume", 'pipeline = "theirs"'),
    ("assume", 'write = "dist/session"'),
    ("assume", 'profile = "theirs"'),
    ("assume", 'token-file = "theirs"'),
    ("assume", 'token-env = "THEIRS"'),
    ("assume", 'token-from = "github"'),
    ("exec", 'role-arn = "arn:aws:iam::111122223333:role/theirs"'),
    ("rotate", 'put-command = "cat > stolen.json"'),
    ("rotate", 'get-command = "cat stolen.json"'),
    ("rotate", 'user = "theirs"'),
    ("rotate", 'parameter = "/theirs"'),
    ("snippet", 'write = "dist/snippet"'),
]


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize(("name", "setting"), STEERING)
def test_a_file_that_nobody_named_chooses_no_identity_and_no_place(
    command: Command, name: str, setting: str, table: bool
) -> None:
    Path("pipeline-identity.toml").write_text(f"[{name}]\n{setting}\n" if table else f"{setting}\n")
    arguments = ("rotate", "--keep-old") if name == "rotate" else ASSUME
    ran = command(*arguments)
    assert ran.stopped == 2
    assert "which a settings file that was not named may not set" in ran.err
    assert [one.name for one in Path().iterdir()] == ["pipeline-identity.toml"]


@pytest.mark.parametrize("named", [*((one, "pipeline-identity.toml") for one in ("--settings", "--config")), ()])
def test_a_file_that_is_named_may(command: Command, named: tuple[str, ...]) -> None:
    Path("pipeline-identity.toml").write_text(f'[assume]\nrole-arn = "{ROLE}x"\nformat = "sh"\nduration = "1s"\n')
    if not named:
        command.environment({"PIPELINE_IDENTITY_SETTINGS": "pipeline-identity.toml"})
    assert "--duration 1 is out of the role's bounds" in command(*named, "assume").err


def test_a_broken_file_does_not_keep_help_away(command: Command) -> None:
    Path("pipeline-identity.toml").write_text("this is no TOML")
    assert command("verify", "--help").code == 0
    assert command("--help").code == 0
    assert "pipeline-identity.toml is not TOML" in command("whoami").err


def test_a_byte_order_mark_in_the_file_is_none_of_it(command: Command) -> None:
    Path("pipeline-identity.toml").write_bytes(b"\xef\xbb\xbfduration = 1\n")
    assert "--duration 1 is out" in command(*ASSUME).err


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--role-arn", f"{ROLE}\r", "a carriage return"),
        ("--session-name", "abc\r", "a carriage return"),
        ("--session-name", "abc\n", "a line break"),
        ("--external-id", "\ufeffabc", "a byte order mark"),
        ("--session-name", "abc ", "a space at its end"),
        ("--duration", " 1h", "--duration ' 1h' holds a space at its start; remove it where the value is set"),
        ("--role-arn", "", "--role-arn is empty; give it a value, or leave --role-arn out"),
    ],
)
def test_what_nobody_can_see_in_a_value_is_shown(command: Command, option: str, value: str, told: str) -> None:
    ran = command("assume", "--format", "sh", option, value)
    assert ran.stopped == 2
    assert told in ran.err
    assert "\r" not in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("value", ["abc", "my team", "\u00fcn\u00efcode", "a=b"])
def test_what_people_can_see_is_taken(value: str) -> None:
    check_text("--tag", value)
    with pytest.raises(Stopped, match="a line break"):
        check_text("--tag", f"{value}\n")


def test_two_roles_are_one_too_many(command: Command) -> None:
    Path("outputs.json").write_text(f'{{"site": {{"roleArn": "{ROLE}"}}}}')
    ran = command(*ASSUME, "--outputs", "outputs.json", "--pipeline", "site")
    assert ran.stopped == 2
    assert "--role-arn and a pipeline of a stack name two roles" in ran.err
