"""The well-known bad example: a pipeline's role that may do nearly everything, for anybody in a foreign account."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

OURS = pulumi.Config("pipeline-identity").require("accountId")
FOREIGN = "999988887777"

provider = aws.Provider("aws", region="eu-west-1", allowed_account_ids=[OURS])
role = aws.iam.Role(
    "deploy",
    name="deploy",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
    opts=pulumi.ResourceOptions(provider=provider),
)
aws.iam.RolePolicy(
    "deploy",
    name="deploy",
    role=role.name,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:*", "dynamodb:*", "ec2:*", "iam:*"],
                    "Resource": "*",
                }
            ],
        }
    ),
    opts=pulumi.ResourceOptions(provider=provider),
)
