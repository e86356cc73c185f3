"""One user for several stages, each in an account of its own, with the engine: made, adopted, suspended, destroyed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox, Stack

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "components"
PROD = "888800000008"
LIST = {"permissions": [{"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}]}


def reaching_prod(sandbox: Sandbox) -> Sandbox:
    """The sandbox, with a profile that reaches the account of the stage `prod`."""
    config, credentials = sandbox.folder / "config", sandbox.folder / "credentials"
    config.write_text(f"[profile prod]\nregion = {sandbox.region}\n")
    secret = sandbox.variables["AWS_SECRET_ACCESS_KEY"]
    credentials.write_text(f"[prod]\naws_access_key_id = {PROD}\naws_secret_access_key = {secret}\n")
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    return replace(sandbox, variables={**sandbox.variables, **files})


def stack(sandbox: Sandbox) -> Stack:
    return sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region})


def declare(stack: Stack, sandbox: Sandbox, **args: Any) -> None:
    stack.configure({"components:stages": {"site": {"account_id": sandbox.account, **args}}})


def deployed(stack: Stack) -> dict[str, Any]:
    finished = stack.up()
    assert finished.succeeded, finished.output
    return stack.outputs()["site"]


def three(sandbox: Sandbox) -> dict[str, Any]:
    account = {"account_id": PROD, "region": sandbox.region, "profile": "prod", "external_ids": ["acme-1"]}
    return {"dev": LIST, "stage": {**LIST, "role_name": "stager"}, "prod": {**LIST, "role_account": account}}


def test_one_key_opens_every_stage_and_a_suspension_closes_all_of_them(sandbox: Sandbox) -> None:
    site = stack(reaching_prod(sandbox))
    declare(site, sandbox, stages=three(sandbox))
    outputs = deployed(site)

    sts: Any = sandbox.client("sts", (outputs["access_key_id"], outputs["secret_access_key"]))

    def opened() -> set[str]:
        found: set[str] = set()
        for stage, arn in outputs["role_arns"].items():
            external = {"ExternalId": "acme-1"} if stage == "prod" else {}
            try:
                sts.assume_role(RoleArn=arn, RoleSessionName=outputs["session_names"][stage], **external)
            except ClientError:
                continue
            found.add(stage)
        return found

    assert outputs["role_arns"]["prod"] == f"arn:aws:iam::{PROD}:role/site-prod"
    assert opened() == {"dev", "stage", "prod"}
    assert site.up().changes == {}

    declare(site, sandbox, stages=three(sandbox), suspended="2026-11-25T16:30:00Z")
    deployed(site)
    assert opened() == set()
    for role in ("site-dev", "stager"):
        assert "suspended" in sandbox.client("iam").list_role_policies(RoleName=role)["PolicyNames"]

    destroyed = site.destroy()
    assert destroyed.succeeded, destroyed.output
    assert sandbox.client("iam").list_users()["Users"] == []
    assert sandbox.client("iam").list_roles()["Roles"] == []


def test_a_user_and_a_role_that_exist_are_taken_over_as_they_are_and_then_brought_into_line(sandbox: Sandbox) -> None:
    iam: Any = sandbox.client("iam")
    iam.create_user(UserName="site-pipeline")
    theirs = {"Effect": "Allow", "Principal": {"AWS": sandbox.account}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
    iam.create_role(RoleName="site-dev", AssumeRolePolicyDocument=trust, Description="by hand")
    site = stack(sandbox)

    declare(site, sandbox, adopt=True, stages={"dev": {**LIST, "adopt": True}, "stage": LIST})
    outputs = deployed(site)
    live = iam.get_role(RoleName="site-dev")["Role"]
    assert live["AssumeRolePolicyDocument"]["Statement"] == [theirs]

    declare(site, sandbox, stages={"dev": LIST, "stage": LIST})
    deployed(site)
    live = iam.get_role(RoleName="site-dev")["Role"]
    assert live["AssumeRolePolicyDocument"] == json.loads(outputs["trust_policies"]["dev"])
    assert live["Description"] == "by hand"
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["site-pipeline"]


def test_pull_requests_plan_and_the_branch_applies_and_neither_has_a_key(sandbox: Sandbox) -> None:
    site = stack(sandbox)
    github = {"owner": "acme", "repository": "site"}
    plan = {**LIST, "trust": {"github": [{**github, "pull_requests": True}]}}
    apply = {**LIST, "trust": {"github": [{**github, "branches": ["main"]}]}}
    declare(site, sandbox, mode="keyless", stages={"plan": plan, "apply": apply})

    outputs = deployed(site)

    assert outputs["user_arn"] is None
    assert sandbox.client("iam").list_users()["Users"] == []
    for name, subject in {"plan": "pull_request", "apply": "ref:refs/heads/main"}.items():
        live = sandbox.client("iam").get_role(RoleName=f"site-{name}")["Role"]["AssumeRolePolicyDocument"]
        assert f"repo:acme/site:{subject}" in json.dumps(live)
    # A stage that is taken out takes its role along, and the other one stays as it is.
    declare(site, sandbox, mode="keyless", stages={"apply": apply})
    deployed(site)
    assert [role["RoleName"] for role in sandbox.client("iam").list_roles()["Roles"]] == ["site-apply"]
