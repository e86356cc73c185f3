"""What resources ask for: by type, by input, by name, with the roles, keys and service-linked roles beside."""

from __future__ import annotations

import json

import pytest
from deploy_permissions import Invoke, Place, every_handler, read, required

from tests.pipeline.deploy_permissions.compact import (
    PLACE,
    asked,
    deployment,
    document,
    granted,
    preview,
    step,
    urn_of,
)

BUCKET, QUEUE, FUNCTION = "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue", "aws:lambda/function:Function"
ROLE, KEY, SECRET = "aws:iam/role:Role", "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-1a2b3c4d5e6f"


@pytest.mark.parametrize(
    ("inputs", "action"),
    [
        ({"replicationConfiguration": {"role": "x"}}, "s3:PutReplicationConfiguration"),
        ({"corsRules": [{"allowedMethods": ["GET"]}]}, "s3:PutBucketCORS"),
        ({"policy": "{}"}, "s3:PutBucketPolicy"),
        ({"forceDestroy": True}, "s3:DeleteObjectVersion"),
        ({"website": {"indexDocument": "index.html"}}, "s3:PutBucketWebsite"),
        ({"tags": {"a": "b"}}, "s3:PutBucketTagging"),
    ],
)
def test_a_bucket_needs_what_its_inputs_lead_to_and_no_more(inputs: dict[str, object], action: str) -> None:
    assert action in granted(asked(step(BUCKET, "b", {"bucket": "b", **inputs})))
    assert action not in granted(asked(step(BUCKET, "b", {"bucket": "b"})))


def test_what_a_change_takes_away_is_still_needed() -> None:
    changed = step(BUCKET, "b", {"bucket": "b"}, "update", before={"bucket": "b", "policy": "{}"})
    answer = required(deployment(changed), PLACE)
    assert "s3:DeleteBucketPolicy" in granted(answer)


def test_only_what_the_steps_call_is_planned() -> None:
    answer = required(deployment(step(QUEUE, "q", {"name": "q"}, "delete")), PLACE)
    assert set(granted(answer)) == {
        "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "sts:GetCallerIdentity"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "inputs", "action", "arn"),
    [
        (QUEUE, {"name": "orders"}, "sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:orders"),
        (
            QUEUE,
            {"name": "r-1a2b3c4", "__defaults": ["name"]},
            "sqs:CreateQueue",
            "arn:aws:sqs:eu-west-1:111122223333:r-*",
        ),
        (QUEUE, {"name": "r-1a2b3c4.fifo"}, "sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:r-*.fifo"),
        (QUEUE, {"name": "x-1a2b3c4"}, "sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:x-1a2b3c4"),
        (ROLE, {"namePrefix": "run-"}, "iam:CreateRole", "arn:aws:iam::111122223333:role/run-*"),
        (ROLE, {"name": "run", "path": "/team/"}, "iam:CreateRole", "arn:aws:iam::111122223333:role/team/run"),
        (
            SECRET,
            {"name": "t"},
            "secretsmanager:CreateSecret",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:t-??????",
        ),
        (
            "aws:ssm/parameter:Parameter",
            {"name": "/a/b"},
            "ssm:PutParameter",
            "arn:aws:ssm:eu-west-1:111122223333:parameter/a/b",
        ),
        (
            "aws:kms/alias:Alias",
            {"name": "alias/app"},
            "kms:CreateAlias",
            "arn:aws:kms:eu-west-1:111122223333:alias/app",
        ),
        ("aws:ec2/vpc:Vpc", {}, "ec2:DeleteVpc", "arn:aws:ec2:eu-west-1:111122223333:vpc/*"),
        (
            "aws:ec2/subnet:Subnet",
            {"vpcId": "vpc-1"},
            "ec2:CreateSubnet",
            "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1",
        ),
        ("aws:apigatewayv2/stage:Stage", {}, "apigateway:DELETE", "arn:aws:apigateway:eu-west-1::/apis/*/stages/*"),
        (
            "aws:cloudwatch/logGroup:LogGroup",
            {"name": "/a"},
            "logs:CreateLogGroup",
            "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*",
        ),
        (
            "aws:ecs/service:Service",
            {"name": "s", "cluster": "c"},
            "ecs:CreateService",
            "arn:aws:ecs:eu-west-1:111122223333:service/c/s",
        ),
        (
            "aws:lb/loadBalancer:LoadBalancer",
            {"name": "l"},
            "elasticloadbalancing:CreateLoadBalancer",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/l/*",
        ),
    ],
)
def test_a_name_becomes_the_arn(type_: str, inputs: dict[str, object], action: str, arn: str) -> None:
    assert arn in granted(asked(step(type_, "r", inputs)))[action]


def test_what_belongs_to_another_resource_is_scoped_by_that_ones_name() -> None:
    bucket = step(BUCKET, "site", {"__defaults": ["bucket"], "bucket": "site-1a2b3c4"})
    policy = step("aws:s3/bucketPolicy:BucketPolicy", "site", {}, after={"bucket": urn_of(BUCKET, "site")})
    assert granted(asked(bucket, policy))["s3:PutBucketPolicy"] == ["arn:aws:s3:::site-*"]


def test_what_names_a_role_without_its_path_is_about_the_role_with_it() -> None:
    role = step(ROLE, "run", {"name": "run", "path": "/team/"})
    policy = step("aws:iam/rolePolicy:RolePolicy", "run", {"name": "own", "role": "run", "policy": "{}"})
    assert granted(asked(role, policy))["iam:PutRolePolicy"] == ["arn:aws:iam::111122223333:role/team/run"]
    assert granted(asked(policy))["iam:PutRolePolicy"] == ["arn:aws:iam::111122223333:role/run"]


def test_what_is_deployed_is_named_as_what_may_take_its_place() -> None:
    bucket = step(BUCKET, "site", {"__defaults": ["bucket"], "bucket": "site-1a2b3c4"}, "same")
    policy = step("aws:s3/bucketPolicy:BucketPolicy", "all", {"bucket": "site-1a2b3c4"}, "same")
    policy["newState"]["propertyDependencies"] = {"bucket": [urn_of(BUCKET, "site")]}
    assert granted(asked(bucket, policy))["s3:PutBucketPolicy"] == ["arn:aws:s3:::site-*"]


def test_a_star_stands_alone_only_where_aws_has_no_single_resources() -> None:
    found = granted(asked(step("aws:ec2/vpc:Vpc", "v", {})))
    assert found["ec2:DescribeVpcs"] == ["*"]
    assert found["ec2:CreateVpc"] != ["*"]


def test_region_account_and_partition_are_those_of_the_deployment() -> None:
    one = step(QUEUE, "q", {"name": "q", "region": "cn-north-1"})
    there = Place(partition="aws-cn", account="999900000009")
    assert granted(asked(one, place=there))["sqs:CreateQueue"] == ["arn:aws-cn:sqs:cn-north-1:999900000009:q"]
    assert granted(asked(one, place=Place()))["sqs:CreateQueue"] == ["arn:aws-cn:sqs:cn-north-1:*:q"]


def test_an_account_that_the_state_says_is_taken() -> None:
    known = {"arn": "arn:aws:sqs:eu-west-1:444455556666:q", "name": "q"}
    one = step(QUEUE, "q", {"name": "q"}, "same", outputs=known)
    assert granted(asked(one, place=Place()))["sqs:DeleteQueue"] == ["arn:aws:sqs:eu-west-1:444455556666:q"]


def test_a_role_is_passed_to_the_service_that_takes_it_and_to_no_other() -> None:
    role = step(ROLE, "run", {"name": "run-1a2b3c4", "__defaults": ["name"]})
    function = step(FUNCTION, "f", {"name": "f"}, after={"role": urn_of(ROLE, "run")})
    (statement,) = [one for one in document(asked(role, function))["Statement"] if one["Action"] == "iam:PassRole"]
    assert statement["Resource"] == "arn:aws:iam::111122223333:role/run-*"
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_a_role_that_a_policy_names_is_not_passed() -> None:
    given = {
        "name": "q",
        "policy": "{}",
        "environment": {"variables": {"ROLE": "arn:aws:iam::111122223333:role/other"}},
    }
    assert "iam:PassRole" not in granted(asked(step(FUNCTION, "f", given)))


def test_a_role_that_nobody_knows_yet_is_said_to_be_unknown() -> None:
    answer = asked(
        step("aws:ecs/taskDefinition:TaskDefinition", "t", {"family": "t"}, after={"taskRoleArn": "elsewhere"})
    )
    assert granted(answer)["iam:PassRole"] == ["arn:aws:iam::111122223333:role/*"]
    assert "which role t has in taskRoleArn is not known" in answer.notes[0]


def test_a_key_is_named_and_used_through_the_service_alone() -> None:
    statements = document(asked(step(SECRET, "s", {"name": "s", "kmsKeyId": KEY_ARN})))["Statement"]
    (statement,) = [one for one in statements if "kms:GenerateDataKey" in one["Action"]]
    assert statement["Resource"] == KEY_ARN
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}
    assert not any(
        "kms" in str(one["Action"]) for one in document(asked(step(SECRET, "s", {"name": "s"})))["Statement"]
    )


def test_only_the_policies_that_the_program_names_are_attached() -> None:
    attachment, policy = "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policy:Policy"
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    own = step(policy, "own", {"name": "own-1a2b3c4", "__defaults": ["name"], "policy": "{}"})
    statements = document(
        asked(
            own,
            step(attachment, "one", {"role": "r", "policyArn": read_only}),
            step(attachment, "two", {"role": "r"}, after={"policyArn": urn_of(policy, "own")}),
            step(attachment, "three", {"role": "s"}, after={"policyArn": "elsewhere"}),
        )
    )["Statement"]
    attaching = [one for one in statements if "iam:AttachRolePolicy" in one["Action"]]
    assert {
        str(one["Resource"]).rpartition("/")[2]: one.get("Condition") for one in attaching if "Condition" not in one
    } == {"s": None}
    assert [one["Condition"]["ArnLike"]["iam:PolicyARN"] for one in attaching if "Condition" in one] == [
        "arn:aws:iam::111122223333:policy/own-*",
        read_only,
    ]


def test_a_service_linked_role_is_made_for_its_service_alone() -> None:
    statements = document(asked(step("aws:ecs/cluster:Cluster", "c", {"name": "c"})))["Statement"]
    (statement,) = [one for one in statements if one["Action"] == "iam:CreateServiceLinkedRole"]
    assert statement["Condition"] == {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}
    assert statement["Resource"].endswith("role/aws-service-role/ecs.amazonaws.com/*")


def test_the_code_of_instances_is_changed_only_where_they_have_the_stacks_tags() -> None:
    tagged = document(asked(step("aws:ec2/instance:Instance", "i", {"tags": {"Name": "bastion"}})))["Statement"]
    (statement,) = [
        one for one in tagged if "ec2:ModifyInstanceAttribute" in one["Action"] and "instance/" in str(one["Resource"])
    ]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/Name": "bastion"}}


def test_a_function_that_the_program_calls_is_read() -> None:
    log = {
        "method": "/pulumirpc.ResourceMonitor/Invoke",
        "request": {"tok": "aws:s3/getBucket:getBucket", "args": {"bucket": "b"}},
    }
    found = granted(required(read(json.dumps(log)), PLACE))
    assert found["s3:ListBucket"] == ["arn:aws:s3:::b"]


def test_functions_that_ask_aws_for_nothing_need_nothing() -> None:
    from deploy_permissions import Deployment

    answer = required(Deployment(invokes=(Invoke("aws:iam/getPolicyDocument:getPolicyDocument"),)), PLACE)
    assert set(granted(answer)) == {"sts:GetCallerIdentity"}
    assert answer.coverage.is_complete


def test_what_is_not_known_is_named() -> None:
    from deploy_permissions import Deployment

    answer = asked(step("aws:made/up:Up", "x", {}), step(QUEUE, "q", {"name": "q"}))
    assert dict(answer.coverage.unknown) == {"aws:made/up:Up": 1}
    assert not answer.coverage.is_complete
    called = required(Deployment(invokes=(Invoke("aws:made/getUp:getUp"), Invoke("aws:rds/getProxy:getProxy"))), PLACE)
    assert called.coverage.unknown_functions == ("aws:made/getUp:getUp",)
    assert dict(called.coverage.alike) == {"aws:rds/getProxy:getProxy": "aws:rds/proxy:Proxy"}


def test_aws_native_needs_what_cloudformations_handlers_say() -> None:
    found = granted(asked(step("aws-native:sqs:Queue", "q", {"queueName": "orders"})))
    assert found["sqs:CreateQueue"] == ["arn:aws:sqs:eu-west-1:111122223333:orders"]
    assert "sqs:GetQueueUrl" in found


def test_what_another_role_does_is_not_the_pipelines() -> None:
    role = "arn:aws:iam::444455556666:role/network"
    provider = "urn:pulumi:dev::test::pulumi:providers:aws::other"
    given = {
        "op": "create",
        "urn": provider,
        "newState": {
            "urn": provider,
            "custom": True,
            "type": "pulumi:providers:aws",
            "inputs": {"region": "us-east-1", "assumeRoles": json.dumps([{"roleArn": role}])},
        },
    }
    answer = asked(given, step(QUEUE, "q", {"name": "q"}, provider=f"{provider}::id"))
    assert {one.action for one in answer.needs if not one.role} == {"sts:GetCallerIdentity", "sts:AssumeRole"}
    (created,) = [one for one in answer.needs if one.action == "sqs:CreateQueue"]
    assert (created.role, created.resources) == (role, ("arn:aws:sqs:us-east-1:444455556666:q",))


def test_default_tags_of_a_provider_are_tags() -> None:
    tagged = every_handler(
        read(preview(step(QUEUE, "q", {"name": "q"}), config={"aws:defaultTags": '{"tags": {"a": "b"}}'}))
    )
    assert "sqs:TagQueue" in granted(required(tagged, PLACE))
    assert "sqs:TagQueue" not in granted(asked(step(QUEUE, "q", {"name": "q"})))
