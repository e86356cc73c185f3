"""The tables: every type has a name, every operation an action that AWS has, every line a property that exists."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from deploy_permissions import action_facts, cloudformation_type, terraform_type
from deploy_permissions.actions import PREFIXES, actions
from deploy_permissions.catalogue import format_of
from deploy_permissions.names import LINES, kinds
from deploy_permissions.tables import apigateway, cloudformation, terraform
from deploy_permissions.types import RENAMED, native_of


def types_of_pulumi_aws() -> list[str]:
    """Every type of the installed pulumi-aws, from the text of the package: importing it would take minutes."""
    found = importlib.util.find_spec("pulumi_aws")
    assert found
    assert found.origin
    text = Path(found.origin).read_text(encoding="utf-8")
    listed: list[Any] = json.loads(text.split('resource_modules="""')[1].split('"""')[0])
    return [token for module in listed for token in module["classes"]]


def test_nearly_every_type_of_pulumi_aws_is_known_and_the_others_are_few() -> None:
    types = types_of_pulumi_aws()
    unknown = [one for one in types if not terraform_type(one) and not native_of(one)]
    assert len(types) > 1700
    assert len(unknown) < len(types) * 0.02, unknown


def test_a_name_in_the_table_is_needed_and_is_a_type_of_terraform() -> None:
    for place, name in RENAMED.items():
        assert f"aws_{name}" in terraform(), place


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("aws:sqs/queue:Queue", "aws_sqs_queue"),
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:ec2/instance:Instance", "aws_instance"),
        ("aws:s3/bucketV2:BucketV2", "aws_s3_bucket"),
        ("aws:cfg/rule:Rule", "aws_config_config_rule"),
        ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
        ("aws:elb/loadBalancer:LoadBalancer", "aws_elb"),
        ("aws:cloudwatch/logGroup:LogGroup", "aws_cloudwatch_log_group"),
        ("random:index/randomId:RandomId", None),
        ("aws:made/up:Up", None),
        ("aws", None),
    ],
)
def test_a_type_is_called_as_terraform_calls_it(token: str, name: str | None) -> None:
    assert terraform_type(token) == name


def test_types_of_aws_native_are_those_of_cloudformation() -> None:
    assert cloudformation_type("aws-native:sqs:Queue") == "AWS::SQS::Queue"
    assert cloudformation_type("aws-native:dynamodb:Table") == "AWS::DynamoDB::Table"
    assert cloudformation_type("aws:sqs/queue:Queue") is None


def test_every_operation_of_every_handler_has_actions_that_aws_knows() -> None:
    wrong = {
        (operation, action)
        for type_, handlers in terraform().items()
        for operations in handlers.values()
        for operation in operations
        for action in actions(operation, type_)
        if action_facts(action) is None
    }
    assert not wrong


def test_only_calls_that_iam_does_not_decide_have_no_action() -> None:
    every = {one for handlers in terraform().values() for operations in handlers.values() for one in operations}
    assert {one.partition(":")[0] for one in every if not actions(one)} == {"codecatalyst"}


def test_no_prefix_is_listed_that_the_sdk_has_already() -> None:
    assert all(service != prefix for service, prefix in PREFIXES.items())


@pytest.mark.parametrize(
    ("operation", "allowed"),
    [
        ("s3:HeadBucket", "s3:ListBucket"),
        ("s3:PutBucketCors", "s3:PutBucketCORS"),
        ("s3:DeleteBucketReplication", "s3:PutReplicationConfiguration"),
        ("elbv2:CreateLoadBalancer", "elasticloadbalancing:CreateLoadBalancer"),
        ("stepfunctions:CreateStateMachine", "states:CreateStateMachine"),
        ("efs:CreateFileSystem", "elasticfilesystem:CreateFileSystem"),
        ("apigatewayv2:CreateStage", "apigateway:POST"),
        ("apigateway:UpdateStage", "apigateway:PATCH"),
        ("budgets:CreateBudget", "budgets:ModifyBudget"),
        ("s3control:PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
        ("s3control:PutBucketPolicy", "s3-outposts:PutBucketPolicy"),
    ],
)
def test_an_operation_is_allowed_by_the_action_that_aws_names(operation: str, allowed: str) -> None:
    assert actions(operation) == (allowed,)


def test_api_gateways_paths_are_those_of_the_sdk() -> None:
    from botocore.session import get_session

    session: Any = get_session()
    for service in ("apigateway", "apigatewayv2"):
        model = session.get_service_model(service)
        for name in ("CreateStage", "GetIntegration", "TagResource", "UpdateAuthorizer"):
            http = model.operation_model(name).http
            path = re.sub(r"\{[^}]*\}", "*", http["requestUri"].partition("?")[0]).removeprefix("/v2")
            assert apigateway()[f"{service}:{name}"] == f"{http['method']} {path}"


def test_a_line_of_names_is_about_a_type_a_kind_and_a_part_that_there_are() -> None:
    for name in LINES:
        assert f"aws_{name}" in terraform()
        for service, kind, parts in kinds(f"aws_{name}"):
            written = format_of(service, kind)
            assert written, (name, service, kind)
            assert all(f"${{{part}}}" in written for part, _ in parts), name


def test_the_tables_say_what_their_sources_say_of_a_type() -> None:
    assert "sqs:CreateQueue" in terraform()["aws_sqs_queue"]["create"]
    assert "sqs:CreateQueue" in cloudformation()["AWS::SQS::Queue"]["create"]
