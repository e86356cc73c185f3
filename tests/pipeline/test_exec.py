"""`exec`: a command as the pipeline's role, for as long as it runs."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.credentials import ContainerProvider, RefreshableCredentials
from pipeline_identity_cli.commands.exec import Options
from pipeline_identity_cli.credential_server import RENEW_BEFORE, CredentialServer, Renewal
from pipeline_identity_cli.opening import Opening
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.sessions import Session

from tests.consumers import published
from tests.pipeline.conftest import program
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pipeline.conftest import Command, Deployed, Ran

COMMAND = [sys.executable, "-m", "pipeline_identity_cli", "exec"]
WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
SHOW = "import json, os; print(json.dumps({n: v for n, v in os.environ.items() if n.startswith('AWS_')}))"
NOW = datetime(2026, 11, 30, 12, tzinfo=timezone.utc)


@pytest.fixture
def role(deployed: Deployed) -> str:
    """The role of the pipeline `orders`, whose key the job has."""
    return deployed.pipelines["orders"]["roleArn"]


def executed(role: str, shell: dict[str, str], *command: str) -> Ran:
    return program(*COMMAND, "--role-arn", role, "--", *command, env=shell)


def test_the_command_is_the_role(deployed: Deployed, role: str, shell: dict[str, str]) -> None:
    ran = executed(role, shell, sys.executable, "-c", WHO)
    assert ran.code == 0, ran.err
    assert ran.out == f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/orders-pipeline\n"
    assert ran.err == ""


def test_other_credentials_are_kept_from_the_command(role: str, shell: dict[str, str], tmp_path: Path) -> None:
    """A profile, and the keys in the environment, are what SDKs would prefer."""
    files = {"AWS_CONFIG_FILE": tmp_path / "config", "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "credentials"}
    files["AWS_CONFIG_FILE"].write_text("[default]\noutput = yaml\ncredential_process = /bin/false\n")
    files["AWS_SHARED_CREDENTIALS_FILE"].write_text(
        f"[default]\naws_access_key_id = {shell['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {shell['AWS_SECRET_ACCESS_KEY']}\n"
    )
    more = {name: str(file) for name, file in files.items()} | {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}
    ran = executed(role, shell | more | {"AWS_BEARER_TOKEN_BEDROCK": "abc"}, sys.executable, "-c", f"{WHO}; {SHOW}")
    assert ran.code == 0, ran.err
    arn, variables = ran.out.splitlines()
    assert ":assumed-role/orders-pipeline/" in arn
    seen: dict[str, str] = json.loads(variables)
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} & set(seen)
    assert not {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_BEARER_TOKEN_BEDROCK"} & set(seen)
    assert seen["AWS_DEFAULT_OUTPUT"] == "yaml", "what is no credential still holds"


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
)
def test_the_exit_code_is_the_commands(role: str, shell: dict[str, str], script: str, code: int) -> None:
    assert executed(role, shell, "sh", "-c", script).code == code


def test_a_command_that_cannot_be_run_is_named(role: str, shell: dict[str, str], tmp_path: Path) -> None:
    ran = executed(role, shell, "no-such-program")
    assert (ran.code, ran.out) == (127, "")
    assert "there is no program 'no-such-program'; correct its name, or PATH" in ran.err
    (tmp_path / "text").write_text("x")
    ran = executed(role, shell, str(tmp_path / "text"))
    assert ran.code == 126
    assert "cannot be run: Permission denied" in ran.err


def test_a_denied_role_starts_nothing(role: str, shell: dict[str, str], tmp_path: Path) -> None:
    ran = executed(f"{role}x", shell | {"PIPELINE_IDENTITY_EXEC_SETTLE": "0"}, "touch", str(tmp_path / "started"))
    assert (ran.code, ran.out) == (1, "")
    assert "AWS denies the call: AccessDenied" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [(), ("--", "true"), ("--role-arn", "x", "--", "true")])
def test_what_cannot_be_meant_starts_nothing(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command("exec", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1


def test_options_of_the_command_are_its_own(role: str, shell: dict[str, str]) -> None:
    ran = program(*COMMAND, "--role-arn", role, "echo", "--role-arn", "--help", env=shell)
    assert (ran.code, ran.out) == (0, "--role-arn --help\n")


TRAPS = """
import os, signal, sys
def caught(number, _):
    print(signal.Signals(number).name, flush=True)
    sys.exit(40)
signal.signal(int(sys.argv[1]), caught)
print("ready", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def started(role: str, shell: dict[str, str]) -> Iterator[Any]:
    """Starts `exec` in a session of its own; what is left of it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*command: str) -> subprocess.Popen[str]:
        arguments = [*COMMAND, "--role-arn", role, "--", *command]
        one = subprocess.Popen(arguments, env=shell, stdout=subprocess.PIPE, text=True, start_new_session=True)
        running.append(one)
        return one

    yield start
    for one in running:
        if one.poll() is None:
            one.kill()
        one.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_reaches_the_command(started: Any, number: signal.Signals) -> None:
    one = started(sys.executable, "-c", TRAPS, str(int(number)))
    assert one.stdout.readline() == "ready\n"
    one.send_signal(number)
    assert one.stdout.read() == f"{number.name}\n", "once, and nothing else"
    assert one.wait() == 40


def test_a_signal_that_the_command_does_not_catch_ends_it(started: Any) -> None:
    one = started("sh", "-c", "echo ready; exec sleep 1000")
    assert one.stdout.readline() == "ready\n"
    one.send_signal(signal.SIGTERM)
    assert one.wait() == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_no_command_is_left_when_exec_is_killed(started: Any) -> None:
    one = started("sh", "-c", "echo ready; exec sleep 1000")
    assert one.stdout.readline() == "ready\n"
    one.kill()
    # Its standard output ends when the last process that holds it has ended.
    assert one.stdout.read() == ""


def test_what_runs_beside_the_command_is_left_alone(started: Any) -> None:
    beside = subprocess.Popen(["sleep", "1000"])
    try:
        one = started("sh", "-c", "echo ready; exec sleep 1000")
        assert one.stdout.readline() == "ready\n"
        one.terminate()
        one.wait()
        assert beside.poll() is None
    finally:
        beside.kill()
        beside.wait()


def session_until(ends: datetime, key: str = "ASIAEXAMPLEEXAMPLE01") -> Session:
    return Session(key, "s" * 40, "t" * 200, ends, "arn:aws:sts::111122223333:assumed-role/site/run-7", "eu-west-1")


def in_minutes(minutes: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("left", "duration", "renewed"), [(30, 3600, False), (19, 3600, True), (8, 900, False), (7, 900, True)]
)
def test_a_session_is_renewed_before_it_ends(left: int, duration: int, renewed: bool) -> None:
    following = session_until(in_minutes(60), "ASIAEXAMPLEEXAMPLE02")
    renewal = Renewal(session_until(in_minutes(left)), duration, lambda: following)
    assert (renewal.session() is following) is renewed


def refuses() -> Session:
    raise Stopped("AWS rejects the call: Throttling", "try later", kind="throttled")


def test_the_old_session_is_good_until_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    renewal = Renewal(session_until(in_minutes(5)), 3600, refuses)
    assert renewal.session().lasts(0)
    assert "the session could not be renewed: AWS rejects the call: Throttling" in capsys.readouterr().err


def test_after_its_end_the_command_is_told_why() -> None:
    server = CredentialServer(Renewal(session_until(in_minutes(-1)), 3600, refuses), "arn")
    server.start()
    with pytest.raises(urllib.error.HTTPError) as raised:
        ask(server)
    server.close()
    assert raised.value.code == 503
    assert json.loads(raised.value.read())["code"] == "throttled"


def ask(server: CredentialServer, token: str | None = None) -> dict[str, str]:
    variables = server.variables
    headers = {"Authorization": variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] if token is None else token}
    request = urllib.request.Request(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers=headers)  # noqa: S310
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("token", ["", "guessed", "Bearer x", "\u00fc"])
def test_nobody_else_gets_the_credentials(token: str) -> None:
    server = CredentialServer(Renewal(session_until(in_minutes(60)), 3600, refuses), "arn")
    server.start()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(server, token)
    assert ask(server)["AccessKeyId"] == "ASIAEXAMPLEEXAMPLE01"
    server.close()
    with pytest.raises(OSError, match="refused"):
        ask(server)


def test_the_server_can_be_closed_before_it_has_answered() -> None:
    CredentialServer(Renewal(session_until(in_minutes(60)), 3600, refuses), "arn").close()


def test_a_job_of_three_hours_never_holds_a_session_that_has_ended(job: Command, deployed: Deployed, role: str) -> None:
    """Half an hour at a time: AWS, the session here and the credentials of boto3 all grow older by it."""
    import botocore.session

    opening = Opening.of(Options(command=("true",), role_arn=role, duration=3600))
    renewal = Renewal(opening.open(), 3600, opening.open)
    server = CredentialServer(renewal, role)
    server.start()
    job.environment(server.variables)
    credentials: Any = ContainerProvider().load()
    half_an_hour = timedelta(seconds=1800)
    session: Any = botocore.session.get_session()
    session._credentials = credentials
    client = session.create_client("sts", region_name=deployed.sandbox.region)
    keys = {credentials.access_key}
    for _ in range(6):
        deployed.sandbox.aws.forward(1800)
        assert renewal.latest.expiration
        renewal.latest = dataclasses.replace(renewal.latest, expiration=renewal.latest.expiration - half_an_hour)
        credentials._expiry_time -= half_an_hour
        assert ":assumed-role/orders-pipeline/" in client.get_caller_identity()["Arn"]
        keys.add(credentials.access_key)
    server.close()
    assert len(keys) >= 4, "a session of an hour is renewed at least once an hour"


def test_renewal_keeps_away_from_the_end_that_sdks_see() -> None:
    assert cast("Any", RefreshableCredentials)._advisory_refresh_timeout < RENEW_BEFORE


def test_the_help_teaches_the_way_that_shows_nothing(command: Command) -> None:
    ran = command("exec", "--help")
    assert "pipeline-identity exec --role-arn ARN -- aws s3 ls" in ran.out
    assert os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN") is None


@pytest.mark.long
def test_the_aws_cli_is_the_role(deployed: Deployed, role: str, shell: dict[str, str], tmp_path: Path) -> None:
    """Version 1, which is published as a package; it finds the credentials where containers have them."""
    aws = published.environment(tmp_path / "awscli", "awscli").parent / "aws"
    ran = executed(role, shell, str(aws), "sts", "get-caller-identity", "--output", "text", "--query", "Arn")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/orders-pipeline\n"


JAVASCRIPT = """
const { STSClient, GetCallerIdentityCommand } = require(process.argv[1]);
new STSClient({}).send(new GetCallerIdentityCommand({})).then((answer) => console.log(answer.Arn));
"""


@pytest.mark.long
@pytest.mark.skipif(shutil.which("npm") is None, reason="this machine has no Node.js")
def test_the_sdk_for_javascript_is_the_role(
    deployed: Deployed, role: str, shell: dict[str, str], tmp_path: Path
) -> None:
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "@aws-sdk/client-sts@3.1169.0"]
    fetched(install, folder=tmp_path, variables=os.environ)
    package = str(tmp_path / "node_modules" / "@aws-sdk" / "client-sts")
    ran = executed(role, shell, str(shutil.which("node")), "-e", JAVASCRIPT, package)
    assert ran.code == 0, ran.err
    assert ran.out == f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/orders-pipeline\n"
