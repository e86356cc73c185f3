"""The ARN of what a call of IAM is about, with its path.

ministack judges permissions on IAM by an ARN without the path, so a policy on ``user/ci/*`` would allow nothing, and
by ``*`` for identity providers and instance profiles. Source: "Actions, resources, and condition keys for IAM" in the
Service Authorization Reference.
"""

from __future__ import annotations

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
            return original(service, *arguments)
        return _arn(cast("dict[str, Any]", arguments[4])) or original(service, *arguments)

    return extract_resource_arn


def _arn(params: dict[str, Any]) -> str | None:
    action = _first(params, "Action")
    account = f"arn:aws:iam::{emulator.account_of_request()}"
    for parameter, kind, store in _NAMED:
        name = _first(params, parameter)
        if not name or (parameter == "UserName" and action in _ABOUT_THE_GROUP):
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


def _first(params: dict[str, Any], name: str) -> str:
    value = params.get(name, "")
    return str(cast("list[Any]", value)[0] if isinstance(value, list) else value)
