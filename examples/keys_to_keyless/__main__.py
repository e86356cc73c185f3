"""A pipeline leaves its access key for GitHub's tokens, in three deployments and without an outage.

    pulumi up                                           # where you are: a user with a key
    pulumi config set mode both && pulumi up            # the role takes tokens too; move the workflow, see that it runs
    pulumi config set mode keyless && pulumi up         # user and key are deleted

The role is the same one all the time, and a job that is under way goes on.
"""

import pulumi
import pulumi_aws as aws
from pipeline_identity import IdentityMode, PipelineIdentity, PipelineIdentityArgs, PipelineOidcProvider

config = pulumi.Config()
account = config.require("accountId")
mode = IdentityMode(config.require("mode"))
provider = aws.Provider("aws", region=pulumi.Config("aws").require("region"), allowed_account_ids=[account])

github = PipelineOidcProvider(
    "github",
    {
        "account_id": account,
        "issuer": "https://token.actions.githubusercontent.com",
        "audiences": ["sts.amazonaws.com"],
    },
    pulumi.ResourceOptions(provider=provider),
)

args: PipelineIdentityArgs = {
    "account_id": account,
    "mode": mode,
    "role_name": "shop-deployer",
    "starter_sets": {"static_site": {"bucket": f"shop-{account}", "prefix": "public/"}},
}
if mode is not IdentityMode.KEYLESS:
    args["user_name"] = "shop-pipeline"
if mode is not IdentityMode.KEYS:
    args["trust"] = {"github": [{"owner": "acme", "repository": "shop", "branches": ["main"]}]}

shop = PipelineIdentity("shop", args, pulumi.ResourceOptions(provider=provider, depends_on=[github]))

pulumi.export("roleArn", shop.role_arn)
pulumi.export("accessKeyId", shop.access_key_id)
pulumi.export("secretAccessKey", shop.secret_access_key)
