"""The ARN of what a call is about: of IAM with its path, of others where ministack finds none, or another.

ministack judges permissions on IAM by an ARN without the path, so a policy on ``user/ci/*`` would allow nothing, and
by ``*`` for identity providers and instance profiles. Calls on tags name what they are about as ``ResourceArn``, which
it looks for in some services alone; rules on the default event bus have no bus in their ARN, whether a call names them
as ``Name`` or as ``Rule``. Source: "Actions, resources, and condition keys" of IAM, Amazon SNS and Amazon EventBridge
in the Service Authorization Reference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Store

    Extract = Callable[..., str]

_NAMED: tuple[tuple[str, str, Store], ...] = (
    ("RoleName", "role", emulator.roles),
    ("UserName", "user", emulator.users),
    ("GroupName", "group", emulator.groups),
    ("InstanceProfileName", "instance-profile", emulator.instance_profiles),
)
_GIVEN = ("OpenIDConnectProviderArn", "SAMLProviderArn", "PolicyArn")
# These name a user, and are about the group.
_ABOUT_THE_GROUP = ("AddUserToGroup", "RemoveUserFromGroup")
# These name a role, and are about the instance profile.
_ABOUT_THE_PROFILE = ("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile")
_MAKES = {
    "CreateRole": "role",
    "CreateUser": "user",
    "CreateGroup": "group",
    "CreateInstanceProfile": "instance-profile",
}


def install() -> None:
    """Put the right ARN in the place of ministack's."""
    emulator.replace("core.iam_actions", "extract_resource_arn", _with_path)


def _with_path(original: Extract) -> Extract:
    def extract_resource_arn(service: str, *arguments: Any) -> str:
        if service != "iam":
            found = original(service, *arguments)
            if service == "events":
                found = _of_events(found, _target(arguments[2]), _fields(arguments[3]), str(arguments[5]))
            return _of_tags(arguments[3], cast("dict[str, Any]", arguments[4])) or found if found == "*" else found
        # The original is asked in any case: others listen to it.
        found = original(service, *arguments)
        return _arn(cast("dict[str, Any]", arguments[4])) or found

    return extract_resource_arn


def _arn(params: dict[str, Any]) -> str | None:
    action = _first(params, "Action")
    account = f"arn:aws:iam::{emulator.account_of_request()}"
    for parameter, kind, store in _NAMED:
        name = _first(params, parameter)
        if not name or (parameter == "UserName" and action in _ABOUT_THE_GROUP):
            continue
        if parameter == "RoleName" and action in _ABOUT_THE_PROFILE:
            continue
        entity = store.get(name)
        if entity is not None:
            return str(entity["Arn"])
        # One that is to be made says where it will be.
        path = _first(params, "Path") if _MAKES.get(action) == kind else ""
        return f"{account}:{kind}{path or '/'}{name}"
    if action == "CreatePolicy":
        return f"{account}:policy{_first(params, 'Path') or '/'}{_first(params, 'PolicyName')}"
    if action == "CreateOpenIDConnectProvider":
        return f"{account}:oidc-provider/{_first(params, 'Url').removeprefix('https://')}"
    return next((_first(params, given) for given in _GIVEN if _first(params, given)), None)


_OF_TAGS = ("ResourceArn", "ResourceARN", "resourceArn")


def _of_tags(body: bytes, params: dict[str, Any]) -> str:
    """The ARN that a call on tags names, in its parameters or its JSON; "" where it names none."""
    given = {**_fields(body), **params}
    return next((_first(given, one) for one in _OF_TAGS if _first(given, one).startswith("arn:")), "")


def _of_events(found: str, operation: str, fields: dict[str, Any], region: str) -> str:
    """The ARN of the rule or the bus that a call of EventBridge is about."""
    account = f"arn:aws:events:{region}:{emulator.account_of_request()}"
    if operation.endswith("EventBus") and _first(fields, "Name"):
        return f"{account}:event-bus/{_first(fields, 'Name')}"
    rule, bus = _first(fields, "Rule"), _first(fields, "EventBusName").rpartition("/")[2]
    if rule:
        return f"{account}:rule/{'' if bus in ('', 'default') else f'{bus}/'}{rule}"
    return found.replace(":rule/default/", ":rule/")


def _target(headers: dict[str, str]) -> str:
    """The operation of a call in JSON."""
    return next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "").rpartition(".")[2]


def _fields(body: bytes) -> dict[str, Any]:
    try:
        read: object = json.loads(body or b"{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else {}


def _first(params: dict[str, Any], name: str) -> str:
    value = params.get(name, "")
    return str(cast("list[Any]", value)[0] if isinstance(value, list) else value)
