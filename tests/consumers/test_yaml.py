"""A YAML program takes the components as a plugin; its resource options reach what the components make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import CHECKOUT
from tests.consumers import published
from tests.consumers.outputs import assert_made_of_outputs
from tests.policies.pack.other_languages import with_yaml
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox, Stack

pytestmark = pytest.mark.long

IDENTITY = "pipeline-identity:index:PipelineIdentity"
ISSUER = "pipeline-identity:index:PipelineOidcProvider"


@pytest.fixture
def yaml_sandbox(sandbox: Sandbox) -> Sandbox:
    return with_yaml(sandbox)


def program(sandbox: Sandbox, name: str = "site", **options: Any) -> dict[str, Any]:
    """An identity, with a provider, with a user to wait for, and with an identity provider as its parent."""
    account = {"accountId": sandbox.account}
    return {
        "name": "consumer",
        "runtime": "yaml",
        "packages": {"pipeline-identity": str(CHECKOUT / "components")},
        "resources": {
            "chosen": {
                "type": "pulumi:providers:aws",
                "properties": {"region": sandbox.region, "allowedAccountIds": [sandbox.account]},
            },
            "waited-for": {
                "type": "pipeline-identity:PipelineUser",
                "properties": {**account, "userName": "waited-for", "roles": [_role(sandbox)]},
            },
            "issuer": {
                "type": "pipeline-identity:PipelineOidcProvider",
                "properties": {
                    **account,
                    "issuer": "https://token.actions.githubusercontent.com",
                    "audiences": ["sts.amazonaws.com"],
                },
            },
            name: {
                "type": "pipeline-identity:PipelineIdentity",
                "properties": {
                    "accountId": sandbox.account,
                    "userName": "site-pipeline",
                    "roleName": "site-publisher",
                    "starterSets": {"staticSite": {"bucket": "example-site", "prefix": "public/"}},
                },
                "options": {
                    "parent": "${issuer}",
                    "provider": "${chosen}",
                    "dependsOn": ["${waited-for}"],
                    "protect": True,
                    **options,
                },
            },
        },
        "outputs": {"role": f"${{{name}.roleArn}}", "secret": f"${{{name}.secretAccessKey}}"},
    }


def _role(sandbox: Sandbox) -> str:
    return f"arn:aws:iam::{sandbox.account}:role/site-publisher"


def deploy(sandbox: Sandbox, folder: Path, document: dict[str, Any]) -> Stack:
    """The deployed stack of a program."""
    folder.joinpath("Pulumi.yaml").write_text(yaml.safe_dump(document))
    stack = sandbox.stack(folder, settings={})
    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    return stack


def _made_by(stack: Stack, component: str) -> list[dict[str, Any]]:
    """The resources of AWS that a component and the components in it have made, from the state."""
    resources = stack.state()["deployment"]["resources"]
    return [one for one in resources if component in one["urn"].rpartition("$")[0] and one["type"].startswith("aws:")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "consumer"
    made.mkdir()
    return made


def test_options_reach_every_resource_of_the_component(yaml_sandbox: Sandbox, folder: Path) -> None:
    stack = deploy(yaml_sandbox, folder, program(yaml_sandbox))
    state = stack.state()["deployment"]["resources"]
    (waited_for,) = [one["urn"] for one in state if one["urn"].endswith(":PipelineUser::waited-for")]
    made = _made_by(stack, IDENTITY)

    assert {one["type"] for one in made} >= {"aws:iam/user:User", "aws:iam/role:Role", "aws:iam/accessKey:AccessKey"}
    for one in made:
        assert "::chosen::" in one["provider"]
        assert one["protect"]
        assert f"::{ISSUER}${IDENTITY}$" in one["urn"]
        assert waited_for in one["dependencies"], one["urn"]
    assert stack.up().changes == {}


def test_what_is_protected_is_not_destroyed(yaml_sandbox: Sandbox, folder: Path) -> None:
    stack = deploy(yaml_sandbox, folder, program(yaml_sandbox))

    assert not stack.destroy().succeeded
    assert yaml_sandbox.client("iam").get_role(RoleName="site-publisher")

    folder.joinpath("Pulumi.yaml").write_text(yaml.safe_dump(program(yaml_sandbox, protect=False)))
    assert stack.up().succeeded
    destroyed = stack.destroy()
    assert destroyed.succeeded, destroyed.output
    assert yaml_sandbox.client("iam").list_users()["Users"] == []


def test_an_identity_with_another_name_and_its_old_one_as_alias_stays_the_same(
    yaml_sandbox: Sandbox, folder: Path
) -> None:
    stack = deploy(yaml_sandbox, folder, program(yaml_sandbox))

    folder.joinpath("Pulumi.yaml").write_text(yaml.safe_dump(program(yaml_sandbox, "web", aliases=[{"name": "site"}])))
    moved = stack.up()

    assert moved.succeeded, moved.output
    assert moved.changes == {}


def test_without_the_alias_it_would_be_another_identity(yaml_sandbox: Sandbox, folder: Path) -> None:
    stack = deploy(yaml_sandbox, folder, program(yaml_sandbox))

    folder.joinpath("Pulumi.yaml").write_text(yaml.safe_dump(program(yaml_sandbox, "web")))

    assert stack.preview().changes["create"] > 5


def test_the_secret_stays_secret_and_a_bad_argument_is_named_without_a_stack_trace(
    yaml_sandbox: Sandbox, folder: Path
) -> None:
    document = program(yaml_sandbox)
    stack = deploy(yaml_sandbox, folder, document)
    secret = stack.outputs()["secret"]
    assert secret
    assert secret not in str(stack.state())

    document["resources"]["site"]["properties"]["roleName"] = "a b"
    folder.joinpath("Pulumi.yaml").write_text(yaml.safe_dump(document))
    refused = stack.preview()

    assert not refused.succeeded
    assert "PipelineIdentity site: 1 argument cannot be used" in refused.output
    assert "property roleName with value" in refused.output
    assert "Traceback" not in refused.output


def test_outputs_are_arguments_and_a_secret_stays_one(yaml_sandbox: Sandbox, folder: Path) -> None:
    account = {"accountId": yaml_sandbox.account}
    user = {"type": "pipeline-identity:PipelineUser"}
    site = {
        "userName": "site-pipeline",
        "roleName": "site-publisher",
        "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-${other.accessKeyId}/*"]}],
        "trust": {"users": ["${other.userArn}"]},
        "tags": {"secret": "${other.secretAccessKey}"},
    }
    document = {
        "name": "consumer",
        "runtime": "yaml",
        "packages": {"pipeline-identity": str(CHECKOUT / "components")},
        "resources": {
            "other": {**user, "properties": {**account, "userName": "other", "roles": [_role(yaml_sandbox)]}},
            "site": {"type": "pipeline-identity:PipelineIdentity", "properties": {**account, **site}},
            "second": {**user, "properties": {**account, "userName": "second", "roles": ["${site.roleArn}"]}},
        },
        "outputs": {
            "keyId": "${other.accessKeyId}",
            "secret": "${other.secretAccessKey}",
            "permissions": "${site.permissionsPolicies}",
            "trust": "${site.trustPolicy}",
            "secondPolicy": "${second.userPolicy}",
        },
    }
    folder.joinpath("Pulumi.yaml").write_text(yaml.safe_dump(document))
    stack = yaml_sandbox.stack(folder, settings={})

    planned = stack.preview()
    assert planned.succeeded, planned.output
    assert '"Resource":"<permissions[0].resources[0]>"' in planned.diagnostics
    deployed = stack.up()
    assert deployed.succeeded, deployed.output

    outputs = stack.outputs()
    assert_made_of_outputs(yaml_sandbox, outputs)
    assert outputs["secret"] not in str(stack.state())
    assert stack.up().changes == {}


def test_a_clone_is_added_as_a_package_and_brings_all_it_needs(
    yaml_sandbox: Sandbox, folder: Path, tmp_path: Path, repository: str
) -> None:
    clone = tmp_path / "clone"
    published.run("git", "clone", "--quiet", repository.removeprefix("git+"), str(clone), folder=tmp_path)
    folder.joinpath("Pulumi.yaml").write_text("name: consumer\nruntime: yaml\n")
    command = ["pulumi", "package", "add", str(clone / "components")]
    fetched(command, folder=folder, variables=yaml_sandbox.variables)

    packages = yaml.safe_load(folder.joinpath("Pulumi.yaml").read_text())["packages"]
    assert (folder / packages["pipeline-identity"]).resolve() == clone / "components"
    stack = deploy(yaml_sandbox, folder, {**program(yaml_sandbox), "packages": packages})
    assert stack.outputs()["role"] == _role(yaml_sandbox)
    (installed,) = (clone / ".venv" / "lib").glob("python3*/site-packages")
    assert not {"iam_guardrails", "pipeline_identity_cli"} & {
        file.name.partition(".")[0] for file in installed.iterdir()
    }
