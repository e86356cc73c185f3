"""A program of somebody else: it knows the installed package, and nothing of this repository."""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity, PipelineIdentityArgs, Statement, StatementEffect

config = pulumi.Config()
account = config.require("accountId")
readers: list[Statement] = [
    {
        "effect": StatementEffect.ALLOW,
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::example-site/*"],
    }
]
args: PipelineIdentityArgs = {
    "account_id": account,
    "user_name": "site-pipeline",
    "role_name": "site-publisher",
    "max_session_duration": 3600,
    "permissions": readers,
}
provider = aws.Provider("ours", region="eu-west-1", allowed_account_ids=[account])
site = PipelineIdentity("site", args, pulumi.ResourceOptions(provider=provider))

role_arn: pulumi.Output[str] = site.role_arn
pulumi.export("roleArn", role_arn)
pulumi.export("secretAccessKey", site.secret_access_key)
