"""Trust in GitHub Actions workflows.

A workflow's subject is `repo:OWNER/REPOSITORY:` and then `ref:refs/heads/BRANCH`, `ref:refs/tags/TAG`,
`environment:ENVIRONMENT` or `pull_request`. A job that names an environment has the environment alone in its subject.
Repositories made, renamed or moved since 15 July 2026 write `OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID`; older ones may
opt in. Issuer `https://token.actions.githubusercontent.com`; the AWS credentials action asks for audience
`sts.amazonaws.com`. An enterprise may have an issuer of its own, `https://token.actions.githubusercontent.com/NAME`, or
`https://token.actions.SUBDOMAIN.ghe.com` where its data resides elsewhere. Sources:
https://docs.github.com/en/actions/reference/security/oidc and
https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, flag, one_of, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.claims import GITHUB, GitHubClaims, names_any, read_claims
from pipeline_identity.trust.oidc import Issuer, audience, instance_url
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import is_pattern, number, part, pattern, ref, ref_pattern
from pipeline_identity.trust.workloads import WorkloadTrust

_ISSUER = "https://token.actions.githubusercontent.com"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_PATTERN = re.compile(r"[A-Za-z0-9_.*?-]{1,100}")


class GitHubSubjectForm(str, Enum):
    """How GitHub writes owner and repository in a workflow's subject."""

    NAMES = "names"
    """`OWNER/REPOSITORY`: repositories from before 15 July 2026 that have not opted into ids."""

    IDS = "ids"
    """`OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID`: repositories made, renamed or moved since 15 July 2026."""

    BOTH = "both"
    """Either one, for the time of a move from names to ids."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    from typing import Literal

    GitHubSubjectFormInput = GitHubSubjectForm | Literal["names", "ids", "both"]
else:
    GitHubSubjectFormInput = GitHubSubjectForm


class GitHubTrust(WorkloadTrust):
    """Trust in workflows of GitHub repositories.

    Name at least one branch, tag or environment, pull requests, or a claim that says which workflows are meant: a
    reusable workflow, an environment or a ref.
    """

    owner: str
    """The organization or user that owns the repository, in GitHub's own capital and small letters."""

    repository: NotRequired[str]
    """
    The repository's name without its owner, in GitHub's own capital and small letters. Give this, patterns of
    repositories or the claim with repository ids, or say that every repository is meant.
    """

    repository_patterns: NotRequired[list[str]]
    """Repositories of the owner by patterns with `*` and `?`, such as `service-*`. Empty by default."""

    every_repository: NotRequired[bool]
    """
    Whether workflows of every repository of the owner may assume the role, those that somebody will make among them.
    False by default.
    """

    owner_id: NotRequired[str]
    """The owner's numeric id, in quotes (`gh api users/OWNER --jq .id`). Needed for subjects with ids."""

    repository_id: NotRequired[str]
    """
    The repository's numeric id, in quotes (`gh api repos/OWNER/REPOSITORY --jq .id`). Needed for subjects with ids.
    """

    subject_form: NotRequired[GitHubSubjectFormInput]
    """`ids` by default when both ids are given, else `names`; `both` for the time of a move."""

    branches: NotRequired[Sequence[str]]
    """Branches by their exact names, without `refs/heads/`. Empty by default."""

    branch_patterns: NotRequired[Sequence[str]]
    """Branches by patterns with `*` and `?`, such as `release/*`. Empty by default."""

    tags: NotRequired[Sequence[str]]
    """Tags by their exact names, without `refs/tags/`. Empty by default."""

    tag_patterns: NotRequired[Sequence[str]]
    """Tags by patterns with `*` and `?`, such as `v*`. Empty by default."""

    environments: NotRequired[Sequence[str]]
    """Deployment environments by their exact names; a colon in a name is written `%3A`. Empty by default."""

    environment_patterns: NotRequired[list[str]]
    """Deployment environments by patterns with `*` and `?`, such as `preview-*`. Empty by default."""

    pull_requests: NotRequired[bool]
    """
    Whether workflows of pull requests may assume the role: whoever may open one from a branch of the repository then
    has the role. False by default.
    """

    claims: NotRequired[GitHubClaims]
    """
    Claims of the tokens that must fit besides the subject: ids that outlive a renaming, a reusable workflow, the branch
    of a job with an environment. AWS compares them on github.com and ghe.com. None by default.
    """

    issuer: NotRequired[str]
    """
    The issuer's URL, for an enterprise's own, such as `https://token.actions.githubusercontent.com/acme` or
    `https://token.actions.acme.ghe.com`. `https://token.actions.githubusercontent.com` by default.
    """

    audience: NotRequired[str]
    """The audience of the tokens. `sts.amazonaws.com` by default, as the AWS credentials action has it."""


def read_github(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `GitHubTrust`."""
    issuer = Issuer(arguments.optional("issuer", instance_url, _ISSUER))
    claims = read_claims(arguments, issuer.key, GITHUB)
    repositories = _repositories(arguments, claims)
    # What stands behind the repository is left open where a claim says which workflows are meant.
    contexts = _contexts(arguments) or ["*"] * names_any(claims, "job_workflow_ref", "environment", "ref")
    audiences = [arguments.optional("audience", audience, "sts.amazonaws.com")]
    arguments.no_others()
    if not contexts:
        arguments.refuse((), None, "admits no workflow", "name at least one branch, tag or environment")
    subjects = [f"repo:{repository}:{context}" for repository in repositories for context in contexts]
    return [issuer.trust("GitHub", account, audiences, subjects, claims)]


def _repositories(arguments: Arguments, claims: Sequence[Condition]) -> list[str]:
    owner = arguments.required("owner", _name, meaning="the organization or user that owns the repository")
    names = _names(arguments, claims)
    owner_id = arguments.optional("owner_id", number, None)
    repository_id = arguments.optional("repository_id", number, None)
    # The id of a repository is known of one that is named in full alone.
    is_named = arguments.given("repository")
    has_ids = bool(owner_id and (repository_id or not is_named))
    form = arguments.optional(
        "subject_form", one_of(GitHubSubjectForm), GitHubSubjectForm.IDS if has_ids else GitHubSubjectForm.NAMES
    )
    if not has_ids and (owner_id or repository_id or form in (GitHubSubjectForm.IDS, GitHubSubjectForm.BOTH)):
        missing = "repository_id" if owner_id and is_named else "owner_id"
        arguments.refuse(
            (missing,), None, "is missing, and subjects with ids need both ids", "set owner_id and repository_id"
        )
    by_name = [f"{owner}/{name}" for name in names]
    by_id = [f"{owner}@{owner_id}/{_with_id(name, repository_id)}" for name in names]
    return {GitHubSubjectForm.NAMES: by_name, GitHubSubjectForm.IDS: by_id}.get(form, [*by_id, *by_name])


def _names(arguments: Arguments, claims: Sequence[Condition]) -> list[str]:
    """The repositories' names: in full, as patterns, or all."""
    repository = arguments.optional("repository", _name, None)
    names = [repository] if repository else []
    names += arguments.texts("repository_patterns", _name_pattern)
    if arguments.optional("every_repository", flag, default=False):
        names.append("*")
    if not names and names_any(claims, "repository_id", "repository"):
        # The claim says which, and an id outlives the name.
        names.append("*")
    if not names:
        arguments.refuse(("repository",), None, "is missing", "set it to the repository's name")
    return names


def _with_id(name: str, repository_id: str | None) -> str:
    if not is_pattern(name):
        return f"{name}@{repository_id}"
    return name if name.endswith("*") else f"{name}@*"


def _contexts(arguments: Arguments) -> list[str]:
    contexts = [f"ref:refs/heads/{name}" for name in arguments.texts("branches", ref)]
    contexts += [f"ref:refs/heads/{name}" for name in arguments.texts("branch_patterns", ref_pattern)]
    contexts += [f"ref:refs/tags/{name}" for name in arguments.texts("tags", ref)]
    contexts += [f"ref:refs/tags/{name}" for name in arguments.texts("tag_patterns", ref_pattern)]
    contexts += [f"environment:{name}" for name in arguments.texts("environments", _environment)]
    contexts += [f"environment:{name}" for name in arguments.texts("environment_patterns", _environment_pattern)]
    if arguments.optional("pull_requests", flag, default=False):
        contexts.append("pull_request")
    return contexts


def _environment(value: object) -> str:
    return part(_without_colon(value))


def _environment_pattern(value: object) -> str:
    return pattern(_without_colon(value))


def _without_colon(value: object) -> object:
    if isinstance(value, str) and ":" in value:
        raise Refusal("holds a colon, which GitHub writes as %3A in subjects", f"write {value.replace(':', '%3A')}")
    return value


def _name_pattern(value: object) -> str:
    written = text(value)
    if not written.strip("*?"):
        raise Refusal("admits every repository of the owner", "set every_repository to true if that is meant")
    if not _PATTERN.fullmatch(written):
        raise Refusal("is not a pattern of GitHub names", "use letters, digits and - _ . with * and ?")
    return written


def _name(value: object) -> str:
    name = text(value)
    if "/" in name:
        raise Refusal("holds a slash", "write owner and repository as two arguments")
    if not _NAME.fullmatch(name):
        raise Refusal("is not a GitHub name", "use letters, digits and - _ . without wildcards")
    return name
