"""Trust in Buildkite jobs.

A job's subject is `organization:ORGANIZATION:pipeline:PIPELINE:ref:REF:commit:COMMIT:step:STEP_KEY`. The commit is
new in every build, so the subject is compared by a pattern that leaves commit and step open. Issuer
`https://agent.buildkite.com`, shared by everybody; Buildkite's plugin for AWS asks for audience `sts.amazonaws.com`.
Source: https://buildkite.com/docs/pipelines/security/oidc/aws.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from typing_extensions import NotRequired, TypedDict

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.oidc import Issuer, audience
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import ref, ref_pattern

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class BuildkiteTrust(TypedDict):
    """Trust in jobs of one Buildkite pipeline. Name at least one branch or tag."""

    organization: str
    """The organization's slug as it stands in URLs, such as `acme-inc`."""

    pipeline: str
    """The pipeline's slug as it stands in URLs, such as `site`."""

    branches: NotRequired[Sequence[str]]
    """Branches by their exact names, without `refs/heads/`. Empty by default."""

    branch_patterns: NotRequired[Sequence[str]]
    """Branches by patterns with `*` and `?`, such as `release/*`. Empty by default."""

    tags: NotRequired[Sequence[str]]
    """Tags by their exact names, without `refs/tags/`. Empty by default."""

    audience: NotRequired[str]
    """The audience of the tokens. `sts.amazonaws.com` by default."""

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for these workloads alone: operator, condition key, values. None by default."""


def read_buildkite(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `BuildkiteTrust`."""
    organization = arguments.required("organization", _slug, meaning="the organization's slug")
    pipeline = arguments.required("pipeline", _slug, meaning="the pipeline's slug")
    refs = [f"refs/heads/{name}" for name in arguments.texts("branches", ref)]
    refs += [f"refs/heads/{name}" for name in arguments.texts("branch_patterns", ref_pattern)]
    refs += [f"refs/tags/{name}" for name in arguments.texts("tags", ref)]
    audiences = [arguments.optional("audience", audience, "sts.amazonaws.com")]
    arguments.no_others()
    if not refs:
        arguments.refuse((), None, "admits no job", "name at least one branch or tag")
    job = f"organization:{organization}:pipeline:{pipeline}"
    subjects = [f"{job}:ref:{name}:commit:*" for name in refs]
    return [Issuer("https://agent.buildkite.com").trust("Buildkite", account, audiences, subjects)]


def _slug(value: object) -> str:
    slug = text(value)
    if not _SLUG.fullmatch(slug):
        raise Refusal("is not a Buildkite slug", "write it as it stands in URLs: small letters, digits and -")
    return slug
