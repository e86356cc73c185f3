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
import tree_sitter
import tree_sitter_groovy
import yaml

from sandbox.folders import CHECKOUT
from tests.pipeline.ci_systems import BEARER, PIPELINE, System, token
from tests.pipeline.conftest import EXTERNAL_ID, program
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
    "buildkite": "buildkite",
}
WITHOUT_TOKEN = {"woodpecker": "woodpecker-ci", "forgejo": "github-workflows"}
IN_YAML = [*SCHEMAS, "esc"]
SYSTEMS = [*IN_YAML, *WITHOUT_TOKEN, "profile", "credential-process", "jenkins", "sh", "hcp-terraform"]
WITH_TOKEN = [*IN_YAML, "jenkins", "sh", "hcp-terraform"]
ISSUER = "token.actions.githubusercontent.com"


def trust(issuer: str, audience: str, *subjects: str) -> str:
    """The trust policy of a role that takes tokens."""
    compared = {f"{issuer}:aud": audience, f"{issuer}:sub": list(subjects)}
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"},
        "Condition": {"StringEquals": compared},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


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


def trusting(orders: Command, trust_policy: str) -> Command:
    """The same outputs of a role with this trust policy."""
    outputs = json.loads(Path("outputs.json").read_text())
    outputs["orders"]["trustPolicy"] = trust_policy
    Path("outputs.json").write_text(json.dumps(outputs))
    return orders


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
@pytest.mark.parametrize("start", ["keys", "token"])
@pytest.mark.parametrize("system", SCHEMAS)
def test_each_system_takes_its_snippet(orders: Command, system: str, start: str) -> None:
    content = yaml.safe_load(snippet(orders, system, "--start", start))
    # YAML 1.1 reads the key `on` as a truth value; GitHub does not.
    content = {"on" if key is True else key: value for key, value in content.items()}
    # A schema with expressions that Python's `re` does not know is taken as it is.
    rules = schema(SCHEMAS[system])
    validator: Any = jsonschema.validators.validator_for(rules)
    validator(rules).validate(content)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the package with the schemas is not made for it")
@pytest.mark.parametrize("system", WITHOUT_TOKEN)
def test_a_system_without_tokens_takes_its_snippet_and_says_so(orders: Command, system: str) -> None:
    content = yaml.safe_load(snippet(orders, system))
    content = {"on" if key is True else key: value for key, value in content.items()}
    rules = schema(WITHOUT_TOKEN[system])
    jsonschema.validators.validator_for(rules)(rules).validate(content)
    ran = orders("snippet", "--for", system, "--outputs", "outputs.json", "--region", REGION, "--start", "token")
    assert ran.stopped == 2
    assert "hands out no token that a role could trust; start from keys (--start keys)" in ran.err


def test_a_role_that_trusts_tokens_gets_a_job_without_keys(orders: Command) -> None:
    """Its user has keys still; a token goes first, as it ends by itself."""
    assert "aws-access-key-id" in snippet(orders, "github")
    trusting(orders, trust(ISSUER, "sts.amazonaws.com", "repo:acme/shop:ref:refs/heads/main"))
    text = snippet(orders, "github")
    assert "id-token: write" in text
    assert "aws-access-key-id" not in text
    assert "aws-access-key-id" in snippet(orders, "github", "--start", "keys")
    assert "source_profile" in snippet(orders, "profile"), "a profile can only start from keys"


def test_an_action_is_pinned_to_a_commit_and_says_its_version(orders: Command) -> None:
    """A tag can be moved to other code."""
    pinned = r"uses: aws-actions/configure-aws-credentials@[0-9a-f]{40} # v\d+\.\d+\.\d+\n"
    for start in ("keys", "token"):
        assert re.search(pinned, snippet(orders, "github", "--start", start))


def test_buildkite_fills_in_no_variable_before_the_job_runs(orders: Command) -> None:
    """Its upload takes `$NAME` and `${NAME}` for its own variables, and `$$` for the sign."""
    for start in ("keys", "token"):
        command = yaml.safe_load(snippet(orders, "buildkite", "--start", start))["steps"][0]["command"]
        assert 'eval "$$exports"' in command
        assert not re.search(r"(?<!\$)\$[A-Za-z_{]", command)


def test_hcl_fills_in_nothing(orders: Command) -> None:
    text = snippet(orders, "hcp-terraform", "--tag", 'team=${var.team} "a"')
    assert '= { "team" = "$${var.team} \\"a\\"" }' in text


@pytest.mark.parametrize("start", ["keys", "token"])
def test_a_groovy_parser_takes_the_jenkinsfile(orders: Command, start: str) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    text = snippet(orders, "jenkins", "--start", start, *(["--tag", "team=it's"] if start == "keys" else []))
    assert not parser.parse(text.encode()).root_node.has_error
    assert parser.parse(text.replace("agent any", "agent {").encode()).root_node.has_error, "it would tell"


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_snippet_says_what_the_outputs_say(orders: Command, system: str) -> None:
    text = snippet(orders, system)
    for part in (ROLE, EXTERNAL_ID, REGION, "7200", "orders"):
        assert part in text, f"{part} is missing in the snippet for {system}"
    assert "AKIA" not in text


@pytest.mark.parametrize("system", WITH_TOKEN)
def test_without_keys_no_key_is_mentioned(orders: Command, system: str) -> None:
    text = snippet(orders, system, "--start", "token")
    assert ROLE in text
    for part in (
        "secrets.",
        "$(AWS_ACCESS_KEY_ID)",
        "credentials('aws-access-key-id')",
        "keys.accessKeyId",
        "external-id",
    ):
        assert part not in text


@pytest.mark.parametrize("system", ["profile", "credential-process"])
def test_what_has_no_token_is_refused_without_keys(orders: Command, system: str) -> None:
    ran = orders("snippet", "--for", system, "--outputs", "outputs.json", "--region", REGION, "--start", "token")
    assert ran.stopped == 2
    assert "without keys, take the stack's output `profile`" in ran.err


@pytest.mark.parametrize(
    ("system", "part"),
    [
        ("github", "audience: acme\n"),
        ("gitlab", "aud: acme\n"),
        ("jenkins", "aws-token, audience acme.\n"),
    ],
)
def test_the_audience_is_the_one_that_the_role_trusts(orders: Command, system: str, part: str) -> None:
    assert part not in snippet(orders, system, "--start", "token")
    assert part in snippet(orders, system, "--start", "token", "--audience", "acme")
    trusting(orders, trust("gitlab.example.com", "acme", "project_path:acme/shop:ref_type:branch:ref:main"))
    assert part in snippet(orders, system, "--start", "token")


def test_of_several_issuers_the_systems_own_counts(orders: Command) -> None:
    documents = [json.loads(trust(issuer, audience)) for issuer, audience in (("gitlab.com", "lab"), (ISSUER, "hub"))]
    statements = [statement for document in documents for statement in document["Statement"]]
    trusting(orders, json.dumps({"Statement": statements}))
    assert "audience: hub\n" in snippet(orders, "github", "--start", "token")
    assert "aud: lab\n" in snippet(orders, "gitlab", "--start", "token")


def test_azure_devops_needs_the_id_of_a_connection_that_alone_is_trusted(orders: Command) -> None:
    issuer, audience = "vstoken.dev.azure.com/4711", "api://AzureADTokenExchange"
    arguments = ("--start", "token", "--service-connection", "a b")
    trusting(orders, trust(issuer, audience, "sc://acme/shop/aws"))
    assert "--token-from azure-devops --service-connection 'a b')" in snippet(orders, "azure-devops", *arguments)
    wanted = ("--outputs", "outputs.json", "--region", REGION, "--start", "token")
    ran = orders("snippet", "--for", "azure-devops", *wanted)
    assert ran.stopped == 2
    assert "name the connection's id with --service-connection" in ran.err
    trusting(orders, trust(issuer, audience, "sc://acme/shop/aws", "p://acme/shop/release"))
    assert "--service-connection" not in snippet(orders, "azure-devops", "--start", "token")


@pytest.mark.parametrize("system", ["gitlab", "bitbucket", "circleci", "azure-devops", "jenkins", "esc", "sh"])
def test_tags_and_source_identity_reach_the_session(orders: Command, system: str) -> None:
    text = snippet(orders, system, "--tag", "team=web", "--source-identity", "deployer")
    assert "team=web" in text or "team: web" in text
    assert "deployer" in text


@pytest.mark.parametrize("system", ["gitlab", "bitbucket", "circleci", "azure-devops", "jenkins", "esc", "sh"])
def test_a_token_brings_its_own_tags(orders: Command, system: str) -> None:
    arguments = ("--outputs", "outputs.json", "--region", REGION, "--start", "token", "--tag", "team=web")
    ran = orders("snippet", "--for", system, *arguments)
    assert ran.stopped == 2
    assert "without keys cannot send session tags" in ran.err


@pytest.mark.parametrize("system", ["github", "profile"])
def test_tags_are_refused_where_they_cannot_be_sent(orders: Command, system: str) -> None:
    ran = orders("snippet", "--for", system, "--outputs", "outputs.json", "--region", REGION, "--tag", "team=web")
    assert ran.stopped == 2
    assert "leave them out" in ran.err


def test_every_script_turns_traces_off_and_stops_at_a_refusal(orders: Command) -> None:
    for system in ("gitlab", "bitbucket", "circleci", "azure-devops", "jenkins", "sh"):
        text = snippet(orders, system)
        assert text.index("set -e +x") < text.index("pipeline-identity assume"), system


def test_keys_are_written_into_a_private_file_alone(orders: Command) -> None:
    ran = orders(*f"snippet --for profile --outputs outputs.json --region {REGION} --with-keys".split())
    assert ran.stopped == 2
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
    ran = subprocess.run(
        [sys.executable, "-m", "pipeline_identity_cli", *arguments.split()], stdout=theirs, check=False
    )
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
    ran = program("bash", "-x", "-c", script_of(system, text), env=shell)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("you are   role session orders-pipeline")
    assert "AWS_SECRET_ACCESS_KEY=" not in ran.err


@pytest.mark.parametrize("system", ["sh", "gitlab", "bitbucket", "circleci", "azure-devops", "jenkins"])
def test_the_script_of_each_system_opens_the_session_from_its_token(
    job: Command, deployed: Deployed, shell: dict[str, str], system: str, asked_system: System
) -> None:
    asked_system.answers = [(200, json.dumps({"oidcToken": token(**PIPELINE)}))]
    Path("token").write_text(token())
    variables = {
        "sh": {"AWS_WEB_IDENTITY_TOKEN_FILE": str(Path("token").resolve())},
        "gitlab": {"AWS_TOKEN": token()},
        "bitbucket": {"BITBUCKET_STEP_OIDC_TOKEN": token()},
        "circleci": {"CIRCLE_OIDC_TOKEN_V2": token()},
        "azure-devops": {"SYSTEM_OIDCREQUESTURI": asked_system.url, "SYSTEM_ACCESSTOKEN": BEARER},
        "jenkins": {"AWS_TOKEN": token()},
    }
    keyless = {
        name: value for name, value in shell.items() if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
    arguments = ("--outputs", deployed.outputs, "--pipeline", "release", "--region", deployed.sandbox.region)
    text = job("snippet", "--for", system, *arguments).out
    ran = program("bash", "-x", "-c", script_of(system, text), env=keyless | variables[system])
    assert ran.code == 0, ran.err
    assert ran.out.startswith("you are   role session release-pipeline")
    assert "AWS_SECRET_ACCESS_KEY=" not in ran.err


@pytest.mark.parametrize("region", ["", "eu west", "eu-west-1\n"])
def test_a_region_that_is_none_is_refused(orders: Command, region: str) -> None:
    ran = orders("snippet", "--for", "sh", "--outputs", "outputs.json", "--region", region)
    assert ran.stopped == 2
    assert "--region" in ran.err


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
    texts = {system: snippet(orders, system) for system in SYSTEMS}
    texts |= {f"{system}-from-token": snippet(orders, system, "--start", "token") for system in WITH_TOKEN}
    if os.environ.get("UPDATE_GOLDEN"):
        for name, text in texts.items():
            (folder / f"{name}.txt").write_text(text)
    assert {file.stem for file in folder.glob("*.txt")} == texts.keys()
    for name, text in texts.items():
        assert text == (folder / f"{name}.txt").read_text(), name


def test_buildkite_is_asked_for_the_claims_that_the_role_compares(orders: Command) -> None:
    issuer = "agent.buildkite.com"
    document = json.loads(trust(issuer, "sts.amazonaws.com", "organization:acme:pipeline:shop:*"))
    assert "--lifetime 900)" in snippet(orders, "buildkite", "--start", "token")
    tests = document["Statement"][0]["Condition"].setdefault("StringEquals", {})
    tests |= {f"{issuer}:pipeline_id": "p", f"{issuer}:build_branch": "main", "gitlab.com:cluster_id": "c"}
    trusting(orders, json.dumps(document))
    assert "--lifetime 900 --claim pipeline_id)" in snippet(orders, "buildkite", "--start", "token")
