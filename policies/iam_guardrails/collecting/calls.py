"""The calls that a collection makes: all it can do. Names as the API has them, services as boto3 calls them."""

from __future__ import annotations

TO_GET_IN = frozenset({"sts:AssumeRole", "sts:GetCallerIdentity"})
"""Calls by which a session begins."""

ALLOWED = frozenset(
    {
        "apprunner:DescribeService",
        "apprunner:ListServices",
        "autoscaling:DescribeAutoScalingGroups",
        "cloudformation:DescribeStackSet",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackSets",
        "codebuild:BatchGetProjects",
        "codebuild:ListProjects",
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeRegions",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:ListTaskDefinitions",
        "glue:GetDevEndpoints",
        "glue:GetJobs",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccessKeys",
        "iam:ListUsers",
        "lambda:GetPolicy",
        "lambda:ListFunctions",
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListPolicies",
        "organizations:ListRoots",
        "organizations:ListTargetsForPolicy",
        "s3:GetBucketPolicy",
        "s3:ListBuckets",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:ListNotebookInstances",
    }
)
"""Calls that read."""
