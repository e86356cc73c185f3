"""Trust in GitLab CI/CD jobs.

A job's subject is `project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH`, or `ref_type:tag` and the tag. Issuer: the
URL of the GitLab instance. The job chooses the audience under `id_tokens`; GitLab's guide for AWS uses the instance's
URL. Sources: https://docs.gitlab.com/ci/secrets/id_token_authentication/ and
https://docs.gitlab.com/ci/cloud_services/aws/.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.claims import GITLAB, GitLabClaims, read_claims
from pipeline_identity.trust.oidc import Issuer, audience, instance_url
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import ref, ref_pattern
from pipeline_identity.trust.workloads import WorkloadTrust

_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")

_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.*?-]+)+")


class GitLabTrust(WorkloadTrust):
    """Trust in jobs of GitLab projects. Name at least one branch or tag, or the claim that the ref is protected."""

    project_path: NotRequired[str]
    """The project with its groups, such as `acme/platform/site`. Give this or patterns of projects."""

    project_patterns: NotRequired[list[str]]
    """
    Projects by patterns with `*` and `?` behind the first group, such as `acme/platform/*`, which takes in every
    project of that group and of those below it. Empty by default.
    """

    branches: NotRequired[Sequence[str]]
    """Branches by their exact names. Empty by default."""

    branch_patterns: NotRequired[Sequence[str]]
    """Branches by patterns with `*` and `?`, such as `release/*`. Empty by default."""

    tags: NotRequired[Sequence[str]]
    """Tags by their exact names. Empty by default."""

    tag_patterns: NotRequired[Sequence[str]]
    """Tags by patterns with `*` and `?`, such as `v*`. Empty by default."""

    claims: NotRequired[GitLabClaims]
    """
    Claims of the tokens that must fit besides the subject: ids that outlive a renaming, protected branches and tags.
    AWS compares them on gitlab.com alone. None by default.
    """

    issuer: NotRequired[str]
    """The URL of the GitLab instance. `https://gitlab.com` by default."""

    audience: NotRequired[str]
    """The audience that the job asks for under `id_tokens`. The issuer's URL by default."""


def read_gitlab(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `GitLabTrust`."""
    projects = arguments.texts("project_patterns", _project_pattern)
    if (project := arguments.optional("project_path", _project, None)) is not None:
        projects = (project, *projects)
    if not projects:
        arguments.refuse(
            ("project_path",), None, "is missing", "set it to the project with its groups, such as acme/site"
        )
    refs = [f"branch:ref:{name}" for name in arguments.texts("branches", ref)]
    refs += [f"branch:ref:{name}" for name in arguments.texts("branch_patterns", ref_pattern)]
    refs += [f"tag:ref:{name}" for name in arguments.texts("tags", ref)]
    refs += [f"tag:ref:{name}" for name in arguments.texts("tag_patterns", ref_pattern)]
    issuer = Issuer(arguments.optional("issuer", instance_url, "https://gitlab.com"))
    audiences = [arguments.optional("audience", audience, issuer.url)]
    claims = read_claims(arguments, issuer.key, GITLAB)
    arguments.no_others()
    if not refs and any(test.key.endswith(":ref_protected") and test.values == ("true",) for test in claims):
        # Every branch and tag that the project protects.
        refs = ["*"]
    if not refs:
        arguments.refuse((), None, "admits no job", "name at least one branch or tag")
    subjects = [f"project_path:{project}:ref_type:{name}" for project in projects for name in refs]
    return [issuer.trust("GitLab", account, audiences, subjects, claims)]


def _project_pattern(value: object) -> str:
    pattern = text(value)
    if not _PATTERN.fullmatch(pattern):
        raise Refusal(
            "is not a pattern of the projects of one group", "write the first group in full, such as acme/platform/*"
        )
    return pattern


def _project(value: object) -> str:
    project = text(value)
    if not _PROJECT.fullmatch(project):
        raise Refusal(
            "is not a GitLab project", "write the groups and the project, such as acme/site, without wildcards"
        )
    return project
