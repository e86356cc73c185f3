"""The component `PipelineStages`: one user for several roles, one a stage, each in the account of its stage."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, overload

import pulumi
from typing_extensions import NotRequired, Unpack

from pipeline_identity._args import EntityArgs, PermissionsArgs
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider
from pipeline_identity._reading.reading import Reading, read
from pipeline_identity._settings.entity import child_options
from pipeline_identity._settings.identity import IdentityModeInput
from pipeline_identity._settings.role import RoleSettings
from pipeline_identity._settings.role_account import RoleAccount, declare_provider
from pipeline_identity._settings.stages import StagesSettings, read_stages
from pipeline_identity._settings.user import UserPolicyModeInput
from pipeline_identity.keys.settings import Keys
from pipeline_identity.permissions.boundary import GeneratedBoundary
from pipeline_identity.pipeline_role import PipelineRole
from pipeline_identity.pipeline_user import PipelineUser
from pipeline_identity.trust.args import Trust

T = TypeVar("T")


class Stage(PermissionsArgs):
    """One stage of a pipeline, such as `dev`, `prod` or `plan`: a role of its own."""

    role_name: NotRequired[str]
    """The role's name. The component's name, `-` and the stage's name by default."""

    role_account: NotRequired[RoleAccount]
    """The account of the stage, when it is another than the user's. The user's account by default."""

    trust: NotRequired[Trust]
    """Who may assume the role besides the pipeline's own user. Nobody by default; required when keyless or both."""

    generated_boundary: NotRequired[GeneratedBoundary]
    """A permissions boundary that is made for the role. None by default."""

    adopt: NotRequired[bool]
    """
    Whether the stage's role exists already, and is taken over as it is. Set it for one deployment, which changes
    nothing of it; without it, the next one changes what differs. False by default.
    """


class PipelineStagesArgs(EntityArgs):
    """The arguments of a `PipelineStages`."""

    stages: Mapping[str, Stage]
    """The stages by names that you choose, such as `dev`, `stage` and `prod`, or `plan` and `apply`."""

    mode: NotRequired[IdentityModeInput]
    """What the pipeline starts from: `keys` (the default), `keyless` or `both`."""

    user_name: NotRequired[str]
    """
    The user's name: 1 to 64 letters, digits and `+=,.@_-`. The component's name and `-pipeline` by default. Not used
    when the mode is `keyless`.
    """

    keys: NotRequired[Keys]
    """
    The user's access keys: their rotation, and how old they may become. One key, due after 90 days, by default. Not
    used when keyless.
    """

    suspended: NotRequired[str]
    """
    Since when the pipeline is suspended, in UTC, such as `2026-11-25T16:30:00Z`: its keys are inactive, and sessions of
    every stage are denied everything, as with a `PipelineIdentity`. None by default.
    """

    user_policy_mode: NotRequired[UserPolicyModeInput]
    """What carries the user's policy: the user itself (`inline`, the default) or a `group`."""

    adopt: NotRequired[bool]
    """
    Whether the user exists already, and is taken over as it is; the roles have an argument of their own. Set it for
    one deployment, which changes nothing of the user; without it, the next one changes what differs. False by default.
    """


class PipelineStages(Component):
    """One user that may assume a role for each stage, and these roles, each of which trusts only this user.

    Keyless, it is the roles alone, each of which trusts what its stage names: `plan` the pull requests, to read, and
    `apply` the protected branch, to change.
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

    role_names: pulumi.Output[dict[str, str]]
    """The names of the roles, by stage."""

    role_arns: pulumi.Output[dict[str, str]]
    """The ARNs of the roles, by stage."""

    trust_policies: pulumi.Output[dict[str, str]]
    """Who may assume the roles, as JSON, by stage."""

    permissions_policies: pulumi.Output[dict[str, dict[str, str]]]
    """What the roles may do: the policies written here as JSON, by stage and by name."""

    permissions_boundaries: pulumi.Output[dict[str, str]]
    """The ARNs of the permissions boundaries, by stage, for the roles that have one."""

    max_session_durations: pulumi.Output[dict[str, int]]
    """The longest session of each role that may be asked for, in seconds, by stage."""

    session_names: pulumi.Output[dict[str, str]]
    """Names for sessions of the roles, for pipelines that have no better ones, by stage."""

    profile: pulumi.Output[str]
    """Text for the AWS configuration file, a profile for each stage. It holds no secret."""

    @overload
    def __init__(self, name: str, args: PipelineStagesArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineStagesArgs]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineStagesArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        **named: Any,
    ) -> None:
        """Declares the user, and a role for each stage.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            named: The arguments by name, each described in `PipelineStagesArgs`: account_id, adopt, exclusive_policies,
                force_destroy, keys, mode, partition, path, permissions_boundary, stages, suspended, tags, user_name,
                user_policy_mode.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        defaults = {"account_id": partial(account_of_provider, opts), "user_name": f"{name}-pipeline"}
        reading = read("PipelineStages", name, (args, named), partial(read_stages, component=name), defaults)
        super().__init__("pipeline-identity:index:PipelineStages", name, {}, opts)
        reading.announce(self)
        options, settings = child_options(self, opts), reading.settings
        self._user = None
        if settings.user:
            self._user = PipelineUser(name, reading=reading.part(lambda one: one.own_user), opts=options)
        self._roles = {stage: self._declare_role(name, stage, reading, opts) for stage in settings.stages}
        self._tell_user(self._user)
        self._tell_roles(name, reading)
        self._register()

    @property
    def user(self) -> PipelineUser | None:
        """The user, with its keys and its policy. None when keyless."""
        return self._user

    @property
    def roles(self) -> Mapping[str, PipelineRole]:
        """The roles, by stage."""
        return self._roles

    def _declare_role(
        self, name: str, stage: str, reading: Reading[StagesSettings], opts: pulumi.ResourceOptions | None
    ) -> PipelineRole:
        options = child_options(self, opts, [self._user.user] if self._user else [])
        if reading.settings.stages[stage].account:
            account = reading.part(lambda one: one.stages[stage].other_account)
            options.provider = declare_provider(f"{name}-{stage}-account", account, self)
        return PipelineRole(f"{name}-{stage}", reading=reading.part(lambda one: one.stages[stage].role), opts=options)

    def _tell_roles(self, name: str, reading: Reading[StagesSettings]) -> None:
        roles = [*self._roles.values()]

        def by_stage(select: Callable[[RoleSettings], T]) -> pulumi.Output[dict[str, T]]:
            return reading.output(lambda one: {name: select(stage.role) for name, stage in one.stages.items()}, roles)

        self.role_names = by_stage(lambda role: role.name)
        self.role_arns = by_stage(lambda role: role.arn)
        self.trust_policies = by_stage(lambda role: role.trust.document)
        self.permissions_policies = by_stage(lambda role: role.permissions.documents)
        self.permissions_boundaries = reading.output(lambda one: one.boundaries, roles)
        self.max_session_durations = by_stage(lambda role: role.max_session_duration)
        self.session_names = by_stage(lambda role: role.session_name)
        self.profile = reading.output(lambda one: one.profile(name), roles)
