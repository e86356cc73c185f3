"""A role's settings: what the component makes of its arguments, before anything exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity import _names as names
from pipeline_identity._life.claims import Name
from pipeline_identity._reading.arguments import flag
from pipeline_identity._settings import session
from pipeline_identity._settings.suspension import POLICY, denial_for_role, moment
from pipeline_identity.permissions.boundary import Boundary, Others, read_boundary
from pipeline_identity.permissions.policy import Permissions, read_permissions
from pipeline_identity.trust.policy import read_trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity._reading.arguments import Arguments
    from pipeline_identity._settings.entity import Entity
    from pipeline_identity.trust.policy import OwnUser, TrustPolicy


@dataclass(frozen=True)
class RoleSettings:
    """The arguments of a `PipelineRole`, checked."""

    entity: Entity
    name: str
    permissions: Permissions
    trust: TrustPolicy
    max_session_duration: int
    boundary: Boundary | None
    exclusive_policies: bool
    force_destroy: bool
    adopt: bool
    description: str | None
    suspension: str | None
    """The policy that denies, while the pipeline is suspended."""

    @property
    def arn(self) -> str:
        """The role's ARN, known before the role exists."""
        return self.entity.account.role_arn(self.entity.path, self.name)

    @property
    def claimed(self) -> list[Name]:
        """The names that the role and the managed policies made for it have in AWS."""
        where = self.entity.account
        policies = [self.policy_name(policy) for policy in self.permissions.managed_documents]
        boundaries = [self.boundary.policy_name] if self.boundary else []
        found = [Name("managed policy", policy, where, "role_name") for policy in (*policies, *boundaries)]
        return [Name("role", self.name, where, "role_name"), *found]

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the role's permissions boundary, made here or not."""
        return self.boundary.arn if self.boundary else self.entity.permissions_boundary

    @property
    def asked_boundary(self) -> Boundary:
        """The boundary that is made for the role, where there is one."""
        assert self.boundary  # noqa: S101
        return self.boundary

    @property
    def attached_arns(self) -> list[str]:
        """The ARNs of all managed policies that the role has, those that are made for it first."""
        return [*map(self.policy_arn, self.permissions.managed), *self.permissions.attached.values()]

    @property
    def inline_documents(self) -> dict[str, str]:
        """The role's inline policies by name, with the one that denies while it is suspended."""
        suspension = {POLICY: self.suspension} if self.suspension else {}
        return {**self.permissions.inline_documents, **suspension}

    def policy_arn(self, policy: str) -> str:
        """The ARN of a managed policy that is made for the role."""
        return self.entity.account.policy_arn(self.entity.path, self.policy_name(policy))

    def policy_name(self, policy: str) -> str:
        """The name of a managed policy that is made for the role."""
        return f"{self.name}-{policy}"

    @property
    def session_name(self) -> str:
        """A name for sessions that the trust lets in."""
        return self.trust.session_name(names.default_session_name(self.name))


def read_role(
    arguments: Arguments, entity: Entity, own_user: OwnUser | None = None, protected: Sequence[str] = ()
) -> RoleSettings:
    """Reads what `PipelineRoleArgs` and `PipelineIdentityArgs` say about the role.

    Args:
        arguments: The arguments.
        entity: The role's account, path, boundary and tags.
        own_user: The user that is declared together with the role, if there is one.
        protected: What a boundary that is generated keeps the identity off, besides what its arguments name.
    """
    name = arguments.required("role_name", names.entity_name, meaning="the name the role gets")
    permissions = read_permissions(arguments, entity.account.partition)
    return RoleSettings(
        entity=entity,
        name=name,
        permissions=permissions,
        trust=read_trust(arguments, entity.account, entity.account.role_arn(entity.path, name), own_user),
        max_session_duration=arguments.optional(
            "max_session_duration", session.max_session_duration, session.SHORTEST_MAXIMUM
        ),
        boundary=_read_boundary(arguments, entity, name, permissions, (own_user, protected)),
        exclusive_policies=arguments.optional("exclusive_policies", flag, default=False),
        force_destroy=arguments.optional("force_destroy", flag, default=False),
        adopt=False,
        description=arguments.optional("role_description", names.description, None),
        suspension=_read_suspension(arguments, permissions, own_user),
    )


def _read_suspension(arguments: Arguments, permissions: Permissions, own_user: OwnUser | None) -> str | None:
    if POLICY in permissions.inline:
        arguments.refuse(("policy_documents", POLICY), None, "is the name of the policy that suspends", "take another")
    since = arguments.optional("suspended", moment, None)
    if since is None:
        return None
    return denial_for_role(since, has_other_ways_in=own_user is None or arguments.given("trust"))


def _read_boundary(
    arguments: Arguments,
    entity: Entity,
    role_name: str,
    permissions: Permissions,
    rest: tuple[OwnUser | None, Sequence[str]],
) -> Boundary | None:
    own_user, protected = rest
    section = arguments.section("generated_boundary")
    if not arguments.given("generated_boundary"):
        return None
    if entity.permissions_boundary:
        arguments.refuse(("generated_boundary",), None, "stands beside permissions_boundary", "keep one of the two")
    others = Others(
        [own_user.arn] if own_user and own_user.arn else [],
        [own_user.group_arn] if own_user and own_user.group_arn else [],
        protected,
    )
    return read_boundary(section, entity.account, entity.path, role_name, permissions, others)
