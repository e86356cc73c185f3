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


class Context(Protocol):
    """What the evaluator knows of a call."""

    principal_arn: str
    principal_type: str
    principal_account: str
    action: str
    region: str
    service_context: Record
    request_tags: dict[str, str]
    tag_keys: list[str]


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
trail_handlers = cast("dict[str, Callable[[Record], Answer]]", _names("services.cloudtrail")["_DISPATCH"])
rules = cast("Store", _names("services.eventbridge")["_rules"])
put_events = cast("Callable[[Record, bool], Answer]", _names("services.eventbridge")["_put_events"])
_organizations = _names("services.organizations")
organizations = cast("Store", _organizations["_orgs"])
organization_accounts = cast("Store", _organizations["_accounts"])
organizational_units = cast("Store", _organizations["_ous"])

_evaluator = _names("core.iam_evaluator")
credential_type = cast("type", _evaluator["ResolvedCredential"])
resolve_credential = cast("Callable[[str, str], object]", _evaluator["resolve_credential"])
operators = cast("dict[str, Callable[[str, str], bool]]", _evaluator["_CONDITION_OPS"])
resource_policies = cast("dict[str, tuple[str, str]]", _evaluator["_RESOURCE_POLICY_LOOKUPS"])
text_matches = cast("Callable[[str, str], bool]", _evaluator["fnmatch_iam_cs"])
action_matches = cast("Callable[[str, list[str], list[str]], bool]", _evaluator["_action_matches"])
principal_matches = cast("Callable[[object, str], bool]", _evaluator["_principal_matches"])
new_context = cast("Callable[..., Context]", _evaluator["EvalContext"])
new_session_token = cast("Callable[[], str]", _iam["_gen_session_token"])
moment_after = cast("Callable[[int], str]", _iam["_future"])

_responses = _names("core.responses")
account_of_request = cast("Callable[[], str]", _responses["get_account_id"])
region_of_request = cast("Callable[[], str]", _responses["get_region"])
request_scope = cast("Callable[[str, str], AbstractContextManager[None]]", _responses["request_scope"])


def new_temporary_key() -> tuple[str, str]:
    """An id and a secret for a session, by the functions that stand there now."""
    return _iam["_gen_session_access_key"](), _iam["_gen_secret"]()


def register_session(access_key_id: str, session: Record) -> None:
    """Open a session, by the function that stands there now."""
    _names("services.sts")["register_session"](access_key_id, session)


def resolve_condition_key(key: str, context: object) -> object:
    """The value of a condition key, by the function that stands there now."""
    return _evaluator["_resolve_condition_key"](key, context)


def conditions_met(conditions: Record, context: object) -> bool:
    """Whether conditions hold, by the function that stands there now."""
    return cast("bool", _evaluator["_conditions_met"](conditions, context))
