"""What of a stack runs with a role, or gives access, in types that are easily overlooked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.pack.resources import (
    ACCOUNT,
    allow,
    document,
    pipeline,
    proven_of,
    resource,
    role,
    role_policy,
    rules_of,
    said_in_all,
    said_of,
    trusting,
)

POWERFUL = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
PLAIN = f"arn:aws:iam::{ACCOUNT}:role/task"
FOREIGN = "999988887777"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("aws:scheduler/schedule:Schedule", ["target", "roleArn"]),
        ("aws:pipes/pipe:Pipe", ["roleArn"]),
        ("aws:cloudwatch/eventTarget:EventTarget", ["roleArn"]),
        ("aws:transfer/user:User", ["role"]),
        ("aws:batch/jobDefinition:JobDefinition", ["containerProperties", "jobRoleArn"]),
        ("aws:sagemaker/model:Model", ["executionRoleArn"]),
        ("aws:glue/crawler:Crawler", ["role"]),
        ("aws-native:scheduler:Schedule", ["target", "roleArn"]),
        ("aws-native:batch:JobDefinition", ["containerProperties", "jobRoleArn"]),
    ],
)
def test_whatever_runs_with_a_role_known_for_its_power_is_an_error(kind: str, path: list[str]) -> None:
    def with_role(arn: str) -> Any:
        value: Any = arn
        for step in reversed(path):
            value = {step: value}
        return resource(kind, "it", value)

    assert "no-privilege-escalation" in rules_of(said_in_all([with_role(POWERFUL)]))
    assert "no-privilege-escalation" not in rules_of(said_in_all([with_role(PLAIN)]))


def test_a_property_that_holds_its_object_as_text_is_read_too() -> None:
    def job(arn: str) -> Any:
        return resource(
            "aws:batch/jobDefinition:JobDefinition", "it", {"containerProperties": json.dumps({"jobRoleArn": arn})}
        )

    assert "no-privilege-escalation" in rules_of(said_in_all([job(POWERFUL)]))
    assert "no-privilege-escalation" not in rules_of(said_in_all([job(PLAIN)]))


def test_a_resource_of_a_terraform_module_is_read_like_one_of_the_provider() -> None:
    def policy(action: str) -> Any:
        return resource("network:tf:aws_iam_role_policy", "it", {"role": "x", "policy": document(allow(action))})

    assert "no-wildcard-actions" in rules_of(said_of(policy("s3:*")))
    assert said_of(policy("s3:GetObject")) == []
    assert said_of(resource("network:tf:google_project", "it", {"policy": document(allow("s3:*"))})) == []


@pytest.mark.parametrize("form", [dict[str, Any], json.dumps])
def test_the_policy_in_the_definition_of_an_api_is_evaluated(form: Any) -> None:
    def api(account: str) -> Any:
        policy = json.loads(
            document(
                {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "execute-api:Invoke", "Resource": "*"}
            )
        )
        return resource(
            "aws:apigateway/restApi:RestApi",
            "it",
            {"body": form({"openapi": "3.0.1", "x-amazon-apigateway-policy": policy})},
        )

    assert rules_of(said_of(api(FOREIGN))) == ["trusted-principals-only"]
    assert said_in_all([api(ACCOUNT)]) == []


def test_an_access_entry_that_another_tool_makes_is_taken_by_what_it_grants() -> None:
    def entry(policy: str) -> Any:
        arn = f"arn:aws:eks::aws:cluster-access-policy/{policy}"
        state = {"PrincipalArn": PLAIN, "AccessPolicies": [{"PolicyArn": arn}]}
        properties = {"typeName": "AWS::EKS::AccessEntry", "desiredState": json.dumps(state)}
        return resource("aws:cloudcontrol/resource:Resource", "it", properties)

    assert "no-admin-attachment" in rules_of(said_of(entry("AmazonEKSClusterAdminPolicy")))
    assert said_in_all([entry("AmazonEKSViewPolicy")]) == []


def test_nothing_is_proven_of_a_user_whom_an_object_of_a_cluster_may_declare_again() -> None:
    def user(name: str) -> Any:
        made = {
            "apiVersion": "iam.services.k8s.aws/v1alpha1",
            "kind": "User",
            "metadata": {"name": name},
            "spec": {"name": name},
        }
        return resource("kubernetes:iam.services.k8s.aws/v1alpha1:User", name, made)

    assert proven_of([*pipeline(), user("other")])
    assert proven_of([*pipeline(), user("site")]) == []


def test_a_finding_in_an_object_of_a_cluster_names_the_resource_that_holds_it() -> None:
    spec = {"name": "app", "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]}
    made = {"apiVersion": "iam.services.k8s.aws/v1alpha1", "kind": "Role", "metadata": {"name": "app"}, "spec": spec}
    one = resource("kubernetes:iam.services.k8s.aws/v1alpha1:Role", "app", made)
    assert {said.urn for said in said_in_all([one])} == {one.urn}
    assert role(trust=trusting({"Service": "lambda.amazonaws.com"})).urn != one.urn
    assert said_of(role_policy(document(allow("s3:GetObject")))) == []
