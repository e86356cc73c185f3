"""Every example goes through preview under the pack, up and a second up, a walk-through step by step; then destroy."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import CHECKOUT
from tests.consumers import published
from tests.policies.pack.other_languages import with_yaml
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.sandboxes import Sandbox, Stack

EXAMPLES = CHECKOUT / "examples"
STEPS: dict[str, list[dict[str, object]]] = {
    "keys_to_keyless": [{"mode": mode} for mode in ("keys", "both", "keyless")],
    "rotation": [{"rotation": step} for step in range(5)],
}
"""What a reader sets before each deployment of a walk-through, after that of the stack's file."""


def _project(example: str) -> dict[str, Any]:
    return yaml.safe_load((EXAMPLES / example / "Pulumi.yaml").read_text())


def _runtime(example: str) -> str:
    runtime = _project(example)["runtime"]
    return runtime if isinstance(runtime, str) else runtime["name"]


# Programs that are compiled have tests of their own, in tests/consumers.
FOLDERS = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
# A pack has no program: `own_pack` is run by tests/policies/pack/test_engine.py.
PROGRAMS = [name for name in FOLDERS if (EXAMPLES / name / "Pulumi.yaml").is_file()]
RUN_HERE = [name for name in PROGRAMS if _runtime(name) in ("python", "yaml")]
STACKS = [
    (name, file.name.split(".")[1])
    for name in RUN_HERE
    for file in sorted((EXAMPLES / name).glob("Pulumi.*.yaml"))
    if name not in STEPS
]


def _stack(sandbox: Sandbox, example: str, environment: str = "dev") -> tuple[Stack, tuple[str, ...]]:
    """The example's stack, and the pack with the settings that the example brings, about the accounts of this test."""
    folder = EXAMPLES / example
    text = (folder / f"Pulumi.{environment}.yaml").read_text()
    packs = ("--policy-pack", str(CHECKOUT / "policies"))
    accounts = {"111122223333": sandbox.account, "444455556666": sandbox.account}
    if example == "two_accounts":
        accounts["444455556666"] = _account_with_a_deployer(sandbox)
    if (folder / "policies.json").exists():
        settings = sandbox.folder / "policies.json"
        settings.write_text(_replaced((folder / "policies.json").read_text(), accounts))
        packs = (*packs, "--policy-pack-config", str(settings))
    return sandbox.stack(folder, environment, _replaced(text, accounts)), packs


def _replaced(text: str, accounts: dict[str, str]) -> str:
    for written, account in accounts.items():
        text = text.replace(written, account)
    return text


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


def _walked(stack: Stack, packs: tuple[str, ...], example: str) -> Iterator[dict[str, Any]]:
    """Takes the steps of an example, tells the outputs after each, and takes all down again."""
    project = _project(example)["name"]
    for step in STEPS.get(example, [{}]):
        stack.configure({f"{project}:{name}": value for name, value in step.items()})
        preview = stack.preview(*packs)
        assert preview.succeeded, preview.output
        assert (deployed := stack.up(*packs)).succeeded, deployed.output
        assert deployed.changes == preview.changes
        assert not [urn for urn, made in deployed.operations.items() if "replace" in made]
        assert (again := stack.up()).succeeded, again.output
        assert again.changes == {}
        yield stack.outputs()
    assert (refreshed := stack.refresh()).succeeded, refreshed.output
    assert refreshed.changes == {}
    assert (destroyed := stack.destroy()).succeeded, destroyed.output
    assert stack.sandbox.client("iam").list_users()["Users"] == []
    assert stack.sandbox.client("iam").list_roles()["Roles"] == []


@pytest.mark.long
@pytest.mark.parametrize(("example", "environment"), STACKS)
def test_the_example_is_deployed_and_taken_down_again(sandbox: Sandbox, example: str, environment: str) -> None:
    sandbox = with_yaml(sandbox) if _runtime(example) == "yaml" else sandbox
    stack, packs = _stack(sandbox, example, environment)

    assert all(_walked(stack, packs, example))


def _session(sandbox: Sandbox, outputs: dict[str, Any]) -> str:
    """Who a job is that starts with the key in the outputs."""
    sts: Any = sandbox.client("sts", (outputs["accessKeyId"], outputs["secretAccessKey"]))
    return sts.assume_role(RoleArn=outputs["roleArn"], RoleSessionName="job")["AssumedRoleUser"]["Arn"]


@pytest.mark.long
def test_the_key_that_is_shown_works_after_each_step_of_the_rotation_and_at_last_alone(sandbox: Sandbox) -> None:
    keys: list[str] = []
    left: list[list[str]] = []
    for outputs in _walked(*_stack(sandbox, "rotation"), "rotation"):
        assert _session(sandbox, outputs).endswith(":assumed-role/nightly-builder/job")
        keys.append(outputs["accessKeyId"])
        listed = sandbox.client("iam").list_access_keys(UserName="nightly-pipeline")["AccessKeyMetadata"]
        left.append([key["AccessKeyId"] for key in listed])

    first, last = keys[0], keys[-1]
    assert first != last
    assert keys == [first, first, last, last, last]
    assert (left[0], left[-1]) == ([first], [last])


@pytest.mark.long
def test_on_the_way_to_keyless_the_key_works_until_it_is_gone_and_the_role_stays(sandbox: Sandbox) -> None:
    roles: set[str] = set()
    users: list[int] = []
    for outputs in _walked(*_stack(sandbox, "keys_to_keyless"), "keys_to_keyless"):
        if outputs.get("accessKeyId"):
            assert _session(sandbox, outputs).endswith(":assumed-role/shop-deployer/job")
        roles.add(sandbox.client("iam").get_role(RoleName="shop-deployer")["Role"]["RoleId"])
        users.append(len(sandbox.client("iam").list_users()["Users"]))

    assert len(roles) == 1
    assert users == [1, 1, 0]


@pytest.mark.long
def test_a_pack_that_takes_the_rules_from_git_judges_a_stack_that_has_nothing_of_ours(
    sandbox: Sandbox, repository: str, tmp_path: Path
) -> None:
    program = tmp_path / "policy_pack"
    shutil.copytree(EXAMPLES / "policy_pack", program)
    requirements = program / "pack" / "requirements.txt"
    # pip wants a host in every address.
    address = f"{repository.replace('file:///', 'file://localhost/')}#subdirectory=policies"
    requirements.write_text(
        requirements.read_text().replace("git+https://REPOSITORY@v0.1.0#subdirectory=policies", address)
    )
    assert address in requirements.read_text()
    fetched(["pulumi", "install"], folder=program / "pack", variables=sandbox.variables)
    packs = ("--policy-pack", str(program / "pack"), "--policy-pack-config", str(program / "policies.json"))
    stack = sandbox.stack(program)
    assert (passed := stack.preview(*packs)).succeeded, passed.output

    text = (program / "__main__.py").read_text()
    for written, instead, rule in (
        ('"s3:GetObject"', '"s3:*"', "no-wildcard-actions"),
        ('tags={"team": "reports"},', "", "require-tags"),
    ):
        assert written in text
        (program / "__main__.py").write_text(text.replace(written, instead))
        refused = stack.preview(*packs)
        assert not refused.succeeded
        assert refused.violated_policies.keys() == {rule}


@pytest.mark.long
def test_plain_resources_become_an_identity_and_the_key_keeps_working(sandbox: Sandbox, tmp_path: Path) -> None:
    program = tmp_path / "program"
    after = EXAMPLES / "from_plain_resources"
    shutil.copytree(after / "before", program)
    shutil.copy(after / "Pulumi.yaml", program)
    shutil.copy(after / "Pulumi.dev.yaml", program)
    stack = sandbox.stack(program)
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


def test_every_example_is_named_in_the_readme() -> None:
    text = (CHECKOUT / "README.md").read_text()
    assert [name for name in FOLDERS if f"](examples/{name}/)" not in text] == []


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a git repository with this checkout in it."""
    return published.repository(tmp_path_factory.mktemp("repository"))
