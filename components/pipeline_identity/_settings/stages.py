"""The settings of a pipeline with several stages: one user, and a role for each stage."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_identity import _names as names
from pipeline_identity._networks import Networks
from pipeline_identity._profile import profile
from pipeline_identity._reading.arguments import Arguments, one_of
from pipeline_identity._settings.entity import read_adopt, read_entity
from pipeline_identity._settings.identity import IdentityMode
from pipeline_identity._settings.role import RoleSettings, read_role
from pipeline_identity._settings.role_account import RoleAccountSettings, read_role_account
from pipeline_identity._settings.user import UserPolicyMode, UserSettings, read_user
from pipeline_identity.trust.policy import OwnUser
from pipeline_identity.trust.statement import ASSUME_ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_identity._life.claims import Name
    from pipeline_identity._settings.entity import Entity

_STAGE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_OF_ALL_STAGES = ("suspended", "exclusive_policies", "force_destroy")


@dataclass(frozen=True)
class StageSettings:
    """One stage: its role, and the account of the role when it is another than the user's."""

    role: RoleSettings
    account: RoleAccountSettings | None

    @property
    def other_account(self) -> RoleAccountSettings:
        """The account of the role, asked for where it is another than the user's."""
        assert self.account  # noqa: S101 - asked for where there is one
        return self.account


@dataclass(frozen=True)
class StagesSettings:
    """The arguments of a `PipelineStages`, checked."""

    user: UserSettings | None
    stages: Mapping[str, StageSettings]

    @property
    def own_user(self) -> UserSettings:
        """The user, asked for where there is one."""
        assert self.user  # noqa: S101 - asked for where there is one
        return self.user

    @property
    def claimed(self) -> list[Name]:
        """The names that user and roles have in AWS."""
        of_roles = [name for stage in self.stages.values() for name in stage.role.claimed]
        return [*(self.user.claimed if self.user else []), *(replace(name, argument="stages") for name in of_roles)]

    @property
    def boundaries(self) -> dict[str, str]:
        """The ARNs of the roles' permissions boundaries, by stage, where there is one."""
        found = {name: stage.role.boundary_arn for name, stage in self.stages.items()}
        return {name: arn for name, arn in found.items() if arn}

    def profile(self, component: str) -> str:
        """Text for the AWS configuration file, a profile for each stage."""
        return "\n".join(
            profile(
                f"{component}-{name}",
                stage.role.arn,
                has_keys=self.user is not None,
                session_name=stage.role.session_name,
                duration=stage.role.max_session_duration,
                external_id=next(iter(stage.account.external_ids), None) if stage.account else None,
                keys=f"{component}-keys",
            )
            for name, stage in self.stages.items()
        )


def read_stages(arguments: Arguments, component: str) -> StagesSettings:
    """Reads `PipelineStagesArgs`; problems are noted with the arguments.

    Args:
        arguments: The arguments.
        component: The component's name, from which those of the roles are made.
    """
    mode = arguments.optional("mode", one_of(IdentityMode), IdentityMode.KEYS)
    entity = read_entity(arguments)
    has_user = mode is not IdentityMode.KEYLESS
    user_name = arguments.optional("user_name", names.entity_name, "")
    policy_mode = arguments.optional("user_policy_mode", one_of(UserPolicyMode), UserPolicyMode.INLINE)
    group = entity.account.group_arn(entity.path, user_name) if policy_mode is UserPolicyMode.GROUP else ""
    own_user = OwnUser(entity.account.user_arn(entity.path, user_name), group_arn=group) if has_user else None
    shared = arguments.written(*_OF_ALL_STAGES)
    section = arguments.section("stages")
    stages = {
        name: _read_stage(section.section(name), entity, own_user, {**shared, "role_name": f"{component}-{name}"})
        for name in section.everything()
    }
    if not stages:
        arguments.refuse(("stages",), None, "is missing or empty", "name at least one stage")
    for name, stage in stages.items():
        _check_stage(arguments, name, stage, needs_others=mode is IdentityMode.BOTH)
    settings = StagesSettings(None, stages)
    adopt = read_adopt(arguments)
    if has_user:
        user = _read_user(arguments, entity, user_name, stages)
        settings = replace(settings, user=replace(user, adopt=adopt))
    else:
        arguments.written("keys")
    arguments.no_others()
    return settings


def _check_stage(arguments: Arguments, name: str, stage: StageSettings, *, needs_others: bool) -> None:
    if not _STAGE.fullmatch(name):
        arguments.refuse(
            ("stages",), name, "is not a name for a stage, of which profiles and resources are called",
            "use 1 to 32 letters, digits, _ and -",
        )  # fmt: skip
    if needs_others and not stage.role.trust.has_other_ways_in and not arguments.failed:
        arguments.refuse(
            ("stages", name, "trust"), None, "names nobody beside the user, so that nobody gets in without keys",
            "name one",
        )  # fmt: skip


def _read_stage(
    written: Arguments, entity: Entity, own_user: OwnUser | None, defaults: Mapping[str, object]
) -> StageSettings:
    given = {name: default for name, default in defaults.items() if not written.given(name)}
    stage = Arguments({**given, **written.everything()}, written.problems, written.path, written.memory)
    account = None
    if stage.given("role_account"):
        account = read_role_account(stage.section("role_account"), entity.account)
        entity = replace(entity, account=account.account, permissions_boundary=account.permissions_boundary)
        if account.hand_over:
            stage.refuse(("role_account", "hand_over"), True, "has no place here", "declare a PipelineIdentity for it")
    if own_user and account:
        own_user = replace(own_user, external_ids=account.external_ids)
    role = replace(read_role(stage, entity, own_user), adopt=read_adopt(stage))
    stage.no_others()
    return StageSettings(role, account)


def _read_user(arguments: Arguments, entity: Entity, name: str, stages: Mapping[str, StageSettings]) -> UserSettings:
    callers = [stage.role.trust.callers for stage in stages.values()]
    actions = dict.fromkeys(action for one in callers for action in one.extra_actions)
    # Where all stages ask for the same networks, the user is bound to them at its own end as well.
    networks = callers[0].networks if callers and all(one.networks == callers[0].networks for one in callers) else None
    roles = tuple(stage.role.arn for stage in stages.values())
    return read_user(arguments, entity, name, roles, (ASSUME_ROLE, *actions), networks or Networks())
