"""A container's role and its bucket, written by hand as in any stack; the pack beside it reads every policy in them.

`pack/` is a pack of your own that takes the rules from git, with an environment of its own:

    (cd pack && pulumi install)
    pulumi preview --policy-pack pack --policy-pack-config policies.json
    pulumi up --policy-pack pack --policy-pack-config policies.json

To see it reject, put `s3:*` in the place of `s3:GetObject`, or take the tag away.
"""

import json

import pulumi
import pulumi_aws as aws

account = pulumi.Config().require("accountId")
region = pulumi.Config("aws").require("region")
options = pulumi.ResourceOptions(provider=aws.Provider("aws", region=region, allowed_account_ids=[account]))


def document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


reports = aws.s3.Bucket("reports", bucket=f"reports-{account}", opts=options)
reader = aws.iam.Role(
    "reader",
    name="report-reader",
    assume_role_policy=document(
        Principal={"Service": "ecs-tasks.amazonaws.com"},
        Action="sts:AssumeRole",
        Condition={"StringEquals": {"aws:SourceAccount": account}},
    ),
    tags={"team": "reports"},
    opts=options,
)
aws.iam.RolePolicy(
    "reader",
    name="read",
    role=reader.name,
    policy=document(Action=["s3:GetObject"], Resource=f"arn:aws:s3:::reports-{account}/*"),
    opts=options,
)

pulumi.export("roleArn", reader.arn)
