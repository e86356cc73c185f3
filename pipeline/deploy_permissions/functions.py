"""What the functions of pulumi-aws call, such as `aws:ec2/getVpc:getVpc`.

Functions are Terraform's data sources, of which no table of calls is published. Those that programs call most stand
below, by what the pages of the Terraform AWS provider's reference say they look up; the others are taken to read what
the resource of the same name reads, which is said where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from deploy_permissions.resources import UNKNOWN, Invoke, Resource
from deploy_permissions.types import terraform_type

_CALLS = {
    "acm/getCertificate": "acm:DescribeCertificate acm:GetCertificate acm:ListCertificates acm:ListTagsForCertificate",
    "autoscaling/getAmiIds": "autoscaling:DescribeTags",
    "cloudformation/getExport": "cloudformation:ListExports",
    "cloudformation/getStack": "cloudformation:DescribeStacks cloudformation:GetTemplate",
    "cloudfront/getCachePolicy": "cloudfront:GetCachePolicy cloudfront:ListCachePolicies",
    "cloudfront/getLogDeliveryCanonicalUserId": "",
    "cloudfront/getOriginRequestPolicy": "cloudfront:GetOriginRequestPolicy cloudfront:ListOriginRequestPolicies",
    "cloudfront/getResponseHeadersPolicy": (
        "cloudfront:GetResponseHeadersPolicy cloudfront:ListResponseHeadersPolicies"
    ),
    "cloudtrail/getServiceAccount": "",
    "cloudwatch/getEventBus": "events:DescribeEventBus",
    "cloudwatch/getLogDataProtectionPolicyDocument": "",
    "cloudwatch/getLogGroup": "logs:DescribeLogGroups logs:ListTagsForResource",
    "cloudwatch/getLogGroups": "logs:DescribeLogGroups",
    "cognito/getUserPools": "cognito-idp:ListUserPools",
    "ec2/getAmi": "ec2:DescribeImages",
    "ec2/getAmiIds": "ec2:DescribeImages",
    "ec2/getElasticIp": "ec2:DescribeAddresses ec2:DescribeAddressesAttribute",
    "ec2/getEips": "ec2:DescribeAddresses",
    "ec2/getInstance": "ec2:DescribeInstances ec2:DescribeInstanceAttribute ec2:DescribeVolumes ec2:DescribeTags",
    "ec2/getInstanceType": "ec2:DescribeInstanceTypes",
    "ec2/getInstanceTypeOffering": "ec2:DescribeInstanceTypeOfferings",
    "ec2/getInstanceTypeOfferings": "ec2:DescribeInstanceTypeOfferings",
    "ec2/getInstanceTypes": "ec2:DescribeInstanceTypes",
    "ec2/getInstances": "ec2:DescribeInstances",
    "ec2/getInternetGateway": "ec2:DescribeInternetGateways",
    "ec2/getKeyPair": "ec2:DescribeKeyPairs",
    "ec2/getLaunchTemplate": "ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
    "ec2/getManagedPrefixList": "ec2:DescribeManagedPrefixLists ec2:GetManagedPrefixListEntries",
    "ec2/getNatGateway": "ec2:DescribeNatGateways",
    "ec2/getNatGateways": "ec2:DescribeNatGateways",
    "ec2/getNetworkInterface": "ec2:DescribeNetworkInterfaces",
    "ec2/getPrefixList": "ec2:DescribePrefixLists",
    "ec2/getRoute": "ec2:DescribeRouteTables",
    "ec2/getRouteTable": "ec2:DescribeRouteTables",
    "ec2/getRouteTables": "ec2:DescribeRouteTables",
    "ec2/getSecurityGroup": "ec2:DescribeSecurityGroups",
    "ec2/getSecurityGroups": "ec2:DescribeSecurityGroups",
    "ec2/getSubnet": "ec2:DescribeSubnets",
    "ec2/getSubnets": "ec2:DescribeSubnets",
    "ec2/getVpc": "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeRouteTables",
    "ec2/getVpcEndpoint": "ec2:DescribeVpcEndpoints ec2:DescribePrefixLists ec2:DescribeNetworkInterfaces",
    "ec2/getVpcEndpointService": "ec2:DescribeVpcEndpointServices",
    "ec2/getVpcs": "ec2:DescribeVpcs",
    "ecr/getAuthorizationToken": "ecr:GetAuthorizationToken",
    "ecr/getCredentials": "ecr:GetAuthorizationToken",
    "ecr/getImage": "ecr:DescribeImages ecr:DescribeRepositories",
    "ecr/getLifecyclePolicyDocument": "",
    "ecr/getRepositories": "ecr:DescribeRepositories",
    "ecr/getRepository": ("ecr:DescribeImages ecr:DescribeRepositories ecr:GetLifecyclePolicy ecr:ListTagsForResource"),
    "ecrpublic/getAuthorizationToken": "ecr-public:GetAuthorizationToken sts:GetServiceBearerToken",
    "ecs/getContainerDefinition": "ecs:DescribeTaskDefinition",
    "eks/getClusterAuth": "",
    "eks/getClusters": "eks:ListClusters",
    "elb/getHostedZoneId": "",
    "elb/getServiceAccount": "",
    "iam/getAccountAlias": "iam:ListAccountAliases",
    "iam/getPolicy": "iam:GetPolicy iam:GetPolicyVersion iam:ListPolicies iam:ListPolicyTags",
    "iam/getPolicyDocument": "",
    "iam/getPrincipalPolicySimulation": "iam:SimulatePrincipalPolicy",
    "iam/getRole": "iam:GetRole iam:ListRoleTags",
    "iam/getRoles": "iam:ListRoles",
    "iam/getSessionContext": "iam:GetRole",
    "iam/getUser": "iam:GetUser iam:ListUserTags",
    "iam/getUsers": "iam:ListUsers",
    "index/getArn": "",
    "index/getAvailabilityZone": "ec2:DescribeAvailabilityZones",
    "index/getAvailabilityZones": "ec2:DescribeAvailabilityZones",
    "index/getBillingServiceAccount": "",
    "index/getCallerIdentity": "sts:GetCallerIdentity",
    "index/getDefaultTags": "",
    "index/getIpRanges": "",
    "index/getPartition": "",
    "index/getRegion": "",
    "index/getRegions": "ec2:DescribeRegions",
    "index/getService": "",
    "index/getServicePrincipal": "",
    "kms/getAlias": "kms:DescribeKey kms:ListAliases",
    "kms/getCipherText": "kms:Encrypt",
    "kms/getKey": "kms:DescribeKey",
    "kms/getPublicKey": "kms:DescribeKey kms:GetPublicKey",
    "kms/getSecret": "kms:Decrypt",
    "kms/getSecrets": "kms:Decrypt",
    "lambda/getFunction": (
        "lambda:GetFunction lambda:GetFunctionCodeSigningConfig lambda:GetFunctionConcurrency lambda:ListTags "
        "lambda:ListVersionsByFunction"
    ),
    "lambda/getFunctions": "lambda:ListFunctions",
    "lambda/getInvocation": "lambda:InvokeFunction",
    "lb/getHostedZoneId": "",
    "networkmanager/getCoreNetworkPolicyDocument": "",
    "organizations/getOrganization": (
        "organizations:DescribeOrganization organizations:ListAWSServiceAccessForOrganization "
        "organizations:ListAccounts organizations:ListRoots"
    ),
    "rds/getEngineVersion": "rds:DescribeDBEngineVersions",
    "rds/getOrderableDbInstance": "rds:DescribeOrderableDBInstanceOptions",
    "route53/getTrafficPolicyDocument": "",
    "route53/getZone": (
        "route53:GetHostedZone route53:ListHostedZones route53:ListHostedZonesByName route53:ListResourceRecordSets "
        "route53:ListTagsForResource"
    ),
    "route53/getZones": "route53:ListHostedZones",
    "s3/getBucket": "s3:ListBucket s3:GetBucketLocation s3:GetBucketWebsite s3:GetBucketTagging",
    "s3/getBucketObject": "s3:GetObject s3:GetObjectTagging s3:ListBucket",
    "s3/getBucketObjects": "s3:ListBucket",
    "s3/getBucketPolicy": "s3:GetBucketPolicy",
    "s3/getCanonicalUserId": "s3:ListAllMyBuckets",
    "s3/getObject": "s3:GetObject s3:GetObjectTagging s3:ListBucket",
    "s3/getObjects": "s3:ListBucket",
    "sagemaker/getPrebuiltEcrImage": "",
    "secretsmanager/getRandomPassword": "secretsmanager:GetRandomPassword",
    "secretsmanager/getSecret": "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy",
    "secretsmanager/getSecretVersion": "secretsmanager:GetSecretValue secretsmanager:DescribeSecret",
    "secretsmanager/getSecrets": "secretsmanager:ListSecrets",
    "sns/getTopic": "sns:ListTopics sns:GetTopicAttributes sns:ListTagsForResource",
    "sqs/getQueue": "sqs:GetQueueUrl sqs:GetQueueAttributes sqs:ListQueueTags",
    "ssm/getParameter": "ssm:GetParameter ssm:ListTagsForResource",
    "ssm/getParametersByPath": "ssm:GetParametersByPath",
    "sfn/getStateMachine": "states:DescribeStateMachine states:ListStateMachines",
    "vpc/getSecurityGroupRule": "ec2:DescribeSecurityGroupRules",
    "vpc/getSecurityGroupRules": "ec2:DescribeSecurityGroupRules",
}
"""The actions of functions, by module and name; "" where AWS is not called."""


def calls(token: str) -> tuple[tuple[str, ...] | None, str]:
    """The actions of a function, and the type whose reading stands in for them.

    Args:
        token: The function, such as `aws:ec2/getVpc:getVpc`.

    Returns:
        The actions, and "". Where the function is not listed: None, and the type of pulumi-aws that reads the same. Two
        empty answers, None and "", where nothing is known of it.
    """
    module, _, name = token.split(":")[1].partition("/") if token.count(":") == 2 else ("", "", "")
    name = name or token.rpartition(":")[2]
    listed = _CALLS.get(f"{module}/{name}")
    if listed is not None:
        return tuple(listed.split()), ""
    return None, _type_like(module, name)


def type_like(token: str) -> str:
    """The type of resource that a function looks up; "" where no type is called so.

    Args:
        token: The function, such as `aws:ec2/getVpc:getVpc`.
    """
    module, _, name = token.split(":")[1].partition("/") if token.count(":") == 2 else ("", "", "")
    return _type_like(module, name)


@lru_cache(maxsize=1024)
def _type_like(module: str, name: str) -> str:
    noun = name.removeprefix("get")
    for one in (noun, noun.removesuffix("s"), re.sub("ies$", "y", noun)):
        token = f"aws:{module}/{one[:1].lower()}{one[1:]}:{one}"
        if terraform_type(token):
            return token
    return ""


def as_resource(invoke: Invoke, token: str) -> Resource:
    """A function's call as a resource that is read, so that names in its arguments scope it.

    Args:
        invoke: The call.
        token: The type of resource that it is about.
    """
    return Resource(invoke.token, token, _named(invoke.arguments), handlers=frozenset(("read",)), external=True)


_ARGUMENTS = {
    "secretId": "name",
    "tableName": "name",
    "functionName": "name",
    "queueName": "name",
    "clusterName": "name",
}


def _named(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with a name also where a resource of the type has it."""
    names = {one: arguments[key] for key, one in _ARGUMENTS.items() if isinstance(arguments.get(key), str)}
    return {**{key: value for key, value in names.items() if UNKNOWN not in value}, **arguments}
