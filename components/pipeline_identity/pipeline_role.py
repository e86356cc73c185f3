"""The component `PipelineRole`: a role that may do what its permissions say, for those its trust names."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from typing import TypedDict

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired

from pipeline_identity import names, session
from pipeline_identity.arguments import Arguments
from pipeline_identity.entity import Entity, child_options, known_after, read_entity
from pipeline_identity.errors import Problems
from pipeline_identity.permissions.arguments import Statement
from pipeline_identity.permissions.policy import Permissions, read_permissions
from pipeline_identity.trust.arguments import Trust
from pipeline_identity.trust.policy import TrustPolicy, read_trust


class PipelineRoleArgs(TypedDict):
    """The arguments of a `PipelineRole`."""

    account_id: str
    """The AWS account the role is made in: its 12 digits, in quotes."""

    role_name: str
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`."""

    permissions: list[Statement]
    """What the role may do: at least one statement, together at most 10,240 characters as JSON without white space."""

    trust: Trust
    """Who may assume the role."""

    max_session_duration: NotRequired[int]
    """The longest session that may be asked for, in seconds: 3,600 (the default) to 43,200."""

    path: NotRequired[str]
    """The role's IAM path, such as `/pipelines/`. `/` by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    permissions_boundary: NotRequired[str]
    """The ARN of a managed policy that limits what the role could ever do. None by default."""

    tags: NotRequired[dict[str, str]]
    """Tags of the role: at most 50. None by default."""


@dataclass(frozen=True)
class RoleSettings:
    """The arguments of a `PipelineRole`, checked."""

    entity: Entity
    name: str
    permissions: Permissions
    trust: TrustPolicy
    max_session_duration: int

    @property
    def arn(self) -> str:
        """The role's ARN, known before the role exists."""
        return self.entity.account.role_arn(self.entity.path, self.name)


def read_role(arguments: Arguments, own_user_name: str | None = None, *, has_own_user: bool = False) -> RoleSettings:
    """Reads `PipelineRoleArgs`; problems are noted with the arguments.

    Args:
        arguments: The arguments.
        own_user_name: The user that is declared together with the role, and trusted without being named.
        has_own_user: Whether there is such a user, even if its name was refused.
    """
    entity = read_entity(arguments)
    name = arguments.required("role_name", names.entity_name, meaning="the name the role gets")
    role_arn = entity.account.role_arn(entity.path, name)
    own_user_arn = entity.account.user_arn(entity.path, own_user_name) if own_user_name else None
    settings = RoleSettings(
        entity=entity,
        name=name,
        permissions=read_permissions(arguments, entity.account.partition),
        trust=read_trust(arguments, entity.account, role_arn, own_user_arn, has_own_user=has_own_user),
        max_session_duration=arguments.optional(
            "max_session_duration", session.max_session_duration, session.SHORTEST_MAXIMUM
        ),
    )
    arguments.no_others()
    return settings


class PipelineRole(pulumi.ComponentResource):
    """A role for a pipeline: typed permissions, trust in nobody but those who are named, limited sessions."""

    role_name: pulumi.Output[str]
    """The role's name."""

    role_arn: pulumi.Output[str]
    """The role's ARN."""

    trust_policy: pulumi.Output[str]
    """Who may assume the role, as JSON."""

    permissions_policy: pulumi.Output[str]
    """What the role may do, as JSON."""

    max_session_duration: pulumi.Output[int]
    """The longest session that may be asked for, in seconds."""

    session_name: pulumi.Output[str]
    """A name for sessions of the role, for pipelines that have no better one."""

    def __init__(self, name: str, args: PipelineRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the role.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        problems = Problems()
        settings = read_role(Arguments(args, problems))
        problems.stop_if_any(f"PipelineRole {name}")
        super().__init__("pipeline-identity:index:PipelineRole", name, {}, opts)
        role = iam.Role(
            name,
            name=settings.name,
            path=settings.entity.path,
            assume_role_policy=settings.trust.document,
            max_session_duration=settings.max_session_duration,
            permissions_boundary=settings.entity.permissions_boundary,
            tags=settings.entity.tags,
            opts=child_options(self, opts),
        )
        policy = iam.RolePolicy(
            f"{name}-permissions",
            name="permissions",
            role=role.name,
            policy=settings.permissions.document,
            opts=child_options(self, opts),
        )
        self.role_name = known_after(role.name, settings.name)
        self.role_arn = known_after(role.name, settings.arn)
        self.trust_policy = known_after(role.name, settings.trust.document)
        self.permissions_policy = known_after(policy.name, settings.permissions.document)
        self.max_session_duration = role.name.apply(lambda _: settings.max_session_duration)
        self.session_name = known_after(role.name, names.default_session_name(settings.name))
        self.register_outputs(
            {
                "roleName": self.role_name,
                "roleArn": self.role_arn,
                "trustPolicy": self.trust_policy,
                "permissionsPolicy": self.permissions_policy,
                "maxSessionDuration": self.max_session_duration,
                "sessionName": self.session_name,
            }
        )
