"""Users, roles and groups as ministack keeps them, and that a name is given once, whatever its case.

Source: "IAM and STS quotas" in the IAM user guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.local_aws.layer.calls import Rule, Rules
    from sandbox.local_aws.layer.emulator import Record, Store


def user(name: str) -> Record:
    """The user of this name in the account of the request.

    Raises:
        Refused: There is none.
    """
    return _existing(emulator.users, "user", name)


def role(name: str) -> Record:
    """The role of this name in the account of the request.

    Raises:
        Refused: There is none.
    """
    return _existing(emulator.roles, "role", name)


def group(name: str) -> Record:
    """The group of this name in the account of the request.

    Raises:
        Refused: There is none.
    """
    return _existing(emulator.groups, "group", name)


def check_unused(store: Store, kind: str, name: str) -> None:
    """Reject a name that an entity of its kind has already: IAM tells them apart without regard to case.

    Raises:
        Refused: Another one has the name.
    """
    if name.lower() in {str(entity[f"{kind}Name"]).lower() for entity in store.values()}:
        raise Refused(409, "EntityAlreadyExists", f"{kind} with name {name} already exists.")


def with_arn(account_id: str, arn: str) -> Record | None:
    """The user or role with this ARN, path included."""
    name = arn.rpartition("/")[2]
    for store in (emulator.users, emulator.roles):
        found = store.get_scoped(account_id, None, name)
        if found is not None and found["Arn"] == arn:
            return found
    return None


def with_unique_id(unique_id: str) -> Record | None:
    """The user or role of any account with this unique id."""
    for store, key in ((emulator.users, "UserId"), (emulator.roles, "RoleId")):
        for found in store.to_dict().values():
            if found[key] == unique_id:
                return found
    return None


def role_of_session(session_arn: str) -> Record | None:
    """The role of a session, by the session's ARN; None when it is none, or its role is gone."""
    _, separator, role_and_name = session_arn.partition(":assumed-role/")
    if not separator:
        return None
    return emulator.roles.get_scoped(session_arn.split(":")[4], None, role_and_name.partition("/")[0])


def all_roles() -> Iterator[Record]:
    """The roles of every account."""
    yield from emulator.roles.to_dict().values()


def _existing(store: Store, kind: str, name: str) -> Record:
    found = store.get(name)
    if found is None:
        raise Refused(404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.")
    return found


def _unused(kind: str, store: Store) -> Rule:
    return lambda params: check_unused(store, kind, value(params, f"{kind}Name"))


RULES: Rules = {
    "CreateUser": (_unused("User", emulator.users),),
    "CreateRole": (_unused("Role", emulator.roles),),
    "CreateGroup": (_unused("Group", emulator.groups),),
}
