"""The claims of a token that AWS compares besides its subject and audience: which of them, and of which issuers.

AWS fills one condition key for each claim that stands here, and none for others, however many a token has. A condition
on another claim is never met, so it is rejected here. Sources: the service reference of AWS STS,
https://servicereference.us-east-1.amazonaws.com/v1/sts/sts.json, as of 27 October 2026, and "Available keys for AWS
OIDC federation", https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, Parser, flag, late, late_inside, mapping, sequence
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late
from pipeline_identity.trust.subjects import claim_text, is_pattern, number, unique_id

_WORKFLOW = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/\.github/workflows/[^@:\s]+@[^@:\s]+")
_NAME_AND_OWNER = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


class GitHubClaims(TypedDict):
    """Claims of a workflow's token, each with the values of which it must have one. Ids outlive every renaming."""

    repository_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of repositories, in quotes (`gh api repos/OWNER/REPOSITORY --jq .id`). Any by default."""

    repository_owner_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of the owners of repositories, in quotes (`gh api users/OWNER --jq .id`). Any by default."""

    enterprise_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of the enterprises that the repositories belong to, in quotes. Any by default."""

    actor_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of the accounts that start the workflow, in quotes (`gh api users/NAME --jq .id`). Any by default."""

    job_workflow_ref: NotRequired[Input[Sequence[Input[str]]]]
    """
    Reusable workflows with their refs, such as `acme/workflows/.github/workflows/deploy.yml@refs/heads/main`; `*` and
    `?` may be used behind the repository. Any workflow by default.
    """

    environment: NotRequired[Input[Sequence[Input[str]]]]
    """Deployment environments; `*` and `?` may be used. Any by default."""

    ref: NotRequired[Input[Sequence[Input[str]]]]
    """
    Branches and tags in full, such as `refs/heads/main`; `*` and `?` may be used. In jobs with an environment, too,
    whose subject does not say the branch. Any by default.
    """

    workflow: NotRequired[Input[Sequence[Input[str]]]]
    """Names of workflows, which whoever may change the workflow's file chooses. Any by default."""

    repository: NotRequired[Input[Sequence[Input[str]]]]
    """Repositories with their owners, such as `acme/site`. A freed name can be taken by others. Any by default."""

    actor: NotRequired[Input[Sequence[Input[str]]]]
    """Names of the accounts that start the workflow. A freed name can be taken by others. Any by default."""


class GitLabClaims(TypedDict):
    """Claims of a job's token of gitlab.com, each with the values of which it must have one."""

    project_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of projects, in quotes. Any by default."""

    namespace_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of the groups or users that the projects stand in directly, in quotes. Any by default."""

    user_id: NotRequired[Input[Sequence[Input[str]]]]
    """Numeric ids of the users who run the job, in quotes. Any by default."""

    ref_protected: NotRequired[bool]
    """Whether the branch or tag must be protected (true) or must not be (false). Either by default."""

    pipeline_source: NotRequired[Input[Sequence[Input[str]]]]
    """What starts the pipeline, such as `push`, `web` or `schedule`. Anything by default."""

    runner_environment: NotRequired[Input[Sequence[Input[str]]]]
    """Whose runner runs the job: `gitlab-hosted` or `self-hosted`. Either by default."""

    user_access_level: NotRequired[Input[Sequence[Input[str]]]]
    """Roles in the project of the user who runs the job, such as `maintainer`. Any by default."""

    user_login: NotRequired[Input[Sequence[Input[str]]]]
    """Names of the users who run the job. A freed name can be taken by others. Any by default."""

    user_email: NotRequired[Input[Sequence[Input[str]]]]
    """E-mail addresses of the users who run the job. Any by default."""


class BuildkiteClaims(TypedDict):
    """Claims of a job's token, each with the values of which it must have one."""

    organization_id: NotRequired[Input[Sequence[Input[str]]]]
    """
    UUIDs of organizations. The job asks for the claim by the option `--claim` of `buildkite-agent oidc request-token`.
    Any by default.
    """

    pipeline_id: NotRequired[Input[Sequence[Input[str]]]]
    """UUIDs of pipelines. The job asks for the claim by the option `--claim`. Any by default."""

    cluster_id: NotRequired[Input[Sequence[Input[str]]]]
    """UUIDs of clusters of agents. The job asks for the claim by the option `--claim`. Any by default."""

    build_branch: NotRequired[Input[Sequence[Input[str]]]]
    """Branches by their names; `*` and `?` may be used. Any by default."""

    organization_slug: NotRequired[Input[Sequence[Input[str]]]]
    """Slugs of organizations as they stand in URLs. Any by default."""

    pipeline_slug: NotRequired[Input[Sequence[Input[str]]]]
    """Slugs of pipelines as they stand in URLs. Any by default."""

    cluster_name: NotRequired[Input[Sequence[Input[str]]]]
    """Names of clusters of agents. The job asks for the claim by the option `--claim`. Any by default."""


class CircleCiClaims(TypedDict):
    """Claims of a job's token, each with the values of which it must have one."""

    project_id: NotRequired[Input[Sequence[Input[str]]]]
    """UUIDs of projects (the claim `oidc.circleci.com/project-id`). Any by default."""


class GoogleClaims(TypedDict):
    """Claims of a Google token, each with the values of which it must have one."""

    organization_number: NotRequired[Input[Sequence[Input[str]]]]
    """Numbers of Google Cloud or Workspace organizations, in quotes. Any by default."""


@dataclass(frozen=True)
class Claim:
    """A claim that AWS compares.

    Attributes:
        key: What stands behind the issuer and a colon in the condition key, such as `repository_id`.
        check: Checks one value.
        compare: The operator that compares it. With wildcards in a value, `StringLike` takes the place of
            `StringEquals`.
    """

    key: str
    check: Parser[str]
    compare: str = "StringEquals"

    def condition(self, issuer_key: str, values: Sequence[str]) -> Condition:
        """Returns the condition that the claim has one of the values."""
        like = self.compare == "StringEquals" and any(is_pattern(one) for one in values)
        return Condition("StringLike" if like else self.compare, f"{issuer_key}:{self.key}", tuple(values))


def _name(value: object) -> str:
    written = claim_text(value)
    if is_pattern(written):
        raise Refusal("holds a wildcard where an exact value is meant", "write it in full")
    return written


def _pattern(value: object) -> str:
    written = claim_text(value)
    if not written.strip("*?"):
        raise Refusal("admits every value", "leave the claim out, or write part of the value")
    return written


def _workflow(value: object) -> str:
    written = _pattern(value)
    if not _WORKFLOW.fullmatch(written):
        raise Refusal(
            "is not a reusable workflow with its ref",
            "write it like acme/workflows/.github/workflows/deploy.yml@refs/heads/main",
        )
    return written


def _git_ref(value: object) -> str:
    written = _pattern(value)
    if not written.startswith(("refs/", "*", "?")):
        raise Refusal("is not a ref in full", f"write refs/heads/{written} for a branch, refs/tags/{written} for a tag")
    return written


def _repository(value: object) -> str:
    written = _name(value)
    if not _NAME_AND_OWNER.fullmatch(written):
        raise Refusal("is not a repository with its owner", "write it like acme/site")
    return written


def _true_or_false(value: object) -> str:
    written = _name(value)
    if written not in ("true", "false"):
        raise Refusal("is not a value that the claim has", 'write "true" or "false"')
    return written


def _table(**checks: Parser[str]) -> dict[str, Claim]:
    return {name: Claim(name, check) for name, check in checks.items()}


GITHUB = _table(
    repository_id=number,
    repository_owner_id=number,
    enterprise_id=number,
    actor_id=number,
    job_workflow_ref=_workflow,
    environment=_pattern,
    ref=_git_ref,
    workflow=_name,
    repository=_repository,
    actor=_name,
)
GITLAB = _table(
    project_id=number,
    namespace_id=number,
    user_id=number,
    ref_protected=_true_or_false,
    pipeline_source=_name,
    runner_environment=_name,
    user_access_level=_name,
    user_login=_name,
    user_email=_name,
)
BUILDKITE = _table(
    organization_id=unique_id,
    pipeline_id=unique_id,
    cluster_id=unique_id,
    build_branch=_pattern,
    organization_slug=_name,
    pipeline_slug=_name,
    cluster_name=_name,
)
CIRCLECI = {"project_id": Claim("oidc.circleci.com/project-id", unique_id)}
GOOGLE = {"organization_number": Claim("google/organization_number", number, "NumericEquals")}
ORACLE = _table(rpst_id=_name)

_NONE: Mapping[str, Claim] = {}

# The issuers of each table, without https://. A host is compared without regard to case, as in a URL.
_ISSUERS: tuple[tuple[re.Pattern[str], Mapping[str, Claim]], ...] = (
    (re.compile(r"(?i:token\.actions\.githubusercontent\.com)(?:/[^/]+)?"), GITHUB),
    (re.compile(r"(?i:token\.actions\.[a-z0-9-]+\.ghe\.com)"), GITHUB),
    (re.compile(r"(?i:github\.com)/enterprises/[^/]+"), GITHUB),
    (re.compile(r"(?i:gitlab\.com)"), GITLAB),
    (re.compile(r"(?i:agent\.(?:buildkite\.com|[a-z0-9-]+\.buildkite\.(?:dev|site)))"), BUILDKITE),
    (re.compile(r"(?i:oidc\.circleci\.com)/org/[^/]+"), CIRCLECI),
    (re.compile(r"(?i:accounts\.google\.com)"), GOOGLE),
    (re.compile(r"(?i:idcs-[a-z0-9]+\.identity\.oraclecloud\.com)"), ORACLE),
)


def claims_of(issuer_key: str) -> Mapping[str, Claim]:
    """Returns the claims that AWS compares of an issuer's tokens, besides subject and audience.

    Args:
        issuer_key: The issuer's URL without `https://`, such as `gitlab.com`.

    Returns:
        The claims by the names of their arguments; none for an issuer of which AWS compares subject and audience alone.
    """
    return next((table for issuers, table in _ISSUERS if issuers.fullmatch(issuer_key)), _NONE)


def read_claims(arguments: Arguments, issuer_key: str, table: Mapping[str, Claim]) -> tuple[Condition, ...]:
    """Reads the argument `claims` of a form.

    Args:
        arguments: The form's arguments.
        issuer_key: The issuer's URL without `https://`.
        table: The claims of the form's system.

    Returns:
        One condition for each claim that is named, in the order of the table.
    """
    if not arguments.given("claims"):
        return ()
    if claims_of(issuer_key) is not table:
        arguments.refuse(
            ("claims",),
            None,
            f"cannot be met: of tokens from https://{issuer_key}, AWS compares subject and audience alone",
            "leave the claims out",
        )
    section = arguments.section("claims")
    found: list[Condition] = []
    for name, claim in table.items():
        if claim.check is _true_or_false:
            wanted = section.optional(name, flag, None)
            values = () if wanted is None else (str(wanted).lower(),)
        else:
            values = section.texts(name, late(claim.check))
        if values:
            found.append(claim.condition(issuer_key, values))
        elif section.given(name) and not section.failed:
            section.refuse((name,), None, "is empty, so that no token meets it", "list a value, or leave the claim out")
    section.no_others()
    return tuple(found)


def read_claims_by_key(arguments: Arguments, issuer_key: str) -> tuple[Condition, ...]:
    """Reads the argument `claims` of the form for any issuer: names as in condition keys, each with its values."""
    by_key = {claim.key: claim for claim in claims_of(issuer_key).values()}
    written = arguments.optional("claims", late_inside(mapping), dict[str, object]())
    found: list[Condition] = []
    for name, values in written.items():
        if is_late(name):
            continue
        claim = by_key.get(name)
        if claim is None:
            known = f"use one of {', '.join(by_key)}" if by_key else "leave it out: AWS compares subject and audience"
            arguments.refuse(
                ("claims", name), values, f"is no claim that AWS compares of tokens from https://{issuer_key}", known
            )
            continue
        try:
            items = [one if is_late(one) else claim.check(one) for one in sequence(values)]
        except Refusal as refusal:
            arguments.refuse(("claims", name), values, refusal.reason, refusal.fix)
            continue
        if not items:
            arguments.refuse(("claims", name), None, "is empty, so that no token meets it", "list at least one value")
            continue
        found.append(claim.condition(issuer_key, list(dict.fromkeys(map(str, items)))))
    return tuple(found)


def names_any(conditions: Sequence[Condition], *keys: str) -> bool:
    """Tells whether one of the conditions is on one of these claims, by the ends of their condition keys."""
    return any(test.key.endswith(f":{key}") for test in conditions for key in keys)


def no_claims(value: object) -> str:
    """Rejects the argument `claims` where AWS compares none."""
    del value
    raise Refusal(
        "cannot be met: of this system's tokens, AWS compares subject and audience alone", "leave the claims out"
    )
