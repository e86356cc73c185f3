"""The arguments that say who may assume a role. Each form of trust has a module of its own beside this one."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity.trust.accounts import AccountTrust
from pipeline_identity.trust.azure_devops import AzureDevOpsTrust
from pipeline_identity.trust.bitbucket import BitbucketTrust
from pipeline_identity.trust.buildkite import BuildkiteTrust
from pipeline_identity.trust.callers import CallerConditions
from pipeline_identity.trust.circleci import CircleCiTrust
from pipeline_identity.trust.github import GitHubTrust
from pipeline_identity.trust.gitlab import GitLabTrust
from pipeline_identity.trust.google import GoogleTrust
from pipeline_identity.trust.hcp_terraform import HcpTerraformTrust
from pipeline_identity.trust.oidc import OidcTrust
from pipeline_identity.trust.organizations import OrganizationTrust
from pipeline_identity.trust.principals import PrincipalFormInput
from pipeline_identity.trust.saml import SamlTrust
from pipeline_identity.trust.services import PodIdentityTrust, ServiceTrust


class Trust(TypedDict):
    """Who may assume the role: those who are named here, under the conditions given, and nobody else."""

    users: NotRequired[Input[Sequence[Input[str]]]]
    """ARNs of IAM users of the role's account, such as `arn:aws:iam::111122223333:user/pipelines/site`."""

    roles: NotRequired[Input[Sequence[Input[str]]]]
    """ARNs of IAM roles of the role's account, such as that of a build server. A session then lasts an hour at most."""

    principal_form: NotRequired[PrincipalFormInput]
    """How users and roles are named. `arn` by default: trust ends when the user or role is deleted."""

    accounts: NotRequired[Sequence[AccountTrust]]
    """Other AWS accounts. None by default."""

    organizations: NotRequired[Sequence[OrganizationTrust]]
    """Organizations. None by default."""

    github: NotRequired[Sequence[GitHubTrust]]
    """GitHub repositories. None by default."""

    gitlab: NotRequired[Sequence[GitLabTrust]]
    """GitLab projects. None by default."""

    bitbucket: NotRequired[Sequence[BitbucketTrust]]
    """Bitbucket repositories. None by default."""

    circleci: NotRequired[Sequence[CircleCiTrust]]
    """CircleCI projects. None by default."""

    buildkite: NotRequired[Sequence[BuildkiteTrust]]
    """Buildkite pipelines. None by default."""

    hcp_terraform: NotRequired[Sequence[HcpTerraformTrust]]
    """HCP Terraform workspaces. None by default."""

    azure_devops: NotRequired[Sequence[AzureDevOpsTrust]]
    """Azure DevOps projects. None by default."""

    google: NotRequired[Sequence[GoogleTrust]]
    """Service accounts of Google Cloud. None by default."""

    oidc: NotRequired[Sequence[OidcTrust]]
    """Workloads of any other OpenID Connect identity provider. None by default."""

    saml: NotRequired[Sequence[SamlTrust]]
    """Identities of SAML identity providers. None by default."""

    services: NotRequired[list[ServiceTrust]]
    """Services of AWS, such as CodeBuild. None by default."""

    pod_identities: NotRequired[list[PodIdentityTrust]]
    """Pods of EKS clusters, by EKS Pod Identity. None by default."""

    conditions: NotRequired[CallerConditions]
    """What every caller must meet besides. Nothing by default."""

    quota: NotRequired[int]
    """
    The longest trust policy that the account takes, in characters: 2,048 (the default), or up to 8,192 where AWS has
    raised the quota.
    """
