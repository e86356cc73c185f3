"""The component `PipelineIdentity`: a pipeline's role, and the user from which the pipeline starts, if it needs one."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import replace
from typing import TypedDict

import pulumi
from typing_extensions import NotRequired

from pipeline_identity._component import Component, outputs_of
from pipeline_identity._hand_over import hand_over_commands, hand_over_document
from pipeline_identity._life.claims import claim
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity._reading.errors import Problems
from pipeline_identity._settings.entity import child_options, settled
from pipeline_identity._settings.identity import AdoptedPart, IdentityMode, IdentitySettings, read_identity
from pipeline_identity._settings.role_account import RoleAccount
from pipeline_identity._settings.user import UserPolicyMode
from pipeline_identity.keys.settings import Keys
from pipeline_identity.permissions.args import LargePolicies, Statement
from pipeline_identity.permissions.boundary import GeneratedBoundary
from pipeline_identity.permissions.starter_sets import StarterSets
from pipeline_identity.pipeline_role import PipelineRole, declare_boundary
from pipeline_identity.pipeline_user import PipelineUser
from pipeline_identity.trust.args import Trust


class PipelineIdentityArgs(TypedDict):
    """The arguments of a `PipelineIdentity`."""

    account_id: str
    """The AWS account that user and role are made in: its 12 digits, in quotes."""

    role_name: str
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`."""

    mode: NotRequired[IdentityMode]
    """What the pipeline starts from: `keys` (the default), `keyless` or `both`."""

    user_name: NotRequired[str]
    """The user's name: 1 to 64 letters, digits and `+=,.@_-`. Required unless the mode is `keyless`; not used then."""

    trust: NotRequired[Trust]
    """Who may assume the role besides the identity's own user. Nobody by default; required when keyless or both."""

    permissions: NotRequired[list[Statement]]
    """
    What the role may do, as statements. Something must say what it may do: this, `starter_sets`, `policy_documents` or
    `managed_policies`.
    """

    starter_sets: NotRequired[StarterSets]
    """What the role may do, for usual deployments. None by default."""

    policy_documents: NotRequired[dict[str, str]]
    """
    What the role may do, as policy documents in JSON. The keys become the names of inline policies. None by default.
    """

    managed_policies: NotRequired[dict[str, str]]
    """ARNs of existing managed policies that the role gets, under keys that you choose. None by default."""

    large_policies: NotRequired[LargePolicies]
    """What happens to permissions above the 10,240 characters that AWS takes inline. They are refused by default."""

    managed_policy_quota: NotRequired[int]
    """
    How many managed policies the account takes for one role: 10 (the default), or up to 25 where AWS has raised the
    quota.
    """

    exclusive_policies: NotRequired[bool]
    """
    Whether policies that somebody else gives user or role are taken away by the next deployment. False by default.
    """

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

    user_policy_mode: NotRequired[UserPolicyMode]
    """What carries the user's policy: the user itself (`inline`, the default) or a `group`."""

    force_destroy: NotRequired[bool]
    """
    Whether keys, passwords, second factors and policies that somebody else gave user or role go with them when they are
    deleted. False by default: AWS then refuses to delete them.
    """

    max_session_duration: NotRequired[int]
    """The longest session that may be asked for, in seconds: 3,600 (the default) to 43,200."""

    path: NotRequired[str]
    """The IAM path of everything that is made, such as `/pipelines/`. `/` by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    permissions_boundary: NotRequired[str]
    """The ARN of a managed policy that limits what user and role could ever do. None by default."""

    generated_boundary: NotRequired[GeneratedBoundary]
    """A permissions boundary that is made for user and role. None by default."""

    role_account: NotRequired[RoleAccount]
    """The account of the role, when it is another than the user's. `account_id` by default."""

    adopt: NotRequired[list[AdoptedPart]]
    """
    What exists already, and is taken over as it is. Set it for one deployment, which changes nothing of it; without it,
    the next one changes what differs. Nothing by default.
    """

    tags: NotRequired[dict[str, str]]
    """Tags of everything that can have them: at most 50. None by default."""


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
    Its secret. It is marked secret: Pulumi encrypts it in its state and does not show it. None when keyless, and unless
    `keys.secret` is `state`.
    """

    encrypted_secret_access_key: pulumi.Output[str | None]
    """
    Its secret, encrypted with the PGP key, in base64: `base64 -d | gpg -d` prints it. None unless `keys.secret` is
    `pgp`, and for a key that was made before it was.
    """

    key_store_arn: pulumi.Output[str | None]
    """The ARN of the secret or parameter with the key. None unless `keys.secret` is one of the stores."""

    key_ids: pulumi.Output[dict[str, str] | None]
    """The ids of all access keys that are made here, by slot: `first` and `second`. None when keyless."""

    key_statuses: pulumi.Output[dict[str, str] | None]
    """The status of each: `Active` or `Inactive`. None when keyless."""

    keys_created: pulumi.Output[dict[str, str] | None]
    """When each was made, in UTC. None when keyless."""

    keys_due: pulumi.Output[dict[str, str] | None]
    """The day on which each is due to be replaced. None when keyless."""

    next_key_due: pulumi.Output[str | None]
    """The first of these days, of the keys that are active. None when keyless."""

    key_overdue: pulumi.Output[bool | None]
    """Whether that day is over. It is compared with the day of the deployment, in UTC. None when keyless."""

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
    """The role as JSON, for an administrator who makes it. None unless `role_account.hand_over` is true."""

    hand_over_commands: pulumi.Output[str | None]
    """Commands of the AWS CLI that make the role. None unless `role_account.hand_over` is true."""

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
        claim(f"PipelineIdentity {name}", arguments, settings.claimed)
        problems.stop_if_any(f"PipelineIdentity {name}")
        super().__init__("pipeline-identity:index:PipelineIdentity", name, {}, opts)
        options, settings = self._with_boundary(name, settings, opts)
        user = PipelineUser(name, settled(settings.user), options) if settings.user else None
        if user:
            self._pass_on(user)
        else:
            self._tell([], **{output: None for output, _ in outputs_of(PipelineUser)})
        self._tell([], **_handed_over(settings))
        after: list[pulumi.Resource] = []
        if not settings.hands_over:
            role = PipelineRole(name, settled(settings.role), self._role_options(name, settings, options, user))
            self._pass_on(role)
            after = [role]
        self._tell(after, profile=settings.profile(name))
        self._register()

    def _with_boundary(
        self, name: str, settings: IdentitySettings, opts: pulumi.ResourceOptions | None
    ) -> tuple[pulumi.ResourceOptions, IdentitySettings]:
        if not settings.role.boundary:
            return child_options(self, opts), settings
        # User and role are both under it, so it is made before either.
        boundary = declare_boundary(f"{name}-boundary", settings.role, child_options(self, opts), self)
        entity = replace(settings.role.entity, permissions_boundary=settings.role.boundary.arn)
        role = replace(settings.role, entity=entity, boundary=None)
        return child_options(self, opts, [boundary]), replace(settings, role=role)

    def _role_options(
        self, name: str, settings: IdentitySettings, options: pulumi.ResourceOptions, user: PipelineUser | None
    ) -> pulumi.ResourceOptions:
        # IAM refuses a trust policy that names a user who does not exist yet. It needs no key of that user: a change of
        # the role, of what denies above all, must not wait for a key that cannot be made.
        options = child_options(self, options, [user.user] if user else [])
        if settings.role_account:
            options.provider = settings.role_account.provider(f"{name}-role-account", self)
        return options


def _handed_over(settings: IdentitySettings) -> dict[str, object]:
    """What is told of a role that somebody else makes, and that none is left to somebody else."""
    role = settings.role
    if not settings.hands_over:
        return {"hand_over_document": None, "hand_over_commands": None}
    return {
        "role_name": role.name,
        "role_arn": role.arn,
        "trust_policy": role.trust.document,
        "permissions_policies": role.permissions.documents,
        "permissions_boundary": role.boundary_arn,
        "max_session_duration": role.max_session_duration,
        "session_name": role.session_name,
        "hand_over_document": hand_over_document(role),
        "hand_over_commands": hand_over_commands(role),
    }
