"""The components as a plugin, hosted by the real engine for programs that do not import them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

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

# A program in another language sends a component's arguments to the plugin in just this way.
HOSTED = """
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
outputs = ["userArn", "roleArn", "trustPolicy", "maxSessionDuration", "secretAccessKey"]


class PipelineIdentity(pulumi.ComponentResource):
    def __init__(self, name, props, opts):
        props = {**dict.fromkeys(outputs), **props}
        super().__init__("pipeline-identity:index:PipelineIdentity", name, props, opts, True)


provider = aws.Provider("chosen", region="eu-west-1", allowed_account_ids=[config.require("account")])
made = PipelineIdentity("site", config.require_object("args"), pulumi.ResourceOptions(providers=[provider]))
pulumi.export("site", {output: getattr(made, output) for output in outputs})
"""

IMPORTED = """
import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity

config = pulumi.Config()
provider = aws.Provider("chosen", region="eu-west-1", allowed_account_ids=[config.require("account")])
made = PipelineIdentity("site", config.require_object("args"), pulumi.ResourceOptions(provider=provider))
pulumi.export("site", made.role_arn)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "consumer"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(HOSTED)
    return folder


def _stack(sandbox: Sandbox, program: Path, **changes: Any) -> Stack:
    args = {
        "accountId": sandbox.account,
        "userName": "site-pipeline",
        "roleName": "site-publisher",
        "mode": "both",
        "maxSessionDuration": 7200,
        "permissions": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-site/*"]}],
        "trust": {
            "principalForm": "account",
            "github": [{"owner": "acme", "repository": "site", "environments": ["production"]}],
            "conditions": {"sessionTags": {"team": ["web"]}},
        },
        "tags": {"team": "web"},
        **changes,
    }
    return sandbox.stack(program, settings={"consumer:account": sandbox.account, "consumer:args": args})


def test_a_program_of_any_language_gets_the_identity_and_a_second_up_changes_nothing(
    sandbox: Sandbox, program: Path
) -> None:
    stack = _stack(sandbox, program)
    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    outputs = stack.outputs()["site"]

    assert outputs["roleArn"] == f"arn:aws:iam::{sandbox.account}:role/site-publisher"
    assert outputs["maxSessionDuration"] == 7200
    assert [one["Sid"] for one in json.loads(outputs["trustPolicy"])["Statement"]] == ["PipelineUser", "GitHub"]
    assert sandbox.client("iam").get_role(RoleName="site-publisher")["Role"]["MaxSessionDuration"] == 7200
    assert stack.up().changes == {}


@pytest.mark.long
def test_the_secret_stays_secret_on_its_way_through_the_plugin(sandbox: Sandbox, program: Path) -> None:
    stack = _stack(sandbox, program)
    assert stack.up().succeeded
    secret = stack.outputs()["site"]["secretAccessKey"]

    assert secret
    assert secret not in json.dumps(stack.state())


@pytest.mark.long
def test_moving_from_the_plugin_to_the_library_and_back_changes_nothing(sandbox: Sandbox, program: Path) -> None:
    stack = _stack(sandbox, program)
    assert stack.up().succeeded

    for text in (IMPORTED, HOSTED):
        (program / "__main__.py").write_text(text)
        moved = stack.up()
        assert moved.succeeded, moved.output
        assert moved.changes == {}


def test_the_order_of_a_rotation_holds_through_the_plugin(sandbox: Sandbox, program: Path) -> None:
    stack = _stack(sandbox, program)
    assert stack.up().succeeded
    settings: dict[str, Any] = yaml.safe_load(stack.settings.read_text())["config"]["consumer:args"]

    stack.configure({"consumer:args": {**settings, "keys": {"rotation": 3}}})
    refused = stack.preview()
    assert not refused.succeeded
    assert "keys.rotation: 3 does not come after 0: the steps 1 to 2 would be skipped" in refused.output

    stack.configure({"consumer:args": {**settings, "keys": {"rotation": 1}}})
    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    assert deployed.changes == {"create": 1, "update": 1}


def test_a_bad_argument_is_named_as_the_program_wrote_it_and_no_stack_trace_is_shown(
    sandbox: Sandbox, program: Path
) -> None:
    stack = _stack(sandbox, program, maxSessionDuration=60)

    refused = stack.preview()

    assert not refused.succeeded
    assert "PipelineIdentity site: 1 argument cannot be used" in refused.output
    assert "property maxSessionDuration with value" in refused.output
    assert "is not a session duration that AWS accepts; use 3600 to 43200 seconds" in refused.output
    assert "session.py" not in refused.output
    assert sandbox.client("iam").list_users()["Users"] == []
