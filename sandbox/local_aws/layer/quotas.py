"""How much of everything there may be.

Source: "IAM and STS quotas" in the IAM user guide; the quotas are the defaults.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.local_aws.layer.calls import Rule, Rules
    from sandbox.local_aws.layer.emulator import Params, Store

_KEYS = 2
_ATTACHED = 10
_GROUPS = 10
_MANAGED_CHARACTERS = 6144
_INLINE_CHARACTERS = {"user": 2048, "role": 10240, "group": 5120}
_WHITE_SPACE = re.compile(r"\s+")


def keys_of_a_user(params: Params) -> None:
    """A user has two access keys at most, inactive ones counted."""
    name = value(params, "UserName")
    if sum(key["UserName"] == name for key in emulator.access_keys.values()) >= _KEYS:
        raise _exceeded("AccessKeysPerUser", _KEYS)


def groups_of_a_user(params: Params) -> None:
    """A user is in ten groups at most."""
    name = value(params, "UserName")
    joined = [key for key, group in emulator.groups.items() if name in group["Users"]]
    if value(params, "GroupName") not in joined and len(joined) >= _GROUPS:
        raise _exceeded("GroupsPerUser", _GROUPS)


def managed_document(params: Params) -> None:
    """A managed policy has 6,144 characters at most, white space not counted."""
    document = value(params, "PolicyDocument")
    if _size(document) > _MANAGED_CHARACTERS:
        raise _exceeded("PolicySize", _MANAGED_CHARACTERS)


def attached_to(kind: str, store: Store) -> Rule:
    """A rule that an entity has ten managed policies at most."""

    def rule(params: Params) -> None:
        entity = store.get(value(params, f"{kind}Name")) or {"AttachedPolicies": []}
        attached = entity["AttachedPolicies"]
        if value(params, "PolicyArn") not in attached and len(attached) >= _ATTACHED:
            raise _exceeded(f"PoliciesPer{kind}", _ATTACHED)

    return rule


def inline_in(kind: str) -> Rule:
    """A rule that the inline policies of an entity, taken together, are not too long."""

    def rule(params: Params) -> None:
        name, document = value(params, f"{kind}Name"), value(params, "PolicyDocument")
        others = {key: text for key, text in _inline(kind, name).items() if key != value(params, "PolicyName")}
        most = _INLINE_CHARACTERS[kind.lower()]
        if _size(document) + sum(_size(text) for text in others.values()) > most:
            raise Refused(
                409, "LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind.lower()} {name}"
            )

    return rule


def _inline(kind: str, name: str) -> Mapping[str, str]:
    if kind == "Role":
        return (emulator.roles.get(name) or {}).get("InlinePolicies") or {}
    store = emulator.user_inline_policies if kind == "User" else emulator.group_inline_policies
    return store.get(name) or {}


def _size(document: str) -> int:
    return len(_WHITE_SPACE.sub("", document))


def _exceeded(quota: str, most: int) -> Refused:
    return Refused(409, "LimitExceeded", f"Cannot exceed quota for {quota}: {most}")


RULES: Rules = {
    "CreateAccessKey": (keys_of_a_user,),
    "AddUserToGroup": (groups_of_a_user,),
    "CreatePolicy": (managed_document,),
    "CreatePolicyVersion": (managed_document,),
    "AttachUserPolicy": (attached_to("User", emulator.users),),
    "AttachRolePolicy": (attached_to("Role", emulator.roles),),
    "AttachGroupPolicy": (attached_to("Group", emulator.groups),),
    "PutUserPolicy": (inline_in("User"),),
    "PutRolePolicy": (inline_in("Role"),),
    "PutGroupPolicy": (inline_in("Group"),),
}
