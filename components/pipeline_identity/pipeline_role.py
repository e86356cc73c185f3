"""The component `PipelineRole`: a role that may do what its permissions say, for those its trust names."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import replace
from typing import TypedDict

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired

from pipeline_identity._arns import account_of, policy_path
from pipeline_identity._component import Component
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import claim
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity._reading.errors import Problems
from pipeline_identity._settings.entity import adopting, child_options, read_adopt, read_entity, with_fixed_id
from pipeline_identity._settings.role import RoleSettings, read_role
from pipeline_identity._settings.suspension import POLICY
from pipeline_identity.permissions.args import LargePolicies, Statement
from pipeline_identity.permissions.boundary import GeneratedBoundary
from pipeline_identity.permissions.starter_sets import StarterSets
from pipeline_identity.trust.args import Trust

_CHANGEABLE = [
    "assumeRolePolicy",
    "description",
    "forceDetachPolicies",
    "maxSessionDuration",
    "permissionsBoundary",
    "tags",
]


class PipelineRoleArgs(TypedDict):
    """The arguments of a `PipelineRole`."""

    account_id: str
    """The AWS account the role is made in: its 12 digits, in quotes."""

    role_name: str
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`."""

    trust: Trust
    """Who may assume the role."""

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
    """Whether policies that somebody else gives the role are taken away by the next deployment. False by default."""

    force_destroy: NotRequired[bool]
    """
    Whether policies that somebody else gave the role are taken off when it is deleted. False by default: AWS then
    refuses to delete the role.
    """

    max_session_duration: NotRequired[int]
    """The longest session that may be asked for, in seconds: 3,600 (the default) to 43,200."""

    path: NotRequired[str]
    """The IAM path of the role and of policies made for it, such as `/pipelines/`. `/` by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    permissions_boundary: NotRequired[str]
    """The ARN of a managed policy that limits what the role could ever do. None by default."""

    generated_boundary: NotRequired[GeneratedBoundary]
    """A permissions boundary that is made for the role. None by default."""

    suspended: NotRequired[str]
    """
    Since when the role is suspended, in UTC, such as `2026-11-25T16:30:00Z`: all its sessions are denied everything.
    None by default.
    """

    adopt: NotRequired[bool]
    """
    Whether the role exists already, and is taken over as it is. Set it for one deployment, which changes nothing;
    without it, the next one changes what differs. False by default.
    """

    tags: NotRequired[dict[str, str]]
    """Tags of the role and of policies made for it: at most 50. None by default."""


class PipelineRole(Component):
    """A role for a pipeline: typed permissions, trust in nobody but those who are named, limited sessions."""

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

    def __init__(self, name: str, args: PipelineRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the role.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        settings = _read(name, args)
        super().__init__("pipeline-identity:index:PipelineRole", name, {}, opts)
        role = iam.Role(
            name,
            name=settings.name,
            path=settings.entity.path,
            assume_role_policy=settings.trust.document,
            max_session_duration=settings.max_session_duration,
            force_detach_policies=settings.force_destroy,
            permissions_boundary=settings.boundary_arn,
            tags=settings.entity.tags,
            opts=self._role_options(name, settings, opts),
        )
        # What denies comes first, and everything else after it.
        denials = self._denials(name, settings, role, opts)
        policies = [
            *denials,
            *self._inline(name, settings, role, opts, denials),
            *self._managed(name, settings, role, opts, denials),
        ]
        if settings.exclusive_policies:
            self._nothing_else(name, settings, role, child_options(self, opts, policies))
        self._tell(
            [role],
            role_name=settings.name,
            role_arn=settings.arn,
            trust_policy=settings.trust.document,
            permissions_boundary=settings.boundary_arn,
            max_session_duration=settings.max_session_duration,
            session_name=settings.session_name,
        )
        self._tell([role, *policies], permissions_policies=settings.permissions.documents)
        self._register()

    def _role_options(
        self, name: str, settings: RoleSettings, opts: pulumi.ResourceOptions | None
    ) -> pulumi.ResourceOptions:
        boundaries: list[pulumi.Resource] = []
        if settings.boundary:
            boundaries.append(declare_boundary(f"{name}-boundary", settings, child_options(self, opts), self))
        options = in_account(child_options(self, opts, boundaries), self, settings.entity.account)
        return adopting(options, settings.name, _CHANGEABLE) if settings.adopt else options

    def _denials(
        self, name: str, settings: RoleSettings, role: iam.Role, opts: pulumi.ResourceOptions | None
    ) -> list[pulumi.Resource]:
        if not settings.suspension:
            return []
        options = with_fixed_id(child_options(self, opts))
        return [
            iam.RolePolicy(f"{name}-{POLICY}", name=POLICY, role=role.name, policy=settings.suspension, opts=options)
        ]

    def _inline(
        self,
        name: str,
        settings: RoleSettings,
        role: iam.Role,
        opts: pulumi.ResourceOptions | None,
        after: list[pulumi.Resource],
    ) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        for policy, text in settings.permissions.inline_documents.items():
            options = with_fixed_id(child_options(self, opts, after))
            made.append(iam.RolePolicy(f"{name}-{policy}", name=policy, role=role.name, policy=text, opts=options))
        return made

    def _managed(
        self,
        name: str,
        settings: RoleSettings,
        role: iam.Role,
        opts: pulumi.ResourceOptions | None,
        after: list[pulumi.Resource],
    ) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        for policy, text in settings.permissions.managed_documents.items():
            resource = iam.Policy(
                f"{name}-{policy}",
                name=settings.policy_name(policy),
                path=settings.entity.path,
                policy=text,
                tags=settings.entity.tags,
                opts=child_options(self, opts, after),
            )
            options = child_options(self, opts, [resource])
            made.append(self._attach(f"{name}-attach-{policy}", settings.policy_arn(policy), role, options))
        for key, arn in settings.permissions.attached.items():
            options = child_options(self, opts, after)
            # Named by the policy, since AWS knows one attachment of a policy to a role: under another name it would be
            # made again, which changes nothing, and then be deleted under the old one. The alias is its former name.
            options.aliases = [pulumi.Alias(name=f"{name}-attach-{key}")]
            made.append(self._attach(f"{name}-attach-{account_of(arn)}{policy_path(arn)}", arn, role, options))
        return made

    def _attach(self, name: str, arn: str, role: iam.Role, options: pulumi.ResourceOptions) -> iam.RolePolicyAttachment:
        return iam.RolePolicyAttachment(name, role=role.name, policy_arn=arn, opts=with_fixed_id(options))

    def _nothing_else(self, name: str, settings: RoleSettings, role: iam.Role, options: pulumi.ResourceOptions) -> None:
        iam.RolePoliciesExclusive(
            f"{name}-only-policies", role_name=role.name, policy_names=[*settings.inline_documents], opts=options
        )
        made = [settings.policy_arn(policy) for policy in settings.permissions.managed]
        iam.RolePolicyAttachmentsExclusive(
            f"{name}-only-attachments",
            role_name=role.name,
            policy_arns=[*made, *settings.permissions.attached.values()],
            opts=options,
        )


def declare_boundary(
    name: str, settings: RoleSettings, options: pulumi.ResourceOptions, parent: pulumi.Resource
) -> iam.Policy:
    """Declares the permissions boundary that a role's settings ask for."""
    boundary = settings.boundary
    assert boundary  # noqa: S101 - called where there is one
    return iam.Policy(
        name,
        name=boundary.policy_name,
        path=settings.entity.path,
        policy=boundary.document,
        tags=settings.entity.tags,
        opts=in_account(options, parent, settings.entity.account),
    )


def _read(name: str, args: PipelineRoleArgs | RoleSettings) -> RoleSettings:
    if isinstance(args, RoleSettings):
        return args
    problems = Problems()
    arguments = Arguments(args, problems)
    settings = replace(read_role(arguments, read_entity(arguments)), adopt=read_adopt(arguments))
    arguments.no_others()
    claim(f"PipelineRole {name}", arguments, settings.claimed)
    problems.stop_if_any(f"PipelineRole {name}")
    return settings
