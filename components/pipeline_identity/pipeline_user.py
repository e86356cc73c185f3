"""The component `PipelineUser`: a user that may assume the roles it is given, and do nothing else."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import replace
from typing import TypedDict

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._component import Component
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import claim
from pipeline_identity._networks import read_networks
from pipeline_identity._reading.arguments import Arguments, flag
from pipeline_identity._reading.errors import Problems
from pipeline_identity._settings.entity import adopting, child_options, read_adopt, read_entity, with_fixed_id
from pipeline_identity._settings.suspension import POLICY, denial_for_user
from pipeline_identity._settings.user import UserPolicyMode, UserSettings, read_user
from pipeline_identity.keys.guards import KeyGuard
from pipeline_identity.keys.settings import Keys
from pipeline_identity.keys.slots import Slots, declare_slots
from pipeline_identity.trust.statement import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION

_POLICY = "assume-roles"


class PipelineUserArgs(TypedDict):
    """The arguments of a `PipelineUser`."""

    account_id: str
    """The AWS account the user is made in: its 12 digits, in quotes."""

    user_name: str
    """The user's name: 1 to 64 letters, digits and `+=,.@_-`."""

    roles: list[str]
    """ARNs of the roles that the user may assume, of its own and of other accounts. This is all it may do."""

    may_tag_sessions: NotRequired[bool]
    """Whether the user may tag its sessions (`sts:TagSession`), where the role's trust allows it. False by default."""

    may_set_source_identity: NotRequired[bool]
    """
    Whether the user may set the source identity of its sessions (`sts:SetSourceIdentity`), where the role's trust
    allows it. False by default.
    """

    source_ips: NotRequired[list[str]]
    """
    Public addresses or networks (CIDR) from which the user may assume its roles, such as `203.0.113.0/24`. Anywhere by
    default.
    """

    vpc_endpoints: NotRequired[list[str]]
    """VPC endpoints of STS through which the user may assume its roles, besides `source_ips`. None by default."""

    keys: NotRequired[Keys]
    """The user's access keys: their rotation, and how old they may become. One key, due after 90 days, by default."""

    suspended: NotRequired[str]
    """
    Since when the user is suspended, in UTC, such as `2026-11-25T16:30:00Z`: its keys are inactive, and it is denied
    everything. None by default.
    """

    user_policy_mode: NotRequired[UserPolicyMode]
    """What carries the user's policy: the user itself (`inline`, the default) or a `group`."""

    exclusive_policies: NotRequired[bool]
    """Whether policies that somebody else gives the user are taken away by the next deployment. False by default."""

    force_destroy: NotRequired[bool]
    """
    Whether keys, passwords and second factors that somebody else gave the user are deleted with it. False by default:
    AWS then refuses to delete the user.
    """

    path: NotRequired[str]
    """The user's IAM path, such as `/pipelines/`. `/` by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    permissions_boundary: NotRequired[str]
    """The ARN of a managed policy that limits what the user could ever do. None by default."""

    adopt: NotRequired[bool]
    """
    Whether the user exists already, and is taken over as it is. Set it for one deployment, which changes nothing of the
    user; without it, the next one changes what differs. False by default.
    """

    tags: NotRequired[dict[str, str]]
    """Tags of the user: at most 50. None by default."""


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
    Its secret. It is marked secret: Pulumi encrypts it in its state and does not show it. None unless `keys.secret` is
    `state`.
    """

    encrypted_secret_access_key: pulumi.Output[str | None]
    """
    Its secret, encrypted with the PGP key, in base64: `base64 -d | gpg -d` prints it. None unless `keys.secret` is
    `pgp`, and for a key that was made before it was.
    """

    key_store_arn: pulumi.Output[str | None]
    """The ARN of the secret or parameter with the key. None unless `keys.secret` is one of the stores."""

    key_ids: pulumi.Output[dict[str, str]]
    """The ids of all access keys that are made here, by slot: `first` and `second`."""

    key_statuses: pulumi.Output[dict[str, str]]
    """The status of each: `Active` or `Inactive`."""

    keys_created: pulumi.Output[dict[str, str]]
    """When each was made, in UTC."""

    keys_due: pulumi.Output[dict[str, str]]
    """The day on which each is due to be replaced."""

    next_key_due: pulumi.Output[str | None]
    """The first of these days, of the keys that are active."""

    key_overdue: pulumi.Output[bool]
    """Whether that day is over. It is compared with the day of the deployment, in UTC."""

    rotation_to_do: pulumi.Output[str]
    """What is left to do in the present step of the rotation."""

    def __init__(self, name: str, args: PipelineUserArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the user.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        settings = _read(name, args)
        super().__init__("pipeline-identity:index:PipelineUser", name, {}, opts)
        self.user = user = iam.User(
            name,
            name=settings.name,
            path=settings.entity.path,
            force_destroy=settings.force_destroy,
            permissions_boundary=settings.entity.permissions_boundary,
            tags=settings.entity.tags,
            opts=self._user_options(settings, opts),
        )
        # What denies comes first, and everything else after it.
        denials: list[pulumi.Resource] = []
        if settings.suspended:
            denials.append(self._denial(name, user, child_options(self, opts)))
        policies = [*denials, *self._policies(name, settings, user, opts, denials)]
        if settings.exclusive_policies:
            self._nothing_else(name, settings, user, child_options(self, opts, policies))
        # The keys come last: nobody gets one for a user whose policy could not be written. But what makes them inactive
        # waits for no policy that allows.
        before_keys = denials or policies
        slots = declare_slots(
            name,
            user,
            settings.arn,
            settings.keys,
            lambda after: child_options(self, opts, [*before_keys, *after]),
            KeyGuard(settings.name, self, suspended=settings.suspended is not None),
            tags=settings.entity.tags,
            suspended=settings.suspended is not None,
        )
        self._tell([user], user_name=settings.name, user_arn=settings.arn, user_policy=settings.document)
        self._tell_keys(slots)
        self._register()

    def _tell_keys(self, slots: Slots) -> None:
        self._tell(
            [],
            access_key_id=slots.id,
            secret_access_key=slots.secret,
            encrypted_secret_access_key=slots.encrypted_secret,
            key_store_arn=slots.store_arn,
            key_ids=slots.ids,
            key_statuses={slot: status.value for slot, status in slots.statuses.items()},
            keys_created=slots.created,
            keys_due=slots.due,
            next_key_due=slots.next_due,
            key_overdue=slots.overdue,
            rotation_to_do=slots.to_do,
        )

    def _denial(self, name: str, user: iam.User, options: pulumi.ResourceOptions) -> iam.UserPolicy:
        return iam.UserPolicy(
            f"{name}-{POLICY}", name=POLICY, user=user.name, policy=denial_for_user(), opts=with_fixed_id(options)
        )

    def _user_options(self, settings: UserSettings, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
        # AWS renames in place, and Pulumi keeps the id that it knows: the old name. Whatever is deleted by that name
        # afterwards, such as a key, would live on: https://github.com/pulumi/pulumi/issues/3729.
        renamed = pulumi.ResourceOptions(replace_on_changes=["name"])
        options = pulumi.ResourceOptions.merge(
            in_account(child_options(self, opts), self, settings.entity.account), renamed
        )
        if settings.adopt:
            return adopting(options, settings.name, ["forceDestroy", "permissionsBoundary", "tags"])
        return options

    def _policies(
        self,
        name: str,
        settings: UserSettings,
        user: iam.User,
        opts: pulumi.ResourceOptions | None,
        after: list[pulumi.Resource],
    ) -> list[pulumi.Resource]:
        options = with_fixed_id(child_options(self, opts, after))
        if settings.policy_mode is UserPolicyMode.INLINE:
            policy = settings.document
            return [iam.UserPolicy(f"{name}-{_POLICY}", name=_POLICY, user=user.name, policy=policy, opts=options)]
        group = iam.Group(
            f"{name}-group",
            name=settings.name,
            path=settings.entity.path,
            # As with the user.
            opts=pulumi.ResourceOptions.merge(
                child_options(self, opts, [user, *after]), pulumi.ResourceOptions(replace_on_changes=["name"])
            ),
        )
        policy = iam.GroupPolicy(
            f"{name}-{_POLICY}", name=_POLICY, group=group.name, policy=settings.document, opts=options
        )
        membership = iam.UserGroupMembership(
            f"{name}-membership",
            user=user.name,
            groups=[group.name],
            opts=with_fixed_id(child_options(self, opts, [policy])),
        )
        return [policy, membership]

    def _nothing_else(self, name: str, settings: UserSettings, user: iam.User, options: pulumi.ResourceOptions) -> None:
        inline = [_POLICY] if settings.policy_mode is UserPolicyMode.INLINE else []
        inline += [POLICY] if settings.suspended else []
        iam.UserPoliciesExclusive(f"{name}-only-policies", user_name=user.name, policy_names=inline, opts=options)
        iam.UserPolicyAttachmentsExclusive(
            f"{name}-only-attachments", user_name=user.name, policy_arns=[], opts=options
        )


def _read(name: str, args: PipelineUserArgs | UserSettings) -> UserSettings:
    if isinstance(args, UserSettings):
        return args
    problems = Problems()
    arguments = Arguments(args, problems)
    settings = _settings(arguments)
    claim(f"PipelineUser {name}", arguments, settings.claimed)
    problems.stop_if_any(f"PipelineUser {name}")
    return settings


def _settings(arguments: Arguments) -> UserSettings:
    entity = read_entity(arguments)
    name = arguments.required("user_name", names.entity_name, meaning="the name the user gets")
    roles = arguments.texts("roles", arns.role_arn)
    optional = {"may_tag_sessions": TAG_SESSION, "may_set_source_identity": SET_SOURCE_IDENTITY}
    extra = [action for argument, action in optional.items() if arguments.optional(argument, flag, default=False)]
    settings = read_user(arguments, entity, name, roles, (ASSUME_ROLE, *extra), read_networks(arguments))
    settings = replace(settings, adopt=read_adopt(arguments))
    if not roles and not arguments.failed:
        arguments.refuse(("roles",), None, "is missing or empty", "list the ARN of at least one role")
    arguments.no_others()
    return settings
