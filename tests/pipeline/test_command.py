"""The command as a whole: settings, help, completion, problems in one line."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline_identity_cli.commands import every_command
from pipeline_identity_cli.settings import DEBUG

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed

ROLE = "arn:aws:iam::111122223333:role/site"
ASSUME = ("assume", "--format", "sh", "--role-arn", ROLE)


def test_the_file_the_environment_and_the_command_line_count_in_this_order(command: Command) -> None:
    Path("pipeline-identity.toml").write_text("duration = 1\n[assume]\nduration = 2\n")
    assert "--duration 2 is out" in command(*ASSUME).err
    command.environment({"PIPELINE_IDENTITY_ASSUME_DURATION": "3"})
    assert "--duration 3 is out" in command(*ASSUME).err
    assert "--duration 4 is out" in command(*ASSUME, "--duration", "4").err


def test_a_setting_at_the_top_holds_for_every_command_that_has_it(command: Command) -> None:
    Path("ours.toml").write_text('outputs = "nowhere.json"\nregion = "eu-west-1"\n')
    for arguments in (("whoami",), ("assume", "--format", "sh"), ("snippet", "--for", "sh")):
        assert "nowhere.json cannot be read" in command("--config", "ours.toml", *arguments).err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("durration = 900", "sets durration, which is unknown"),
        ("[asume]\nduration = 900", "sets table asume, which is unknown"),
        ("[assume]\ndurration = 900", "sets assume.durration, which is unknown"),
        ("duration", "is not TOML"),
        ('region = ["a"]', "which it cannot be; write one value"),
        ('[assume]\ntag = "a=b"', 'which it cannot be; write a list of texts: tag = ["..."]'),
        ('region = ""', "--region is empty; give it a value, or leave --region out"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(command: Command, text: str, told: str) -> None:
    Path("pipeline-identity.toml").write_text(text)
    ran = command(*ASSUME)
    assert ran.stopped == 2
    assert told in ran.err


def test_an_empty_name_for_the_file_of_credentials_shows_nothing(command: Command) -> None:
    """A variable that is not set must not send them to a log."""
    ran = command(*ASSUME, "--write", "")
    assert ran.stopped == 2
    assert "--write is empty; give it a value, or leave --write out" in ran.err
    Path("pipeline-identity.toml").write_text('[assume]\ntag = ["a"]\n')
    assert "write each as KEY=VALUE" in command(*ASSUME, "--write", "a").err, "a list is taken where one may stand"


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ("no JSON", "--outputs outputs.json is not JSON"),
        ("{}", "the outputs hold no pipeline's role ARN; write them with: pulumi stack output pipelines --json"),
        ('{"pipelines": "[secret]"}', "--show-secrets"),
        (f'{{"a": {{"roleArn": "{ROLE}"}}, "b": {{"roleArn": "{ROLE}"}}}}', "name one with --pipeline: a, b"),
    ],
)
def test_outputs_that_cannot_be_used_are_refused(command: Command, outputs: str, told: str) -> None:
    Path("outputs.json").write_text(outputs)
    ran = command("assume", "--format", "sh", "--outputs", "outputs.json")
    assert ran.stopped == 2
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_a_pipeline_that_is_not_there_is_refused_with_those_that_are(command: Command) -> None:
    Path("outputs.json").write_text(f'{{"a": {{"roleArn": "{ROLE}"}}, "b": {{"role_arn": "{ROLE}"}}}}')
    ran = command("assume", "--format", "sh", "--outputs", "outputs.json", "--pipeline", "c")
    assert "there is no pipeline 'c' in the outputs; choose one of: a, b" in ran.err


def test_a_stack_trace_comes_on_request_and_without_what_the_error_says(job: Command, deployed: Deployed) -> None:
    arguments = ("-m", "pipeline_identity_cli", "assume", "--format", "sh", "--settle", "0", "--role-arn", f"{ROLE}x")
    key, secret = deployed.key("orders")
    asked = {DEBUG: "1", "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    ran = subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "refusals.py" in ran.stderr or "assume.py" in ran.stderr
    assert secret not in ran.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    environment = {**os.environ, "_PIPELINE_IDENTITY_COMPLETE": f"{shell}_source"}
    script = "from pipeline_identity_cli.program import main; main()"
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "pipeline-identity" in ran.stdout
    assert "_PIPELINE_IDENTITY_COMPLETE" in ran.stdout


@pytest.mark.parametrize("name", ["", *every_command()])
def test_help_teaches(command: Command, name: str) -> None:
    ran = command(*([name] if name else []), "--help")
    assert ran.code == 0
    assert ran.err == ""
    assert "Options:" in ran.out


@pytest.mark.parametrize("heavy", ["boto3", "botocore", "rich", "yaml", "tenacity"])
def test_help_loads_nothing_that_only_a_run_needs(heavy: str) -> None:
    script = f"""
import sys
from pipeline_identity_cli.program import run
run(["assume", "--help"])
sys.exit({heavy!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_the_command_uses_public_names_of_the_library_alone() -> None:
    used: dict[str, set[str]] = {}
    for file in sorted((CHECKOUT / "pipeline" / "pipeline_identity_cli").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "iam_guardrails":
                used.setdefault(node.module or "", set()).update(name.name for name in node.names)
            elif isinstance(node, ast.Import):
                assert not [name.name for name in node.names if name.name.startswith("iam_guardrails")], file
    assert used
    for module, names in used.items():
        assert names <= set(import_module(module).__all__), module
