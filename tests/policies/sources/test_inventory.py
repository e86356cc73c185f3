"""An inventory says what runs with which role; a mistake in one is an error that names its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from iam_guardrails.model import AccountModel, join
from iam_guardrails.sources import NotReadable
from iam_guardrails.sources.inventory import read_inventory

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders"
FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"
OF_THE_ISSUE = [
    "lambda:function", "ec2:instance", "ec2:launch-template", "autoscaling:group", "ecs:cluster", "ecs:service",
    "ecs:task-definition", "codebuild:project", "cloudformation:stack", "cloudformation:stackset", "glue:job",
    "glue:devendpoint", "sagemaker:notebook-instance", "apprunner:service", "bedrock-agentcore:code-interpreter",
    "s3:bucket",
]  # fmt: skip


def model(value: object) -> AccountModel:
    return join(read_inventory(json.dumps(value), "inventory.json"))


def problem(value: object) -> str:
    with pytest.raises(NotReadable) as raised:
        model(value)
    return f"{raised.value.reason} {raised.value.fix}"


def function(**more: Any) -> dict[str, Any]:
    return {"lambda:function": [{"arn": FUNCTION, "role": ROLE, **more}]}


@pytest.mark.parametrize("kind", OF_THE_ISSUE)
def test_each_kind_is_known_and_keeps_its_name(kind: str) -> None:
    service, _, sort = kind.partition(":")
    arn = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{sort}/one"
    (runner,) = model({kind: [{"arn": arn, "role": ROLE}]}).runners
    assert (runner.kind, runner.arn, runner.account) == (kind, arn, ACCOUNT)
    assert runner.role is not None
    assert runner.role.arn == ROLE


def test_a_kind_may_be_called_as_the_service_authorization_reference_calls_it() -> None:
    arn = f"arn:aws:autoscaling:eu-west-1:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/web"
    assert [one.kind for one in model({"autoscaling:autoScalingGroup": [{"arn": arn}]}).runners] == [
        "autoscaling:group"
    ]
    assert [one.kind for one in model({"sagemaker:training-job": [{"arn": arn}]}).runners] == ["sagemaker:training-job"]


def test_all_that_an_entry_says_is_kept() -> None:
    (runner,) = model(function(execution_role="starter", tags={"team": "shop"}, exec_enabled=True, image="x")).runners
    assert runner.name == "orders"
    assert runner.tags == {"team": "shop"}
    assert runner.details == {"exec_enabled": True, "image": "x"}
    assert runner.execution_role is not None
    assert runner.execution_role.arn_pattern == f"arn:aws:iam::{ACCOUNT}:role/*starter"


def test_a_policy_of_an_entry_is_the_policy_of_the_resource() -> None:
    bucket: dict[str, Any] = {
        "arn": "arn:aws:s3:::builds",
        "account": ACCOUNT,
        "policy": {"Version": "2012-10-17", "Statement": []},
    }
    (policy,) = model({"s3:bucket": [bucket]}).resource_policies
    assert (policy.arn, policy.account) == ("arn:aws:s3:::builds", ACCOUNT)
    assert policy.document.location.pointer == "/s3:bucket/0/policy"


def test_an_instance_has_the_role_of_its_profile() -> None:
    instance = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
    for name in ("role", "instance_profile"):
        (runner,) = model({"ec2:instance": [{"arn": instance, name: profile}]}).runners
        assert runner.role is None
        assert [one.why for one in runner.unknown] == ["its instance profile is not declared"]


def test_an_empty_inventory_is_one() -> None:
    assert model({}).runners == ()
    found = model({"lambda:function": []})
    assert found.runners == ()
    assert all(found.lists_all(kind, ACCOUNT) for kind in OF_THE_ISSUE)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"lambda:functoin": []}, '"lambda:functoin" is no kind'),
        ({"function": []}, '"function" is no kind'),
        ({"lambda:function": {"arn": FUNCTION}}, "/lambda:function: a list of objects is needed"),
        ({"lambda:function": [FUNCTION]}, '/lambda:function/0: an object with "arn" is needed'),
        ({"lambda:function": [{"role": ROLE}]}, '/lambda:function/0: "arn" is missing'),
        ({"lambda:function": [{"arn": "orders"}]}, "/lambda:function/0/arn: an ARN is needed"),
        (function(role=[ROLE]), "/lambda:function/0/role: the ARN or name of a role"),
        (function(role=f"arn:aws:iam::{ACCOUNT}:user/dev"), "/lambda:function/0/role: the ARN or name of a role"),
        (function(execution_role=1), "/lambda:function/0/execution_role: the ARN or name"),
        (function(tags=["team"]), "/lambda:function/0/tags: an object of texts"),
        (function(tags={"team": 1}), "/lambda:function/0/tags: an object of texts"),
        (function(exec_enabled="yes"), "/lambda:function/0/exec_enabled: true or false is needed"),
        (function(policy=[1]), "/lambda:function/0/policy: a policy document is needed"),
        (function(account="12"), "/lambda:function/0/account: the twelve digits"),
        ([], "an inventory is a JSON object from kind to a list"),
    ],
)
def test_a_mistake_is_named_with_its_place(value: object, said: str) -> None:
    assert said in problem(value)


def test_what_is_no_json_or_says_a_thing_twice_is_rejected() -> None:
    for text in ("{", '{"s3:bucket": [], "s3:bucket": []}'):
        with pytest.raises(NotReadable):
            read_inventory(text, "inventory.json")
