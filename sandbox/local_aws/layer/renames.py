"""``UpdateUser`` and ``UpdateGroup``: another name, another path, the same somebody.

Source: the calls of these names in the IAM API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator, entities, trust
from sandbox.local_aws.layer.calls import answer, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Params, Store


def update_user(params: Params) -> Answer:
    """Rename or move a user. Keys, policies, groups and the trust put in it stay."""
    old, new = value(params, "UserName"), value(params, "NewUserName")
    user = entities.user(old)
    if new and new != old:
        if new.lower() != old.lower():
            entities.check_unused(emulator.users, "User", new)
        _move_user(old, new)
        user["UserName"] = new
    user["Path"] = value(params, "NewPath") or user["Path"]
    before, user["Arn"] = user["Arn"], _arn("user", user["Path"], user["UserName"])
    trust.replace(before, user["Arn"])
    return answer("UpdateUser")


def update_group(params: Params) -> Answer:
    """Rename or move a group. Its users and policies stay."""
    old, new = value(params, "GroupName"), value(params, "NewGroupName")
    group = entities.group(old)
    if new and new != old:
        if new.lower() != old.lower():
            entities.check_unused(emulator.groups, "Group", new)
        _move(emulator.groups, old, new)
        _move(emulator.group_inline_policies, old, new)
        group["GroupName"] = new
    group["Path"] = value(params, "NewPath") or group["Path"]
    group["Arn"] = _arn("group", group["Path"], group["GroupName"])
    return answer("UpdateGroup")


def _move_user(old: str, new: str) -> None:
    for store in (emulator.users, emulator.user_inline_policies, emulator.login_profiles):
        _move(store, old, new)
    if new in emulator.login_profiles:
        emulator.login_profiles[new]["UserName"] = new
    for key in emulator.access_keys.values():
        if key["UserName"] == old:
            key["UserName"] = new
    for device in emulator.mfa_devices.values():
        if device.get("User") == old:
            device["User"] = new
    for group in emulator.groups.values():
        group["Users"] = [new if user == old else user for user in group["Users"]]


def _move(store: Store, old: str, new: str) -> None:
    record = store.pop(old, None)
    if record is not None:
        store[new] = record


def _arn(kind: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{emulator.account_of_request()}:{kind}{path}{name}"


CALLS = {"UpdateUser": update_user, "UpdateGroup": update_group}
