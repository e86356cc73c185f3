"""Trust in Bitbucket Pipelines steps.

A step's subject is `{REPOSITORY_UUID}:{STEP_UUID}`, and for a step with a deployment environment
`{REPOSITORY_UUID}:{ENVIRONMENT_UUID}:{STEP_UUID}`, braces included. The step's UUID is new in every run, so the subject
is compared by a pattern that leaves it open. Issuer
`https://api.bitbucket.org/2.0/workspaces/WORKSPACE/pipelines-config/identity/oidc`; audience
`ari:cloud:bitbucket::workspace/WORKSPACE_UUID`. Source:
https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.oidc import Issuer
from pipeline_identity.trust.statement import TrustStatement
from pipeline_identity.trust.subjects import UUID_PATTERN, unique_id
from pipeline_identity.trust.workloads import WorkloadTrust

_WORKSPACE = re.compile(r"[A-Za-z0-9_.-]{1,62}")


class BitbucketTrust(WorkloadTrust):
    """Trust in steps of one Bitbucket repository, all of them or those of some deployment environments."""

    workspace: str
    """The workspace's id as it stands in URLs, such as `acme`."""

    workspace_uuid: str
    """The workspace's UUID; the repository's settings show it under OpenID Connect, in the audience."""

    repository_uuid: str
    """The repository's UUID, as the repository's settings show it under OpenID Connect."""

    environment_uuids: NotRequired[Sequence[str]]
    """
    The UUIDs of the deployment environments whose steps may assume the role. Every step of the repository by default.
    """


def read_bitbucket(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `BitbucketTrust`."""
    workspace = arguments.required("workspace", _workspace, meaning="the workspace's id as it stands in URLs")
    workspace_uuid = arguments.required("workspace_uuid", unique_id, meaning="the workspace's UUID")
    repository = arguments.required("repository_uuid", unique_id, meaning="the repository's UUID")
    environments = arguments.texts("environment_uuids", unique_id)
    arguments.no_others()
    steps = [f"{{{environment}}}:{{{UUID_PATTERN}}}" for environment in environments] or ["*"]
    issuer = Issuer(f"https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc")
    audiences = [f"ari:cloud:bitbucket::workspace/{workspace_uuid}"]
    return [issuer.trust("Bitbucket", account, audiences, [f"{{{repository}}}:{step}" for step in steps])]


def _workspace(value: object) -> str:
    workspace = text(value)
    if not _WORKSPACE.fullmatch(workspace):
        raise Refusal("is not a Bitbucket workspace", "write its id as it stands in URLs, such as acme")
    return workspace
