"""The outputs of other resources as arguments, with the real engine: imported, and through the plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox, Stack

PROJECT = f"""
name: consumer
runtime: python
plugins:
  providers:
    - name: pipeline-identity
      path: {CHECKOUT / "components"}
"""

HEAD = """
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
bucket = aws.s3.Bucket("site", bucket=config.require("bucket"))
limits = aws.iam.Policy("limits", name="limits", policy=config.require("limits"))
resource = pulumi.Output.concat(bucket.arn, config.get("end") or "/*")
"""

# A program in another language sends the outputs of its resources in just this way.
HOSTED = """
class Component(pulumi.ComponentResource):
    def __init__(self, kind, name, props):
        outputs = dict.fromkeys(["roleArn", "userPolicy", "permissionsPolicies"])
        super().__init__(f"pipeline-identity:index:{kind}", name, {**outputs, **props}, None, True)


made = Component("PipelineIdentity", "site", {
    "permissions": [{"actions": ["s3:GetObject"], "resources": [resource]}],
    "managedPolicies": {"limits": limits.arn},
    "permissionsBoundary": limits.arn,
    "tags": {"bucket": config.require_secret("tag")},
})
user = Component("PipelineUser", "second", {"roles": [made.roleArn]})
pulumi.export("site", made.permissionsPolicies)
pulumi.export("second", user.userPolicy)
"""

IMPORTED = """
from pipeline_identity import PipelineIdentity, PipelineUser

made = PipelineIdentity(
    "site",
    permissions=[{"actions": ["s3:GetObject"], "resources": [resource]}],
    managed_policies={"limits": limits.arn},
    permissions_boundary=limits.arn,
    tags={"bucket": config.require_secret("tag")},
)
user = PipelineUser("second", roles=[made.role_arn])
pulumi.export("site", made.permissions_policies)
pulumi.export("second", user.user_policy)
"""


def _bucket(sandbox: Sandbox) -> str:
    # The names of buckets are those of all accounts together.
    return f"example-{sandbox.account}"


def _stack(sandbox: Sandbox, tmp_path: Path, program: str) -> Stack:
    folder = tmp_path / "consumer"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(HEAD + program)
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject", "sts:AssumeRole"], "Resource": "*"}
    limits = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    settings: dict[str, Any] = {"aws:region": "eu-west-1", "consumer:limits": limits, "consumer:tag": "web"}
    settings["consumer:bucket"] = _bucket(sandbox)
    return sandbox.stack(folder, settings=settings)


@pytest.mark.parametrize("program", [IMPORTED, HOSTED], ids=["imported", "hosted"])
def test_outputs_become_documents_in_the_update_and_the_preview_says_what_it_cannot_know(
    sandbox: Sandbox, tmp_path: Path, program: str
) -> None:
    stack = _stack(sandbox, tmp_path, program)

    planned = stack.preview()
    assert planned.succeeded, planned.output
    assert "permissions[0].resources[0]" in planned.diagnostics

    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    outputs = stack.outputs()
    assert (
        json.loads(outputs["site"]["permissions"])["Statement"][0]["Resource"] == f"arn:aws:s3:::{_bucket(sandbox)}/*"
    )
    role = f"arn:aws:iam::{sandbox.account}:role/site-pipeline"
    assert json.loads(outputs["second"])["Statement"][0]["Resource"] == role
    (live,) = sandbox.client("iam").list_attached_role_policies(RoleName="site-pipeline")["AttachedPolicies"]
    assert live.get("PolicyName") == "limits"
    assert stack.up().changes == {}


def test_an_output_that_turns_out_invalid_stops_the_update_with_its_place_and_the_fix(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    stack = _stack(sandbox, tmp_path, IMPORTED)
    stack.configure({"consumer:end": " with a blank\n"})

    stopped = stack.up()

    assert not stopped.succeeded
    assert f"permissions[0].resources[0]: 'arn:aws:s3:::{_bucket(sandbox)} with" in stopped.output
    assert "is not an ARN; write it in full" in stopped.output
    assert "Traceback" not in stopped.output
    assert sandbox.client("iam").list_roles()["Roles"] == []


@pytest.mark.long
@pytest.mark.parametrize("program", [IMPORTED, HOSTED], ids=["imported", "hosted"])
def test_the_pack_sees_in_the_preview_what_is_known_of_a_document(
    sandbox: Sandbox, tmp_path: Path, program: str
) -> None:
    stack = _stack(sandbox, tmp_path, program)
    bad = '{"actions": ["iam:PutRolePolicy"], "resources": ["*"]}, {"actions": ["s3:GetObject"]'
    main = tmp_path / "consumer" / "__main__.py"

    def blocked() -> set[str]:
        previewed = stack.preview("--policy-pack", str(CHECKOUT / "policies"))
        assert "Traceback" not in previewed.output
        about = [one for one in previewed.violations if "permissionsInPart" in one["message"]]
        return {one["policyName"] for one in about}

    assert blocked() == set()
    main.write_text(main.read_text().replace('{"actions": ["s3:GetObject"]', bad))
    assert "no-privilege-escalation" in blocked()


TRANSFORMED = """
from pipeline_identity import PipelineIdentity, PipelineUser


def elsewhere(args):
    if args.type_ == "aws:iam/role:Role":
        return pulumi.ResourceTransformResult({**args.props, "path": config.get("path") or "/"}, args.opts)


made = PipelineIdentity(
    "site", permissions=[{"actions": ["s3:GetObject"], "resources": ["*"]}],
    opts=pulumi.ResourceOptions(transforms=[elsewhere]),
)
pulumi.export("site", made.role_arn)
"""


def test_a_role_that_a_transform_gave_another_path_stops_the_deployment_with_both_arns(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    stack = _stack(sandbox, tmp_path, TRANSFORMED)
    computed = f"arn:aws:iam::{sandbox.account}:role/site-pipeline"
    assert (deployed := stack.up()).succeeded, deployed.output
    assert stack.outputs()["site"] == computed

    stack.configure({"consumer:path": "/moved/"})
    stopped = stack.up()

    assert not stopped.succeeded
    said = " ".join(stopped.diagnostics.split())
    assert f"arn:aws:iam::{sandbox.account}:role/moved/site-pipeline was made, but policies" in said
    assert f"name {computed}" in said
    assert "Traceback" not in stopped.output
