"""The command against identities that the components have deployed through the engine, in a local AWS.

Whatever the command prints is looked through for secrets: by what AWS has handed out (`tests.support.secrets_guard`),
and by what `scan-state` would call key material. Only the session that `assume` was asked for may be shown.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pipeline_identity_cli.key_material import places
from pipeline_identity_cli.program import run

from sandbox.folders import CHECKOUT
from tests.pipeline.ci_systems import AZURE_DEVOPS, GITHUB, ORGANIZATION, System, serving
from tests.pipeline.minted import Minted
from tests.support import secrets_guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.local_aws import LocalAws
    from tests.support.sandboxes import Sandbox, Stack

EXTERNAL_ID = "acme-4711"


@pytest.fixture(autouse=True)
def no_secret_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins as a new process does: what another had remembered would be cut out of its texts."""
    monkeypatch.setattr("pipeline_identity_cli.redaction._known", set[str]())


@dataclass(frozen=True)
class Deployed:
    """This checkout's own program with three pipelines more.

    The role of `partner`, in another account, asks for an external id; the keys of `minted` are made outside Pulumi;
    `release` has no keys, and takes the tokens of GitHub and of Azure DevOps.

    Attributes:
        sandbox: The account.
        stack: The stack of the program.
        folder: Files with the outputs as Pulumi prints them: `shown.json`, and `pipelines.json` with secrets.
    """

    sandbox: Sandbox
    stack: Stack
    folder: Path

    @property
    def pipelines(self) -> dict[str, Any]:
        """The output `pipelines`, secrets in the clear."""
        return json.loads((self.folder / "pipelines.json").read_text())

    @property
    def outputs(self) -> str:
        """The file of the outputs without their secrets."""
        return str(self.folder / "shown.json")

    def key(self, pipeline: str) -> tuple[str, str]:
        """The key of a pipeline's user."""
        return self.pipelines[pipeline]["accessKeyId"], self.pipelines[pipeline]["secretAccessKey"]


@pytest.fixture(scope="session")
def deployed(
    shared_local_aws: LocalAws,
    new_sandbox: Callable[[LocalAws, Path], Sandbox],
    tmp_path_factory: pytest.TempPathFactory,
) -> Deployed:
    """Deployed once for all tests of a worker, which leave it as it was."""
    sandbox = new_sandbox(shared_local_aws, tmp_path_factory.mktemp("deployed"))
    stack = sandbox.stack(CHECKOUT)
    other = f"{random.SystemRandom().randrange(10**11, 10**12)}"
    settings: dict[str, Any] = yaml.safe_load(stack.settings.read_text().replace("111122223333", sandbox.account))
    settings["config"]["pipeline-identity:pipelines"]["partner"] = {
        "permissions": [{"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}],
        "roleAccount": {"accountId": other, "externalIds": [EXTERNAL_ID], "handOver": True},
    }
    settings["config"]["pipeline-identity:pipelines"]["minted"] = {
        "permissions": [{"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}],
        "keys": {"secret": "outside"},
    }
    settings["config"]["pipeline-identity:identityProviders"] = {
        "github": {"issuer": GITHUB, "audiences": ["sts.amazonaws.com", "acme"]},
        "azure-devops": {"issuer": f"{AZURE_DEVOPS}/{ORGANIZATION}", "audiences": ["api://AzureADTokenExchange"]},
    }
    azure_devops = {"organizationId": ORGANIZATION, "organization": "acme", "project": "shop", "pipelines": ["release"]}
    settings["config"]["pipeline-identity:pipelines"]["release"] = {
        "mode": "keyless",
        "trust": {
            "github": [{"owner": "acme", "repository": "shop", "branchPatterns": ["release/*"], "audience": "acme"}],
            "azureDevops": [azure_devops],
        },
        "permissions": [{"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}],
    }
    stack.settings.write_text(yaml.safe_dump(settings))
    finished = stack.up()
    assert finished.succeeded, finished.output
    shown = stack.command("stack", "output", "--json")
    (sandbox.folder / "shown.json").write_text(shown.output)
    (sandbox.folder / "pipelines.json").write_text(json.dumps(stack.outputs()["pipelines"]))
    _make_partner_role(sandbox, other, stack.outputs()["pipelines"]["partner"])
    return Deployed(sandbox, stack, sandbox.folder)


def _make_partner_role(sandbox: Sandbox, account: str, partner: dict[str, Any]) -> None:
    """The role of the pipeline `partner`, as the administrator of the other account makes it."""
    iam = sandbox.client("iam", (account, "test"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": partner["userArn"]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    path = partner["roleArn"].partition(":role")[2].removesuffix(partner["roleName"])
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName=partner["roleName"], Path=path, AssumeRolePolicyDocument=document, MaxSessionDuration=3600)


_ENDS = r"case .* esac\n|status .*\nsh .*\n|(throw ')?pipeline-identity: the role was not assumed .*\n"
"""What `assume` prints for a shell, or for what reads lines of variables, where there is no session."""


@dataclass(frozen=True)
class Ran:
    """What a run of the command came to."""

    code: int
    out: str
    err: str

    @property
    def stopped(self) -> int:
        """The exit code of a run that came to no result, and wrote nothing but that to standard output."""
        ends_the_script = re.fullmatch(_ENDS, self.out)
        signs = (f'"exit_code": {self.code}', "<error", f'"exitCode": {self.code}', ": no result\n")
        reports_it = self.out[:1] in ("{", "<", "#") and any(sign in self.out for sign in signs)
        assert not self.out or ends_the_script or reports_it, "there is something like a result"
        return self.code

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """The command, run in an empty folder with the environment of a job."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    folder: Path

    def __call__(self, *arguments: str) -> Ran:
        code = run(arguments)
        out, err = self.capsys.readouterr()
        ran = Ran(code, out, err)
        _look_through(ran, shows_session="assume" in arguments and "--write" not in arguments)
        return ran

    def environment(self, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def become(self, credentials: tuple[str, str] | tuple[str, str, str]) -> None:
        """From now on, the job's credentials are these."""
        key, secret, *token = credentials
        self.environment({"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})
        if token:
            self.monkeypatch.setenv("AWS_SESSION_TOKEN", token[0])
        else:
            self.monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


def _look_through(ran: Ran, *, shows_session: bool) -> None:
    """No secret and no stack trace in what was printed; a session alone may be, and only when there is one."""
    printed = ran.err if shows_session and ran.code == 0 else ran.out + ran.err
    secrets_guard.note(printed)
    assert not secrets_guard.shows_a_secret(printed), "a secret was printed"
    assert not places(printed), "key material was printed"
    assert "Traceback" not in ran.err


def program(*command: str, env: Mapping[str, str], folder: Path | None = None, given: str = "") -> Ran:
    """Another program, which may start the command, and prints no session."""
    done = subprocess.run(
        command, env=env, cwd=folder, input=given, capture_output=True, text=True, encoding="utf-8", check=False
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    _look_through(ran, shows_session=False)
    return ran


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """The command by itself, without AWS."""
    monkeypatch.chdir(tmp_path)
    return Command(monkeypatch, capsys, tmp_path)


@pytest.fixture
def job(deployed: Deployed, command: Command) -> Command:
    """The command in a job that has the key of the pipeline `orders`, and asks AWS once."""
    variables = deployed.sandbox.variables
    command.environment({name: variables[name] for name in variables if name.startswith("AWS_")})
    command.environment({"AWS_MAX_ATTEMPTS": "1", "NO_PROXY": variables["NO_PROXY"]})
    command.become(deployed.key("orders"))
    return command


@pytest.fixture
def minted(job: Command, deployed: Deployed) -> Iterator[Minted]:
    job.become((deployed.sandbox.account, "test"))
    one = Minted(job, deployed, deployed.pipelines["minted"]["userName"])
    one.clear()
    yield one
    one.clear()


@pytest.fixture
def asked_system() -> Iterator[System]:
    """A CI system that can be asked for tokens."""
    with serving(System()) as system:
        yield system


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody listens on, kept from everybody else as long as the test runs."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


@pytest.fixture
def shell(deployed: Deployed) -> dict[str, str]:
    """The environment of a real shell in that job."""
    key, secret = deployed.key("orders")
    return {
        **deployed.sandbox.variables,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "HOME": str(deployed.folder),
        "PATH": os.pathsep.join([str(CHECKOUT / ".venv" / "bin"), deployed.sandbox.variables["PATH"]]),
    }
