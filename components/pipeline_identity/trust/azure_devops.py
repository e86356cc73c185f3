"""Trust in Azure DevOps pipelines.

The AWS Toolkit for Azure DevOps asks for a token of its service connection, whose subject is
`sc://ORGANIZATION/PROJECT/SERVICE_CONNECTION`; a token that a pipeline asks for itself has
`p://ORGANIZATION/PROJECT/PIPELINE`. Issuer `https://vstoken.dev.azure.com/ORGANIZATION_ID`; audience
`api://AzureADTokenExchange`. Sources:
https://aws.amazon.com/blogs/modernizing-with-aws/how-to-federate-into-aws-from-azure-devops-using-openid-connect and
https://learn.microsoft.com/en-us/azure/devops/pipelines/release/configure-workload-identity.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity.trust.oidc import Issuer
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import segment, unique_id
from pipeline_identity.trust.workloads import WorkloadTrust


class AzureDevOpsTrust(WorkloadTrust):
    """Trust in pipelines of one Azure DevOps project. Name at least one service connection or pipeline."""

    organization_id: str
    """The organization's GUID, which is part of its issuer's URL."""

    organization: str
    """The organization's name as it stands in URLs."""

    project: str
    """The project's name."""

    service_connections: NotRequired[Sequence[str]]
    """Service connections of the AWS Toolkit by their names. Empty by default."""

    pipelines: NotRequired[Sequence[str]]
    """Pipelines by their names, for tokens that a pipeline asks for itself. Empty by default."""


def read_azure_devops(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `AzureDevOpsTrust`."""
    organization_id = arguments.required("organization_id", unique_id, meaning="the organization's GUID")
    organization = arguments.required("organization", segment, meaning="the organization's name")
    project = arguments.required("project", segment, meaning="the project's name")
    place = f"{organization}/{project}"
    subjects = [f"sc://{place}/{name}" for name in arguments.texts("service_connections", segment)]
    subjects += [f"p://{place}/{name}" for name in arguments.texts("pipelines", segment)]
    arguments.no_others()
    if not subjects:
        arguments.refuse((), None, "admits no pipeline", "name at least one service connection or pipeline")
    issuer = Issuer(f"https://vstoken.dev.azure.com/{organization_id}")
    return [issuer.trust("AzureDevOps", account, ["api://AzureADTokenExchange"], subjects)]
