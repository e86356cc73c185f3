"""What `assume` writes: for shells that evaluate it, for CI systems, and into files."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tree_sitter
import tree_sitter_powershell
from pipeline_identity_cli import failures, private_file
from pipeline_identity_cli.commands import every_command
from pipeline_identity_cli.options import Run
from pipeline_identity_cli.outcome import Stopped

from sandbox.folders import CHECKOUT
from tests.pipeline import shells
from tests.pipeline.conftest import program

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed, Ran

ROLE = "arn:aws:iam::111122223333:role/site"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DENIED = Stopped("AWS denies the call", "look at the role", 1, "denied")
ON = "\necho the script goes on\n"
COMMAND = f"pipeline-identity assume --role-arn {ROLE}-that-is-not-there --settle 0"

# Every form that the help and the docs show, and the ones that people write by themselves.
FORMS = {
    "sh": [
        f'session="$({COMMAND} --format sh)" || exit; eval "$session"',
        f'eval "$({COMMAND} --format sh)"',
        f'set -euo pipefail; eval "$({COMMAND} --format sh)"',
        f'exports="$({COMMAND} --format sh)"; eval "$exports"',
        f"eval $({COMMAND} --format sh)",
        f'set +e; eval "`{COMMAND} --format sh`" || true',
        f"{COMMAND} --format sh > session.sh; . ./session.sh",
        f"{COMMAND} --format sh --write session.sh || exit; . ./session.sh",
    ],
    "fish": [
        f"{COMMAND} --format fish | source; or exit",
        f"{COMMAND} --format fish | source",
        f"eval ({COMMAND} --format fish | string collect)",
        f"set session ({COMMAND} --format fish); or exit",
    ],
}
IN_SHELLS = [
    (shell, script)
    for shell, form in {"bash": "sh", "dash": "sh", "zsh": "sh", "fish": "fish"}.items()
    for script in FORMS[form]
]


@pytest.mark.parametrize(("name", "script"), [one for one in IN_SHELLS if one[0] != "dash" or "pipefail" not in one[1]])
def test_a_denied_role_ends_the_script(shell: dict[str, str], tmp_path: Path, name: str, script: str) -> None:
    found = shells.find(name)
    ran = program(found.program, "-c", found.prelude + script + ON, env={**shell, **found.variables}, folder=tmp_path)
    assert ran.code == 1
    assert "goes on" not in ran.out
    assert "AWS denies the call" in ran.err


@pytest.mark.parametrize(
    ("name", "script"), [("bash", FORMS["sh"][0]), ("dash", FORMS["sh"][0]), ("fish", FORMS["fish"][0])]
)
def test_a_command_that_is_not_there_ends_the_documented_script(tmp_path: Path, name: str, script: str) -> None:
    found = shells.find(name)
    ran = program(
        found.program, "-c", found.prelude + script + ON, env={**os.environ, **found.variables, "PATH": "/usr/bin:/bin"}
    )
    assert ran.code == 127
    assert "goes on" not in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("assume", "--format", "sh", "--no-such-option"),
        ("--no-such-option", "assume", "--format", "sh"),
        ("asume", "--format", "sh"),
        ("--settings", "nowhere.toml", "assume", "--format", "sh"),
        ("assume", "--format", "bash", "--role-arn", ROLE),
        ("assume", "--role-arn", ROLE),
    ],
)
def test_arguments_that_cannot_be_read_end_the_script_too(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert ran.code == 2
    assert ran.out == failures.document(Run("assume", "sh"), Stopped("", "", 2))


@pytest.mark.parametrize(
    ("form", "begin"), [("sh", "case "), ("fish", "status "), ("powershell", "throw "), ("json", "{")]
)
def test_a_form_from_the_environment_counts_when_arguments_cannot_be_read(
    command: Command, form: str, begin: str
) -> None:
    command.environment({"PIPELINE_IDENTITY_ASSUME_FORMAT": form})
    ran = command("assume", "--no-such-option")
    assert ran.stopped == 2
    assert ran.out.startswith(begin)
    assert command("whoami", "--no-such-option").out == ""


def test_an_interactive_shell_stays_open() -> None:
    text = failures.document(Run("assume", "sh"), DENIED)
    typed = f"eval '{text}'; echo $?; echo still here\n"
    assert program("bash", "--norc", "-i", given=typed, env=dict(os.environ)).out == "1\nstill here\n"
    assert program("bash", "--norc", "-ic", typed, env=dict(os.environ)).out == "", "that one runs a script"


@pytest.mark.parametrize("name", ["bash", "dash"])
@pytest.mark.parametrize("form", ["dotenv", "gitlab-dotenv"])
def test_lines_of_variables_that_nobody_takes_are_written_for_a_denied_role(
    shell: dict[str, str], name: str, form: str
) -> None:
    """Of nothing at all, `export` would print the whole environment, and succeed."""
    script = f"set -e; export $({COMMAND} --format {form}){ON}"
    ran = program(shells.find(name).program, "-c", script, env=shell)
    assert ran.code != 0
    assert ran.out == ""


def test_powershell_reads_the_failure_as_one_that_ends_the_script() -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    tree = parser.parse(failures.document(Run("assume", "powershell"), DENIED).encode())
    assert not tree.root_node.has_error
    assert "throw" in str(tree.root_node) or b"throw" in (tree.root_node.text or b"")


def test_the_help_and_the_docs_show_no_other_form() -> None:
    text = str(every_command()["assume"].help)
    for page in [*sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT / "pipeline" / "README.md"]:
        text += page.read_text().replace("\\|", "|")
    lines = [line for line in text.splitlines() if "assume --format" in line]
    shown = [line for line in lines if re.search(r"eval|source|Invoke-Expression", line)]
    assert shown
    for line in shown:
        assert re.search(r'\|\| exit; eval "\$session"|\| source; or exit|Out-String \| Invoke-Expression', line), line


@pytest.mark.parametrize("form", ["json", "junit"])
@pytest.mark.parametrize("arguments", [("--no-such-option",), ("--retry-for", "soon")])
def test_programs_get_a_document_whatever_goes_wrong(command: Command, form: str, arguments: tuple[str, ...]) -> None:
    ran = command("verify", "--format", form, *arguments)
    assert ran.stopped == 2
    assert ran.out
    if form == "json":
        assert {"format": 1, "command": "verify", "exit_code": 2}.items() <= ran.data.items()
        assert set(ran.data["error"]) == {"id", "problem", "fix"}


def test_a_dotenv_file_needs_no_quotes(job: Command, deployed: Deployed) -> None:
    lines = assumed(job, deployed, "dotenv").out.splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ]
    assert all(re.fullmatch(r"\w+=[\w+/=:.-]+", line) for line in lines)
    assert len(assumed(job, deployed, "gitlab-dotenv").out) < 5 * 1024


def test_github_gets_variables_in_its_file_and_masks_in_its_log(
    job: Command, deployed: Deployed, tmp_path: Path
) -> None:
    file = tmp_path / "github.env"
    file.write_text("OTHER=1")
    job.environment({"GITHUB_ENV": str(file)})
    ran = assumed(job, deployed, "github-env")
    lines = file.read_text().splitlines()
    assert lines[0] == "OTHER=1", "what others have written stays"
    values = {line.partition("=")[0]: line.partition("=")[2] for line in lines[1:]}
    masks = [line.removeprefix("::add-mask::") for line in ran.out.splitlines()]
    assert masks == [values[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]


@pytest.mark.parametrize("form", ["github-env", "azure-devops"])
def test_what_masks_the_secrets_goes_to_the_log_and_to_no_file(command: Command, tmp_path: Path, form: str) -> None:
    file = tmp_path / "github.env"
    file.write_text("OTHER=1\n")
    command.environment({"GITHUB_ENV": str(file)})
    ran = command("assume", "--format", form, "--role-arn", ROLE, "--write", "session")
    assert ran.stopped == 2
    assert "--write keeps it from that" in ran.err
    assert file.read_text() == "OTHER=1\n", "no secret is there without its mask"
    assert not (tmp_path / "session").exists()


@pytest.mark.parametrize("name", ["GITHUB_ENV", "GITHUB_OUTPUT", "BASH_ENV"])
def test_the_file_of_a_ci_system_is_not_replaced(command: Command, tmp_path: Path, name: str) -> None:
    file = tmp_path / "theirs"
    file.write_text("OTHER=1\n")
    command.environment({name: str(file), "AWS_EC2_METADATA_DISABLED": "true"})
    ran = command("assume", "--format", "sh", "--role-arn", ROLE, "--write", "theirs")
    assert ran.stopped == 2
    assert f"--write would replace the file of {name}" in ran.err
    assert file.read_text() == "OTHER=1\n"
    other = command("assume", "--format", "sh", "--role-arn", ROLE, "--write", "ours")
    assert "would replace" not in other.err, "another file is not theirs"


def test_outside_of_github_there_is_no_such_file(
    job: Command, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ENV", raising=False)
    ran = assumed(job, deployed, "github-env")
    assert (ran.code, ran.out) == (2, "")
    assert "GITHUB_ENV is not set" in ran.err


def test_azure_keeps_the_credentials_out_of_its_log(job: Command, deployed: Deployed) -> None:
    lines = assumed(job, deployed, "azure-devops").out.splitlines()
    parsed = [
        re.fullmatch(r"##vso\[task\.setvariable variable=(\w+);issecret=(true|false)\](\S+)", one) for one in lines
    ]
    assert {one[1]: one[2] for one in parsed if one} == {
        "AWS_ACCESS_KEY_ID": "true",
        "AWS_SECRET_ACCESS_KEY": "true",
        "AWS_SESSION_TOKEN": "true",
        "AWS_CREDENTIAL_EXPIRATION": "false",
        "AWS_REGION": "false",
        "AWS_DEFAULT_REGION": "false",
    }


def assumed(job: Command, deployed: Deployed, form: str, *more: str) -> Ran:
    return job("assume", "--format", form, "--outputs", deployed.outputs, "--pipeline", "orders", *more)


def test_a_session_of_the_role_may_be_asked_for_again(job: Command, deployed: Deployed) -> None:
    first = assumed(job, deployed, "json").data
    job.become((first["AccessKeyId"], first["SecretAccessKey"], first["SessionToken"]))
    job.environment({"AWS_CREDENTIAL_EXPIRATION": first["Expiration"]})
    ran = assumed(job, deployed, "json")
    assert ran.code == 0, ran.err
    assert "trying again" not in ran.err, "there is nothing to wait for"
    assert (ran.data["AccessKeyId"], ran.data["Expiration"]) == (first["AccessKeyId"], first["Expiration"])
    assert "these credentials are a session of this role already" in ran.err
    for more in (("--tag", "team=web"), ("--source-identity", "ann"), ("--policy-arn", READ_ONLY)):
        ran = assumed(job, deployed, "json", *more)
        assert ran.stopped == 1, "such a session is another one"
        assert "trying again" not in ran.err
        assert "these credentials are a session of this role, and AWS lets it open no other one" in ran.err
        assert "start from the user's key or a token, or leave out tags" in ran.err


def test_a_session_that_lasts_long_enough_is_taken_again(job: Command, deployed: Deployed) -> None:
    first = assumed(job, deployed, "json", "--duration", "20m").data
    job.become((first["AccessKeyId"], first["SecretAccessKey"], first["SessionToken"]))
    job.environment({"AWS_CREDENTIAL_EXPIRATION": first["Expiration"]})
    ran = assumed(job, deployed, "json", "--reuse-if-valid", "15m")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data["AccessKeyId"] == first["AccessKeyId"]
    job.become(deployed.key("orders"))
    ran = assumed(job, deployed, "json", "--reuse-if-valid", "15m")
    assert ran.data["AccessKeyId"] != first["AccessKeyId"], "a user's key is no session"


@pytest.mark.parametrize(("duration", "seconds"), [("900", 900), ("15m", 900), ("1h", 3600), ("0h30m", 1800)])
def test_durations_are_written_as_people_do(job: Command, deployed: Deployed, duration: str, seconds: int) -> None:
    ends = datetime.fromisoformat(assumed(job, deployed, "json", "--duration", duration).data["Expiration"][:-1])
    lasts = (ends.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)).total_seconds()
    assert seconds - 60 <= lasts <= seconds


@pytest.mark.parametrize("duration", ["1 h", "soon", "h", "1d", "1.5h", "15m1h"])
def test_what_is_no_duration_is_named(command: Command, duration: str) -> None:
    ran = command("assume", "--format", "sh", "--role-arn", ROLE, f"--duration={duration}")
    assert ran.stopped == 2
    assert "is not a duration; write it like 900, 15m, 1h or 1h30m" in ran.err


def test_another_account_than_the_allowed_ones_is_a_verdict(job: Command, deployed: Deployed) -> None:
    assert assumed(job, deployed, "json", "--allowed-account", deployed.sandbox.account).code == 0
    ran = assumed(job, deployed, "json", "--allowed-account", "999999999999")
    assert ran.stopped == 1
    assert ran.data["error"]["id"] == "other-account"


def test_a_session_policy_narrows_the_session(job: Command, deployed: Deployed, tmp_path: Path) -> None:
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    (tmp_path / "policy.json").write_text(json.dumps(nothing, indent=4))
    made = assumed(job, deployed, "json", "--session-policy", "policy.json").data
    job.become((made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
    client = deployed.sandbox.client("sts", (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.assume_role(RoleArn=deployed.pipelines["orders"]["roleArn"], RoleSessionName="again")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--session-policy", "nowhere.json"), "nowhere.json cannot be read"),
        (("--session-policy", "text"), "text is not JSON"),
        (("--session-policy", "list.json"), "is not a policy"),
        (("--policy-arn", "ReadOnlyAccess"), "'ReadOnlyAccess' is not the ARN of a managed policy"),
        (tuple(f"--policy-arn=arn:aws:iam::aws:policy/P{n}" for n in range(11)), "there are 11 session policies"),
    ],
)
def test_a_session_policy_that_cannot_be_one_is_named(command: Command, more: tuple[str, ...], told: str) -> None:
    Path("text").write_text("no JSON")
    Path("list.json").write_text("[]")
    ran = command("assume", "--format", "sh", "--role-arn", ROLE, *more)
    assert ran.stopped == 2
    assert told in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "device", "dash"])
def test_only_regular_files_are_written(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    if kind == "link":
        place.symlink_to(elsewhere)
    elif kind == "folder":
        place.mkdir()
    elif kind == "fifo":
        os.mkfifo(place)
    before = None if kind in ("device", "dash") else place.lstat()
    name = {"device": os.devnull, "dash": "-"}.get(kind, str(place))
    with pytest.raises(Stopped, match=r"not a regular file|and not a file"):
        private_file.write(name, "secret")
    assert elsewhere.read_text() == "untouched"
    assert before is None or place.lstat().st_ino == before.st_ino
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
@pytest.mark.parametrize(
    "name", ["/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/1", "/dev/null", "link/", "."]
)
@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("assume", "--format", "sh", "--role-arn", ROLE, "--settle", "0"), "--write"),
        (("snippet", "--for", "sh", "--region", "eu-west-1", "--outputs", "outputs.json"), "--write"),
        (("scan-state", "outputs.json", "--update-baseline"), "--baseline"),
    ],
)
def test_no_option_writes_into_a_stream_a_device_or_a_folder(
    job: Command, deployed: Deployed, arguments: tuple[str, ...], option: str, name: str
) -> None:
    """A role that can be assumed: there is a session to be written."""
    Path("outputs.json").write_text(json.dumps({"site": {"roleArn": ROLE}}))
    Path("elsewhere").mkdir()
    Path("link").symlink_to("elsewhere")
    mine = [deployed.pipelines["orders"]["roleArn"] if one == ROLE else one for one in arguments]
    ran = job(*mine, option, name)
    assert ran.stopped == 2
    assert "not a regular file" in ran.err or "cannot be written" in ran.err
    assert not list(Path("elsewhere").iterdir())


def test_a_file_that_is_there_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "session"
    file.write_text("old")
    file.chmod(0o644)
    private_file.write(str(file), "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["session"]
