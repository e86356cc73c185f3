"""An identity's settings: what the component makes of its arguments, before anything exists."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Literal

from pipeline_identity import _names as names
from pipeline_identity._life.claims import Name
from pipeline_identity._profile import profile
from pipeline_identity._reading.arguments import Arguments, one_of
from pipeline_identity._settings.entity import Entity, read_entity
from pipeline_identity._settings.role import RoleSettings, read_role
from pipeline_identity._settings.role_account import RoleAccountSettings, read_role_account
from pipeline_identity._settings.user import UserPolicyMode, UserSettings, read_user
from pipeline_identity.trust.policy import OwnUser
from pipeline_identity.trust.statement import ASSUME_ROLE
from pipeline_identity.watch.settings import (
    LONGEST_NAME,
    Watched,
    WatchSettings,
    protected_arns,
    read_identity_watch,
    read_watch_name,
)


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


class AdoptedPart(str, Enum):
    """A part of an identity that exists already."""

    USER = "user"
    """The user."""

    ROLE = "role"
    """The role."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    IdentityModeInput = IdentityMode | Literal["keys", "keyless", "both"]
    AdoptedPartInput = AdoptedPart | Literal["user", "role"]
else:
    IdentityModeInput, AdoptedPartInput = IdentityMode, AdoptedPart


@dataclass(frozen=True)
class IdentitySettings:
    """The arguments of a `PipelineIdentity`, checked."""

    role: RoleSettings
    user: UserSettings | None
    role_account: RoleAccountSettings | None
    watch: WatchSettings | None = None

    @property
    def hands_over(self) -> bool:
        """Whether somebody else makes the role."""
        return self.role_account is not None and self.role_account.hand_over

    @property
    def claimed(self) -> list[Name]:
        """The names that user, role and watch have in AWS."""
        of_user = self.user.claimed if self.user else []
        of_role = [] if self.hands_over else self.role.claimed
        return [*of_user, *of_role, *(self.watch.claimed if self.watch else [])]

    def profile(self, name: str) -> str:
        """Text for the AWS configuration file."""
        external_ids = self.role_account.external_ids if self.role_account else ()
        return profile(
            name,
            self.role.arn,
            has_keys=self.user is not None,
            session_name=self.role.session_name,
            duration=self.role.max_session_duration,
            external_id=external_ids[0] if external_ids else None,
        )


def read_identity(arguments: Arguments, component: str) -> IdentitySettings:
    """Reads `PipelineIdentityArgs`; problems are noted with the arguments.

    Args:
        arguments: The arguments.
        component: The name of the component, from which that of its watch is made.
    """
    mode = arguments.optional("mode", one_of(IdentityMode), IdentityMode.KEYS)
    user_entity = read_entity(arguments)
    has_user = mode is not IdentityMode.KEYLESS
    user_name = _read_user_name(arguments, has_user=has_user)
    if mode is IdentityMode.BOTH and not arguments.given("trust"):
        arguments.refuse(("trust",), None, "is missing, so that nobody gets in without keys", "name one")
    role_account = _read_role_account(arguments, user_entity, has_user=has_user)
    adopted = arguments.texts("adopt", one_of(AdoptedPart))
    own_user = _own_user(arguments, user_entity, user_name, role_account) if has_user else None
    watch = arguments.section("watch")
    watch_name = read_watch_name(watch, component[:LONGEST_NAME]) if arguments.given("watch") else ""
    kept = protected_arns(user_entity.account, watch_name) if watch_name else []
    role = read_role(arguments, _role_entity(user_entity, role_account), own_user, kept)
    role = replace(role, adopt=AdoptedPart.ROLE in adopted)
    if mode is IdentityMode.BOTH and not role.trust.has_other_ways_in and not arguments.failed:
        arguments.refuse(
            ("trust",),
            None,
            "names nobody beside the user, so that nobody gets in without keys",
            "name one",
        )
    settings = IdentitySettings(role, None, role_account)
    if has_user:
        # A boundary made for the role is the user's too, where both are in one account.
        entity = user_entity if role_account else replace(user_entity, permissions_boundary=role.boundary_arn)
        actions = (ASSUME_ROLE, *role.trust.callers.extra_actions)
        user = read_user(arguments, entity, user_name, (role.arn,), actions, role.trust.callers.networks)
        settings = replace(settings, user=replace(user, adopt=AdoptedPart.USER in adopted))
    else:
        _leave_unused(arguments)
    if watch_name:
        watched = _watched(settings)
        made = read_identity_watch(watch, user_entity.account, watched, watch_name, user_entity.tags)
        settings = replace(settings, watch=made)
    arguments.no_others()
    return settings


def _watched(settings: IdentitySettings) -> Watched:
    # What is in another account cannot be seen from here.
    role_is_here = settings.role_account is None
    boundary = settings.role.boundary_arn if role_is_here else None
    return Watched(
        settings.user.arn if settings.user else None,
        settings.role.arn if role_is_here else None,
        [boundary] if boundary else [],
    )


def _read_user_name(arguments: Arguments, *, has_user: bool) -> str:
    if has_user:
        return arguments.required("user_name", names.entity_name, meaning="the name the user gets")
    arguments.optional("user_name", names.entity_name, None)
    return ""


def _own_user(arguments: Arguments, entity: Entity, name: str, role_account: RoleAccountSettings | None) -> OwnUser:
    mode = arguments.optional("user_policy_mode", one_of(UserPolicyMode), UserPolicyMode.INLINE)
    return OwnUser(
        arn=entity.account.user_arn(entity.path, name) if name else "",
        external_ids=role_account.external_ids if role_account else (),
        group_arn=entity.account.group_arn(entity.path, name) if name and mode is UserPolicyMode.GROUP else "",
    )


def _read_role_account(arguments: Arguments, user_entity: Entity, *, has_user: bool) -> RoleAccountSettings | None:
    section = arguments.section("role_account")
    if not arguments.given("role_account"):
        return None
    if not has_user:
        arguments.refuse(
            ("role_account",), None, "has no user to stand apart from", "set account_id to the role's account"
        )
    if arguments.given("generated_boundary"):
        arguments.refuse(
            ("generated_boundary",),
            None,
            "cannot be shared by two accounts",
            "name boundaries under permissions_boundary and role_account.permissions_boundary",
        )
    return read_role_account(section, user_entity.account)


def _role_entity(user_entity: Entity, role_account: RoleAccountSettings | None) -> Entity:
    if not role_account:
        return user_entity
    return replace(user_entity, account=role_account.account, permissions_boundary=role_account.permissions_boundary)


def _leave_unused(arguments: Arguments) -> None:
    # What only concerns the user may stay written while an identity moves to keyless and back.
    arguments.written("user_policy_mode", "keys")
