"""`whoami`: which identity credentials are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_identity_cli.callers import read

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed


def test_a_pipelines_key_is_its_user(job: Command, deployed: Deployed) -> None:
    seen = job("whoami", "--outputs", deployed.outputs, "--format", "json")
    assert seen.code == 0
    assert seen.data == {
        "format": 1,
        "command": "whoami",
        "exit_code": 0,
        "expires": None,
        "arn": deployed.pipelines["orders"]["userArn"],
        "account": deployed.sandbox.account,
        "kind": "user",
        "name": "orders-pipeline",
        "session_name": None,
        "access_key_id": deployed.key("orders")[0],
        "temporary": False,
        "found_in": "env",
        "pipeline": "orders",
    }


def test_a_session_is_its_role(job: Command, deployed: Deployed) -> None:
    role = deployed.pipelines["orders"]["roleArn"]
    made = deployed.sandbox.client("sts", deployed.key("orders")).assume_role(RoleArn=role, RoleSessionName="run-7")
    session = made["Credentials"]
    job.become((session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    seen = job("whoami", "--outputs", deployed.outputs)
    assert seen.code == 0
    lines = seen.out.splitlines()
    assert lines[0] == "you are   role session orders-pipeline, session run-7"
    assert lines[1] == "pipeline  orders"
    assert lines[-1] == f"key       {session['AccessKeyId']}, temporary, found in: env"


def test_without_outputs_no_pipeline_is_named(job: Command) -> None:
    seen = job("whoami")
    assert seen.code == 0
    assert "pipeline  " not in seen.out


def test_somebody_else_is_no_pipeline(job: Command, deployed: Deployed) -> None:
    job.become((deployed.sandbox.account, "test"))
    seen = job("whoami", "--outputs", deployed.outputs, "--format", "json")
    assert seen.data["kind"] == "root"
    assert seen.data["pipeline"] is None


def test_pulumi_itself_is_asked_for_the_outputs_of_a_stack(
    job: Command, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = deployed.sandbox.variables
    job.environment({name: variables[name] for name in variables if name.startswith("PULUMI_")})
    job.environment({"PATH": variables["PATH"]})
    monkeypatch.chdir(deployed.stack.engine.program)
    assert job("whoami", "--stack", "dev", "--format", "json").data["pipeline"] == "orders"


def test_no_credentials_are_no_identity(job: Command) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        job.monkeypatch.delenv(name)
    seen = job("whoami")
    assert seen.code == 2
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a --profile" in seen.err


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:iam::111122223333:root", ("root", "", None)),
        ("arn:aws:iam::111122223333:user/pipelines/site", ("user", "site", None)),
        ("arn:aws:sts::111122223333:assumed-role/site/run-7", ("role session", "site", "run-7")),
        ("arn:aws:sts::111122223333:federated-user/ada", ("federated user", "ada", None)),
    ],
)
def test_every_kind_of_caller_is_told(arn: str, expected: tuple[str, str, str | None]) -> None:
    assert read(arn) == expected
