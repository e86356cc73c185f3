"""Pulumi components that give a CI/CD pipeline its AWS identity.

A pipeline starts from a user that can do one thing, assume one role; the role can do what the pipeline is for, and
trusts that user alone. `PipelineIdentity` declares both ends at once; `PipelineUser` and `PipelineRole` are its halves.
"""

from pipeline_identity.errors import ArgumentError
from pipeline_identity.permissions.arguments import Statement
from pipeline_identity.pipeline_identity import IdentityMode, PipelineIdentity, PipelineIdentityArgs
from pipeline_identity.pipeline_role import PipelineRole, PipelineRoleArgs
from pipeline_identity.pipeline_user import PipelineUser, PipelineUserArgs
from pipeline_identity.trust.accounts import AccountTrust
from pipeline_identity.trust.arguments import Trust
from pipeline_identity.trust.azure_devops import AzureDevOpsTrust
from pipeline_identity.trust.bitbucket import BitbucketTrust
from pipeline_identity.trust.buildkite import BuildkiteTrust
from pipeline_identity.trust.callers import CallerConditions
from pipeline_identity.trust.circleci import CircleCiTrust
from pipeline_identity.trust.github import GitHubSubjectForm, GitHubTrust
from pipeline_identity.trust.gitlab import GitLabTrust
from pipeline_identity.trust.hcp_terraform import HcpTerraformTrust, TerraformRunPhase
from pipeline_identity.trust.oidc import OidcTrust
from pipeline_identity.trust.organizations import OrganizationTrust
from pipeline_identity.trust.principals import PrincipalForm
from pipeline_identity.trust.saml import SamlTrust

__all__ = [
    "AccountTrust",
    "ArgumentError",
    "AzureDevOpsTrust",
    "BitbucketTrust",
    "BuildkiteTrust",
    "CallerConditions",
    "CircleCiTrust",
    "GitHubSubjectForm",
    "GitHubTrust",
    "GitLabTrust",
    "HcpTerraformTrust",
    "IdentityMode",
    "OidcTrust",
    "OrganizationTrust",
    "PipelineIdentity",
    "PipelineIdentityArgs",
    "PipelineRole",
    "PipelineRoleArgs",
    "PipelineUser",
    "PipelineUserArgs",
    "PrincipalForm",
    "SamlTrust",
    "Statement",
    "TerraformRunPhase",
    "Trust",
]
