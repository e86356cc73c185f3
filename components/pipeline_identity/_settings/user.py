"""A user's settings: what the component makes of its arguments, before anything exists."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pipeline_identity._documents import (
    KEPT_FOR_SUSPENSION,
    LARGEST_GROUP_POLICIES,
    LARGEST_USER_POLICIES,
    document,
)
from pipeline_identity._life.claims import Name
from pipeline_identity._networks import Networks
from pipeline_identity._reading.arguments import Arguments, flag, one_of
from pipeline_identity._reading.tokens import is_late
from pipeline_identity._settings.entity import Entity
from pipeline_identity._settings.suspension import moment
from pipeline_identity.keys.settings import KeySettings, read_keys
from pipeline_identity.permissions.statement import PolicyStatement


class UserPolicyMode(str, Enum):
    """What carries the user's policy."""

    INLINE = "inline"
    """The user itself: the policy is of this user alone, and is deleted with it."""

    GROUP = "group"
    """A group with this user in it, as some audits want it."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    UserPolicyModeInput = UserPolicyMode | Literal["inline", "group"]
else:
    UserPolicyModeInput = UserPolicyMode


@dataclass(frozen=True)
class UserSettings:
    """The arguments of a `PipelineUser`, checked."""

    entity: Entity
    name: str
    roles: tuple[str, ...]
    actions: tuple[str, ...]
    networks: Networks
    policy_mode: UserPolicyMode
    exclusive_policies: bool
    force_destroy: bool
    adopt: bool
    keys: KeySettings
    suspended: str | None

    @property
    def arn(self) -> str:
        """The user's ARN, known before the user exists."""
        return self.entity.account.user_arn(self.entity.path, self.name)

    @property
    def group_arn(self) -> str:
        """The ARN of the group that carries the user's policy, where one does."""
        return self.entity.account.group_arn(self.entity.path, self.name)

    @property
    def claimed(self) -> list[Name]:
        """The names that the user and what belongs to it have in AWS."""
        where = self.entity.account
        found = [Name("user", self.name, where, "user_name")]
        if self.policy_mode is UserPolicyMode.GROUP:
            found.append(Name("group", self.name, where, "user_name"))
        if self.keys.secret.is_store:
            found.append(Name(f"key in {self.keys.secret.value}", self.keys.store_name, where, "keys"))
        return found

    @cached_property
    def document(self) -> str:
        """The user's only policy."""
        statements = [
            PolicyStatement(
                sid=f"AssumePipelineRoles{number if number > 1 else ''}",
                actions=self.actions,
                resources=self.roles,
                conditions=way,
            )
            for number, way in enumerate(self.networks.alternatives, start=1)
        ]
        return document(statement.to_json() for statement in statements)


def read_user(
    arguments: Arguments,
    entity: Entity,
    name: str,
    roles: tuple[str, ...],
    actions: tuple[str, ...],
    networks: Networks,
) -> UserSettings:
    """Reads what `PipelineUserArgs` and `PipelineIdentityArgs` say about the user besides its name and its roles."""
    suspended = arguments.optional("suspended", moment, None)
    settings = UserSettings(
        entity=entity,
        name=name,
        roles=roles,
        actions=actions,
        networks=networks,
        policy_mode=arguments.optional("user_policy_mode", one_of(UserPolicyMode), UserPolicyMode.INLINE),
        exclusive_policies=arguments.optional("exclusive_policies", flag, default=False),
        force_destroy=arguments.optional("force_destroy", flag, default=False),
        adopt=False,
        keys=read_keys(arguments.section("keys"), entity.path, name, suspended=suspended is not None),
        suspended=suspended,
    )
    is_inline = settings.policy_mode is UserPolicyMode.INLINE
    largest = LARGEST_USER_POLICIES if is_inline else LARGEST_GROUP_POLICIES
    size = len(settings.document) + (KEPT_FOR_SUSPENSION if is_inline else 0)
    if not arguments.failed and not is_late(settings.document) and size > largest:
        arguments.refuse(
            ("roles",),
            None,
            f"make policies of {size} characters, with those that suspend",
            f"name fewer roles: AWS takes {largest} characters here",
        )
    return settings
