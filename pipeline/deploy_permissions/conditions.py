"""Calls that a handler makes only for certain inputs, and calls that it makes and no table lists.

The table of handlers lists the calls of all branches. A call that is named here is left out unless one of the inputs
beside it occurs, before or after the change: a bucket without replication never asks for `s3:PutBucketReplication`.
Only calls that change something are left out: reading tells a provider that something is *not* there.

Sources: the arguments in the reference of the Terraform AWS provider, of which each handler's branches are named, and
the recording of the provider's calls in this project's tests.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, cast

from deploy_permissions.resources import UNKNOWN, Resource

TAGS = ("tags", "tagsAll")
"""The inputs that tags stand in."""

_ONLY_WITH = {
    "acm_certificate": {
        "ImportCertificate": "privateKey certificateBody",
        "RequestCertificate": "domainName validationMethod certificateAuthorityArn",
        "RenewCertificate": "earlyRenewalDuration",
    },
    "api_gateway_rest_api": {"PutRestApi": "body"},
    "apigatewayv2_api": {
        "DeleteCorsConfiguration": "corsConfiguration",
        "ReimportApi": "body",
    },
    "apigatewayv2_route": {"DeleteRouteRequestParameter": "requestParameter"},
    "apigatewayv2_stage": {"DeleteRouteSettings": "routeSetting"},
    "appsync_graphql_api": {"StartSchemaCreation": "schema"},
    "autoscaling_group": {
        "PutLifecycleHook": "initialLifecycleHook",
        "(Put|Delete)WarmPool": "warmPool",
        "(Suspend|Resume)Processes": "suspendedProcess",
        "(Enable|Disable)MetricsCollection": "enabledMetric",
        "(Attach|Detach)LoadBalancerTargetGroups": "targetGroupArn",
        "(Attach|Detach)LoadBalancers": "loadBalancer",
        "(Attach|Detach)TrafficSources": "trafficSource",
        "(Start|Cancel)InstanceRefresh": "instanceRefresh",
        "SetInstanceProtection": "protectFromScaleIn forceDelete",
    },
    "backup_vault": {"DeleteRecoveryPoint": "forceDestroy"},
    "cloudfront_distribution": {"UpdateContinuousDeploymentPolicy": "continuousDeploymentPolicyId"},
    "cloudtrail": {
        "PutEventSelectors": "eventSelector advancedEventSelector",
        "PutInsightSelectors": "insightSelector",
    },
    "cloudwatch_log_group": {
        "(Put|Delete)RetentionPolicy": "retentionInDays",
        "(Associate|Disassociate)KmsKey": "kmsKeyId",
        "PutLogGroupDeletionProtection": "deletionProtectionEnabled",
    },
    "cognito_user_pool": {
        "SetUserPoolMfaConfig": "mfaConfiguration softwareTokenMfaConfiguration smsConfiguration emailMfaConfiguration",
        "AddCustomAttributes": "schema",
    },
    "db_instance": {
        "CreateDBInstanceReadReplica|PromoteReadReplica": "replicateSourceDb",
        "RebootDBInstance": "parameterGroupName",
        "RestoreDBInstanceFromDBSnapshot": "snapshotIdentifier",
        "RestoreDBInstanceFromS3": "s3Import",
        "RestoreDBInstanceToPointInTime": "restoreToPointInTime",
        "(Create|Delete|Switchover)BlueGreenDeployment": "blueGreenUpdate",
    },
    "docdb_cluster": {
        "RestoreDBClusterFromSnapshot": "snapshotIdentifier",
        "RestoreDBClusterToPointInTime": "restoreToPointInTime",
        "RemoveFromGlobalCluster": "globalClusterIdentifier",
    },
    "dynamodb_table": {
        "ImportTable": "importTable",
        "RestoreTableFromBackup": "restoreBackupArn",
        "RestoreTableToPointInTime": "restoreSourceName restoreSourceTableArn",
        "UpdateContinuousBackups": "pointInTimeRecovery",
        "UpdateTimeToLive": "ttl",
    },
    "ecs_service": {"StopServiceDeployment": "deploymentCircuitBreaker sigintRollback"},
    "efs_file_system": {
        "PutLifecycleConfiguration": "lifecyclePolicy",
        "UpdateFileSystemProtection": "protection",
    },
    "eip": {"(Associate|Disassociate)Address": "instance networkInterface associateWithPrivateIp"},
    "eks_cluster": {"AssociateEncryptionConfig": "encryptionConfig"},
    "elasticache_replication_group": {
        "(Increase|Decrease)ReplicaCount": "numCacheCluster replicasPerNodeGroup",
        "ModifyReplicationGroupShardConfiguration": "numNodeGroup",
        "DisassociateGlobalReplicationGroup": "globalReplicationGroupId",
        "DeleteCacheParameterGroup": "globalReplicationGroupId",
    },
    "iam_access_key": {"UpdateAccessKey": "status"},
    "iam_role": {
        "(Attach|Detach)RolePolicy": "managedPolicyArn forceDetachPolicies",
        "(Put|Delete)RolePolicy": "inlinePolicy forceDetachPolicies",
        "PutRolePermissionsBoundary": "permissionsBoundary",
        "UpdateRoleDescription": "description",
        "RemoveRoleFromInstanceProfile": "forceDetachPolicies",
    },
    "iam_user": {
        "PutUserPermissionsBoundary": "permissionsBoundary",
        "RemoveUserFromGroup": "forceDestroy",
    },
    "instance": {
        "AssignIpv6Addresses|UnassignIpv6Addresses": "ipv6AddressCount ipv6Address",
        "(Assign|Unassign)PrivateIpAddresses": "secondaryPrivateIp",
        "(Associate|Disassociate|Replace)IamInstanceProfile.*": "iamInstanceProfile",
        "ModifyInstanceCapacityReservationAttributes": "capacityReservationSpecification",
        "ModifyInstanceCpuOptions": "cpuOption",
        "ModifyInstanceCreditSpecification": "creditSpecification",
        "ModifyInstanceMaintenanceOptions": "maintenanceOption",
        "ModifyInstanceMetadataOptions": "metadataOption",
        "ModifyPrivateDnsNameOptions": "privateDnsNameOption",
        "ModifyVolume": "rootBlockDevice ebsBlockDevice",
        "(Monitor|Unmonitor)Instances": "monitoring",
        "CancelSpotInstanceRequests": "instanceMarketOption",
    },
    "kinesis_firehose_delivery_stream": {"(Start|Stop)DeliveryStreamEncryption": "serverSideEncryption"},
    "kinesis_stream": {
        "(Enable|Disable)EnhancedMonitoring": "shardLevelMetric",
        "(Increase|Decrease)StreamRetentionPeriod": "retentionPeriod",
        "(Start|Stop)StreamEncryption": "encryptionType kmsKeyId",
        "UpdateMaxRecordSize": "maxRecordSizeInKib",
        "UpdateStreamMode": "streamModeDetail",
        "UpdateStreamWarmThroughput": "warmThroughput",
    },
    "kms_key": {
        "(Enable|Disable)KeyRotation": "enableKeyRotation rotationPeriodInDay",
        "(Enable|Disable)Key": "isEnabled",
        "PutKeyPolicy": "policy",
    },
    "lambda_function": {
        "(Put|Delete)FunctionConcurrency": "reservedConcurrentExecution",
        "(Put|Delete)FunctionCodeSigningConfig": "codeSigningConfigArn",
        "PublishVersion": "publish",
        "StopDurableExecution": "durableConfig",
    },
    "lambda_function_url": {"AddPermission": "authorizationType"},
    "lb": {
        "ModifyCapacityReservation": "minimumLoadBalancerCapacity",
        "ModifyIpPools": "ipamPool",
    },
    "nat_gateway": {
        "(Assign|Unassign)PrivateNatGatewayAddress": "secondaryPrivateIpAddress secondaryPrivateIpAddressCount",
        "(Associate|Disassociate)NatGatewayAddress": "secondaryAllocationId",
    },
    "rds_cluster": {
        "(Add|Remove)Role(To|From)DBCluster": "iamRole",
        "RestoreDBClusterFromS3": "s3Import",
        "RestoreDBClusterFromSnapshot": "snapshotIdentifier",
        "RestoreDBClusterToPointInTime": "restoreToPointInTime",
        "(Enable|Disable)HttpEndpoint": "enableHttpEndpoint",
        "PromoteReadReplicaDBCluster": "replicationSourceIdentifier",
        "RemoveFromGlobalCluster": "globalClusterIdentifier",
    },
    "redshift_cluster": {
        "RestoreFromClusterSnapshot": "snapshotIdentifier snapshotArn",
        "ModifyAquaConfiguration": "aquaConfigurationStatus",
        "ModifyClusterIamRoles": "iamRole",
    },
    "route53_zone": {
        "(Associate|Disassociate)VPC(With|From)HostedZone": "vpc",
        "ChangeResourceRecordSets|DisableHostedZoneDNSSEC": "forceDestroy",
        "UpdateHostedZoneFeatures": "enableAcceleratedRecovery",
    },
    "route_table": {
        "(Create|Replace|Delete)Route": "route",
        "(Enable|Disable)VgwRoutePropagation": "propagatingVgw",
    },
    "s3_bucket": {
        "(Put|Delete)BucketCors": "corsRule",
        "(Put|Delete)BucketEncryption": "serverSideEncryptionConfiguration",
        "(Put|Delete)BucketLifecycle.*": "lifecycleRule",
        "(Put|Delete)BucketPolicy": "policy",
        "(Put|Delete)BucketReplication": "replicationConfiguration",
        "(Put|Delete)BucketWebsite": "website",
        "PutBucketAccelerateConfiguration": "accelerationStatus",
        "PutBucketAcl": "acl grant",
        "PutBucketLogging": "logging",
        "PutBucketRequestPayment": "requestPayer",
        "PutBucketVersioning": "versioning objectLockEnabled objectLockConfiguration",
        "PutObjectLockConfiguration": "objectLockConfiguration objectLockEnabled",
        "DeleteObject|DeleteObjects|ListObjectVersions|ListObjectsV2": "forceDestroy",
        "PutObjectLegalHold": "objectLockConfiguration objectLockEnabled",
    },
    "s3_object": {
        "PutObjectAcl": "acl",
        "PutObjectLegalHold": "objectLockLegalHoldStatus forceDestroy",
        "PutObjectRetention": "objectLockMode objectLockRetainUntilDate",
    },
    "secretsmanager_secret": {
        "(Put|Delete)ResourcePolicy": "policy",
        "ReplicateSecretToRegions|RemoveRegionsFromReplication": "replica",
    },
    "security_group": {
        "AuthorizeSecurityGroupEgress": "egress",
        "AuthorizeSecurityGroupIngress|RevokeSecurityGroupIngress": "ingress revokeRulesOnDelete",
    },
    "subnet": {"(Associate|Disassociate)SubnetCidrBlock": "ipv6CidrBlock"},
    "vpc": {
        "(Associate|Disassociate)VpcCidrBlock": "ipv6CidrBlock assignGeneratedIpv6CidrBlock ipv6IpamPoolId",
        "ModifyVpcTenancy": "instanceTenancy",
        "DeleteVpcEndpoints": "",
        "DeleteSecurityGroup": "",
    },
    "vpc_endpoint": {"AcceptVpcEndpointConnections": "autoAccept"},
}
"""Operations, as patterns, by Terraform's type; beside each the inputs without which it is never called.

`AuthorizeSecurityGroupEgress` and others that undo what AWS does by default stay where they are called always."""

_ONLY_WITH["s3_bucket_object"] = _ONLY_WITH["s3_object"]
_ONLY_WITH["alb"] = _ONLY_WITH["lb"]
_ONLY_WITH["default_vpc"] = _ONLY_WITH["vpc"]
_ONLY_WITH["default_subnet"] = _ONLY_WITH["subnet"]
_ONLY_WITH["default_route_table"] = _ONLY_WITH["route_table"]

_QUEUE_PART = {
    "create": ("sqs:SetQueueAttributes", "sqs:GetQueueAttributes"),
    "read": ("sqs:GetQueueAttributes",),
    "update": ("sqs:SetQueueAttributes", "sqs:GetQueueAttributes"),
    "delete": ("sqs:SetQueueAttributes", "sqs:GetQueueAttributes"),
}

_ALSO: dict[str, dict[str, tuple[str, ...]]] = {
    # Key ids of new keys are described to see whether the alias exists.
    "kms_key": {"create": ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags")},
    # Looked at while a change is planned.
    "kinesis_stream": {"read": ("kinesis:DescribeLimits",)},
    "sfn_state_machine": {"read": ("stepfunctions:ValidateStateMachineDefinition",)},
    "s3_bucket": {"read": ("s3:GetBucketLocation",)},
    "route": {"read": ("ec2:DescribeRouteTables",)},
    "iam_account_password_policy": {"read": ("iam:GetAccountPasswordPolicy",)},
    "lambda_invocation": {"create": ("lambda:Invoke",)},
    "sqs_queue_policy": _QUEUE_PART,
    "sqs_queue_redrive_allow_policy": _QUEUE_PART,
    "sqs_queue_redrive_policy": _QUEUE_PART,
    "vpc_security_group_egress_rule": {
        "create": ("ec2:AuthorizeSecurityGroupEgress", "ec2:DescribeSecurityGroupRules"),
        "read": ("ec2:DescribeSecurityGroupRules",),
        "update": ("ec2:ModifySecurityGroupRules", "ec2:DescribeSecurityGroupRules"),
        "delete": ("ec2:RevokeSecurityGroupEgress", "ec2:DescribeSecurityGroupRules"),
    },
    "vpc_security_group_ingress_rule": {
        "create": ("ec2:AuthorizeSecurityGroupIngress", "ec2:DescribeSecurityGroupRules"),
        "read": ("ec2:DescribeSecurityGroupRules",),
        "update": ("ec2:ModifySecurityGroupRules", "ec2:DescribeSecurityGroupRules"),
        "delete": ("ec2:RevokeSecurityGroupIngress", "ec2:DescribeSecurityGroupRules"),
    },
    "ses_domain_identity_verification": {"create": ("ses:GetIdentityVerificationAttributes",)},
    "acm_certificate_validation": {"create": ("acm:DescribeCertificate",)},
    "glue_resource_policy": {
        "create": ("glue:PutResourcePolicy",),
        "read": ("glue:GetResourcePolicy",),
        "update": ("glue:PutResourcePolicy",),
        "delete": ("glue:DeleteResourcePolicy",),
    },
}
"""Calls that the table of handlers lacks, as waiters and promoted methods have no row in it."""


def is_made(type_: str, operation: str, resource: Resource) -> bool:
    """Whether a handler makes a call for a resource's inputs.

    Args:
        type_: The type as Terraform calls it.
        operation: The operation that its table lists, such as `s3:PutBucketCors`.
        resource: The resource.
    """
    name = operation.partition(":")[2]
    if name.startswith("Delete") and name.endswith("PermissionsBoundary"):
        # A boundary is lifted where the program takes it away, and only there.
        return bool(resource.before.get("permissionsBoundary")) and not resource.inputs.get("permissionsBoundary")
    for pattern, inputs in _patterns(type_.removeprefix("aws_")):
        if pattern.fullmatch(name):
            return any(resource.occurs(one) for one in inputs)
    return True


_BY_TAGS = frozenset(
    (
        "ec2:CreateLaunchTemplateVersion",
        "ec2:ModifyInstanceAttribute",
        "ec2:ModifyLaunchTemplate",
        "ec2:StartInstances",
        "ec2:StopInstances",
    )
)
"""Actions with which the code of any instance could be replaced, and so its role be taken. AWS chooses the ids of
instances and launch templates, so only their tags say which are meant."""


_CREATED_BY = {"aws_instance": "RunInstances", "aws_launch_template": "CreateLaunchTemplate"}


def by_tags(type_: str, action: str, handler: str, resource: Resource) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The condition that an action is on a resource with the tags that the program gives; none where it gives none.

    Who could tag any instance could make any of them one of these: so tags are given while the resource is created, and
    to those that have them.

    Args:
        type_: The type as Terraform calls it.
        action: The action.
        handler: Which handler calls it.
        resource: The resource.
    """
    retags = type_ in _CREATED_BY and action in ("ec2:CreateTags", "ec2:DeleteTags")
    if retags and action == "ec2:CreateTags" and handler == "create":
        return (("StringEquals", "ec2:CreateAction", (_CREATED_BY[type_],)),)
    tags = cast("dict[str, Any]", resource.inputs.get("tags") or {})
    plain = {key: value for key, value in tags.items() if isinstance(value, str) and value and UNKNOWN not in value}
    if not (retags or action in _BY_TAGS) or not plain:
        return ()
    return tuple(("StringEquals", f"aws:ResourceTag/{key}", (value,)) for key, value in sorted(plain.items()))


def also(type_: str, handler: str) -> tuple[str, ...]:
    """Calls of a handler that the table lacks.

    Args:
        type_: The type as Terraform calls it.
        handler: Which handler.
    """
    return _ALSO.get(type_.removeprefix("aws_"), {}).get(handler, ())


@lru_cache(maxsize=2048)
def _patterns(name: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple((re.compile(one), tuple(inputs.split())) for one, inputs in _ONLY_WITH.get(name, {}).items())
