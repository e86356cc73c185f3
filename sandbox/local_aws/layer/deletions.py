"""What must be gone before a user or a group can go.

Source: ``DeleteUser`` and ``DeleteGroup`` in the IAM API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.calls import Rules
    from sandbox.local_aws.layer.emulator import Params


def bare_user(params: Params) -> None:
    """A user goes only without policies, groups, password and devices."""
    name = value(params, "UserName")
    if emulator.user_inline_policies.get(name):
        raise _conflict("must delete policies first.")
    if any(name in group["Users"] for group in emulator.groups.values()):
        raise _conflict("must remove users from group first.")
    if name in emulator.login_profiles:
        raise _conflict("must delete login profile first.")
    if any(device.get("User") == name for device in emulator.mfa_devices.values()):
        raise _conflict("must delete MFA device first.")


def empty_group(params: Params) -> None:
    """A group goes only without users and policies."""
    name = value(params, "GroupName")
    group = emulator.groups.get(name)
    if group is None:
        return
    if group["Users"]:
        raise _conflict("must remove users from group first.")
    if group["AttachedPolicies"]:
        raise _conflict("must detach all policies first.")
    if emulator.group_inline_policies.get(name):
        raise _conflict("must delete policies first.")


def _conflict(first: str) -> Refused:
    return Refused(409, "DeleteConflict", f"Cannot delete entity, {first}")


RULES: Rules = {"DeleteUser": (bare_user,), "DeleteGroup": (empty_group,)}
