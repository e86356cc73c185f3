"""`assume`: temporary credentials, the forms they come in, and why they are refused."""

from __future__ import annotations

import json
import stat
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.auth
import pytest
from pipeline_identity_cli.sessions import Session

from tests.pipeline.ci_systems import refusal
from tests.pipeline.conftest import EXTERNAL_ID

if TYPE_CHECKING:
    from tests.pipeline.ci_systems import System
    from tests.pipeline.conftest import Command, Deployed, Ran

ROLE = "arn:aws:iam::111122223333:role/pipelines/site"


def assume(job: Command, deployed: Deployed, *arguments: str, pipeline: str = "orders") -> Ran:
    outputs = ("--outputs", deployed.outputs, "--pipeline", pipeline)
    return job("assume", "--format", "json", "--settle", "0", *outputs, *arguments)


def who_is(job: Command, credentials: dict[str, Any]) -> str:
    job.become((credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]))
    return job("whoami", "--format", "json").data["arn"]


def test_the_session_is_what_the_outputs_say(job: Command, deployed: Deployed) -> None:
    before = datetime.now(timezone.utc)
    ran = assume(job, deployed)
    assert (ran.code, ran.err) == (0, "")
    pipeline = deployed.pipelines["orders"]
    session = f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/{pipeline['sessionName']}"
    assert ran.data["AssumedRoleArn"] == session
    assert who_is(job, ran.data) == session
    ends = datetime.fromisoformat(ran.data["Expiration"].replace("Z", "+00:00"))
    assert ends >= before + timedelta(seconds=7200 - 1), "the role's maximum"


def test_without_outputs_the_role_is_named(job: Command, deployed: Deployed) -> None:
    role = deployed.pipelines["orders"]["roleArn"]
    ran = job("assume", "--format", "json", "--role-arn", role, "--session-name", "run-7", "--duration", "900")
    assert ran.code == 0
    assert who_is(job, ran.data).endswith("assumed-role/orders-pipeline/run-7")


def test_the_outputs_of_one_component_need_no_name(job: Command, deployed: Deployed) -> None:
    outputs = job.folder / "one.json"
    outputs.write_text(json.dumps({"role_arn": deployed.pipelines["orders"]["roleArn"], "max_session_duration": 900}))
    assert job("assume", "--format", "json", "--outputs", str(outputs)).code == 0


def test_the_external_id_comes_from_the_outputs(job: Command, deployed: Deployed) -> None:
    job.become(deployed.key("partner"))
    assert assume(job, deployed, pipeline="partner").code == 0


def test_a_wrong_external_id_is_refused(job: Command, deployed: Deployed) -> None:
    job.become(deployed.key("partner"))
    assert assume(job, deployed, "--external-id", EXTERNAL_ID, pipeline="partner").code == 0
    ran = assume(job, deployed, "--external-id", "other", pipeline="partner")
    assert ran.stopped == 1
    assert "external id" in ran.err
    assert "AWS denies the call: AccessDenied: " in ran.err
    assert ran.err.count("\n") == 1


def test_a_role_that_is_not_there_is_refused(job: Command, deployed: Deployed) -> None:
    ran = job("assume", "--format", "sh", "--settle", "0", "--role-arn", deployed.pipelines["orders"]["roleArn"] + "x")
    assert ran.stopped == 1
    assert "the role's ARN (is it there?)" in ran.err or "the caller's own policy does not allow it" in ran.err


def test_another_pipelines_key_is_refused(job: Command, deployed: Deployed) -> None:
    job.become(deployed.key("site"))
    ran = assume(job, deployed)
    assert ran.code == 1
    assert "AccessDenied" in ran.err


def test_session_tags_need_both_ends(job: Command, deployed: Deployed) -> None:
    ran = assume(job, deployed, "--tag", "team=web")
    assert ran.stopped == 1
    assert "AWS denies the call: AccessDenied: " in ran.err


def test_an_inactive_key_is_told_from_a_wrong_secret(job: Command, deployed: Deployed) -> None:
    iam = deployed.sandbox.client("iam")
    user = deployed.pipelines["orders"]["userName"]
    made = iam.create_access_key(UserName=user)["AccessKey"]
    try:
        job.become((made["AccessKeyId"], made["SecretAccessKey"]))
        assert assume(job, deployed).code == 0
        iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
        ran = assume(job, deployed)
        assert ran.code == 2
        assert "inactive or deleted" in ran.err
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=made["AccessKeyId"])
    key, secret = deployed.key("orders")
    job.become((key, secret[:-1]))
    ran = assume(job, deployed)
    assert ran.stopped == 2
    assert "the secret is not the one of this access key" in ran.err


def test_a_session_that_is_over_is_told(job: Command, deployed: Deployed) -> None:
    credentials = assume(job, deployed, "--duration", "900").data
    job.become((credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]))
    deployed.sandbox.aws.forward(901)
    ran = assume(job, deployed)
    assert ran.stopped == 2
    assert "the session that these credentials are of has expired: open a new one" in ran.err


def test_a_wrong_clock_is_told(job: Command, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def an_hour_ago(*_: object) -> datetime:
        return datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(hours=1)

    monkeypatch.setattr(botocore.auth, "get_current_datetime", an_hour_ago)
    ran = assume(job, deployed)
    assert ran.stopped == 2
    assert "this machine's clock is off by more than 5 minutes" in ran.err


def test_an_endpoint_that_is_down_is_told(job: Command, deployed: Deployed, closed_port: int) -> None:
    job.environment({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}"})
    ran = assume(job, deployed)
    assert ran.code == 2
    assert "look at network, proxy (HTTPS_PROXY), region and AWS_ENDPOINT_URL" in ran.err


USER = "User: arn:aws:iam::111122223333:user/site is not authorized to perform"
ASSUME = f"{USER}: sts:AssumeRole on resource: {ROLE}"


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("Throttling", "Rate exceeded", "AWS asks to call less often: try later"),
        (
            "AccessDenied",
            f"{USER}: sts:TagSession on resource: {ROLE}",
            "tagging sessions must be allowed at both ends",
        ),
        (
            "AccessDenied",
            f"{USER}: sts:SetSourceIdentity on resource: {ROLE}",
            "setting a source identity must be allowed",
        ),
        (
            "AccessDenied",
            f"{USER}: sts:AssumeRole on resource: {ROLE}",
            "the role's ARN (is it there?), its trust policy",
        ),
        (
            "AccessDenied",
            f"{ASSUME} with an explicit deny in an identity-based policy",
            "a Deny forbids it",
        ),
        (
            "AccessDenied",
            f"{ASSUME} because no identity-based policy allows the sts:AssumeRole action",
            "name this role's ARN in the user's policy",
        ),
        (
            "AccessDenied",
            f"{ASSUME} because no permissions boundary allows the sts:AssumeRole action",
            "look at the boundary of the user or role",
        ),
        (
            "RegionDisabledException",
            "STS is not activated in this region for account:111122223333.",
            "choose another --region",
        ),
        (
            "PackedPolicyTooLarge",
            "Packed size of session tags consumes 105% of allotted space.",
            "send fewer or shorter",
        ),
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            "a role that assumes a role gets 3600 seconds at most",
        ),
        ("SomethingNew", "Nobody has seen this yet.", "look this code up in AWS's documentation of the call"),
    ],
)
def test_each_refusal_is_told_with_what_to_look_at(
    job: Command, asked_system: System, code: str, message: str, told: str
) -> None:
    asked_system.answers = [(400, refusal(code, message))]
    job.environment({"AWS_ENDPOINT_URL": asked_system.url})
    ran = job("assume", "--format", "json", "--settle", "0", "--retry-for", "0", "--role-arn", ROLE)
    assert ran.stopped == (1 if code == "AccessDenied" else 2)
    assert f"s the call: {code}: {message}".rstrip(".") + "; " in ran.err
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_a_page_in_the_place_of_an_answer_is_told(job: Command, asked_system: System) -> None:
    asked_system.answers = [(200, "<html>Log in to the network<br></html>")]
    job.environment({"AWS_ENDPOINT_URL": asked_system.url})
    ran = job("assume", "--format", "json", "--settle", "0", "--role-arn", ROLE)
    assert ran.stopped == 2
    assert "what answered in AWS's place does not speak as AWS does; look at network, proxy" in ran.err


@pytest.mark.parametrize("name", ["whoami", "rotate --user site --parameter /site"])
def test_other_commands_tell_it_alike(job: Command, asked_system: System, closed_port: int, name: str) -> None:
    asked_system.answers = [(400, refusal("Throttling", "Rate exceeded"))]
    job.environment({"AWS_ENDPOINT_URL_STS": asked_system.url, "AWS_ENDPOINT_URL_IAM": asked_system.url})
    job.environment({"AWS_ENDPOINT_URL_SSM": asked_system.url})
    ran = job(*name.split(), "--retry-for", "0")
    assert ran.stopped == 2
    assert "AWS rejects the call: Throttling" in ran.err or "does not speak as AWS does (HTTP 400)" in ran.err
    for service in ("STS", "IAM", "SSM"):
        job.environment({f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{closed_port}"})
    ran = job(*name.split())
    assert ran.stopped == 2
    assert "AWS could not be asked: EndpointConnectionError" in ran.err


def test_a_refusal_is_tried_again_while_iam_settles(deployed: Deployed, shell: dict[str, str]) -> None:
    """A key that is inactive at first is taken for one that IAM does not know yet."""
    iam = deployed.sandbox.client("iam")
    user = deployed.pipelines["orders"]["userName"]
    made = iam.create_access_key(UserName=user)["AccessKey"]
    try:
        iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
        role = deployed.pipelines["orders"]["roleArn"]
        arguments = ["assume", "--format", "json", "--settle", "600", "--role-arn", role]
        key = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
        with subprocess.Popen(
            ["pipeline-identity", *arguments],
            env={**shell, **key},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert "trying again for 600 s" in process.stderr.readline()
            iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Active")
            out, err = process.communicate()
        assert (process.returncode, err) == (0, "")
        assert json.loads(out)["AccessKeyId"].startswith("ASIA")
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=made["AccessKeyId"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--duration", "899"), "ask for 900 to 43200"),
        (("--duration", "43201"), "ask for 900 to 43200"),
        (("--session-name", "a b"), "--session-name 'a b' cannot be used"),
        (("--session-name", "a"), "use 2 to 64"),
        (("--source-identity", "a:b"), "--source-identity 'a:b' cannot be used"),
        (("--tag", "team"), "write each as KEY=VALUE"),
        (("--tag", "team=a", "--tag", "team=b"), "each key once"),
        (("--tag", f"team={'x' * 257}"), "at most 256 for the value"),
        (("--external-id", "no spaces"), "use 2 to 1224"),
        (("--role-arn", "arn:aws:iam::111122223333:user/site"), "is not the ARN of a role"),
    ],
)
def test_what_aws_would_refuse_is_refused_before_it_is_asked(
    command: Command, arguments: tuple[str, ...], told: str
) -> None:
    ran = command("assume", "--format", "sh", "--role-arn", ROLE, *arguments)
    assert ran.stopped == 2
    assert told in ran.err


def test_the_roles_own_maximum_is_known_from_the_outputs(job: Command, deployed: Deployed) -> None:
    ran = assume(job, deployed, "--duration", "7201")
    assert ran.code == 2
    assert "ask for 900 to 7200" in ran.err


def test_a_longer_session_than_the_role_allows_is_refused_by_aws(job: Command, deployed: Deployed) -> None:
    role = deployed.pipelines["orders"]["roleArn"]
    ran = job("assume", "--format", "json", "--role-arn", role, "--duration", "7201")
    assert ran.code == 2
    assert "raise max_session_duration of the role" in ran.err


def test_which_role_must_be_said(command: Command) -> None:
    ran = command("assume", "--format", "sh")
    assert ran.code == 2
    assert "name it with --role-arn" in ran.err


def test_a_file_has_the_credentials_for_its_owner_alone(job: Command, deployed: Deployed) -> None:
    file = job.folder / "session.json"
    file.write_text("{}")
    file.chmod(0o644)
    ran = assume(job, deployed, "--write", str(file))
    assert (ran.code, ran.out) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["AccessKeyId"].startswith("ASIA")
    assert [one.name for one in job.folder.iterdir()] == ["session.json"]


def test_boto3_takes_the_credential_process(
    deployed: Deployed, shell: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = f'--outputs "{deployed.outputs}" --pipeline orders'
    config = tmp_path / "config"
    config.write_text(
        f"[profile job]\ncredential_process = pipeline-identity assume --format credential_process {arguments}\n"
    )
    for name in shell.keys() & {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION", "PATH"}:
        monkeypatch.setenv(name, shell[name])
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    session: Any = boto3.Session(profile_name="job", region_name=deployed.sandbox.region)
    arn = session.client("sts", endpoint_url=deployed.sandbox.aws.endpoint).get_caller_identity()["Arn"]
    assert arn.startswith(f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/")


def test_a_session_does_not_show_its_secrets() -> None:
    ends = datetime(2026, 11, 25, 16, 30, tzinfo=timezone.utc)
    shown = repr(Session("ASIAEXAMPLE", "its secret", "its token", ends, "arn", "eu-central-1"))
    assert "ASIAEXAMPLE" in shown
    assert "its" not in shown
