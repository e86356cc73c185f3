"""The workflows of one repository deploy from branch main and the environment production; no key exists anywhere."""

import pulumi
import pulumi_aws as aws
from pipeline_identity import IdentityMode, PipelineIdentity, PipelineOidcProvider

account = pulumi.Config().require("accountId")
region = pulumi.Config("aws").require("region")
provider = aws.Provider("aws", region=region, allowed_account_ids=[account])

# One for each account. Leave it out where another stack has made it: the role finds it by its issuer.
github = PipelineOidcProvider(
    "github",
    {
        "account_id": account,
        "issuer": "https://token.actions.githubusercontent.com",
        "audiences": ["sts.amazonaws.com"],
        "keep_on_destroy": True,
    },
    pulumi.ResourceOptions(provider=provider),
)

orders = PipelineIdentity(
    "orders",
    {
        "account_id": account,
        "role_name": "orders-deployer",
        "mode": IdentityMode.KEYLESS,
        "trust": {
            "github": [
                {
                    "owner": "acme",
                    "owner_id": "123456",
                    "repository": "orders",
                    "repository_id": "456789",
                    "branches": ["main"],
                    "environments": ["production"],
                }
            ]
        },
        "starter_sets": {
            "lambda_functions": {"function_arns": [f"arn:aws:lambda:{region}:{account}:function:orders"]},
        },
    },
    pulumi.ResourceOptions(provider=provider, depends_on=[github]),
)

# For `role-to-assume` of aws-actions/configure-aws-credentials.
pulumi.export("roleArn", orders.role_arn)
