"""Which resource options reach what a component makes, the same whether it is imported or taken as a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox, Stack

pytestmark = pytest.mark.long

CLASS = {
    "imported": "from pipeline_identity import PipelineIdentity",
    # What an SDK of any language does.
    "plugin": """
class PipelineIdentity(pulumi.ComponentResource):
    def __init__(self, name, props, opts):
        super().__init__("pipeline-identity:index:PipelineIdentity", name, props, opts, True)
""",
}
PROGRAM = """
import pulumi
import pulumi_aws as aws
{the_class}
{before}
args = {{
    "accountId": "{account}",
    "userName": "site-pipeline",
    "roleName": "site-publisher",
    "permissions": [{{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-site/*"]}}],
}}
PipelineIdentity("site", args, pulumi.ResourceOptions({options}))
"""
EVERY_OPTION = """
protect=True, retain_on_delete=True, deleted_with=team, ignore_changes=["tags"], replace_on_changes=["path"],
custom_timeouts=pulumi.CustomTimeouts(create="7m")
"""
TRANSFORM = """
def ours(args):
    if args.type_ != "aws:iam/role:Role":
        return None
    options = pulumi.ResourceOptions(ignore_changes=["description"], custom_timeouts=pulumi.CustomTimeouts(create="7m"))
    return pulumi.ResourceTransformResult(
        props={**args.props, "tags": {"cost-centre": "42"}}, opts=pulumi.ResourceOptions.merge(args.opts, options)
    )
"""

taken = pytest.mark.parametrize("taken", CLASS)


def _deployed(sandbox: Sandbox, folder: Path, taken: str, options: str, before: str = "") -> Stack:
    plugin = {"name": "pipeline-identity", "path": str(CHECKOUT / "components")}
    project = {"name": "consumer", "runtime": "python", "plugins": {"providers": [plugin]}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    text = PROGRAM.format(the_class=CLASS[taken], account=sandbox.account, before=before, options=options)
    (folder / "__main__.py").write_text(text)
    stack = sandbox.stack(folder, settings={})
    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    return stack


def _inside(stack: Stack) -> list[dict[str, Any]]:
    """What the component has made, from the state."""
    return [one for one in stack.state()["deployment"]["resources"] if "PipelineIdentity$" in one["urn"]]


def _of_type(stack: Stack, type_: str) -> dict[str, Any]:
    (found,) = [one for one in _inside(stack) if one["type"] == type_]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "consumer"
    made.mkdir()
    return made


@taken
def test_what_pulumi_hands_down_reaches_every_resource_and_the_rest_is_the_components_own(
    sandbox: Sandbox, folder: Path, taken: str
) -> None:
    stack = _deployed(sandbox, folder, taken, EVERY_OPTION, before='team = aws.iam.Group("team", name="team")')
    inside = _inside(stack)

    assert {one["type"] for one in inside} >= {"aws:iam/user:User", "aws:iam/role:Role", "aws:iam/accessKey:AccessKey"}
    for one in inside:
        assert one["protect"]
        assert one["retainOnDelete"]
        assert one["deletedWith"].endswith("::team")
        assert "customTimeouts" not in one
        assert "tags" not in one.get("ignoreChanges", [])
        assert "path" not in one.get("replaceOnChanges", [])


@taken
def test_a_transform_changes_properties_and_options_of_the_resources_inside(
    sandbox: Sandbox, folder: Path, taken: str
) -> None:
    stack = _deployed(sandbox, folder, taken, "transforms=[ours]", before=TRANSFORM)

    role = _of_type(stack, "aws:iam/role:Role")
    assert set(role["ignoreChanges"]) == {"description"}
    assert role["customTimeouts"] == {"create": 420}
    assert sandbox.client("iam").list_role_tags(RoleName="site-publisher")["Tags"] == [
        {"Key": "cost-centre", "Value": "42"}
    ]
    assert sandbox.client("iam").list_user_tags(UserName="site-pipeline")["Tags"] == []
    assert stack.up().changes == {}


def test_a_resource_that_was_lost_from_the_state_is_imported_into_its_component(sandbox: Sandbox, folder: Path) -> None:
    stack = _deployed(sandbox, folder, "plugin", "")
    policy = _of_type(stack, "aws:iam/rolePolicy:RolePolicy")
    lost = stack.command("state", "delete", policy["urn"], "--yes")
    assert lost.succeeded, lost.output
    assert stack.preview().changes == {"create": 1}

    name = policy["urn"].rpartition("::")[2]
    imported = stack.pulumi(
        "import", policy["type"], name, policy["id"], "--parent", f"site={policy['parent']}",
        "--yes", "--skip-preview", "--generate-code=false", "--protect=false",
    )  # fmt: skip

    assert imported.succeeded, imported.output
    assert _of_type(stack, policy["type"])["urn"] == policy["urn"]
    assert stack.up().changes == {}
