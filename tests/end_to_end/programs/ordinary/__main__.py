"""An ordinary stack, in two forms: what the setting `change` says is changed in place."""

import json

import pulumi
import pulumi_aws as aws

change = pulumi.Config().require("change")


def statement(effect: str, **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, **more}]})


tags = {"team": "web", "change": change}
bucket = aws.s3.Bucket("site", tags=tags)
aws.s3.BucketPublicAccessBlock("site", bucket=bucket.id, block_public_acls=True, block_public_policy=True)
aws.s3.BucketPolicy(
    "site",
    bucket=bucket.id,
    policy=bucket.arn.apply(
        lambda arn: statement("Deny", Principal="*", Action="s3:DeleteObject", Resource=f"{arn}/{change}/*")
    ),
)
topic = aws.sns.Topic("alarms", display_name=change, tags=tags)
aws.sns.TopicPolicy(
    "alarms",
    arn=topic.arn,
    policy=topic.arn.apply(
        lambda arn: statement(
            "Allow", Principal={"Service": "events.amazonaws.com"}, Action="sns:Publish", Resource=arn
        )
    ),
)
rule = aws.cloudwatch.EventRule("nightly", schedule_expression="rate(1 day)", description=change)
aws.cloudwatch.EventTarget("nightly", rule=rule.name, arn=topic.arn)
secret = aws.secretsmanager.Secret("token", description=change)
aws.secretsmanager.SecretVersion("token", secret_id=secret.id, secret_string="made up for a test, " + change)
aws.ssm.Parameter("address", name="/ordinary/address", type="String", value=change)
worker = {"Service": "lambda.amazonaws.com"}
role = aws.iam.Role(
    "worker",
    assume_role_policy=statement("Allow", Principal=worker, Action="sts:AssumeRole"),
    description=change,
)
aws.iam.RolePolicy(
    "worker",
    role=role.id,
    policy=bucket.arn.apply(lambda arn: statement("Allow", Action="s3:GetObject", Resource=f"{arn}/{change}/*")),
)
aws.iam.RolePolicyAttachment(
    "worker", role=role.name, policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
)
aws.get_caller_identity()
