"""Trust in Buildkite jobs.

A job's subject is `organization:ORGANIZATION:pipeline:PIPELINE:ref:REF:commit:COMMIT:step:STEP_KEY`. The commit is
new in every build, so the subject is compared by a pattern that leaves commit and step open. Issuer
`https://agent.buildkite.com`, shared by everybody; Buildkite's plugin for AWS asks for audience `sts.amazonaws.com`.
Source: https://buildkite.com/docs/pipelines/security/oidc/aws.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.claims import BUILDKITE, BuildkiteClaims, names_any, read_claims
from pipeline_identity.trust.oidc import Issuer, audience
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import ref, ref_pattern
from pipeline_identity.trust.workloads import TaggedWorkloadTrust

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class BuildkiteTrust(TaggedWorkloadTrust):
    """Trust in jobs of Buildkite pipelines. Name at least one branch or tag, or the claim with the branches."""

    organization: str
    """The organization's slug as it stands in URLs, such as `acme-inc`."""

    pipeline: NotRequired[str]
    """
    The pipeline's slug as it stands in URLs, such as `site`. Give this, or a claim that says which pipelines are meant:
    by id, slug or cluster.
    """

    branches: NotRequired[Sequence[str]]
    """Branches by their exact names, without `refs/heads/`. Empty by default."""

    branch_patterns: NotRequired[Sequence[str]]
    """Branches by patterns with `*` and `?`, such as `release/*`. Empty by default."""

    tags: NotRequired[Sequence[str]]
    """Tags by their exact names, without `refs/tags/`. Empty by default."""

    claims: NotRequired[BuildkiteClaims]
    """
    Claims of the tokens that must fit besides the subject: organization, pipeline, cluster and branch. None by default.
    """

    audience: NotRequired[str]
    """The audience of the tokens. `sts.amazonaws.com` by default."""


def read_buildkite(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `BuildkiteTrust`."""
    issuer = Issuer("https://agent.buildkite.com")
    organization = arguments.required("organization", _slug, meaning="the organization's slug")
    claims = read_claims(arguments, issuer.key, BUILDKITE)
    pipeline = arguments.optional("pipeline", _slug, None)
    refs = [f"ref:refs/heads/{name}:commit:*" for name in arguments.texts("branches", ref)]
    refs += [f"ref:refs/heads/{name}:commit:*" for name in arguments.texts("branch_patterns", ref_pattern)]
    refs += [f"ref:refs/tags/{name}:commit:*" for name in arguments.texts("tags", ref)]
    audiences = [arguments.optional("audience", audience, "sts.amazonaws.com")]
    arguments.no_others()
    if not arguments.given("pipeline"):
        if not names_any(claims, "pipeline_id", "pipeline_slug", "cluster_id", "cluster_name"):
            arguments.refuse(("pipeline",), None, "is missing", "set it to the pipeline's slug")
        pipeline = "*"
    if not refs and names_any(claims, "build_branch"):
        refs = ["*"]
    if not refs:
        arguments.refuse((), None, "admits no job", "name at least one branch or tag")
    subjects = [f"organization:{organization}:pipeline:{pipeline}:{name}" for name in refs]
    return [issuer.trust("Buildkite", account, audiences, subjects, claims)]


def _slug(value: object) -> str:
    slug = text(value)
    if not _SLUG.fullmatch(slug):
        raise Refusal("is not a Buildkite slug", "write it as it stands in URLs: small letters, digits and -")
    return slug
