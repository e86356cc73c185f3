"""Every example goes through preview under the pack, up, a second up, refresh and destroy."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox

EXAMPLES = CHECKOUT / "examples"


def _settings(sandbox: Sandbox, example: str) -> dict[str, str]:
    project = example.replace("_", "-")
    settings = {"aws:region": sandbox.region, f"{project}:accountId": sandbox.account}
    if example == "two_accounts":
        settings[f"{project}:roleAccountId"] = _account_with_a_deployer(sandbox)
    return settings


def _pack(folder: Path, example: Path, settings: dict[str, str]) -> tuple[str, ...]:
    """The policy pack, with the settings that the example brings along, about the accounts of this test."""
    pack = ("--policy-pack", str(CHECKOUT / "policies"))
    if not (example / "policies.json").exists():
        return pack
    text = (example / "policies.json").read_text()
    for name, written in yaml.safe_load((example / "Pulumi.dev.yaml").read_text())["config"].items():
        text = text.replace(written, settings[name])
    (folder / "policies.json").write_text(text)
    return (*pack, "--policy-pack-config", str(folder / "policies.json"))


def _account_with_a_deployer(sandbox: Sandbox) -> str:
    """Another account, whose role `deployer` our account may assume."""
    theirs = f"{int(sandbox.account) ^ 1:012}"
    iam: Any = sandbox.client("iam", (theirs, "test"))
    ours = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{sandbox.account}:root"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=_document(ours))
    iam.put_role_policy(RoleName="deployer", PolicyName="iam", PolicyDocument=_document(allow))
    return theirs


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("example", sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()))
def test_the_example_is_deployed_and_taken_down_again(sandbox: Sandbox, example: str, tmp_path: Path) -> None:
    settings = _settings(sandbox, example)
    stack = sandbox.stack(EXAMPLES / example, settings=settings)

    preview = stack.preview(*_pack(tmp_path, EXAMPLES / example, settings))
    assert preview.succeeded, preview.output
    assert preview.changes.keys() == {"create"}
    assert (deployed := stack.up()).succeeded, deployed.output
    assert stack.up().changes == {}
    assert (refreshed := stack.refresh()).succeeded, refreshed.output
    assert refreshed.changes == {}
    assert (destroyed := stack.destroy()).succeeded, destroyed.output
    assert sandbox.client("iam").list_users()["Users"] == []


def test_plain_resources_become_an_identity_and_the_key_keeps_working(sandbox: Sandbox, tmp_path: Path) -> None:
    program = tmp_path / "program"
    after = EXAMPLES / "from_plain_resources"
    shutil.copytree(after / "before", program)
    shutil.copy(after / "Pulumi.yaml", program)
    stack = sandbox.stack(program, settings=_settings(sandbox, "from_plain_resources"))
    assert (deployed := stack.up()).succeeded, deployed.output
    before = stack.outputs()

    shutil.copy(after / "__main__.py", program)
    moved = stack.up()

    assert moved.succeeded, moved.output
    assert not [urn for urn, step in moved.operations.items() if "replace" in step]
    deleted = [urn for urn, step in moved.operations.items() if step == "delete"]
    assert sorted(urn.rsplit("::", 1)[-1] for urn in deleted) == ["ci-policy", "deploy-policy"]
    assert stack.outputs() == before
    sts: Any = sandbox.client("sts", (before["accessKeyId"], before["secretAccessKey"]))
    assert sts.assume_role(RoleArn=f"arn:aws:iam::{sandbox.account}:role/deploy", RoleSessionName="job")
    assert stack.preview().changes == {}
