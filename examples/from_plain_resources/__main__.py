"""The same user, key and role as in `before/`, now as a PipelineIdentity.

They keep their names in AWS, and an alias tells Pulumi what each of them was called in the program, so that nothing is
replaced and the key stays valid. The policies get new names: they are made before the old ones are deleted.
"""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity

account = pulumi.Config().require("accountId")
provider = aws.Provider("aws", region=pulumi.Config("aws").require("region"), allowed_account_ids=[account])

# The names that the resources had in the program, by the name they have inside the component.
BEFORE = {
    ("aws:iam/user:User", "site"): "ci",
    ("aws:iam/accessKey:AccessKey", "site-key"): "ci-key",
    ("aws:iam/role:Role", "site"): "deploy",
}


def keep(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Tells Pulumi under which name a resource is known to the stack."""
    before = BEFORE.get((args.type_, args.name))
    if before is None:
        return None
    alias = pulumi.Alias(name=before, parent=pulumi.ROOT_STACK_RESOURCE)
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=[alias]))
    return pulumi.ResourceTransformResult(props=args.props, opts=opts)


site = PipelineIdentity(
    "site",
    {
        "account_id": account,
        "user_name": "ci",
        "role_name": "deploy",
        "permissions": [{"actions": ["s3:GetObject", "s3:PutObject"], "resources": [f"arn:aws:s3:::site-{account}/*"]}],
    },
    # Once it is deployed, `transforms` can go.
    pulumi.ResourceOptions(provider=provider, transforms=[keep]),
)

pulumi.export("accessKeyId", site.access_key_id)
pulumi.export("secretAccessKey", site.secret_access_key)
