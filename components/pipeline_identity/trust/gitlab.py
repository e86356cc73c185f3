"""Trust in GitLab CI/CD jobs.

A job's subject is `project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH`, or `ref_type:tag` and the tag. Issuer: the
URL of the GitLab instance. The job chooses the audience under `id_tokens`; GitLab's guide for AWS uses the instance's
URL. Sources: https://docs.gitlab.com/ci/secrets/id_token_authentication/ and
https://docs.gitlab.com/ci/cloud_services/aws/.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from typing_extensions import NotRequired, TypedDict

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.oidc import Issuer, audience, issuer_url
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import ref, ref_pattern

_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")


class GitLabTrust(TypedDict):
    """Trust in jobs of one GitLab project. Name at least one branch or tag."""

    project_path: str
    """The project with its groups, such as `acme/platform/site`."""

    branches: NotRequired[Sequence[str]]
    """Branches by their exact names. Empty by default."""

    branch_patterns: NotRequired[Sequence[str]]
    """Branches by patterns with `*` and `?`, such as `release/*`. Empty by default."""

    tags: NotRequired[Sequence[str]]
    """Tags by their exact names. Empty by default."""

    tag_patterns: NotRequired[Sequence[str]]
    """Tags by patterns with `*` and `?`, such as `v*`. Empty by default."""

    issuer: NotRequired[str]
    """The URL of the GitLab instance. `https://gitlab.com` by default."""

    audience: NotRequired[str]
    """The audience that the job asks for under `id_tokens`. The issuer's URL by default."""


def read_gitlab(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `GitLabTrust`."""
    project = arguments.required("project_path", _project, meaning="the project with its groups, such as acme/site")
    refs = [f"branch:ref:{name}" for name in arguments.texts("branches", ref)]
    refs += [f"branch:ref:{name}" for name in arguments.texts("branch_patterns", ref_pattern)]
    refs += [f"tag:ref:{name}" for name in arguments.texts("tags", ref)]
    refs += [f"tag:ref:{name}" for name in arguments.texts("tag_patterns", ref_pattern)]
    issuer = Issuer(arguments.optional("issuer", issuer_url, "https://gitlab.com"))
    audiences = [arguments.optional("audience", audience, issuer.url)]
    arguments.no_others()
    if not refs:
        arguments.refuse((), None, "admits no job", "name at least one branch or tag")
    return [issuer.trust("GitLab", account, audiences, [f"project_path:{project}:ref_type:{name}" for name in refs])]


def _project(value: object) -> str:
    project = text(value)
    if not _PROJECT.fullmatch(project):
        raise Refusal(
            "is not a GitLab project", "write the groups and the project, such as acme/site, without wildcards"
        )
    return project
