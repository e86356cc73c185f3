"""Somebody takes the policy pack from a clone of the repository, for stacks that have nothing to do with ours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.consumers import published
from tests.policies.pack.stacks import stack_of

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox

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
    installed = subprocess.run(
        ["pulumi", "install"],
        cwd=clone / "policies",
        env=dict(sandbox.variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return clone / "policies"


def test_it_brings_its_own_environment_and_judges(sandbox: Sandbox, pack: Path) -> None:
    refused = stack_of(sandbox, [_policy("s3:*")], "wide").preview("--policy-pack", str(pack))
    passed = stack_of(sandbox, [_policy("s3:GetObject")], "narrow").preview("--policy-pack", str(pack))

    assert not refused.succeeded
    assert refused.violated_policies.keys() == {"no-wildcard-actions"}
    assert passed.succeeded, passed.output
    assert passed.violations == []
    assert (pack.parent / ".venv" / "bin" / "python").exists()
