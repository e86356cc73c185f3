"""What the program was before: a user, its key and its role, each declared by itself."""

import json

import pulumi
import pulumi_aws as aws

account = pulumi.Config().require("accountId")
options = pulumi.ResourceOptions(
    provider=aws.Provider("aws", region=pulumi.Config("aws").require("region"), allowed_account_ids=[account])
)


def document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


user = aws.iam.User("ci", name="ci", opts=options)
role = aws.iam.Role(
    "deploy",
    name="deploy",
    assume_role_policy=user.arn.apply(lambda arn: document(Principal={"AWS": arn}, Action="sts:AssumeRole")),
    opts=options,
)
aws.iam.UserPolicy(
    "ci-policy",
    user=user.name,
    policy=role.arn.apply(lambda arn: document(Action="sts:AssumeRole", Resource=arn)),
    opts=options,
)
aws.iam.RolePolicy(
    "deploy-policy",
    role=role.name,
    policy=document(Action=["s3:GetObject", "s3:PutObject"], Resource=f"arn:aws:s3:::site-{account}/*"),
    opts=options,
)
key = aws.iam.AccessKey("ci-key", user=user.name, opts=options)

pulumi.export("accessKeyId", key.id)
pulumi.export("secretAccessKey", key.secret)
