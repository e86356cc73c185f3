"""A permissions boundary made for one identity: what its role and user could ever do, whatever is attached to them.

It allows what the identity was given and denies everything that could change the identity itself, so that neither the
role nor whoever steals a session can raise itself. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity import _names as names
from pipeline_identity._arns import Account, partition_of
from pipeline_identity._documents import LARGEST_MANAGED_POLICY, document
from pipeline_identity._reading.arguments import Arguments, late
from pipeline_identity._reading.errors import Path, Refusal
from pipeline_identity._reading.tokens import is_late
from pipeline_identity.permissions.args import Statement
from pipeline_identity.permissions.policy import Permissions
from pipeline_identity.permissions.statement import PolicyStatement, read_statement, resource
from pipeline_identity.trust.statement import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION


class GeneratedBoundary(TypedDict):
    """A permissions boundary that is made together with the identity."""

    policy_name: NotRequired[str]
    """The name of the managed policy. The role's name and `-boundary` by default."""

    allow: NotRequired[Sequence[Statement]]
    """
    What the boundary allows beside the permissions that are written out. Required with managed policies, whose
    content is not known here: what the boundary does not allow, they cannot give. None by default.
    """

    protected_resources: NotRequired[Input[Sequence[Input[str]]]]
    """
    ARNs of further resources that neither role nor user may do anything with, whatever allows it: the alarms on the
    identity, the trail they listen to. `*` and `?` may be used. None by default.
    """


@dataclass(frozen=True)
class Boundary:
    """A permissions boundary to be made."""

    policy_name: str
    arn: str
    document: str


@dataclass(frozen=True)
class Others:
    """What a boundary is about besides the role.

    Attributes:
        user_arns: The users that are under the same boundary.
        group_arns: The groups that carry the policies of these users.
        protected: What the identity is kept off, besides what the arguments name.
    """

    user_arns: Sequence[str] = ()
    group_arns: Sequence[str] = ()
    protected: Sequence[str] = ()


def read_boundary(
    arguments: Arguments,
    account: Account,
    path: str,
    role_name: str,
    permissions: Permissions,
    others: Others,
) -> Boundary:
    """Reads `GeneratedBoundary`.

    Args:
        arguments: The arguments of the boundary.
        account: The account of the identity.
        path: The IAM path of the boundary's policy.
        role_name: The name of the role.
        permissions: What the role may do.
        others: Who is under the same boundary, and what else it protects.
    """
    name = arguments.optional("policy_name", names.entity_name, f"{role_name}-boundary"[:64])
    extra = [read_statement(statement) for statement in arguments.sections("allow")]
    kept = arguments.texts("protected_resources", late(protected_resource))
    kept = tuple(dict.fromkeys((*kept, *others.protected)))
    arguments.no_others()
    _refuse_other_partitions(arguments, ("protected_resources",), kept, account.partition)
    for place, statement in enumerate(extra):
        _refuse_other_partitions(arguments, ("allow", place, "resources"), statement.resources, account.partition)
    if permissions.attached and not extra:
        arguments.refuse(
            ("allow",), None, "is missing, and managed_policies would be cut to nothing", "write what they may give"
        )
    role_arn, arn = account.role_arn(path, role_name), account.policy_arn(path, name)
    made = [account.policy_arn(path, f"{role_name}-{policy}") for policy in permissions.managed]
    allowed = [
        replace(statement, sid="") for statement in (*permissions.statements, *extra) if statement.effect == "Allow"
    ]
    if others.user_arns:
        allowed.append(PolicyStatement(actions=(ASSUME_ROLE, TAG_SESSION, SET_SOURCE_IDENTITY), resources=(role_arn,)))
    # Every IAM action, those included that AWS adds later, on whatever makes up this identity.
    protected = (role_arn, *others.user_arns, *others.group_arns, arn, *made)
    denied = [PolicyStatement(sid="KeepTheIdentity", effect="Deny", actions=("iam:*",), resources=protected)]
    if kept:
        denied.append(PolicyStatement(sid="KeepOff", effect="Deny", actions=("*",), resources=kept))
    boundary = Boundary(name, arn, document(statement.to_json() for statement in (*allowed, *denied)))
    if not arguments.failed and not is_late(boundary.document) and len(boundary.document) > LARGEST_MANAGED_POLICY:
        arguments.refuse(
            (),
            None,
            f"makes a policy of {len(boundary.document)} characters, and AWS takes {LARGEST_MANAGED_POLICY}",
            "give the role fewer statements, or name a boundary of your own under permissions_boundary",
        )
    return boundary


def protected_resource(value: object) -> str:
    """Checks the ARN, or a pattern of ARNs, of resources that a boundary keeps an identity off."""
    arn = resource(value)
    if arn == "*":
        raise Refusal("is everything, so that nothing could be done", "write the ARN of what is to be protected")
    return arn


def _refuse_other_partitions(arguments: Arguments, where: Path, given: Sequence[str], partition: str) -> None:
    for place, arn in enumerate(given):
        if arn != "*" and not is_late(arn) and partition_of(arn) != partition:
            arguments.refuse(
                (*where, place), arn, f"lies outside the partition {partition}",
                f"begin it with arn:{partition}:",
            )  # fmt: skip
