"""One pipeline in two environments: what differs stands in the stacks' files, and nothing of it in the program.

    pulumi stack init dev && pulumi up      # Pulumi.dev.yaml
    pulumi stack init prod && pulumi up     # Pulumi.prod.yaml, another account

Each stack's provider refuses every account but its own, so that nobody deploys prod with the credentials of dev.
"""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity

config = pulumi.Config()
account, bucket = config.require("accountId"), config.require("bucket")
provider = aws.Provider("aws", region=pulumi.Config("aws").require("region"), allowed_account_ids=[account])

change = ["s3:PutObject", "s3:DeleteObject"] if config.require_bool("mayDelete") else ["s3:PutObject"]

site = PipelineIdentity(
    "site",
    {
        "account_id": account,
        # The same in every environment: a pipeline finds its role by account and name.
        "user_name": "site-pipeline",
        "role_name": "site-publisher",
        "path": "/pipelines/",
        "max_session_duration": config.require_int("sessionMinutes") * 60,
        "permissions": [{"actions": ["s3:GetObject", *change], "resources": [f"arn:aws:s3:::{bucket}/*"]}],
        "generated_boundary": {},
        "tags": {"environment": pulumi.get_stack()},
    },
    pulumi.ResourceOptions(provider=provider),
)

pulumi.export("roleArn", site.role_arn)
pulumi.export("accessKeyId", site.access_key_id)
pulumi.export("secretAccessKey", site.secret_access_key)
