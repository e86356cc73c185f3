"""Pulumi components that give a CI/CD pipeline its AWS identity.

A pipeline starts from a user that can do one thing, assume one role; the role can do what the pipeline is for, and
trusts that user alone. `PipelineIdentity` declares both ends at once; `PipelineUser` and `PipelineRole` are its halves.
"""

from importlib.metadata import version

from pipeline_identity._reading.errors import ArgumentError
from pipeline_identity._settings.identity import AdoptedPart, IdentityMode
from pipeline_identity._settings.role_account import RoleAccount
from pipeline_identity._settings.user import UserPolicyMode
from pipeline_identity.environment import Environment, read_environment
from pipeline_identity.keys.settings import Keys, KeySecret
from pipeline_identity.permissions.args import LargePolicies, Statement, StatementEffect
from pipeline_identity.permissions.boundary import GeneratedBoundary
from pipeline_identity.permissions.outbound_tokens import OutboundTokenSet, TokenSigning
from pipeline_identity.permissions.starter_sets import (
    CdkSet,
    CloudFormationSet,
    ContainerServiceSet,
    EcrPushSet,
    EksSet,
    LambdaSet,
    StarterSets,
    StateInS3Set,
    StaticSiteSet,
)
from pipeline_identity.pipeline_identity import PipelineIdentity, PipelineIdentityArgs
from pipeline_identity.pipeline_oidc_provider import PipelineOidcProvider, PipelineOidcProviderArgs
from pipeline_identity.pipeline_role import PipelineRole, PipelineRoleArgs
from pipeline_identity.pipeline_stages import PipelineStages, PipelineStagesArgs, Stage
from pipeline_identity.pipeline_token_issuer import PipelineTokenIssuer, PipelineTokenIssuerArgs
from pipeline_identity.pipeline_trail import PipelineTrail, PipelineTrailArgs
from pipeline_identity.pipeline_user import PipelineUser, PipelineUserArgs
from pipeline_identity.pipeline_watch import PipelineWatch, PipelineWatchArgs
from pipeline_identity.trust.accounts import AccountTrust
from pipeline_identity.trust.args import Trust
from pipeline_identity.trust.azure_devops import AzureDevOpsTrust
from pipeline_identity.trust.bitbucket import BitbucketTrust
from pipeline_identity.trust.buildkite import BuildkiteTrust
from pipeline_identity.trust.callers import CallerConditions
from pipeline_identity.trust.circleci import CircleCiTrust
from pipeline_identity.trust.claims import BuildkiteClaims, CircleCiClaims, GitHubClaims, GitLabClaims, GoogleClaims
from pipeline_identity.trust.github import GitHubSubjectForm, GitHubTrust
from pipeline_identity.trust.gitlab import GitLabTrust
from pipeline_identity.trust.google import GoogleTrust
from pipeline_identity.trust.hcp_terraform import HcpTerraformTrust, TerraformRunPhase
from pipeline_identity.trust.oidc import OidcTrust
from pipeline_identity.trust.organizations import OrganizationTrust
from pipeline_identity.trust.principals import PrincipalForm
from pipeline_identity.trust.saml import SamlTrust
from pipeline_identity.trust.services import PodIdentityTrust, ServiceTrust
from pipeline_identity.watch.args import IdentityWatch

__version__ = version("pulumi-pipeline-identity")
"""The version of this package."""

__all__ = [
    "AccountTrust",
    "AdoptedPart",
    "ArgumentError",
    "AzureDevOpsTrust",
    "BitbucketTrust",
    "BuildkiteClaims",
    "BuildkiteTrust",
    "CallerConditions",
    "CdkSet",
    "CircleCiClaims",
    "CircleCiTrust",
    "CloudFormationSet",
    "ContainerServiceSet",
    "EcrPushSet",
    "EksSet",
    "Environment",
    "GeneratedBoundary",
    "GitHubClaims",
    "GitHubSubjectForm",
    "GitHubTrust",
    "GitLabClaims",
    "GitLabTrust",
    "GoogleClaims",
    "GoogleTrust",
    "HcpTerraformTrust",
    "IdentityMode",
    "IdentityWatch",
    "KeySecret",
    "Keys",
    "LambdaSet",
    "LargePolicies",
    "OidcTrust",
    "OrganizationTrust",
    "OutboundTokenSet",
    "PipelineIdentity",
    "PipelineIdentityArgs",
    "PipelineOidcProvider",
    "PipelineOidcProviderArgs",
    "PipelineRole",
    "PipelineRoleArgs",
    "PipelineStages",
    "PipelineStagesArgs",
    "PipelineTokenIssuer",
    "PipelineTokenIssuerArgs",
    "PipelineTrail",
    "PipelineTrailArgs",
    "PipelineUser",
    "PipelineUserArgs",
    "PipelineWatch",
    "PipelineWatchArgs",
    "PodIdentityTrust",
    "PrincipalForm",
    "RoleAccount",
    "SamlTrust",
    "ServiceTrust",
    "Stage",
    "StarterSets",
    "StateInS3Set",
    "Statement",
    "StatementEffect",
    "StaticSiteSet",
    "TerraformRunPhase",
    "TokenSigning",
    "Trust",
    "UserPolicyMode",
    "__version__",
    "read_environment",
]
