"""Programs in TypeScript and Go take the components with SDKs that are generated from the committed schema."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox.folders import CHECKOUT
from tests.consumers import sdks

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox

needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="this machine has no Node.js")


def _typescript(sandbox: Sandbox, role_name: str) -> subprocess.CompletedProcess[str]:
    program = sdks.typescript_program() / "program.js"
    folder = sandbox.folder / "consumer"
    folder.mkdir()
    plugin = {"name": "pipeline-identity", "path": str(CHECKOUT / "components")}
    project = {"name": "consumer", "runtime": "nodejs", "plugins": {"providers": [plugin]}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    command = ["node", str(program), sandbox.account, role_name]
    return subprocess.run(command, cwd=folder, env=dict(sandbox.variables), capture_output=True, text=True, check=False)


@needs_node
def test_a_typescript_program_deploys_an_identity_and_its_secret_stays_secret(sandbox: Sandbox) -> None:
    run = _typescript(sandbox, "site-publisher")
    assert run.returncode == 0, run.stderr

    made = json.loads(run.stdout)
    role = sandbox.client("iam").get_role(RoleName="site-publisher")["Role"]
    assert made["outputs"]["role"] == {"value": role["Arn"], "secret": False}
    assert made["outputs"]["secret"]["secret"] is True
    assert made["changes"].keys() == {"same"}
    assert [one["Sid"] for one in role["AssumeRolePolicyDocument"]["Statement"]] == ["PipelineUser", "GitHub"]


@needs_node
def test_a_typescript_program_is_told_of_a_bad_argument_without_a_stack_trace(sandbox: Sandbox) -> None:
    refused = _typescript(sandbox, "a b")

    assert refused.returncode == 1
    assert "PipelineIdentity site: 1 argument cannot be used" in refused.stderr
    assert "property roleName with value" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert sandbox.client("iam").list_users()["Users"] == []


def test_a_go_program_compiles() -> None:
    assert sdks.go_program().is_file()
