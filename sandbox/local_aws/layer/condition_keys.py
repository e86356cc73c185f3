"""What AWS tells the judge about a call, where ministack tells something else or nothing.

Source: "AWS global condition context keys" and "IAM and AWS STS condition context keys" in the IAM user guide.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from sandbox.local_aws.layer import assuming, emulator, entities, mfa, organizations, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.local_aws.layer.emulator import Context, Record

    Resolve = Callable[[str, Context], object]
    Find = Callable[[Context], object]


def install() -> None:
    """Let the evaluator know these keys."""
    emulator.replace("core.iam_evaluator", "_resolve_condition_key", _with_ours)


def _with_ours(original: Resolve) -> Resolve:
    def resolve(key: str, context: Context) -> object:
        name = key.lower()
        # Who comes with a token or an assertion is no principal of AWS yet.
        if name.startswith("aws:principal") and context.principal_type in assuming.FEDERATED:
            return None
        find = _KEYS.get(name)
        return original(key, context) if find is None else find(context)

    return resolve


def _principal_arn(context: Context) -> object:
    """Of a session, its role's: whichever session it is, the key holds the same."""
    if ":assumed-role/" not in context.principal_arn:
        return context.principal_arn
    role = entities.role_of_session(context.principal_arn)
    return role["Arn"] if role else None


def _principal_type(context: Context) -> object:
    return "Account" if context.principal_type == "Root" else context.principal_type


def _organization_id(context: Context) -> object:
    path = organizations.path_of(context.principal_account)
    return path.partition("/")[0] if path else None


def _organization_paths(context: Context) -> object:
    path = organizations.path_of(context.principal_account)
    return [path] if path else None


def _address(_: Context) -> object:
    origin = requests.present().origin
    return None if origin.vpc_endpoint else origin.address


def _vpc_endpoint(_: Context) -> object:
    return requests.present().origin.vpc_endpoint or None


def _session(context: Context) -> Record | None:
    """The session that the call is made with, when it is the caller's that is judged."""
    credential = requests.present().credential
    if credential is None or credential.principal_arn != context.principal_arn:
        return None
    return emulator.sessions.get(credential.access_key_id)


def _authenticated(context: Context) -> float | None:
    learned = requests.present()
    at = learned.authenticated or (_session(context) or {}).get("AuthenticatedAt")
    if at is None and mfa.shows_a_good_code(learned.parameters, learned.credential):
        # The role's trust is asked before STS takes the code.
        return time.time()
    return cast("float | None", at)


def _has_second_factor(context: Context) -> object:
    if _authenticated(context) is not None:
        return "true"
    # A key that lasts says nothing of a second factor, neither yes nor no.
    return None if _session(context) is None else "false"


def _age_of_second_factor(context: Context) -> object:
    at = _authenticated(context)
    return None if at is None else str(int(time.time() - at))


def _source_identity(context: Context) -> object:
    return (_session(context) or {}).get("SourceIdentity")


def _boundary(_: Context) -> object:
    """The boundary that a call of IAM gives to a user or role, else the one that they have."""
    if given := _parameter("PermissionsBoundary"):
        return given
    for name, store in (("RoleName", emulator.roles), ("UserName", emulator.users)):
        entity = store.get(_parameter(name)) if _parameter(name) else None
        if entity is not None:
            return entity.get("PermissionsBoundary") or None
    return None


def _given(name: str) -> Find:
    return lambda _: _parameter(name) or None


def _parameter(name: str) -> str:
    value = requests.present().parameters.get(name, "")
    return value[0] if isinstance(value, list) and value else str(value or "")


def _asked(part: str) -> Find:
    return lambda _: getattr(assuming.asked(), part) or None


_KEYS: Mapping[str, Find] = {
    "aws:principalarn": _principal_arn,
    "aws:principaltype": _principal_type,
    "aws:principalorgid": _organization_id,
    "aws:principalorgpaths": _organization_paths,
    "aws:sourceip": _address,
    "aws:sourcevpce": _vpc_endpoint,
    "aws:multifactorauthpresent": _has_second_factor,
    "aws:multifactorauthage": _age_of_second_factor,
    "aws:sourceidentity": _source_identity,
    "iam:awsservicename": _given("AWSServiceName"),
    "iam:permissionsboundary": _boundary,
    "iam:policyarn": _given("PolicyArn"),
    "sts:externalid": _asked("external_id"),
    "sts:rolesessionname": _asked("session_name"),
    "sts:sourceidentity": _asked("source_identity"),
}
