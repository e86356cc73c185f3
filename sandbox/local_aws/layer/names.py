"""What IAM accepts as a name, a path and a session length.

Source: "IAM and STS quotas" in the IAM user guide, and the patterns in the IAM API reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.calls import Rule, Rules
    from sandbox.local_aws.layer.emulator import Params, Store

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[!-\x7e]+/")
_LONGEST_PATH = 512
_SHORTEST_MAXIMUM, _LONGEST_MAXIMUM = 3600, 43200


def name_of(parameter: str, longest: int) -> Rule:
    """A rule that a name has the characters and the length AWS accepts."""

    def rule(params: Params) -> None:
        name = value(params, parameter)
        if not name:
            return
        member = parameter[0].lower() + parameter[1:]
        if len(name) > longest:
            raise _invalid(
                f"Value at '{member}' failed to satisfy constraint: Member must have length less than or "
                f"equal to {longest}"
            )
        if not _NAME.fullmatch(name):
            raise Refused(
                400,
                "ValidationError",
                f"The specified value for {member} is invalid. It must contain only "
                "alphanumeric characters and/or the following: +=,.@_-",
            )

    return rule


def nobody_elses(parameter: str, store: Store, kind: str) -> Rule:
    """A rule that nobody has the name: users, roles and groups are told apart without regard to case."""

    def rule(params: Params) -> None:
        name = value(params, parameter)
        if name.lower() in {entity[parameter.removeprefix("New")].lower() for entity in store.values()}:
            raise Refused(409, "EntityAlreadyExists", f"{kind} with name {name} already exists.")

    return rule


def path(params: Params) -> None:
    """A path starts and ends with a slash."""
    given = value(params, "Path") or value(params, "NewPath")
    if given and (len(given) > _LONGEST_PATH or not _PATH.fullmatch(given)):
        raise Refused(
            400,
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / "
            "and contain only alphanumeric characters and/or / characters.",
        )


def maximum_session(params: Params) -> None:
    """A role's maximum session is between one and twelve hours."""
    given = value(params, "MaxSessionDuration")
    if not given:
        return
    seconds = int(given) if given.isdecimal() else 0
    if not _SHORTEST_MAXIMUM <= seconds <= _LONGEST_MAXIMUM:
        bound = f"less than or equal to {_LONGEST_MAXIMUM}"
        if seconds < _SHORTEST_MAXIMUM:
            bound = f"greater than or equal to {_SHORTEST_MAXIMUM}"
        raise _invalid(
            f"Value '{given}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value {bound}"
        )


def _invalid(problem: str) -> Refused:
    return Refused(400, "ValidationError", f"1 validation error detected: {problem}")


_USER = name_of("UserName", 64)
_ROLE = name_of("RoleName", 64)
_GROUP = name_of("GroupName", 128)
_POLICY = name_of("PolicyName", 128)

RULES: Rules = {
    "CreateUser": (_USER, path, nobody_elses("UserName", emulator.users, "User")),
    "CreateRole": (_ROLE, path, maximum_session, nobody_elses("RoleName", emulator.roles, "Role")),
    "CreateGroup": (_GROUP, path, nobody_elses("GroupName", emulator.groups, "Group")),
    "CreatePolicy": (_POLICY, path),
    "CreateInstanceProfile": (name_of("InstanceProfileName", 128), path),
    "PutUserPolicy": (_POLICY,),
    "PutRolePolicy": (_POLICY,),
    "PutGroupPolicy": (_POLICY,),
    "UpdateRole": (maximum_session,),
}
