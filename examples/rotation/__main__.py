"""A pipeline's access key is replaced in four steps; after each one, the key that the outputs show works.

    pulumi config set rotation 1 && pulumi up      # a second key; the outputs still show the old one
    pulumi config set rotation 2 && pulumi up      # the outputs show the new key: bring it to every job
    pulumi config set rotation 3 && pulumi up      # the old key is inactive: see that no job fails; 2 takes it back
    pulumi config set rotation 4 && pulumi up      # the old key is deleted

The output `rotationToDo` says each time what is to be done before the next step. The next rotation is 5 to 8.
"""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity

config = pulumi.Config()
account = config.require("accountId")
provider = aws.Provider("aws", region=pulumi.Config("aws").require("region"), allowed_account_ids=[account])

nightly = PipelineIdentity(
    "nightly",
    {
        "account_id": account,
        "user_name": "nightly-pipeline",
        "role_name": "nightly-builder",
        "starter_sets": {"static_site": {"bucket": f"nightly-{account}", "prefix": "builds/"}},
        "keys": {"rotation": config.require_int("rotation"), "max_age_days": 60},
    },
    pulumi.ResourceOptions(provider=provider),
)

pulumi.export("accessKeyId", nightly.access_key_id)
pulumi.export("secretAccessKey", nightly.secret_access_key)
pulumi.export("roleArn", nightly.role_arn)
pulumi.export("nextKeyDue", nightly.next_key_due)
pulumi.export("rotationToDo", nightly.rotation_to_do)
