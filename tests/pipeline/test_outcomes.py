"""How every run ends: throttling and trouble of AWS, standard output and error that are closed or full, Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import botocore.endpoint
import pytest
from pipeline_identity_cli import aws

from tests.pipeline.test_assume import refusal

if TYPE_CHECKING:
    from tests.pipeline.ci_systems import System
    from tests.pipeline.conftest import Command, Deployed

MODULE = [sys.executable, "-m", "pipeline_identity_cli"]
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/site</Arn><UserId>AIDAEXAMPLE</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
BUSY = (400, refusal("Throttling", "Rate exceeded"))
DOWN = (503, refusal("ServiceUnavailable", "Service Unavailable"))


class Clock:
    """A clock on which only sleeping takes time."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(aws, "time", made)
    monkeypatch.setattr(botocore.endpoint, "time", made)
    return made


@pytest.fixture
def asked(job: Command, asked_system: System) -> Command:
    """The command beside a fake AWS."""
    job.environment({"AWS_ENDPOINT_URL": asked_system.url})
    return job


@pytest.mark.parametrize("trouble", [BUSY, DOWN])
def test_trouble_that_passes_is_waited_for(asked: Command, asked_system: System, clock: Clock, trouble: object) -> None:
    asked_system.answers = [trouble] * 6 + [(200, IDENTITY)]  # pyright: ignore[reportAttributeAccessIssue]
    ran = asked("whoami")
    assert ran.code == 0
    assert 5 < clock.now < 60
    assert "AWS is busy; trying again for up to" in ran.err, "people are told what takes so long"


@pytest.mark.parametrize("trouble", [BUSY, DOWN])
@pytest.mark.parametrize(("given", "seconds"), [((), 60), (("--retry-for", "2m"), 120)])
def test_trouble_that_stays_is_no_verdict(
    asked: Command, asked_system: System, clock: Clock, trouble: tuple[int, str], given: tuple[str, ...], seconds: int
) -> None:
    asked_system.answers = [trouble]
    ran = asked("whoami", "--format", "json", *given)
    assert ran.stopped == 2
    assert ran.data["error"]["id"] == ("throttled" if trouble is BUSY else "aws-down")
    assert seconds - 1 <= clock.now <= seconds + 15


def test_what_is_no_trouble_is_not_tried_again(asked: Command, asked_system: System, clock: Clock) -> None:
    asked_system.answers = [(403, refusal("AccessDenied", "not you"))]
    assert asked("whoami").code == 2
    assert (clock.now, len(asked_system.asked)) == (0, 1)


@pytest.mark.parametrize("status", [502, 403])
def test_a_page_of_a_proxy_is_not_aws(asked: Command, asked_system: System, clock: Clock, status: int) -> None:
    asked_system.answers = [(status, "<html><body>bob:secret-password of the proxy</body></html>")]
    ran = asked("whoami", "--format", "json", "--retry-for", "1")
    assert ran.stopped == 2
    assert ran.data["error"]["id"] == "unreachable"
    assert "secret-password" not in ran.out + ran.err


@pytest.fixture
def with_key(command: Command) -> Command:
    """The command with a key that nobody has given out."""
    command.become(("AKIAIOSFODNN7EXAMPL2", "secret0123456789"))
    command.environment({"AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1"})
    return command


@pytest.mark.parametrize(
    "arguments", [("whoami",), ("assume", "--role-arn", "arn:aws:iam::111122223333:role/site", "--settle", "0")]
)
def test_a_page_that_is_xml_and_says_nothing_is_not_aws(
    with_key: Command, asked_system: System, arguments: tuple[str, ...]
) -> None:
    asked_system.answers = [(200, "<html><body>log in to this network</body></html>")]
    with_key.environment({"AWS_ENDPOINT_URL": asked_system.url})
    ran = with_key(*arguments, "--format", "json")
    assert ran.stopped == 2
    assert ran.data["error"]["id"] == "unreachable"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (407, "the proxy asks for a password (HTTP 407); name it in HTTPS_PROXY"),
        (503, "the proxy does not connect to AWS (HTTP 503)"),
    ],
)
def test_a_proxy_that_answers_is_told_from_one_that_does_not(
    with_key: Command, monkeypatch: pytest.MonkeyPatch, asked_system: System, closed_port: int, status: int, told: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    asked_system.answers = [(status, "<html>bob:secret-password</html>")]
    with_key.environment({"HTTPS_PROXY": asked_system.url.removesuffix("/token")})
    assert told in with_key("whoami").err
    with_key.environment({"HTTPS_PROXY": f"http://127.0.0.1:{closed_port}"})
    assert "the proxy does not answer" in with_key("whoami").err


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_ENDPOINT_URL": "http://[::1"},
        {"AWS_MAX_ATTEMPTS": "many"},
        {"AWS_SESSION_TOKEN": "dG9rZW4=", "AWS_CREDENTIAL_EXPIRATION": "tomorrow"},
    ],
)
def test_a_value_that_cannot_be_read_is_not_blamed_on_a_program(with_key: Command, variables: dict[str, str]) -> None:
    if "AWS_SESSION_TOKEN" in variables:
        with_key.environment({"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPL2"})
    with_key.environment(variables)
    ran = with_key("whoami", "--format", "json")
    assert ran.stopped == 2
    assert ran.data["error"]["id"] == "invalid-configuration"


def run_in(shell: dict[str, str], script: str) -> subprocess.CompletedProcess[str]:
    command = " ".join(MODULE)
    return subprocess.run(
        ["sh", "-c", script.format(command=command)], env=shell, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
@pytest.mark.parametrize("arguments", ["--help", "--version", "whoami --help"])
def test_a_full_standard_output_is_no_success(arguments: str) -> None:
    ran = run_in(dict(os.environ), f"{{command}} {arguments} >/dev/full")
    assert ran.returncode == 2
    assert ran.stderr == (
        "pipeline-identity: the result could not be written: No space left on device; give it a place to go\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
@pytest.mark.parametrize("ending", ["2>/dev/full", "2>&-", ">&- 2>&-", ">/dev/full 2>/dev/full"])
def test_an_exit_code_does_not_depend_on_who_listens(ending: str) -> None:
    assert run_in(dict(os.environ), f"{{command}} assume --format sh {ending}").returncode == 2


def test_a_closed_standard_output_is_named() -> None:
    ran = run_in(dict(os.environ), "{command} --help >&-")
    assert ran.returncode == 2
    assert "there is no standard output to write the result to" in ran.stderr


def test_a_region_is_shown_with_what_a_terminal_hides(with_key: Command) -> None:
    with_key.environment({"AWS_REGION": "eu-west-1\r"})
    ran = with_key("whoami")
    assert ran.stopped == 2
    assert r"'eu-west-1\r' is not a region" in ran.err


def test_usage_is_one_line(command: Command) -> None:
    for arguments in ((), ("assume",), ("nothing",), ("whoami", "--format", "csv"), ("--settings",)):
        ran = command(*arguments)
        assert ran.stopped == 2
        assert ran.err.count("\n") == 1, ran.err
        assert "see: pipeline-identity" in ran.err
        assert "Usage:" not in ran.err, "the help is not squeezed into a line"


def test_an_interruption_is_told_to_programs(job: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(aws, "sts", interrupted)
    monkeypatch.setattr("pipeline_identity_cli.callers.sts", interrupted)
    ran = job("whoami", "--format", "json")
    assert ran.stopped == 130
    assert ran.data["error"]["id"] == "interrupted"


@pytest.mark.parametrize("color", ["NO_COLOR", "FORCE_COLOR"])
def test_doctor_has_colors_as_the_environment_wants(command: Command, color: str) -> None:
    command.environment({color: "1", "AWS_EC2_METADATA_DISABLED": "true"})
    assert ("\033[" in command("doctor").out) is (color == "FORCE_COLOR")
    assert "\033[" not in command("doctor", "--color", "never").out


def test_doctor_takes_hosts_without_a_proxy_for_no_proxy(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    command.environment({"NO_PROXY": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true"})
    assert "no proxy is set" in command("doctor").out
    command.environment({"HTTPS_PROXY": "http://proxy.example:3128"})
    assert "a proxy is used: HTTPS_PROXY=http://proxy.example:3128, NO_PROXY=127.0.0.1" in command("doctor").out


def test_doctor_finds_nothing_where_all_is_well(job: Command, deployed: Deployed) -> None:
    ran = job("doctor", "--outputs", deployed.outputs, "--pipeline", "orders", "--format", "json")
    assert ran.code == 0
    findings = {one["id"]: one for one in ran.data["findings"]}
    assert {"proxy", "region", "credentials", "clock", "caller", "role"} <= set(findings)
    assert all(one["status"] != "problem" for one in findings.values())
    assert "the key of a user from the environment (env)" in findings["credentials"]["text"]
    assert ":assumed-role/orders-pipeline/" in findings["role"]["text"]


def test_doctor_says_why_a_role_is_denied(job: Command, deployed: Deployed) -> None:
    role = deployed.pipelines["orders"]["roleArn"] + "x"
    ran = job("doctor", "--role-arn", role, "--settle", "0")
    assert ran.code == 1
    assert "PROBLEM  role         AWS denies the call: AccessDenied" in ran.out


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_REGION": "cn-north-1"}, "is in the partition aws-cn, and the role in aws"),
        ({"AWS_REGION": "eu-west-1\r"}, "AWS_REGION holds a carriage return"),
        ({"AWS_PROFILE": "elsewhere"}, "AWS_PROFILE and AWS_ACCESS_KEY_ID are both set"),
        ({"HTTPS_PROXY": "http://bob:pa55word@127.0.0.1:3128"}, "HTTPS_PROXY=http://[hidden]@127.0.0.1:3128"),
    ],
)
def test_doctor_names_what_is_in_the_way(
    job: Command, deployed: Deployed, variables: dict[str, str], told: str
) -> None:
    job.environment(variables)
    ran = job("doctor", "--role-arn", deployed.pipelines["orders"]["roleArn"], "--settle", "0")
    assert told in ran.out
    assert "pa55word" not in ran.out


def test_doctor_measures_the_clock(asked: Command, asked_system: System) -> None:
    asked_system.answers = [(200, IDENTITY)]
    ran = asked("doctor", "--format", "json")
    clocks = [one for one in ran.data["findings"] if one["id"] == "clock"]
    assert len(clocks) == 1
    assert clocks[0]["status"] in ("ok", "warning")
