"""The user in one account, the role in another: each with a provider of its own, and an external id between them.

`PipelineIdentity` with `role_account` does the same in one declaration. Two components leave both providers to you.
"""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineRole, PipelineUser

config = pulumi.Config()
region = pulumi.Config("aws").require("region")
account, other = config.require("accountId"), config.require("roleAccountId")

ours = aws.Provider("ours", region=region, allowed_account_ids=[account])
theirs = aws.Provider(
    "theirs",
    region=region,
    allowed_account_ids=[other],
    assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=f"arn:aws:iam::{other}:role/deployer")],
)

# Names are chosen, so each end can name the other before either exists.
user_arn = f"arn:aws:iam::{account}:user/pipelines/shop-pipeline"
role_arn = f"arn:aws:iam::{other}:role/pipelines/shop-deployer"

user = PipelineUser(
    "shop",
    {"account_id": account, "user_name": "shop-pipeline", "path": "/pipelines/", "roles": [role_arn]},
    pulumi.ResourceOptions(provider=ours),
)
role = PipelineRole(
    "shop",
    {
        "account_id": other,
        "role_name": "shop-deployer",
        "path": "/pipelines/",
        "trust": {"accounts": [{"account_id": account, "principals": [user_arn], "external_ids": ["shop-2f6c81d4"]}]},
        "starter_sets": {"ecr_push": {"repository_arns": [f"arn:aws:ecr:{region}:{other}:repository/shop"]}},
    },
    # IAM refuses a trust policy that names a user who does not exist yet.
    pulumi.ResourceOptions(provider=theirs, depends_on=[user]),
)

pulumi.export("roleArn", role.role_arn)
pulumi.export("accessKeyId", user.access_key_id)
pulumi.export("secretAccessKey", user.secret_access_key)
