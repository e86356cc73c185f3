"""The proof notices what is wrong with a deployment, and touches nothing but the sandbox."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest
import yaml

from sandbox import proof
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT
from sandbox.proof.clients import Caller, Clients, root_of
from sandbox.proof.grants import Grant
from sandbox.proof.inside import target_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.sandboxes import Sandbox


def _deployed(sandbox: Sandbox) -> proof.Deployed:
    stack = sandbox.stack(CHECKOUT)
    stack.settings.write_text(stack.settings.read_text().replace("111122223333", sandbox.account))
    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    return proof.Deployed.read("orders", stack.outputs()["pipelines"]["orders"])


def _under_conditions(sandbox: Sandbox, conditions: Mapping[str, object]) -> proof.Deployed:
    """A pipeline whose role asks something of every caller, deployed by the program."""
    stack = sandbox.stack(CHECKOUT)
    settings = yaml.safe_load(stack.settings.read_text())
    settings["config"]["pipeline-identity:pipelines"]["orders"]["trust"] = {"conditions": dict(conditions)}
    stack.settings.write_text(yaml.safe_dump(settings).replace("111122223333", sandbox.account))
    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    return proof.Deployed.read("orders", stack.outputs()["pipelines"]["orders"])


def _wrong(sandbox: Sandbox, deployed: proof.Deployed) -> list[str]:
    root = root_of(sandbox.aws, sandbox.account, sandbox.region)
    rows = list(proof.prove(deployed, root, sandbox.aws))
    assert len(rows) > 15
    assert all(row.seen is not None for row in rows)
    return [f"{row.who} {row.tried}: {row.seen}" for row in rows if not row.is_as_expected]


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.usefixtures("own_local_aws")
def test_it_finds_nothing_wrong_with_what_the_program_deploys_and_leaves_nothing_behind(sandbox: Sandbox) -> None:
    deployed = _deployed(sandbox)

    assert _wrong(sandbox, deployed) == []
    iam = sandbox.client("iam")
    assert len(iam.list_users()["Users"]) == len(iam.list_roles()["Roles"]) == 2
    assert sandbox.client("s3").list_buckets()["Buckets"] == []
    assert sandbox.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.long
@pytest.mark.usefixtures("own_local_aws")
@pytest.mark.parametrize(
    "conditions",
    [{"sourceIps": ["203.0.113.0/24", "198.51.100.7"]}, {"vpcEndpoints": ["vpce-0123456789abcdef0"]}],
    ids=["networks", "endpoints"],
)
def test_a_pipeline_calls_from_where_it_must_and_from_elsewhere_in_vain(
    sandbox: Sandbox, conditions: Mapping[str, object]
) -> None:
    deployed = _under_conditions(sandbox, conditions)

    assert _wrong(sandbox, deployed) == []
    rows = list(proof.prove(deployed, root_of(sandbox.aws, sandbox.account, sandbox.region), sandbox.aws))
    assert "sts:AssumeRole orders-pipeline from elsewhere" in [row.tried for row in rows]


@pytest.mark.long
@pytest.mark.usefixtures("own_local_aws")
def test_a_pipeline_without_a_key_to_try_is_said_to_be_one_and_no_stranger_gets_in(sandbox: Sandbox) -> None:
    deployed = _deployed(sandbox)
    root = root_of(sandbox.aws, sandbox.account, sandbox.region)
    assert deployed.key is not None
    root.iam.update_access_key(
        UserName=deployed.user_arn.rpartition("/")[2], AccessKeyId=deployed.key.key, Status="Inactive"
    )
    for without, reason in (
        (deployed, "its key is inactive"),
        (replace(deployed, key=None), "the stack's state has no secret of its key"),
        (replace(deployed, key=None, user_arn=""), "keyless, and there is no token here"),
    ):
        user, stranger = proof.prove(without, root, sandbox.aws)
        assert (user.seen, user.reason) == (None, reason)
        assert stranger.is_as_expected


@pytest.mark.long
def test_it_sees_a_user_that_may_do_more_and_a_role_that_trusts_more_than_the_user(sandbox: Sandbox) -> None:
    deployed = _deployed(sandbox)
    iam = sandbox.client("iam")
    more = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    iam.put_user_policy(UserName="orders-pipeline", PolicyName="more", PolicyDocument=_document(more))
    anybody = {"Effect": "Allow", "Principal": {"AWS": sandbox.account}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(RoleName="orders-pipeline", PolicyDocument=_document(anybody))

    assert _wrong(sandbox, deployed) == [
        "user s3:ListAllMyBuckets: allowed",
        "other user sts:AssumeRole orders-pipeline (its own policy allows it): allowed",
    ]


@pytest.mark.long
@pytest.mark.usefixtures("own_local_aws")
def test_it_sees_that_the_role_cannot_do_what_it_was_given(sandbox: Sandbox) -> None:
    deployed = _deployed(sandbox)
    denied = {"Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "*"}
    iam = sandbox.client("iam")
    iam.put_role_policy(RoleName="orders-pipeline", PolicyName="less", PolicyDocument=_document(denied))

    assert _wrong(sandbox, deployed) == ["role dynamodb:GetItem table/orders-dev: denied"]


@pytest.mark.long
@pytest.mark.usefixtures("own_local_aws")
def test_objects_that_were_there_before_are_there_afterwards(sandbox: Sandbox) -> None:
    deployed = _deployed(sandbox)
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="example-releases-dev", CreateBucketConfiguration={"LocationConstraint": sandbox.region})
    s3.put_object(Bucket="example-releases-dev", Key="orders/proof", Body=b"mine")

    assert _wrong(sandbox, deployed) == []
    assert s3.get_object(Bucket="example-releases-dev", Key="orders/proof")["Body"].read() == b"mine"


def test_it_refuses_to_run_against_anything_but_the_sandbox() -> None:
    with pytest.raises(SandboxError, match=r"not against https://iam\.amazonaws\.com"):
        Clients(Caller("111122223333", "test"), "https://iam.amazonaws.com", "us-east-1", boto3.Session())


def test_a_caller_shows_no_secret() -> None:
    assert "hush" not in repr(Caller("111122223333", "hush", "hush"))


def test_a_grant_under_a_condition_it_cannot_meet_is_not_tried() -> None:
    grant = Grant("s3:GetObject", "arn:aws:s3:::bucket/*", {"Bool": {"aws:MultiFactorAuthPresent": "true"}})

    assert target_of(grant, "eu-west-1") is None


def test_a_grant_for_every_region_is_tried_in_the_environments_own() -> None:
    target = target_of(Grant("dynamodb:GetItem", "arn:aws:dynamodb:*:111122223333:table/x", {}), "eu-west-1")

    assert target is not None
    assert target.arn == "arn:aws:dynamodb:eu-west-1:111122223333:table/x"
