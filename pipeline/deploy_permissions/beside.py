"""What a call needs beside its own action: roles that are passed, keys, service-linked roles, and what AWS looks up.

No table of handlers lists these: AWS asks for them while it answers another call. Sources: "Grant a user permissions to
pass a role to an AWS service" and "Service-linked roles" in the IAM user guide, the pages on permissions of each
service's guide, and the permissions of CloudFormation's handlers, which have the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from deploy_permissions import scopes
from deploy_permissions.resources import UNKNOWN, Resource
from deploy_permissions.scopes import Place, World
from deploy_permissions.types import terraform_type

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Beside:
    """A permission beside a call.

    Attributes:
        action: The action.
        resources: The ARNs it is needed on.
        handlers: The handlers whose calls need it.
        why: Why, in a few words.
        conditions: The conditions under which it is enough: operator, key and values.
        note: What a reader should know of it; "" where there is nothing.
    """

    action: str
    resources: tuple[str, ...]
    handlers: tuple[str, ...]
    why: str
    conditions: Conditions = ()
    note: str = ""


def beside(resource: Resource, world: World, place: Place) -> Iterator[Beside]:
    """The permissions beside the calls for a resource.

    Args:
        resource: The resource.
        world: The resources that it may refer to.
        place: Where it is deployed.
    """
    type_ = terraform_type(resource.type) or ""
    yield from _passed_roles(type_, resource, world, place)
    yield from _keys(type_, resource, place)
    yield from _service_linked(type_, resource, place)
    yield from _looked_up(type_, resource, world, place)


_PASSED_TO = {
    "amplify_": "amplify",
    "api_gateway_": "apigateway",
    "apigatewayv2_": "apigateway",
    "appautoscaling_": "application-autoscaling",
    "apprunner_service": "build.apprunner tasks.apprunner",
    "appsync_": "appsync",
    "autoscaling_": "autoscaling",
    "backup_selection": "backup",
    "batch_compute_environment": "batch ec2 spotfleet",
    "batch_job_definition": "ecs-tasks",
    "bedrock": "bedrock",
    "cloudformation_": "cloudformation",
    "cloudtrail": "cloudtrail",
    "cloudwatch_event_": "events",
    "cloudwatch_log_": "logs",
    "cloudwatch_metric_stream": "streams.metrics.cloudwatch",
    "codebuild_": "codebuild",
    "codedeploy_": "codedeploy",
    "codepipeline": "codepipeline",
    "cognito_identity_": "cognito-identity",
    "cognito_user_pool": "cognito-idp",
    "config_": "config",
    "datasync_": "datasync",
    "dax_": "dax",
    "db_proxy": "rds",
    "dlm_": "dlm",
    "dms_": "dms",
    "docdb_": "rds",
    "ecs_service": "ecs",
    "ecs_task_definition": "ecs-tasks",
    "eks_addon": "eks pods.eks",
    "eks_fargate_profile": "eks eks-fargate-pods",
    "eks_node_group": "ec2 eks",
    "eks_pod_identity_association": "pods.eks",
    "eks_": "eks",
    "emr_": "elasticmapreduce ec2",
    "firehose_": "firehose",
    "fis_": "fis",
    "flow_log": "vpc-flow-logs",
    "glue_": "glue",
    "grafana_": "grafana",
    "imagebuilder_": "imagebuilder ec2",
    "instance": "ec2",
    "iot_": "iot",
    "kinesis_analytics_application": "kinesisanalytics",
    "kinesis_firehose_delivery_stream": "firehose",
    "kinesisanalyticsv2_": "kinesisanalytics",
    "lakeformation_": "lakeformation",
    "lambda_": "lambda",
    "launch_": "ec2",
    "mskconnect_": "kafkaconnect",
    "mwaa_": "airflow airflow-env",
    "neptune_": "rds",
    "opensearch_": "opensearchservice",
    "osis_": "osis-pipelines",
    "pipes_": "pipes",
    "rds_": "rds monitoring.rds",
    "db_": "rds monitoring.rds",
    "redshift": "redshift",
    "s3_": "s3",
    "sagemaker_": "sagemaker",
    "scheduler_": "scheduler",
    "sfn_": "states",
    "sns_": "sns",
    "spot_": "ec2 spotfleet",
    "ssm_": "ssm",
    "synthetics_": "lambda",
    "transfer_": "transfer",
}
"""The services that a role is passed to, by the beginning of Terraform's type; of several, the longest."""

_NOT_PASSED = re.compile(r"(polic|principal|environment|^tags|definition|assume|condition|trust)", re.IGNORECASE)
"""Inputs in which a role is named and not passed: who a policy is about, what a program is told."""
_ROLE_INPUT = re.compile(r"(^|[a-z])(role|roleArn|roleArns|roles|credentials|credentialsArn|callerArn)$", re.IGNORECASE)
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.+")


def _passed_roles(type_: str, resource: Resource, world: World, place: Place) -> Iterator[Beside]:
    services = ["ec2"] if type_ == "aws_iam_instance_profile" else _services(type_)
    if not services:
        return
    found, notes = _roles(type_, resource, world, place)
    if found:
        principals = tuple(f"{one}.amazonaws.com" for one in services)
        condition = (("StringEquals", "iam:PassedToService", principals),)
        why = f"passes a role to {' or '.join(principals)}"
        yield Beside("iam:PassRole", found, ("create", "update"), why, condition, notes)


def _services(type_: str) -> list[str]:
    name = type_.removeprefix("aws_")
    fitting = [one for one in _PASSED_TO if name.startswith(one)]
    return _PASSED_TO[max(fitting, key=len)].split() if fitting else []


def _roles(type_: str, resource: Resource, world: World, place: Place) -> tuple[tuple[str, ...], str]:
    """The ARNs of the roles that a resource is given, and what is not known of them."""
    found: dict[str, None] = {}
    note = ""
    given = {**resource.before, **resource.inputs}
    for key, value in given.items():
        if _NOT_PASSED.search(key):
            continue
        found.update(dict.fromkeys(one for one in scopes.arns_in(value) if _ROLE_ARN.fullmatch(one)))
        for one in _referred(resource, key, world):
            kind = terraform_type(one.type)
            if kind == "aws_iam_role":
                found.update(dict.fromkeys(scopes.own_arns(one, world, place)))
            elif kind == "aws_iam_instance_profile":
                roles = [two for two in world.referred(one) if terraform_type(two.type) == "aws_iam_role"]
                found.update(dict.fromkeys(arn for two in roles for arn in scopes.own_arns(two, world, place)))
                found.update(dict.fromkeys(_role_named(two, place) for two in one.texts("role")))
        if not found and _ROLE_INPUT.search(key) and value and not isinstance(value, list | dict):
            if value == UNKNOWN:
                found[_role_named("*", place)] = None
                note = f"which role {resource.name} has in {key} is not known before the update"
            elif isinstance(value, str) and not value.startswith("arn:") and type_ != "aws_s3_bucket":
                found[_role_named(value, place)] = None
        if key == "iamInstanceProfile" and isinstance(value, str) and value != UNKNOWN and not found:
            profile = value.rpartition("/")[2]
            found[_role_named(profile, place)] = None
            note = f"{resource.name} has the instance profile {profile}, whose role is taken to have its name"
    return tuple(found), note


def _role_named(name: str, place: Place) -> str:
    return f"arn:{place.partition}:iam::{place.account}:role/{name.lstrip('/')}"


def _referred(resource: Resource, key: str, world: World) -> list[Resource]:
    return [world.by_urn[urn] for urn in resource.dependencies.get(key, ()) if urn in world.by_urn]


_KEY_INPUT = re.compile(r"(^kms|kms(Master)?Key|^keyId$|^kmsKeyArn$|masterUserSecretKms|encryptionKey)", re.IGNORECASE)
_KEY_ID = re.compile(r"(mrk-)?[0-9a-f-]{32,36}")
_KEY_CALLS = {
    "backup_vault": "create:CreateGrant,Decrypt,DescribeKey,GenerateDataKey,RetireGrant",
    "dynamodb_table": "create,update:CreateGrant,DescribeKey",
    "ecr_repository": "create:CreateGrant,DescribeKey;delete:RetireGrant",
    "lambda_function": "create,update:CreateGrant,Decrypt,DescribeKey,Encrypt,GenerateDataKey",
    "s3_object": "create,update:Decrypt,GenerateDataKey;read:Decrypt",
    "s3_bucket_object": "create,update:Decrypt,GenerateDataKey;read:Decrypt",
    "secretsmanager_secret": "create,update:Decrypt,GenerateDataKey",
    "secretsmanager_secret_version": "create,update:Decrypt,GenerateDataKey;read:Decrypt",
    "sfn_state_machine": "create,update:DescribeKey,GenerateDataKey",
    "ssm_parameter": "create,update:Encrypt;read:Decrypt",
    "ebs_volume": "create:CreateGrant,Decrypt,DescribeKey,GenerateDataKeyWithoutPlaintext,ReEncryptFrom,ReEncryptTo",
    "instance": "create:CreateGrant,Decrypt,DescribeKey,GenerateDataKeyWithoutPlaintext,ReEncryptFrom,ReEncryptTo",
}
_GRANTING = (
    "aws_db_",
    "aws_rds_",
    "aws_docdb_",
    "aws_neptune_",
    "aws_elasticache_",
    "aws_redshift",
    "aws_opensearch_",
    "aws_elasticsearch_",
    "aws_msk_",
    "aws_eks_",
    "aws_efs_",
    "aws_fsx_",
    "aws_kinesis_firehose_",
    "aws_mq_",
    "aws_memorydb_",
    "aws_sagemaker_",
    "aws_workspaces_",
    "aws_dms_",
    "aws_mwaa_",
    "aws_keyspaces_",
    "aws_timestreamwrite_",
    "aws_lightsail_",
    "aws_apprunner_",
    "aws_scheduler_",
    "aws_pipes_",
)
"""Types of services that keep data under a key by a grant that the caller makes."""
_VIA = {"s3": "s3", "secretsmanager": "secretsmanager", "ssm": "ssm", "dynamodb": "dynamodb", "lambda": "lambda"}


def _keys(type_: str, resource: Resource, place: Place) -> Iterator[Beside]:
    name = type_.removeprefix("aws_")
    written = _KEY_CALLS.get(name)
    if written is None and type_.startswith(_GRANTING):
        written = "create,update:CreateGrant,DescribeKey"
    if written is None:
        return
    keys, alias = _key_arns(resource, place)
    if not keys:
        return
    service = _VIA.get(name.partition("_")[0])
    via = (("StringEquals", "kms:ViaService", (f"{service}.{place.region}.amazonaws.com",)),)
    for part in written.split(";"):
        handlers, _, calls = part.partition(":")
        for call in calls.split(","):
            conditions = alias
            if call == "CreateGrant":
                conditions = (*alias, ("Bool", "kms:GrantIsForAWSResource", ("true",)))
            elif service and place.region != "*" and call != "DescribeKey":
                conditions = (*alias, *via)
            yield Beside(f"kms:{call}", keys, tuple(handlers.split(",")), "uses a key of KMS", conditions)


def _key_arns(resource: Resource, place: Place) -> tuple[tuple[str, ...], Conditions]:
    """The keys that a resource is kept under; where only an alias is known, the condition that they are its keys."""
    found: dict[str, None] = {}
    aliases: dict[str, None] = {}
    prefix = f"arn:{place.partition}:kms:{place.region}:{place.account}:key/"
    for key, value in _deep({**resource.before, **resource.inputs}):
        if not _KEY_INPUT.search(key) or not isinstance(value, str) or not value:
            continue
        if value.startswith("arn:") and ":key/" in value:
            found[value] = None
        elif value.startswith("alias/") or ":alias/" in value:
            aliases["alias/" + value.partition("alias/")[2]] = None
        elif _KEY_ID.fullmatch(value):
            found[prefix + value] = None
        elif value == UNKNOWN:
            found[f"{prefix}*"] = None
    own = [one for one in aliases if not one.startswith("alias/aws/")]
    if own and not found:
        return (f"{prefix}*",), (("ForAnyValue:StringEquals", "kms:ResourceAliases", tuple(own)),)
    return tuple(found), ()


def _deep(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in cast("dict[str, Any]", value).items():
            yield from _deep(one, name)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _deep(one, key)
    else:
        yield key, value


_SERVICE_LINKED = {
    "alb": "elasticloadbalancing",
    "apigatewayv2_domain_name": "ops.apigateway",
    "apigatewayv2_vpc_link": "ops.apigateway",
    "apprunner_service": "apprunner",
    "autoscaling_group": "autoscaling",
    "backup_selection": "backup",
    "batch_compute_environment": "batch",
    "cloudwatch_event_connection": "apidestinations.events",
    "cloudwatch_event_api_destination": "apidestinations.events",
    "config_configuration_recorder": "config",
    "db_instance": "rds",
    "docdb_cluster": "rds",
    "docdb_cluster_instance": "rds",
    "ecs_capacity_provider": "ecs",
    "ecs_cluster": "ecs",
    "ecs_service": "ecs",
    "efs_file_system": "elasticfilesystem",
    "eks_cluster": "eks",
    "eks_fargate_profile": "eks-fargate",
    "eks_node_group": "eks-nodegroup",
    "elasticache_cluster": "elasticache",
    "elasticache_replication_group": "elasticache",
    "elasticache_serverless_cache": "elasticache",
    "elasticsearch_domain": "es",
    "elb": "elasticloadbalancing",
    "fsx_lustre_file_system": "fsx",
    "guardduty_detector": "guardduty",
    "lb": "elasticloadbalancing",
    "memorydb_cluster": "memorydb",
    "mq_broker": "mq",
    "msk_cluster": "kafka",
    "msk_serverless_cluster": "kafka",
    "mwaa_environment": "airflow",
    "neptune_cluster": "rds",
    "opensearch_domain": "opensearchservice",
    "rds_cluster": "rds",
    "rds_cluster_instance": "rds",
    "redshift_cluster": "redshift",
    "spot_fleet_request": "spotfleet spot",
}
"""The services that make a role of their own in the account, when the first resource of the type is created."""
_SCALED_BY = {
    "appstream": "appstream",
    "cassandra": "cassandra",
    "comprehend": "comprehend",
    "custom-resource": "custom-resource",
    "dynamodb": "dynamodb",
    "ec2": "ec2spotfleet",
    "ecs": "ecs",
    "elasticache": "elasticache",
    "elasticmapreduce": "emr",
    "kafka": "kafka",
    "lambda": "lambda-concurrency",
    "neptune": "neptune",
    "rds": "rds",
    "sagemaker": "sagemaker",
}


def _service_linked(type_: str, resource: Resource, place: Place) -> Iterator[Beside]:
    name = type_.removeprefix("aws_")
    services = [f"{one}.amazonaws.com" for one in _SERVICE_LINKED.get(name, "").split()]
    if name == "appautoscaling_target":
        spaces = [_SCALED_BY[one] for one in resource.texts("serviceNamespace") if one in _SCALED_BY]
        services = [f"{one}.application-autoscaling.amazonaws.com" for one in spaces]
    if name == "dynamodb_table" and resource.occurs("replica"):
        services = ["replication.dynamodb.amazonaws.com"]
    if name == "opensearch_domain" and not resource.occurs("vpcOption"):
        services = []
    if not services:
        return
    arns = tuple(
        f"arn:{place.partition}:iam::{place.account}:role/aws-service-role/{service}/*" for service in services
    )
    condition = (("StringEquals", "iam:AWSServiceName", tuple(services)),)
    why = f"makes the service-linked role of {' and '.join(services)}, where the account has none yet"
    yield Beside("iam:CreateServiceLinkedRole", arns, ("create",), why, condition)


_LOOKED_UP = {
    "lambda_function": ("vpcConfig", "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs"),
    "eks_cluster": ("vpcConfig", "ec2:DescribeSubnets ec2:DescribeVpcs"),
    "db_instance": ("", "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeVpcAttribute"),
    "db_subnet_group": ("", "ec2:DescribeSubnets ec2:DescribeVpcs"),
    "elasticache_subnet_group": ("", "ec2:DescribeSubnets ec2:DescribeVpcs"),
    "efs_mount_target": (
        "",
        "ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DeleteNetworkInterface",
    ),
    "vpc_endpoint": ("", "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs"),
    "lb": ("", "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeInternetGateways"),
    "instance": ("", "ec2:DescribeImages"),
}
"""What AWS looks up, or makes, with the caller's permissions: the input without which it does not, and the actions."""


def _looked_up(type_: str, resource: Resource, world: World, place: Place) -> Iterator[Beside]:
    only_with, actions = _LOOKED_UP.get(type_.removeprefix("aws_"), ("", ""))
    if actions and (not only_with or resource.occurs(only_with)):
        for action in actions.split():
            handlers = ("delete",) if ":Delete" in action else ("create", "update")
            found = scopes.arns(action, resource, world, place)
            yield Beside(action, found, handlers, "AWS looks at the network with the caller's permissions")
    if type_ == "aws_lambda_function":
        yield from _code(resource, world, place)
    if type_ == "aws_cloudfront_distribution" and resource.texts("webAclId"):
        arns = tuple(one for one in resource.texts("webAclId") if one.startswith("arn:"))
        if arns:
            yield Beside("wafv2:GetWebACL", arns, ("create", "update"), "is protected by a web ACL")


def _code(resource: Resource, world: World, place: Place) -> Iterator[Beside]:
    """What a function's code and layers are read from."""
    buckets = resource.patterns("s3Bucket") or [
        arn.rpartition(":")[2]
        for one in _referred(resource, "s3Bucket", world)
        for arn in scopes.own_arns(one, world, place)[:1]
    ]
    if resource.occurs("s3Bucket"):
        keys = resource.texts("s3Key") or ["*"]
        arns = tuple(f"arn:{place.partition}:s3:::{one}/{key}" for one in buckets or ["*"] for key in keys)
        yield Beside("s3:GetObject", arns, ("create", "update"), "takes its code from S3")
        if resource.occurs("s3ObjectVersion"):
            yield Beside("s3:GetObjectVersion", arns, ("create", "update"), "takes its code from S3")
    layers = tuple(one for one in scopes.arns_in(dict(resource.inputs)) if ":layer:" in one)
    own = [arn for one in _referred(resource, "layers", world) for arn in scopes.own_arns(one, world, place)]
    if layers or own:
        found = (*layers, *(f"{one}:*" for one in own))
        yield Beside("lambda:GetLayerVersion", found, ("create", "update"), "uses layers")
