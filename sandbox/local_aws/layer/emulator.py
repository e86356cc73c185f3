"""Every name of ministack that the layer touches, with its type: the only module that knows ministack from inside."""
# ruff: noqa: D102 - the methods below are described by those of dict

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sandbox.local_aws.layer import EMULATOR_VERSION

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Params = dict[str, list[str]]
Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]
Handler = Callable[[Params], Answer]
Record = dict[str, Any]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
ServiceHandler = Callable[[str, str, Headers, bytes, Params], Awaitable[Answer]]
_Function = TypeVar("_Function")


class Store(Protocol):
    """Records by account and key. Plain access sees the account of the present request only."""

    def __contains__(self, key: str) -> bool: ...
    def __getitem__(self, key: str) -> Record: ...
    def __setitem__(self, key: str, value: Record) -> None: ...
    def get(self, key: str) -> Record | None: ...
    def pop(self, key: str, default: None) -> Record | None: ...
    def values(self) -> list[Record]: ...
    def items(self) -> list[tuple[str, Record]]: ...
    def get_scoped(self, account_id: str, region: str | None, key: str) -> Record | None: ...
    def to_dict(self) -> dict[tuple[str, str], Record]: ...


class RegionStore(Protocol):
    """Records by account, region and key."""

    def all_items(self) -> list[tuple[tuple[str, str, str], Record]]: ...


class Credential(Protocol):
    """Who signed a request."""

    access_key_id: str
    account_id: str
    principal_arn: str
    principal_id: str
    principal_type: str
    principal_name: str


class Statement(Protocol):
    """A parsed statement of a policy."""

    resources: list[str]
    not_resources: list[str]


def _names(module: str) -> dict[str, Any]:
    return vars(importlib.import_module(f"ministack.{module}"))


def replace(module: str, name: str, make: Callable[[_Function], _Function]) -> None:
    """Put a function around one of ministack's.

    Args:
        module: The module below ``ministack``, for example ``services.sts``.
        name: The function in it. ministack looks it up in its module at each call.
        make: Gets the original, returns what takes its place.
    """
    names = _names(module)
    names[name] = make(names[name])


_found = importlib.metadata.version("ministack")
if _found != EMULATOR_VERSION:
    raise ImportError(f"The layer is written for ministack {EMULATOR_VERSION}, and {_found} is installed.")

application = cast("Application", _names("app")["app"])

_iam = _names("services.iam")
handlers = cast("dict[str, Handler]", _iam["_IAM_HANDLERS"])
users = cast("Store", _iam["_users"])
roles = cast("Store", _iam["_roles"])
groups = cast("Store", _iam["_groups"])
policies = cast("Store", _iam["_policies"])
access_keys = cast("Store", _iam["_access_keys"])
login_profiles = cast("Store", _iam["_login_profiles"])
mfa_devices = cast("Store", _iam["_mfa_devices"])
user_inline_policies = cast("Store", _iam["_user_inline_policies"])
group_inline_policies = cast("Store", _iam["_group_inline_policies"])
oidc_providers = cast("Store", _iam["_oidc_providers"])
saml_providers = cast("Store", _iam["_saml_providers"])
instance_profiles = cast("Store", _iam["_instance_profiles"])
error_answer = cast("Callable[[int, str, str, str], Answer]", _iam["_error"])
xml_answer = cast("Callable[[int, str, str, str], Answer]", _iam["_xml"])

sessions = cast("dict[str, Record]", _names("services.sts")["_sessions"])
trails = cast("RegionStore", _names("services.cloudtrail")["_trails"])
rules = cast("Store", _names("services.eventbridge")["_rules"])
put_events = cast("Callable[[Record, bool], Answer]", _names("services.eventbridge")["_put_events"])
credential_type = cast("type", _names("core.iam_evaluator")["ResolvedCredential"])
resolve_credential = cast("Callable[[str, str], object]", _names("core.iam_evaluator")["resolve_credential"])
resolve_condition_key = cast("Callable[[str, object], object]", _names("core.iam_evaluator")["_resolve_condition_key"])

_responses = _names("core.responses")
account_of_request = cast("Callable[[], str]", _responses["get_account_id"])
region_of_request = cast("Callable[[], str]", _responses["get_region"])
request_scope = cast("Callable[[str, str], AbstractContextManager[None]]", _responses["request_scope"])
