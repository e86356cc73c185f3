"""Trust in runs of HCP Terraform and Terraform Enterprise.

A run's subject is `organization:ORGANIZATION:project:PROJECT:workspace:WORKSPACE:run_phase:PHASE`, the phase `plan` or
`apply`. Issuer `https://app.terraform.io`, shared by everybody, or the address of a Terraform Enterprise; audience
`aws.workload.identity` unless `TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE` says otherwise. Source:
https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/aws-configuration.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments, one_of
from pipeline_identity.trust.oidc import Issuer, audience, instance_url
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import part
from pipeline_identity.trust.workloads import WorkloadTrust


class TerraformRunPhase(str, Enum):
    """What a Terraform run is doing."""

    PLAN = "plan"
    """The run looks at what would change."""

    APPLY = "apply"
    """The run changes it."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    from typing import Literal

    TerraformRunPhaseInput = TerraformRunPhase | Literal["plan", "apply"]
else:
    TerraformRunPhaseInput = TerraformRunPhase


class HcpTerraformTrust(WorkloadTrust):
    """Trust in the runs of one workspace of HCP Terraform."""

    organization: str
    """The organization's name."""

    project: str
    """The project's name, such as `Default Project`."""

    workspace: str
    """The workspace's name."""

    run_phases: NotRequired[Sequence[TerraformRunPhaseInput]]
    """The phases that may assume the role. `plan` and `apply` by default."""

    issuer: NotRequired[str]
    """The address of the Terraform Enterprise. `https://app.terraform.io` by default."""

    audience: NotRequired[str]
    """The audience of the tokens. `aws.workload.identity` by default."""


def read_hcp_terraform(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `HcpTerraformTrust`."""
    names = {
        name: arguments.required(name, part, meaning=f"the {name}'s name")
        for name in ("organization", "project", "workspace")
    }
    phases = arguments.texts("run_phases", one_of(TerraformRunPhase)) or tuple(TerraformRunPhase)
    issuer = Issuer(arguments.optional("issuer", instance_url, "https://app.terraform.io"))
    audiences = [arguments.optional("audience", audience, "aws.workload.identity")]
    arguments.no_others()
    workspace = ":".join(f"{kind}:{name}" for kind, name in names.items())
    subjects = [f"{workspace}:run_phase:{phase.value}" for phase in phases]
    return [issuer.trust("HcpTerraform", account, audiences, subjects)]
