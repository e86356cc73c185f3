"""A user whose key can do one thing, assume the role; and the role, which publishes a static site."""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity

account = pulumi.Config().require("accountId")
provider = aws.Provider("aws", region=pulumi.Config("aws").require("region"), allowed_account_ids=[account])

site = PipelineIdentity(
    "site",
    {
        "account_id": account,
        "user_name": "site-pipeline",
        "role_name": "site-publisher",
        "path": "/pipelines/",
        "starter_sets": {"static_site": {"bucket": f"site-{account}", "prefix": "public/"}},
        "generated_boundary": {},
        "exclusive_policies": True,
        "tags": {"team": "web"},
    },
    pulumi.ResourceOptions(provider=provider),
)

# For the CI's secret store: pulumi stack output secretAccessKey --show-secrets
pulumi.export("accessKeyId", site.access_key_id)
pulumi.export("secretAccessKey", site.secret_access_key)
# For the AWS configuration file of the job.
pulumi.export("profile", site.profile)
