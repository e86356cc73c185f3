"""The component `PipelineIdentity`: a user and a role that know each other, and nobody else."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from typing import TypedDict, cast

import pulumi
from typing_extensions import NotRequired

from pipeline_identity import names
from pipeline_identity.arguments import Arguments
from pipeline_identity.entity import child_options
from pipeline_identity.errors import Problems
from pipeline_identity.permissions.arguments import Statement
from pipeline_identity.pipeline_role import PipelineRole, PipelineRoleArgs, RoleSettings, read_role
from pipeline_identity.pipeline_user import PipelineUser, PipelineUserArgs
from pipeline_identity.trust.policy import trust_own_user


class PipelineIdentityArgs(TypedDict):
    """The arguments of a `PipelineIdentity`."""

    account_id: str
    """The AWS account that user and role are made in: its 12 digits, in quotes."""

    user_name: str
    """The user's name: 1 to 64 letters, digits and `+=,.@_-`."""

    role_name: str
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`."""

    permissions: list[Statement]
    """What the role may do: at least one statement, together at most 10,240 characters as JSON without white space."""

    max_session_duration: NotRequired[int]
    """The longest session that may be asked for, in seconds: 3,600 (the default) to 43,200."""

    path: NotRequired[str]
    """The IAM path of user and role, such as `/pipelines/`. `/` by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    permissions_boundary: NotRequired[str]
    """The ARN of a managed policy that limits what user and role could ever do. None by default."""

    tags: NotRequired[dict[str, str]]
    """Tags of user and role: at most 50. None by default."""


@dataclass(frozen=True)
class IdentitySettings:
    """The arguments of a `PipelineIdentity`, checked."""

    role: RoleSettings
    user_name: str

    @property
    def user_arn(self) -> str:
        """The user's ARN, known before the user exists."""
        return self.role.entity.account.user_arn(self.role.entity.path, self.user_name)


def read_identity(arguments: Arguments) -> IdentitySettings:
    """Reads `PipelineIdentityArgs`; problems are noted with the arguments."""
    user_name = arguments.required("user_name", names.entity_name, meaning="the name the user gets")
    role = read_role(arguments, lambda _arguments, entity: trust_own_user(entity, user_name))
    return IdentitySettings(role=role, user_name=user_name)


class PipelineIdentity(pulumi.ComponentResource):
    """A pipeline's identity: a user that may only assume one role, and that role, which trusts only this user."""

    user_name: pulumi.Output[str]
    """The user's name."""

    user_arn: pulumi.Output[str]
    """The user's ARN."""

    user_policy: pulumi.Output[str]
    """The user's only policy, as JSON."""

    role_name: pulumi.Output[str]
    """The role's name."""

    role_arn: pulumi.Output[str]
    """The role's ARN."""

    trust_policy: pulumi.Output[str]
    """Who may assume the role, as JSON."""

    permissions_policy: pulumi.Output[str]
    """What the role may do, as JSON."""

    access_key_id: pulumi.Output[str]
    """The id of the user's access key."""

    secret_access_key: pulumi.Output[str]
    """The access key's secret. It is marked secret: Pulumi encrypts it in its state and does not show it."""

    max_session_duration: pulumi.Output[int]
    """The longest session that may be asked for, in seconds."""

    session_name: pulumi.Output[str]
    """A name for sessions of the role, for pipelines that have no better one."""

    def __init__(self, name: str, args: PipelineIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares user and role, each wired to the other.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        problems = Problems()
        settings = read_identity(Arguments(args, problems))
        problems.stop_if_any(f"PipelineIdentity {name}")
        super().__init__("pipeline-identity:index:PipelineIdentity", name, {}, opts)
        shared = {
            "account_id": settings.role.entity.account.account_id,
            "partition": settings.role.entity.account.partition,
            "path": settings.role.entity.path,
            "permissions_boundary": settings.role.entity.permissions_boundary,
            "tags": settings.role.entity.tags,
        }
        user_args = shared | {"user_name": settings.user_name, "roles": [settings.role.arn]}
        user = PipelineUser(name, cast("PipelineUserArgs", user_args), child_options(self, opts))
        role_args = shared | {
            "role_name": settings.role.name,
            "permissions": args["permissions"],
            "trust": {"users": [settings.user_arn]},
            "max_session_duration": settings.role.max_session_duration,
        }
        # IAM refuses a trust policy that names a user who does not exist yet.
        role = PipelineRole(name, cast("PipelineRoleArgs", role_args), child_options(self, opts, [user]))
        self.user_name = user.user_name
        self.user_arn = user.user_arn
        self.user_policy = user.user_policy
        self.access_key_id = user.access_key_id
        self.secret_access_key = user.secret_access_key
        self.role_name = role.role_name
        self.role_arn = role.role_arn
        self.trust_policy = role.trust_policy
        self.permissions_policy = role.permissions_policy
        self.max_session_duration = role.max_session_duration
        self.session_name = role.session_name
        self.register_outputs(
            {
                "userName": self.user_name,
                "userArn": self.user_arn,
                "userPolicy": self.user_policy,
                "accessKeyId": self.access_key_id,
                "secretAccessKey": self.secret_access_key,
                "roleName": self.role_name,
                "roleArn": self.role_arn,
                "trustPolicy": self.trust_policy,
                "permissionsPolicy": self.permissions_policy,
                "maxSessionDuration": self.max_session_duration,
                "sessionName": self.session_name,
            }
        )
