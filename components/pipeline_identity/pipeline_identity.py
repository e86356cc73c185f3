"""The component `PipelineIdentity`: a pipeline's role, and the user from which the pipeline starts, if it needs one."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from enum import Enum
from typing import TypedDict, cast

import pulumi
from typing_extensions import NotRequired

from pipeline_identity import names
from pipeline_identity.arguments import Arguments, one_of
from pipeline_identity.entity import child_options
from pipeline_identity.errors import Problems
from pipeline_identity.permissions.arguments import Statement
from pipeline_identity.pipeline_role import PipelineRole, PipelineRoleArgs, RoleSettings, read_role
from pipeline_identity.pipeline_user import PipelineUser, PipelineUserArgs
from pipeline_identity.trust.arguments import Trust
from pipeline_identity.trust.statement import SET_SOURCE_IDENTITY, TAG_SESSION


class IdentityMode(str, Enum):
    """What a pipeline starts from.

    From keys to keyless in two deployments, without an outage: first `both`, with the pipeline's identity provider
    under `trust`; then, when every job uses it, `keyless`, which removes the user and its key.
    """

    KEYS = "keys"
    """A user's access key."""

    KEYLESS = "keyless"
    """What `trust` names, such as the tokens of an identity provider. There is no user and no key."""

    BOTH = "both"
    """Either one."""


class PipelineIdentityArgs(TypedDict):
    """The arguments of a `PipelineIdentity`."""

    account_id: str
    """The AWS account that user and role are made in: its 12 digits, in quotes."""

    role_name: str
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`."""

    permissions: list[Statement]
    """What the role may do: at least one statement, together at most 10,240 characters as JSON without white space."""

    mode: NotRequired[IdentityMode]
    """What the pipeline starts from: `keys` (the default), `keyless` or `both`."""

    user_name: NotRequired[str]
    """The user's name: 1 to 64 letters, digits and `+=,.@_-`. Required unless the mode is `keyless`; not used then."""

    trust: NotRequired[Trust]
    """Who may assume the role besides the identity's own user. Nobody by default; required when keyless or both."""

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
    user_name: str | None


_USER_ARGUMENTS = ("account_id", "partition", "path", "permissions_boundary", "tags")
_ROLE_ARGUMENTS = (*_USER_ARGUMENTS, "role_name", "permissions", "max_session_duration")


def read_identity(arguments: Arguments) -> IdentitySettings:
    """Reads `PipelineIdentityArgs`; problems are noted with the arguments."""
    mode = arguments.optional("mode", one_of(IdentityMode), IdentityMode.KEYS)
    user_name = arguments.optional("user_name", names.entity_name, None)
    if mode is IdentityMode.KEYLESS:
        user_name = None
    elif not arguments.given("user_name"):
        arguments.required("user_name", names.entity_name, meaning="the name the user gets")
    elif mode is IdentityMode.BOTH and not arguments.given("trust"):
        arguments.refuse(("trust",), None, "is missing, so that there is no way in without keys", "name one")
    return IdentitySettings(
        role=read_role(arguments, user_name, has_own_user=mode is not IdentityMode.KEYLESS), user_name=user_name
    )


class PipelineIdentity(pulumi.ComponentResource):
    """A pipeline's identity: a user that may only assume one role, and that role, which trusts only this user."""

    user_name: pulumi.Output[str | None]
    """The user's name. None when keyless."""

    user_arn: pulumi.Output[str | None]
    """The user's ARN. None when keyless."""

    user_policy: pulumi.Output[str | None]
    """The user's only policy, as JSON. None when keyless."""

    role_name: pulumi.Output[str]
    """The role's name."""

    role_arn: pulumi.Output[str]
    """The role's ARN."""

    trust_policy: pulumi.Output[str]
    """Who may assume the role, as JSON."""

    permissions_policy: pulumi.Output[str]
    """What the role may do, as JSON."""

    access_key_id: pulumi.Output[str | None]
    """The id of the user's access key. None when keyless."""

    secret_access_key: pulumi.Output[str | None]
    """
    The access key's secret. It is marked secret: Pulumi encrypts it in its state and does not show it. None when
    keyless.
    """

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
        arguments = Arguments(args, problems)
        settings = read_identity(arguments)
        problems.stop_if_any(f"PipelineIdentity {name}")
        super().__init__("pipeline-identity:index:PipelineIdentity", name, {}, opts)
        user = self._user(name, arguments, settings, opts)
        role = self._role(name, arguments, settings, opts, user)
        self.user_name = user.user_name if user else _none()
        self.user_arn = user.user_arn if user else _none()
        self.user_policy = user.user_policy if user else _none()
        self.access_key_id = user.access_key_id if user else _none()
        self.secret_access_key = user.secret_access_key if user else _none()
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

    def _user(
        self, name: str, arguments: Arguments, settings: IdentitySettings, opts: pulumi.ResourceOptions | None
    ) -> PipelineUser | None:
        if not settings.user_name:
            return None
        extra_actions = settings.role.trust.callers.extra_actions
        user_args = arguments.written(*_USER_ARGUMENTS) | {
            "user_name": settings.user_name,
            "roles": [settings.role.arn],
            "may_tag_sessions": TAG_SESSION in extra_actions,
            "may_set_source_identity": SET_SOURCE_IDENTITY in extra_actions,
        }
        return PipelineUser(name, cast("PipelineUserArgs", cast("object", user_args)), child_options(self, opts))

    def _role(
        self,
        name: str,
        arguments: Arguments,
        settings: IdentitySettings,
        opts: pulumi.ResourceOptions | None,
        user: PipelineUser | None,
    ) -> PipelineRole:
        trust = dict(arguments.section("trust").everything())
        if settings.user_name:
            entity = settings.role.entity
            own = entity.account.user_arn(entity.path, settings.user_name)
            trust["users"] = [own, *cast("list[object]", trust.get("users") or [])]
        role_args = arguments.written(*_ROLE_ARGUMENTS) | {"trust": trust}
        # IAM refuses a trust policy that names a user who does not exist yet.
        after = [user] if user else []
        return PipelineRole(name, cast("PipelineRoleArgs", cast("object", role_args)), child_options(self, opts, after))


def _none() -> pulumi.Output[str | None]:
    return pulumi.Output.from_input(None)
