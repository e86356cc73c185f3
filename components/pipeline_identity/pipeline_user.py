"""The component `PipelineUser`: a user that may assume the roles it is given, and do nothing else."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from typing import TypedDict

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired

from pipeline_identity import arns, names
from pipeline_identity.arguments import Arguments, flag
from pipeline_identity.documents import LARGEST_USER_POLICIES, document
from pipeline_identity.entity import Entity, child_options, known_after, read_entity
from pipeline_identity.errors import Problems
from pipeline_identity.permissions.statement import PolicyStatement
from pipeline_identity.trust.statement import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION


class PipelineUserArgs(TypedDict):
    """The arguments of a `PipelineUser`."""

    account_id: str
    """The AWS account the user is made in: its 12 digits, in quotes."""

    user_name: str
    """The user's name: 1 to 64 letters, digits and `+=,.@_-`."""

    roles: list[str]
    """ARNs of the roles that the user may assume. This is all it may do."""

    may_tag_sessions: NotRequired[bool]
    """
    Whether the user may tag the sessions it starts (`sts:TagSession`), where the role's trust allows it. False by
    default.
    """

    may_set_source_identity: NotRequired[bool]
    """
    Whether the user may set the source identity of the sessions it starts (`sts:SetSourceIdentity`), where the role's
    trust allows it. False by default.
    """

    path: NotRequired[str]
    """The user's IAM path, such as `/pipelines/`. `/` by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    permissions_boundary: NotRequired[str]
    """The ARN of a managed policy that limits what the user could ever do. None by default."""

    tags: NotRequired[dict[str, str]]
    """Tags of the user: at most 50. None by default."""


@dataclass(frozen=True)
class UserSettings:
    """The arguments of a `PipelineUser`, checked."""

    entity: Entity
    name: str
    roles: tuple[str, ...]
    actions: tuple[str, ...]

    @property
    def arn(self) -> str:
        """The user's ARN, known before the user exists."""
        return self.entity.account.user_arn(self.entity.path, self.name)

    @property
    def document(self) -> str:
        """The user's only policy."""
        return document(
            [PolicyStatement(sid="AssumePipelineRoles", actions=self.actions, resources=self.roles).to_json()]
        )


def read_user(arguments: Arguments) -> UserSettings:
    """Reads `PipelineUserArgs`; problems are noted with the arguments."""
    settings = UserSettings(
        entity=read_entity(arguments),
        name=arguments.required("user_name", names.entity_name, meaning="the name the user gets"),
        roles=arguments.texts("roles", arns.role_arn),
        actions=_read_actions(arguments),
    )
    arguments.no_others()
    if not settings.roles:
        arguments.refuse(("roles",), None, "is missing or empty", "list the ARN of at least one role")
    if not arguments.problems.found and len(settings.document) > LARGEST_USER_POLICIES:
        arguments.refuse(
            ("roles",),
            None,
            f"make a policy of {len(settings.document)} characters",
            f"name fewer roles: AWS takes {LARGEST_USER_POLICIES} characters for a user",
        )
    return settings


def _read_actions(arguments: Arguments) -> tuple[str, ...]:
    optional = {"may_tag_sessions": TAG_SESSION, "may_set_source_identity": SET_SOURCE_IDENTITY}
    return (
        ASSUME_ROLE,
        *(action for name, action in optional.items() if arguments.optional(name, flag, default=False)),
    )


class PipelineUser(pulumi.ComponentResource):
    """A user for a pipeline, with one access key. It may assume the roles it is given; it has no console password."""

    user_name: pulumi.Output[str]
    """The user's name."""

    user_arn: pulumi.Output[str]
    """The user's ARN."""

    user_policy: pulumi.Output[str]
    """The user's only policy, as JSON."""

    access_key_id: pulumi.Output[str]
    """The id of the access key."""

    secret_access_key: pulumi.Output[str]
    """The access key's secret. It is marked secret: Pulumi encrypts it in its state and does not show it."""

    def __init__(self, name: str, args: PipelineUserArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the user.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        problems = Problems()
        settings = read_user(Arguments(args, problems))
        problems.stop_if_any(f"PipelineUser {name}")
        super().__init__("pipeline-identity:index:PipelineUser", name, {}, opts)
        user = iam.User(
            name,
            name=settings.name,
            path=settings.entity.path,
            permissions_boundary=settings.entity.permissions_boundary,
            tags=settings.entity.tags,
            opts=child_options(self, opts),
        )
        policy = iam.UserPolicy(
            f"{name}-assume-roles",
            name="assume-roles",
            user=user.name,
            policy=settings.document,
            opts=child_options(self, opts),
        )
        key = iam.AccessKey(
            f"{name}-key",
            user=user.name,
            # The key comes last: nobody gets one for a user whose policy could not be written.
            opts=pulumi.ResourceOptions.merge(
                child_options(self, opts, [policy]), pulumi.ResourceOptions(additional_secret_outputs=["secret"])
            ),
        )
        self.user_name = known_after(user.name, settings.name)
        self.user_arn = known_after(user.name, settings.arn)
        self.user_policy = known_after(policy.name, settings.document)
        self.access_key_id = key.id
        self.secret_access_key = pulumi.Output.secret(key.secret)
        self.register_outputs(
            {
                "userName": self.user_name,
                "userArn": self.user_arn,
                "userPolicy": self.user_policy,
                "accessKeyId": self.access_key_id,
                "secretAccessKey": self.secret_access_key,
            }
        )
