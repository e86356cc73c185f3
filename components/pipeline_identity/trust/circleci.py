"""Trust in CircleCI jobs.

A job's subject is `org/ORGANIZATION_ID/project/PROJECT_ID/user/USER_ID`; the second token, `CIRCLE_OIDC_TOKEN_V2`, adds
`/vcs-origin/ORIGIN/vcs-ref/REF`. Whoever started the job stands in the middle, so the subject is compared by a pattern
that leaves this one id open: exactly as long as a UUID where a branch follows, because a branch's name could otherwise
imitate the rest. Issuer `https://oidc.circleci.com/org/ORGANIZATION_ID`; audience: the organization's id.
Source: https://circleci.com/docs/openid-connect-tokens/.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity.trust.claims import CIRCLECI, CircleCiClaims, read_claims
from pipeline_identity.trust.oidc import Issuer, audience
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import UUID_PATTERN, part, ref, unique_id
from pipeline_identity.trust.workloads import WorkloadTrust


class CircleCiTrust(WorkloadTrust):
    """Trust in jobs of CircleCI projects, all of them or those of some branches and tags."""

    organization_id: str
    """The organization's UUID, as the organization's settings show it."""

    project_id: NotRequired[str]
    """The project's UUID, as the project's settings show it. Give this, or the claim with the ids of projects."""

    vcs_origin: NotRequired[str]
    """The repository, such as `github.com/acme/site`. Needed with branches and tags."""

    branches: NotRequired[Sequence[str]]
    """
    Branches by their exact names; their jobs must use `CIRCLE_OIDC_TOKEN_V2`. Every job of the project by default.
    """

    tags: NotRequired[Sequence[str]]
    """Tags by their exact names; their jobs must use `CIRCLE_OIDC_TOKEN_V2`. Every job of the project by default."""

    claims: NotRequired[CircleCiClaims]
    """Claims of the tokens that must fit besides the subject: the project's id. None by default."""

    audience: NotRequired[str]
    """The audience of the tokens. The organization's id by default, as CircleCI has it."""


def read_circleci(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `CircleCiTrust`."""
    organization = arguments.required("organization_id", unique_id, meaning="the organization's UUID")
    issuer = Issuer(f"https://oidc.circleci.com/org/{organization or UUID_PATTERN}")
    claims = read_claims(arguments, issuer.key, CIRCLECI)
    project = arguments.optional("project_id", unique_id, None)
    origin = arguments.optional("vcs_origin", part, None)
    refs = [f"refs/heads/{name}" for name in arguments.texts("branches", ref)]
    refs += [f"refs/tags/{name}" for name in arguments.texts("tags", ref)]
    audiences = [arguments.optional("audience", audience, organization)]
    arguments.no_others()
    if not arguments.given("project_id") and not arguments.given("claims"):
        arguments.refuse(("project_id",), None, "is missing", "set it to the project's UUID")
    if refs and not origin:
        arguments.refuse(("vcs_origin",), None, "is missing, and branches and tags need it", "set it to the repository")
    elif origin and not refs:
        arguments.refuse(("vcs_origin",), origin, "says nothing without branches or tags", "name some, or leave it out")
    job = f"org/{organization}/project/{project or UUID_PATTERN}/user/"
    subjects = [f"{job}{UUID_PATTERN}/vcs-origin/{origin}/vcs-ref/{name}" for name in refs] or [f"{job}*"]
    return [issuer.trust("CircleCI", account, audiences, subjects, claims)]
