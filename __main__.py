"""The Pulumi program: every pipeline of an environment gets its AWS identity.

An environment is a stack, and its settings stand in `Pulumi.<environment>.yaml`; `Pulumi.yaml` says what they mean.
"""

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity, PipelineOidcProvider, PipelineTrail, read_environment

environment = read_environment()

# A deployment into any other account is refused.
provider = aws.Provider("aws", region=environment.region, allowed_account_ids=[environment.account_id])
options = pulumi.ResourceOptions(provider=provider)

trusted = [PipelineOidcProvider(name, args, options) for name, args in environment.identity_providers.items()]
if environment.trail:
    PipelineTrail("trail", environment.trail, options)

options = pulumi.ResourceOptions(provider=provider, depends_on=trusted)
pipelines = {name: PipelineIdentity(name, args, options) for name, args in environment.pipelines.items()}
pulumi.export("pipelines", {name: identity.exported() for name, identity in pipelines.items()})
