"""The component `PipelineUser`: a user that may assume the roles it is given, and do nothing else."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, overload

import pulumi
from pulumi import Input
from pulumi_aws import iam
from typing_extensions import NotRequired, Unpack

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._args import EntityArgs, OwnedNetworkArgs
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider, known
from pipeline_identity._life.account import in_account
from pipeline_identity._networks import read_networks
from pipeline_identity._reading.arguments import Arguments, flag, late
from pipeline_identity._reading.reading import Reading, read
from pipeline_identity._settings.entity import adopting, child_options, read_adopt, read_entity, with_fixed_id
from pipeline_identity._settings.suspension import POLICY, denial_for_user
from pipeline_identity._settings.user import UserPolicyMode, UserPolicyModeInput, UserSettings, read_user
from pipeline_identity.keys.guards import KeyGuard
from pipeline_identity.keys.rotation import Phase
from pipeline_identity.keys.settings import Keys
from pipeline_identity.keys.slots import Slots, declare_slots
from pipeline_identity.trust.statement import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION

_POLICY = "assume-roles"
_TAGS_OF_ROTATE = ("pipeline-identity-secret-store", "pipeline-identity-rotation")
"""Tags that `pipeline-identity rotate` writes on a user: which secret store jobs read, and that a key is being made."""


class PipelineUserArgs(EntityArgs, OwnedNetworkArgs):
    """The arguments of a `PipelineUser`."""

    roles: Input[Sequence[Input[str]]]
    """ARNs of the roles that the user may assume, of its own and of other accounts. This is all it may do."""

    user_name: NotRequired[str]
    """The user's name: 1 to 64 letters, digits and `+=,.@_-`. The component's name and `-pipeline` by default."""

    may_tag_sessions: NotRequired[bool]
    """Whether the user may tag its sessions (`sts:TagSession`), where the role's trust allows it. False by default."""

    may_set_source_identity: NotRequired[bool]
    """
    Whether the user may set the source identity of its sessions (`sts:SetSourceIdentity`), where the role's trust
    allows it. False by default.
    """

    keys: NotRequired[Keys]
    """The user's access keys: their rotation, and how old they may become. One key, due after 90 days, by default."""

    suspended: NotRequired[str]
    """
    Since when the user is suspended, in UTC, such as `2026-11-25T16:30:00Z`: its keys are inactive, and it is denied
    everything. None by default.
    """

    user_policy_mode: NotRequired[UserPolicyModeInput]
    """What carries the user's policy: the user itself (`inline`, the default) or a `group`."""

    adopt: NotRequired[bool]
    """
    Whether the user exists already, and is taken over as it is. Set it for one deployment, which changes nothing of the
    user; without it, the next one changes what differs. False by default.
    """


class PipelineUser(Component):
    """A user for a pipeline, with one access key. It may assume the roles it is given; it has no console password."""

    user_name: pulumi.Output[str]
    """The user's name."""

    user_arn: pulumi.Output[str]
    """The user's ARN."""

    user_policy: pulumi.Output[str]
    """The user's only policy, as JSON."""

    access_key_id: pulumi.Output[str | None]
    """The id of the access key that is handed out. None when keys are made outside."""

    secret_access_key: pulumi.Output[str | None]
    """
    The secret access key, which belongs to the access key id. Pulumi encrypts it in its state and does not show it.
    None unless the secrets of keys go into the state.
    """

    encrypted_secret_access_key: pulumi.Output[str | None]
    """
    The secret access key, encrypted with the PGP key, in base64: `base64 -d | gpg -d` prints it. None unless the
    secrets of keys are encrypted in this way, and for a key that was made before.
    """

    key_store_arn: pulumi.Output[str | None]
    """The ARN of the secret or parameter with the access key. None unless a store of AWS keeps it."""

    key_ids: pulumi.Output[dict[str, str]]
    """The ids of all access keys that are made here, by slot: `first` and `second`."""

    key_statuses: pulumi.Output[dict[str, str]]
    """The status of each access key, `Active` or `Inactive`, by slot."""

    keys_created: pulumi.Output[dict[str, str]]
    """When each access key was made, in UTC, by slot."""

    keys_due: pulumi.Output[dict[str, str]]
    """The day on which each access key is due to be replaced, by slot."""

    next_key_due: pulumi.Output[str | None]
    """The first day on which an active access key is due to be replaced."""

    key_overdue: pulumi.Output[bool]
    """Whether an active access key is overdue on the day of the deployment, in UTC."""

    rotation_to_do: pulumi.Output[str]
    """What is left to do in the present step of the rotation."""

    @overload
    def __init__(self, name: str, args: PipelineUserArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineUserArgs]
    ) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, reading: Reading[UserSettings]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineUserArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        reading: Reading[UserSettings] | None = None,
        **named: Any,
    ) -> None:
        """Declares the user.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            reading: For components that make a user: the settings, in place of arguments.
            named: The arguments by name, each described in `PipelineUserArgs`: account_id, adopt, exclusive_policies,
                force_destroy, keys, may_set_source_identity, may_tag_sessions, partition, path, permissions_boundary,
                roles, source_ips, suspended, tags, user_name, user_policy_mode, vpc_arns, vpc_endpoint_accounts,
                vpc_endpoint_organizations, vpc_endpoints.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        if not reading:
            defaults = {"account_id": partial(account_of_provider, opts), "user_name": f"{name}-pipeline"}
            reading = read("PipelineUser", name, (args, named), _settings, defaults)
        super().__init__("pipeline-identity:index:PipelineUser", name, {}, opts)
        reading.announce(self)
        self._called, self._given_options, self._reading = name, opts, reading
        settings = reading.settings
        self._user = iam.User(
            name,
            name=settings.name,
            path=settings.entity.path,
            force_destroy=settings.force_destroy,
            permissions_boundary=reading.input(lambda user: user.entity.permissions_boundary),
            tags=reading.input(lambda user: user.entity.tags),
            opts=self._user_options(),
        )
        # What denies comes first, and everything else after it.
        denials = [self._denial()] if settings.suspended else []
        policies = [*denials, *self._policies(denials)]
        if settings.exclusive_policies:
            self._nothing_else(policies)
        # The keys come last: nobody gets one for a user whose policy could not be written. But what makes them inactive
        # waits for no policy that allows.
        before_keys = denials or policies
        slots = declare_slots(
            name,
            self._user,
            reading,
            lambda after: self._options([*before_keys, *after]),
            KeyGuard(
                settings.name,
                self,
                suspended=settings.suspended is not None,
                is_new=settings.keys.rotation.phase is Phase.NEW,
            ),
        )
        self.user_name = reading.output(lambda user: user.name, [self._user])
        self.user_arn = reading.arn(lambda user: user.arn, self._user)
        self.user_policy = reading.output(lambda user: user.document, [self._user])
        self._tell_keys(slots)
        self._register()

    @property
    def user(self) -> iam.User:
        """The IAM user."""
        return self._user

    def _options(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return child_options(self, self._given_options, after)

    def _tell_keys(self, slots: Slots) -> None:
        self.access_key_id = known(slots.id)
        self.secret_access_key = known(slots.secret)
        self.encrypted_secret_access_key = known(slots.encrypted_secret)
        self.key_store_arn = known(slots.store_arn)
        self.key_ids = slots.ids
        self.key_statuses = known({slot: status.value for slot, status in slots.statuses.items()})
        self.keys_created = slots.created
        self.keys_due = slots.due
        self.next_key_due = slots.next_due
        self.key_overdue = slots.overdue
        self.rotation_to_do = known(slots.to_do)

    def _denial(self) -> iam.UserPolicy:
        return iam.UserPolicy(
            f"{self._called}-{POLICY}",
            name=POLICY,
            user=self._user.name,
            policy=denial_for_user(),
            opts=with_fixed_id(self._options()),
        )

    def _user_options(self) -> pulumi.ResourceOptions:
        # AWS renames in place, and Pulumi keeps the id that it knows: the old name. Whatever is deleted by that name
        # afterwards, such as a key, would live on: https://github.com/pulumi/pulumi/issues/3729.
        read = self._reading
        renamed = pulumi.ResourceOptions(
            replace_on_changes=["name"],
            # A deployment after a refresh would take them away, and with them what the next rotation goes by.
            ignore_changes=[f'tags["{tag}"]' for tag in _TAGS_OF_ROTATE if tag not in read.settings.entity.tags],
        )
        account_id = read.input(lambda user: user.entity.account.account_id)
        checked = in_account(self._options(), self, read.settings.entity.account.partition, account_id)
        options = pulumi.ResourceOptions.merge(checked, renamed)
        if self._reading.settings.adopt:
            name = self._reading.settings.name
            return adopting(options, name, ["forceDestroy", "permissionsBoundary", "tags"])
        return options

    def _policies(self, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        name, settings = self._called, self._reading.settings
        document = self._reading.document("user policy", lambda user: user.document, self)
        options = with_fixed_id(self._options(after))
        if settings.policy_mode is UserPolicyMode.INLINE:
            return [
                iam.UserPolicy(f"{name}-{_POLICY}", name=_POLICY, user=self._user.name, policy=document, opts=options)
            ]
        group = iam.Group(
            f"{name}-group",
            name=settings.name,
            path=settings.entity.path,
            # As with the user.
            opts=pulumi.ResourceOptions.merge(
                self._options([self._user, *after]), pulumi.ResourceOptions(replace_on_changes=["name"])
            ),
        )
        self._reading.arn(lambda user: user.group_arn, group)
        policy = iam.GroupPolicy(f"{name}-{_POLICY}", name=_POLICY, group=group.name, policy=document, opts=options)
        membership = iam.UserGroupMembership(
            f"{name}-membership",
            user=self._user.name,
            groups=[group.name],
            opts=with_fixed_id(self._options([policy])),
        )
        return [policy, membership]

    def _nothing_else(self, after: Sequence[pulumi.Resource]) -> None:
        name, settings, options = self._called, self._reading.settings, self._options(after)
        inline = [_POLICY] if settings.policy_mode is UserPolicyMode.INLINE else []
        inline += [POLICY] if settings.suspended else []
        iam.UserPoliciesExclusive(f"{name}-only-policies", user_name=self._user.name, policy_names=inline, opts=options)
        iam.UserPolicyAttachmentsExclusive(
            f"{name}-only-attachments", user_name=self._user.name, policy_arns=[], opts=options
        )


def _settings(arguments: Arguments) -> UserSettings:
    entity = read_entity(arguments)
    name = arguments.required("user_name", names.entity_name, meaning="the name the user gets")
    roles = arguments.texts("roles", late(arns.role_arn))
    optional = {"may_tag_sessions": TAG_SESSION, "may_set_source_identity": SET_SOURCE_IDENTITY}
    extra = [action for argument, action in optional.items() if arguments.optional(argument, flag, default=False)]
    settings = read_user(arguments, entity, name, roles, (ASSUME_ROLE, *extra), read_networks(arguments))
    settings = replace(settings, adopt=read_adopt(arguments))
    if not roles and not arguments.failed:
        arguments.refuse(("roles",), None, "is missing or empty", "list the ARN of at least one role")
    arguments.no_others()
    return settings
