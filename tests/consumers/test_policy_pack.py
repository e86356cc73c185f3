"""Somebody takes the policy pack from a clone of the repository, for stacks that have nothing to do with ours."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.consumers import published, pulumi_cloud
from tests.policies.pack.stacks import stack_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.sandboxes import Sandbox

pytestmark = pytest.mark.long

POLICY = "aws:iam/rolePolicy:RolePolicy"


def _policy(action: str) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::site/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {"type": POLICY, "name": "deploy", "properties": {"role": "site", "policy": document}}


@pytest.fixture
def pack(sandbox: Sandbox, tmp_path: Path, repository: str) -> Path:
    """The pack of a clone, for which the engine has made an environment."""
    clone = tmp_path / "clone"
    published.run("git", "clone", "--quiet", repository.removeprefix("git+"), str(clone), folder=tmp_path)
    _run(["pulumi", "install"], clone / "policies", sandbox.variables)
    return clone / "policies"


def _run(command: list[str], folder: Path, variables: Mapping[str, str]) -> None:
    run = subprocess.run(command, cwd=folder, env=dict(variables), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def _judges(sandbox: Sandbox, pack: Path) -> None:
    refused = stack_of(sandbox, [_policy("s3:*")], "wide").preview("--policy-pack", str(pack))
    passed = stack_of(sandbox, [_policy("s3:GetObject")], "narrow").preview("--policy-pack", str(pack))

    assert not refused.succeeded
    assert refused.violated_policies.keys() == {"no-wildcard-actions"}
    assert passed.succeeded, passed.output
    assert passed.violations == []


def test_it_brings_its_own_environment_and_judges(sandbox: Sandbox, pack: Path) -> None:
    assert (pack.parent / ".venv" / "bin" / "python").exists()
    _judges(sandbox, pack)


def test_what_is_published_to_an_organisation_brings_its_environment_and_judges(
    sandbox: Sandbox, pack: Path, tmp_path: Path
) -> None:
    with pulumi_cloud.receiving() as received:
        cloud = {"PULUMI_BACKEND_URL": received.url, "PULUMI_ACCESS_TOKEN": "token-of-a-test"}
        _run(["pulumi", "policy", "publish", "acme"], pack, {**sandbox.variables, **cloud})

    said = received.pack
    assert (said["name"], said["versionTag"]) == ("iam-guardrails", "0.1.0")
    assert received.completed == "/api/orgs/acme/policypacks/iam-guardrails/versions/0.1.0/complete"
    levels = {policy["name"]: policy["enforcementLevel"] for policy in said["policies"]}
    assert levels["no-wildcard-actions"] == "mandatory"
    assert all(policy["description"] and policy["severity"] for policy in said["policies"])

    with tarfile.open(fileobj=io.BytesIO(received.archive)) as archive:
        archive.extractall(tmp_path / "downloaded", filter="data")
    published_pack = tmp_path / "downloaded" / "package"
    _run(["pulumi", "install"], published_pack, sandbox.variables)
    _judges(sandbox, published_pack)
