"""The component `PipelineIdentity`: a pipeline's role, and the user from which the pipeline starts, if it needs one."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, overload

import pulumi
from typing_extensions import NotRequired, Unpack

from pipeline_identity._args import EntityArgs, PermissionsArgs
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider, known
from pipeline_identity._hand_over import hand_over_commands, hand_over_document
from pipeline_identity._reading.reading import Reading, read
from pipeline_identity._settings.entity import child_options
from pipeline_identity._settings.identity import (
    AdoptedPartInput,
    IdentityModeInput,
    IdentitySettings,
    read_identity,
)
from pipeline_identity._settings.role import RoleSettings
from pipeline_identity._settings.role_account import RoleAccount, RoleAccountSettings, declare_provider
from pipeline_identity._settings.user import UserPolicyModeInput, UserSettings
from pipeline_identity.keys.settings import Keys
from pipeline_identity.permissions.boundary import GeneratedBoundary
from pipeline_identity.pipeline_role import PipelineRole, declare_boundary
from pipeline_identity.pipeline_user import PipelineUser
from pipeline_identity.pipeline_watch import PipelineWatch
from pipeline_identity.trust.args import Trust
from pipeline_identity.watch.args import IdentityWatch
from pipeline_identity.watch.settings import WatchSettings


class PipelineIdentityArgs(EntityArgs, PermissionsArgs):
    """The arguments of a `PipelineIdentity`."""

    role_name: NotRequired[str]
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`. The component's name and `-pipeline` by default."""

    mode: NotRequired[IdentityModeInput]
    """What the pipeline starts from: `keys` (the default), `keyless` or `both`."""

    user_name: NotRequired[str]
    """
    The user's name: 1 to 64 letters, digits and `+=,.@_-`. The component's name and `-pipeline` by default. Not used
    when the mode is `keyless`.
    """

    trust: NotRequired[Trust]
    """Who may assume the role besides the identity's own user. Nobody by default; required when keyless or both."""

    keys: NotRequired[Keys]
    """
    The user's access keys: their rotation, and how old they may become. One key, due after 90 days, by default. Not
    used when keyless.
    """

    suspended: NotRequired[str]
    """
    Since when the pipeline is suspended, in UTC, such as `2026-11-25T16:30:00Z`: its keys are inactive, and sessions
    that were opened before are denied everything; all sessions, where anybody else than the user can open them. None by
    default.
    """

    user_policy_mode: NotRequired[UserPolicyModeInput]
    """What carries the user's policy: the user itself (`inline`, the default) or a `group`."""

    generated_boundary: NotRequired[GeneratedBoundary]
    """A permissions boundary that is made for user and role. None by default."""

    role_account: NotRequired[RoleAccount]
    """The account of the role, when it is another than the user's. The user's account by default."""

    watch: NotRequired[IdentityWatch]
    """
    Alarms on what is done with the identity, and to it. A boundary that is generated keeps the identity off its own
    alarms. None by default.
    """

    adopt: NotRequired[Sequence[AdoptedPartInput]]
    """
    What exists already, and is taken over as it is. Set it for one deployment, which changes nothing of it; without it,
    the next one changes what differs. Nothing by default.
    """


class PipelineIdentity(Component):
    """A pipeline's identity: a user that may only assume one role, and that role, which trusts only this user.

    Keyless, it is the role alone, which trusts an identity provider instead.
    """

    user_name: pulumi.Output[str | None]
    """The user's name. None when keyless."""

    user_arn: pulumi.Output[str | None]
    """The user's ARN. None when keyless."""

    user_policy: pulumi.Output[str | None]
    """The user's only policy, as JSON. None when keyless."""

    access_key_id: pulumi.Output[str | None]
    """The id of the user's access key that is handed out. None when keyless."""

    secret_access_key: pulumi.Output[str | None]
    """
    The secret access key, which belongs to the access key id. Pulumi encrypts it in its state and does not show it.
    None when keyless, and unless the secrets of keys go into the state.
    """

    encrypted_secret_access_key: pulumi.Output[str | None]
    """
    The secret access key, encrypted with the PGP key, in base64: `base64 -d | gpg -d` prints it. None unless the
    secrets of keys are encrypted in this way, and for a key that was made before.
    """

    key_store_arn: pulumi.Output[str | None]
    """The ARN of the secret or parameter with the access key. None unless a store of AWS keeps it."""

    key_ids: pulumi.Output[dict[str, str] | None]
    """The ids of all access keys that are made here, by slot: `first` and `second`. None when keyless."""

    key_statuses: pulumi.Output[dict[str, str] | None]
    """The status of each access key, `Active` or `Inactive`, by slot. None when keyless."""

    keys_created: pulumi.Output[dict[str, str] | None]
    """When each access key was made, in UTC, by slot. None when keyless."""

    keys_due: pulumi.Output[dict[str, str] | None]
    """The day on which each access key is due to be replaced, by slot. None when keyless."""

    next_key_due: pulumi.Output[str | None]
    """The first day on which an active access key is due to be replaced. None when keyless."""

    key_overdue: pulumi.Output[bool | None]
    """Whether an active access key is overdue on the day of the deployment, in UTC. None when keyless."""

    rotation_to_do: pulumi.Output[str | None]
    """What is left to do in the present step of the rotation. None when keyless."""

    role_name: pulumi.Output[str]
    """The role's name."""

    role_arn: pulumi.Output[str]
    """The role's ARN."""

    trust_policy: pulumi.Output[str]
    """Who may assume the role, as JSON."""

    permissions_policies: pulumi.Output[dict[str, str]]
    """What the role may do: the policies written here as JSON, by name."""

    permissions_boundary: pulumi.Output[str | None]
    """The ARN of the role's permissions boundary. None without one."""

    max_session_duration: pulumi.Output[int]
    """The longest session that may be asked for, in seconds."""

    session_name: pulumi.Output[str]
    """A name for sessions of the role, for pipelines that have no better one."""

    profile: pulumi.Output[str]
    """Text for the AWS configuration file, with which the CLI and SDKs assume the role. It holds no secret."""

    hand_over_document: pulumi.Output[str | None]
    """The role as JSON, for an administrator who makes it. None unless the role is handed over."""

    hand_over_commands: pulumi.Output[str | None]
    """Commands of the AWS CLI that make the role. None unless the role is handed over."""

    alarm_topics: pulumi.Output[dict[str, str] | None]
    """The ARNs of the topics to which the identity's alarms go, by region. None without a watch."""

    @overload
    def __init__(self, name: str, args: PipelineIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineIdentityArgs]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineIdentityArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        **named: Any,
    ) -> None:
        """Declares user and role, each wired to the other.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            named: The arguments by name, each described in `PipelineIdentityArgs`: account_id, adopt,
                exclusive_policies, force_destroy, generated_boundary, keys, large_policies, managed_policies,
                managed_policy_quota, max_session_duration, mode, partition, path, permissions, permissions_boundary,
                policy_documents, role_account, role_description, role_name, starter_sets, suspended, tags, trust,
                user_name, user_policy_mode, watch.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        defaults = {
            "account_id": partial(account_of_provider, opts),
            "user_name": f"{name}-pipeline",
            "role_name": f"{name}-pipeline",
        }
        reading = read("PipelineIdentity", name, (args, named), partial(read_identity, component=name), defaults)
        super().__init__("pipeline-identity:index:PipelineIdentity", name, {}, opts)
        reading.announce(self)
        reading, options = self._with_boundary(name, reading, opts)
        settings = reading.settings
        self._user = PipelineUser(name, reading=reading.part(_user), opts=options) if settings.user else None
        self._role = None
        if not settings.hands_over:
            self._role = PipelineRole(
                name, reading=reading.part(_role), opts=self._role_options(name, reading, options)
            )
        self._watch = None
        if settings.watch:
            options = child_options(self, opts)
            # Where programs declared it before identities could.
            options.aliases = [pulumi.Alias(name=name, parent=pulumi.ROOT_STACK_RESOURCE)]
            self._watch = PipelineWatch(name, reading=reading.part(_watch), opts=options)
        self._tell_user(self._user)
        self._tell_role(name, reading)
        self.alarm_topics = self._watch.topic_arns if self._watch else known(None)
        self._register()

    @property
    def user(self) -> PipelineUser | None:
        """The user, with its keys and its policy. None when keyless."""
        return self._user

    @property
    def role(self) -> PipelineRole | None:
        """The role, with its policies. None when it is handed over."""
        return self._role

    @property
    def watch(self) -> PipelineWatch | None:
        """The alarms on the identity. None without them."""
        return self._watch

    def _tell_role(self, name: str, reading: Reading[IdentitySettings]) -> None:
        role = self._role
        after = [role] if role else []
        self.role_name = role.role_name if role else reading.output(lambda one: one.role.name)
        self.role_arn = role.role_arn if role else reading.output(lambda one: one.role.arn)
        self.trust_policy = role.trust_policy if role else reading.output(lambda one: one.role.trust.document)
        self.permissions_policies = (
            role.permissions_policies if role else reading.output(lambda one: one.role.permissions.documents)
        )
        self.permissions_boundary = (
            role.permissions_boundary if role else reading.output(lambda one: one.role.boundary_arn)
        )
        self.max_session_duration = (
            role.max_session_duration if role else reading.output(lambda one: one.role.max_session_duration)
        )
        self.session_name = role.session_name if role else reading.output(lambda one: one.role.session_name)
        self.profile = reading.output(lambda one: one.profile(name), after)
        hands_over = reading.settings.hands_over
        self.hand_over_document = reading.output(lambda one: hand_over_document(one.role) if hands_over else None)
        self.hand_over_commands = reading.output(lambda one: hand_over_commands(one.role) if hands_over else None)

    def _with_boundary(
        self, name: str, reading: Reading[IdentitySettings], opts: pulumi.ResourceOptions | None
    ) -> tuple[Reading[IdentitySettings], pulumi.ResourceOptions]:
        if not reading.settings.role.boundary:
            return reading, child_options(self, opts)
        # User and role are both under it, so it is made before either.
        boundary = declare_boundary(f"{name}-boundary", reading.part(_role), child_options(self, opts), self)
        return reading.part(_under_boundary), child_options(self, opts, [boundary])

    def _role_options(
        self, name: str, reading: Reading[IdentitySettings], options: pulumi.ResourceOptions
    ) -> pulumi.ResourceOptions:
        # IAM refuses a trust policy that names a user who does not exist yet. It needs no key of that user: a change of
        # the role, of what denies above all, must not wait for a key that cannot be made.
        options = child_options(self, options, [self._user.user] if self._user else [])
        if reading.settings.role_account:
            options.provider = declare_provider(f"{name}-role-account", reading.part(_role_account), self)
        return options


def _under_boundary(settings: IdentitySettings) -> IdentitySettings:
    entity = replace(settings.role.entity, permissions_boundary=settings.role.boundary_arn)
    return replace(settings, role=replace(settings.role, entity=entity, boundary=None))


def _role(settings: IdentitySettings) -> RoleSettings:
    return settings.role


def _user(settings: IdentitySettings) -> UserSettings:
    assert settings.user  # noqa: S101 - called where there is one
    return settings.user


def _role_account(settings: IdentitySettings) -> RoleAccountSettings:
    assert settings.role_account  # noqa: S101 - called where there is one
    return settings.role_account


def _watch(settings: IdentitySettings) -> WatchSettings:
    assert settings.watch  # noqa: S101 - called where there is one
    return settings.watch
