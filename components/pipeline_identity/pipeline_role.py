"""The component `PipelineRole`: a role that may do what its permissions say, for those its trust names."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, overload

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired, Unpack

from pipeline_identity._args import EntityArgs, PermissionsArgs
from pipeline_identity._arns import account_of, policy_path
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider
from pipeline_identity._life.account import in_account
from pipeline_identity._life.deployment import current
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity._reading.reading import Reading, read
from pipeline_identity._settings.entity import adopting, child_options, read_adopt, read_entity, with_fixed_id
from pipeline_identity._settings.role import RoleSettings, read_role
from pipeline_identity._settings.suspension import POLICY
from pipeline_identity.permissions.boundary import GeneratedBoundary
from pipeline_identity.trust.args import Trust

_CHANGEABLE = [
    "assumeRolePolicy",
    "description",
    "forceDetachPolicies",
    "maxSessionDuration",
    "permissionsBoundary",
    "tags",
]


class PipelineRoleArgs(EntityArgs, PermissionsArgs):
    """The arguments of a `PipelineRole`."""

    trust: Trust
    """Who may assume the role."""

    role_name: NotRequired[str]
    """The role's name: 1 to 64 letters, digits and `+=,.@_-`. The component's name and `-pipeline` by default."""

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

    @overload
    def __init__(self, name: str, args: PipelineRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineRoleArgs]
    ) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, reading: Reading[RoleSettings]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineRoleArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        reading: Reading[RoleSettings] | None = None,
        **named: Any,
    ) -> None:
        """Declares the role.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            reading: For components that make one: the settings, in place of arguments.
            named: The arguments by name, each described in `PipelineRoleArgs`: account_id, adopt, exclusive_policies,
                force_destroy, generated_boundary, large_policies, managed_policies, managed_policy_quota,
                max_session_duration, partition, path, permissions, permissions_boundary, policy_documents,
                role_description, role_name, starter_sets, suspended, tags, trust.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        if not reading:
            defaults = {"account_id": partial(account_of_provider, opts), "role_name": f"{name}-pipeline"}
            reading = read("PipelineRole", name, (args, named), _settings, defaults)
        in_part = reading.documents_in_part(lambda role: role.permissions.documents)
        shown = {"permissionsInPart": in_part} if in_part else {}
        super().__init__("pipeline-identity:index:PipelineRole", name, shown, opts)
        reading.announce(self)
        self._called, self._given_options, self._reading = name, opts, reading
        settings = reading.settings
        self._role = iam.Role(
            name,
            name=settings.name,
            path=settings.entity.path,
            assume_role_policy=reading.document("trust policy", lambda role: role.trust.document, self),
            description=settings.description,
            max_session_duration=settings.max_session_duration,
            force_detach_policies=settings.force_destroy,
            permissions_boundary=reading.input(lambda role: role.boundary_arn),
            tags=reading.input(lambda role: role.entity.tags),
            opts=self._role_options(),
        )
        # What denies comes first, and everything else after it.
        denials = self._denials()
        policies = [*denials, *self._inline(denials), *self._managed(denials)]
        if settings.exclusive_policies:
            self._nothing_else(policies)
        made = [self._role]
        self.role_name = reading.output(lambda role: role.name, made)
        self.role_arn = reading.arn(lambda role: role.arn, self._role)
        self.trust_policy = reading.output(lambda role: role.trust.document, made)
        self.permissions_policies = reading.output(lambda role: role.permissions.documents, [*made, *policies])
        self.permissions_boundary = reading.output(lambda role: role.boundary_arn, made)
        self.max_session_duration = reading.output(lambda role: role.max_session_duration, made)
        self.session_name = reading.output(lambda role: role.session_name, made)
        self._register()

    @property
    def role(self) -> iam.Role:
        """The IAM role."""
        return self._role

    def _options(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return child_options(self, self._given_options, after)

    def _role_options(self) -> pulumi.ResourceOptions:
        read, boundaries = self._reading, list[pulumi.Resource]()
        if read.settings.boundary:
            boundaries.append(declare_boundary(f"{self._called}-boundary", read, self._options(), self))
        entity = read.settings.entity
        account_id = read.input(lambda role: role.entity.account.account_id)
        options = in_account(self._options(boundaries), self, entity.account.partition, account_id)
        if read.settings.adopt:
            return adopting(options, read.settings.name, _CHANGEABLE)
        # A role that was adopted keeps the description that somebody gave it, unless another one is given here.
        options.ignore_changes = [] if read.settings.description else ["description"]
        return options

    def _denials(self) -> list[pulumi.Resource]:
        suspension = self._reading.settings.suspension
        if not suspension:
            return []
        options = with_fixed_id(self._options())
        denial = iam.RolePolicy(
            f"{self._called}-{POLICY}", name=POLICY, role=self._role.name, policy=suspension, opts=options
        )
        current().denials[self._called] = denial
        return [denial]

    def _inline(self, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        for policy in self._reading.settings.permissions.inline_documents:
            document = self._reading.document(
                f"policy {policy}", lambda role, policy=policy: role.permissions.inline_documents[policy], self
            )
            options = with_fixed_id(self._options(after))
            name = f"{self._called}-{policy}"
            made.append(iam.RolePolicy(name, name=policy, role=self._role.name, policy=document, opts=options))
        return made

    def _managed(self, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        name, read, settings = self._called, self._reading, self._reading.settings
        made: list[pulumi.Resource] = []
        for policy in settings.permissions.managed_documents:
            resource = iam.Policy(
                f"{name}-{policy}",
                name=settings.policy_name(policy),
                path=settings.entity.path,
                policy=read.document(
                    f"policy {policy}", lambda role, policy=policy: role.permissions.managed_documents[policy], self
                ),
                tags=read.input(lambda role: role.entity.tags),
                opts=self._options(after),
            )
            arn = read.input(lambda role, policy=policy: role.policy_arn(policy))
            read.arn(lambda role, policy=policy: role.policy_arn(policy), resource)
            made.append(self._attach(f"{name}-attach-{policy}", arn, self._options([resource])))
        return made + [self._attached(key, after) for key in settings.permissions.attached]

    def _attached(self, key: str, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Attaches an existing policy.

        The attachment is named by the policy, since AWS knows one attachment of a policy to a role: under another name
        it would be made again, which changes nothing, and then be deleted under the old one. Where the policy is an
        output it is named by its key. Each has the other's name as an alias, so that one can become the other.
        """
        by_key = f"{self._called}-attach-{key}"
        arn = self._reading.input(lambda role: role.permissions.attached[key])
        options = self._options(after)
        if isinstance(arn, str):
            options.aliases = [pulumi.Alias(name=by_key)]
            return self._attach(_by_policy(self._called, arn), arn, options)
        alias = pulumi.Output.from_input(arn).apply(lambda known: pulumi.Alias(name=_by_policy(self._called, known)))
        options.aliases = [alias]
        return self._attach(by_key, arn, options)

    def _attach(self, name: str, arn: pulumi.Input[str], options: pulumi.ResourceOptions) -> iam.RolePolicyAttachment:
        return iam.RolePolicyAttachment(name, role=self._role.name, policy_arn=arn, opts=with_fixed_id(options))

    def _nothing_else(self, after: Sequence[pulumi.Resource]) -> None:
        name, options, settings = self._called, self._options(after), self._reading.settings
        iam.RolePoliciesExclusive(
            f"{name}-only-policies",
            role_name=self._role.name,
            policy_names=[*settings.inline_documents],
            opts=options,
        )
        iam.RolePolicyAttachmentsExclusive(
            f"{name}-only-attachments",
            role_name=self._role.name,
            policy_arns=self._reading.input(lambda role: role.attached_arns),
            opts=options,
        )


def _by_policy(name: str, arn: str) -> str:
    return f"{name}-attach-{account_of(arn)}{policy_path(arn)}"


def declare_boundary(
    name: str, read: Reading[RoleSettings], options: pulumi.ResourceOptions, parent: pulumi.Resource
) -> iam.Policy:
    """Declares the permissions boundary that a role's settings ask for."""
    settings = read.settings
    policy = iam.Policy(
        name,
        name=settings.asked_boundary.policy_name,
        path=settings.entity.path,
        policy=read.document("permissions boundary", lambda role: role.asked_boundary.document, parent),
        tags=read.input(lambda role: role.entity.tags),
        opts=in_account(
            options,
            parent,
            settings.entity.account.partition,
            read.input(lambda role: role.entity.account.account_id),
        ),
    )
    read.arn(lambda role: role.asked_boundary.arn, policy)
    return policy


def _settings(arguments: Arguments) -> RoleSettings:
    settings = replace(read_role(arguments, read_entity(arguments)), adopt=read_adopt(arguments))
    arguments.no_others()
    return settings
