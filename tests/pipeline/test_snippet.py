"""`snippet`: pieces of configuration, checked by each system's own schema or reader, and run where they can be run."""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import jsonschema.validators
import pytest
import yaml

from sandbox.folders import CHECKOUT
from tests.pipeline.conftest import EXTERNAL_ID
from tests.support import secrets_guard

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed

REGION = "eu-west-1"
ROLE = "arn:aws:iam::111122223333:role/pipelines/orders"
SECRET = "not-a-real-secret-but-as-long-as-one-is-x"
SCHEMAS = {
    "github": "github-workflows",
    "gitlab": "gitlab-ci",
    "bitbucket": "bitbucket-pipelines",
    "circleci": "circle-ci",
    "azure-devops": "azure-pipelines",
}
_NO_TOKEN = ("azure-devops", "token")
IN_YAML = [*SCHEMAS, "esc"]
SYSTEMS = [*IN_YAML, "profile", "credential-process", "jenkins", "sh"]


@pytest.fixture
def orders(command: Command) -> Command:
    """A folder with the outputs of the pipeline `orders`, its secret in the clear."""
    profile = f"[profile orders]\nrole_arn = {ROLE}\nexternal_id = {EXTERNAL_ID}\n"
    outputs = {
        "roleArn": ROLE,
        "userArn": "arn:aws:iam::111122223333:user/pipelines/orders",
        "sessionName": "orders",
        "maxSessionDuration": 7200,
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": SECRET,
        "profile": profile,
    }
    Path("outputs.json").write_text(json.dumps({"orders": outputs}))
    secrets_guard.remember_one(SECRET)
    return command


def snippet(orders: Command, system: str, *arguments: str) -> str:
    ran = orders("snippet", "--for", system, "--outputs", "outputs.json", "--region", REGION, *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def schema(name: str) -> dict[str, Any]:
    found = importlib.util.find_spec("check_jsonschema")
    assert found is not None
    assert found.origin is not None
    file = Path(found.origin).parent / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the package with the schemas is not made for it")
@pytest.mark.parametrize(
    ("system", "start"),
    [(system, start) for system in SCHEMAS for start in ("keys", "token") if (system, start) != _NO_TOKEN],
)
def test_each_system_takes_its_snippet(orders: Command, system: str, start: str) -> None:
    content = yaml.safe_load(snippet(orders, system, "--start", start))
    # YAML 1.1 reads the key `on` as a truth value; GitHub does not.
    content = {"on" if key is True else key: value for key, value in content.items()}
    # A schema with expressions that Python's `re` does not know is taken as it is.
    rules = schema(SCHEMAS[system])
    validator: Any = jsonschema.validators.validator_for(rules)
    validator(rules).validate(content)


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_snippet_says_what_the_outputs_say(orders: Command, system: str) -> None:
    text = snippet(orders, system)
    for part in (ROLE, EXTERNAL_ID, REGION, "7200", "orders"):
        assert part in text, f"{part} is missing in the snippet for {system}"
    assert "AKIA" not in text


@pytest.mark.parametrize("system", ["github", "gitlab", "bitbucket", "circleci", "esc"])
def test_without_keys_no_key_is_mentioned(orders: Command, system: str) -> None:
    text = snippet(orders, system, "--start", "token")
    assert ROLE in text
    assert "secrets." not in text
    assert "assume --format" not in text


@pytest.mark.parametrize("system", ["azure-devops", "jenkins", "sh", "profile", "credential-process"])
def test_what_has_no_token_is_refused_without_keys(orders: Command, system: str) -> None:
    ran = orders("snippet", "--for", system, "--outputs", "outputs.json", "--region", REGION, "--start", "token")
    assert (ran.code, ran.out) == (2, "")
    assert "keys" in ran.err or "has no token" in ran.err


@pytest.mark.parametrize("system", ["gitlab", "bitbucket", "circleci", "azure-devops", "jenkins", "esc", "sh"])
def test_tags_and_source_identity_reach_the_session(orders: Command, system: str) -> None:
    text = snippet(orders, system, "--tag", "team=web", "--source-identity", "deployer")
    assert "team=web" in text or "team: web" in text
    assert "deployer" in text


@pytest.mark.parametrize("system", ["github", "profile"])
def test_tags_are_refused_where_they_cannot_be_sent(orders: Command, system: str) -> None:
    ran = orders("snippet", "--for", system, "--outputs", "outputs.json", "--region", REGION, "--tag", "team=web")
    assert (ran.code, ran.out) == (2, "")
    assert "leave them out" in ran.err


def test_every_script_turns_traces_off_and_stops_at_a_refusal(orders: Command) -> None:
    for system in ("gitlab", "bitbucket", "circleci", "azure-devops", "jenkins", "sh"):
        text = snippet(orders, system)
        assert text.index("set -e +x") < text.index("pipeline-identity assume"), system


def test_keys_are_written_into_a_private_file_alone(orders: Command) -> None:
    ran = orders(*f"snippet --for profile --outputs outputs.json --region {REGION} --with-keys".split())
    assert (ran.code, ran.out) == (2, "")
    assert "keys are shown on a terminal only" in ran.err

    snippet(orders, "profile", "--with-keys", "--write", "config")
    assert stat.S_IMODE(Path("config").stat().st_mode) == 0o600
    parser = configparser.ConfigParser()
    parser.read("config")
    assert parser["profile orders-keys"]["aws_secret_access_key"] == SECRET


def test_keys_are_shown_on_a_terminal(orders: Command) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    arguments = f"snippet --for profile --outputs outputs.json --region {REGION} --with-keys"
    ran = subprocess.run([sys.executable, "-m", "pipeline_job", *arguments.split()], stdout=theirs, check=False)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ran.returncode == 0
    assert f"aws_secret_access_key = {SECRET}" in shown


def test_keys_do_not_belong_into_a_systems_file(orders: Command) -> None:
    ran = orders(*f"snippet --for gitlab --outputs outputs.json --region {REGION} --with-keys --write ci.yml".split())
    assert ran.code == 2
    assert "leave --with-keys out" in ran.err
    assert not Path("ci.yml").exists()


def test_keys_that_the_outputs_hide_cannot_be_written(job: Command, deployed: Deployed) -> None:
    arguments = ("--pipeline", "orders", "--region", REGION, "--with-keys", "--write", "config")
    ran = job("snippet", "--for", "profile", "--outputs", deployed.outputs, *arguments)
    assert ran.code == 2
    assert "--show-secrets" in ran.err


@pytest.mark.parametrize("system", ["profile", "credential-process"])
def test_boto3_takes_the_profile(
    job: Command, deployed: Deployed, shell: dict[str, str], monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    outputs = str(deployed.folder / "pipelines.json")
    region = deployed.sandbox.region
    arguments = ("--pipeline", "orders", "--region", region, "--with-keys", "--write", "config")
    assert job("snippet", "--for", system, "--outputs", outputs, *arguments).code == 0
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", shell["PATH"])
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("config").resolve()))
    session: Any = boto3.Session(profile_name="orders")
    assert session.region_name == region
    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn.startswith(f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/")


@pytest.mark.parametrize("system", ["sh", "gitlab", "bitbucket", "circleci", "azure-devops", "jenkins"])
def test_the_script_of_each_system_opens_the_session(
    job: Command, deployed: Deployed, shell: dict[str, str], system: str
) -> None:
    arguments = ("--outputs", deployed.outputs, "--pipeline", "orders", "--region", deployed.sandbox.region)
    text = job("snippet", "--for", system, *arguments).out
    # Traces are on, as Jenkins and others have them; secrets must not come into the log.
    ran = subprocess.run(
        ["bash", "-x", "-c", script_of(system, text)], env=shell, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("you are   role session orders-pipeline")
    assert "AWS_SECRET_ACCESS_KEY=" not in ran.stderr


def script_of(system: str, text: str) -> str:
    if system == "sh":
        return text
    if system == "jenkins":
        found = re.search(r"sh '''(.*?)'''", text, re.DOTALL)
        assert found is not None
        return found[1]
    content = yaml.safe_load(text)
    if system == "gitlab":
        return "\n".join([*content["deploy"]["before_script"], *content["deploy"]["script"]])
    if system == "bitbucket":
        return "\n".join(content["pipelines"]["branches"]["main"][0]["step"]["script"])
    if system == "circleci":
        return content["jobs"]["deploy"]["steps"][1]["run"]["command"]
    return content["steps"][0]["bash"]


def test_the_snippets_are_as_people_have_read_them(orders: Command) -> None:
    folder = CHECKOUT / "tests" / "pipeline" / "golden"
    for system in SYSTEMS:
        assert snippet(orders, system) == (folder / f"{system}.txt").read_text(), system
