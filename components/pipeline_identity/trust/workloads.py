"""What every form of trust in workloads of an identity provider takes, whatever its tokens say.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
for tags in tokens; the service reference of AWS STS for `sts:RoleAuthorizedByIdp`. How STS takes the claim
`https://aws.amazon.com/roles` was measured by Aidan Steele:
https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Mapping, Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, flag
from pipeline_identity.trust.session_tags import read_session_tags
from pipeline_identity.trust.statement import TAG_SESSION, TrustStatement


class WorkloadTrust(TypedDict):
    """What every form of trust in workloads takes."""

    role_authorized_by_idp: NotRequired[bool]
    """
    Whether a token must name the role in its claim `https://aws.amazon.com/roles`, so that it opens no other role. Set
    it when the issuer writes that claim; AWS compares the claim in any case where a token has it. False by default.
    """

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for these workloads alone: operator, condition key, values. None by default."""


class TaggedWorkloadTrust(WorkloadTrust):
    """What a form takes besides, whose issuer writes session tags into tokens."""

    session_tags: NotRequired[Mapping[str, Input[Sequence[Input[str]]]]]
    """
    Keys of the tags that a token may bring in its claim `https://aws.amazon.com/tags`, each with the values allowed
    (`*` and `?` may be used), or an empty list for any value. A token with tags is rejected by default.
    """

    require_session_tags: NotRequired[bool]
    """Whether a token must bring every one of these tags. False by default."""


def read_workload(arguments: Arguments, *, may_tag: bool) -> tuple[list[Condition], tuple[str, ...]]:
    """Reads what every form of trust in workloads takes.

    Args:
        arguments: The form's arguments.
        may_tag: Whether the form takes session tags.

    Returns:
        The conditions and the actions that the form's statements get besides their own.
    """
    conditions: list[Condition] = []
    if arguments.optional("role_authorized_by_idp", flag, default=False):
        conditions.append(Condition("Bool", "sts:RoleAuthorizedByIdp", ("true",)))
    tags = read_session_tags(arguments) if may_tag else None
    if tags is not None and tags.allowed:
        return [*conditions, *tags.conditions], (TAG_SESSION,)
    return conditions, ()


def brings_tags(statement: TrustStatement) -> bool:
    """Tells whether a statement lets workloads in whose tokens bring tags."""
    return TAG_SESSION in statement.actions and "Federated" in statement.principal
