"""The provider under the real engine: the life of a stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sandbox import provider

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox

PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
provider = aws.Provider(
    "provider",
    region="eu-central-1",
    allowed_account_ids=[config.require("account")],
    default_tags={"tags": {"team": "platform"}},
)
options = pulumi.ResourceOptions(provider=provider)
user = aws.iam.User("user", name="deployer", path="/ci/", opts=options)
trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": user.arn}}
role = aws.iam.Role(
    "role",
    name=config.get("role") or "deploy",
    max_session_duration=config.get_int("duration") or 3600,
    assume_role_policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [trust]}),
    opts=options,
)
key = aws.iam.AccessKey("key", user=user.name, opts=options)
pulumi.export("key", key.id)
pulumi.export("secret", key.secret)
pulumi.export("role", role.arn)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: program\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def test_a_stack_lives_from_up_to_destroy(sandbox: Sandbox, program: Path) -> None:
    stack = sandbox.stack(program, settings={"program:account": sandbox.account})
    iam = sandbox.client("iam")

    made = stack.up()
    assert made.succeeded, made.output
    assert made.changes == {"create": 5}
    again = stack.up()
    assert (again.succeeded, again.changes) == (True, {})

    stack.configure({"program:duration": "7200"})
    assert stack.up().changes == {"update": 1}
    assert iam.get_role(RoleName="deploy")["Role"]["MaxSessionDuration"] == 7200

    iam.tag_user(UserName="deployer", Tags=[{"Key": "foreign", "Value": "yes"}])
    assert stack.refresh().changes == {"update": 1}
    assert stack.up().changes == {"update": 1}
    assert [tag["Key"] for tag in iam.list_user_tags(UserName="deployer")["Tags"]] == ["team"]

    stack.configure({"program:role": "another"})
    replaced = stack.up()
    assert replaced.changes == {"replace": 1}
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["another"]

    secret = stack.outputs()["secret"]
    assert secret not in stack.command("stack", "export").output

    assert stack.destroy().succeeded
    assert (iam.list_users()["Users"], iam.list_roles()["Roles"]) == ([], [])


@pytest.mark.long
def test_what_is_gone_is_made_again(sandbox: Sandbox, program: Path) -> None:
    stack = sandbox.stack(program, settings={"program:account": sandbox.account})
    assert stack.up().succeeded
    sandbox.client("iam").delete_role(RoleName="deploy")
    assert stack.refresh().changes == {"delete": 1}
    assert stack.up().changes == {"create": 1}


@pytest.mark.long
def test_a_preview_in_another_account_is_refused_and_makes_nothing(sandbox: Sandbox, program: Path) -> None:
    stack = sandbox.stack(program, settings={"program:account": "111122223333"})
    for finished in (stack.preview(), stack.up()):
        assert not finished.succeeded
        assert f"AWS account ID not allowed: {sandbox.account}" in finished.output
    assert sandbox.client("iam").list_users()["Users"] == []


@pytest.mark.long
def test_a_user_that_is_there_is_adopted(sandbox: Sandbox, program: Path) -> None:
    iam = sandbox.client("iam")
    unique_id = iam.create_user(UserName="deployer", Path="/ci/", Tags=[{"Key": "team", "Value": "platform"}])
    source = program / "__main__.py"
    source.write_text(
        source.read_text().replace(
            'path="/ci/", opts=options)',
            'path="/ci/", opts=pulumi.ResourceOptions(provider=provider, import_="deployer"))',
        )
    )
    stack = sandbox.stack(program, settings={"program:account": sandbox.account})
    adopted = stack.up()
    assert adopted.succeeded, adopted.output
    assert adopted.changes == {"create": 4, "import": 1}
    assert iam.get_user(UserName="deployer")["User"]["UserId"] == unique_id["User"]["UserId"]


@pytest.mark.long
def test_a_type_the_sandbox_does_not_know_is_refused_by_name(sandbox: Sandbox, program: Path) -> None:
    (program / "__main__.py").write_text('import pulumi_aws as aws\naws.ec2.Vpc("network", cidr_block="10.0.0.0/16")\n')
    finished = sandbox.stack(program, settings={"aws:region": "eu-central-1"}).preview()
    assert not finished.succeeded
    assert re.search(r"does not know the resource type aws:ec2/vpc:Vpc", finished.output)


@pytest.mark.long
def test_a_wrong_value_is_refused_with_its_property_before_anything_is_made(sandbox: Sandbox, program: Path) -> None:
    (program / "__main__.py").write_text(
        'import pulumi_aws as aws\naws.iam.User("good", name="good")\naws.iam.User("bad", name="with space")\n'
    )
    finished = sandbox.stack(program, settings={"aws:region": "eu-central-1"}).preview()
    assert not finished.succeeded
    assert "name of aws:iam/user:User: 'with space'" in finished.output
    assert sandbox.client("iam").list_users()["Users"] == []


def test_installing_twice_writes_one_launcher(tmp_path: Path) -> None:
    for _ in range(2):
        provider.install(tmp_path, tmp_path / "python with spaces")
    (launcher,) = tmp_path.glob("plugins/resource-aws-v*/*")
    assert launcher.name == "pulumi-resource-aws"
    assert "'" + str(tmp_path / "python with spaces") + "'" in launcher.read_text()
