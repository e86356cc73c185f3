"""Policies on resources, the trust policies of roles among them: whom they name, and what that alone allows.

Within one account, a trust policy that names a user or a session itself lets it assume the role, without a policy of
its own that says so; one that names the account leaves that to the account. ministack asks for both. It also passes
over ``NotPrincipal``: such a statement is about everybody but those who are named *together with* their account.

Sources: "How AWS enforcement code logic evaluates requests" and "AWS JSON policy elements: NotPrincipal" in the IAM
user guide.
"""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import documents, emulator, entities, variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Context, Record

    Evaluate = Callable[..., object]


def install() -> None:
    """Let ministack look up trust policies as it looks up those of buckets, and read ``NotPrincipal``."""
    emulator.resource_policies["sts"] = ("sts", "trust_policy_for_arn")
    vars(importlib.import_module("ministack.services.sts"))["trust_policy_for_arn"] = _trust_policy
    emulator.replace("core.iam_evaluator", "evaluate_resource_policy", _with_everybody_else)


def _trust_policy(arn: str) -> tuple[str, str] | None:
    # Between accounts both must allow: the caller's policies are asked here, the role's where STS opens the session.
    role = emulator.roles.get(arn.rpartition("/")[2])
    return (role["AssumeRolePolicyDocument"], emulator.account_of_request()) if role and role["Arn"] == arn else None


def _with_everybody_else(original: Evaluate) -> Evaluate:
    def evaluate_resource_policy(document: str | Record | None, context: Context, *more: Any, **further: Any) -> object:
        try:
            read = cast("object", json.loads(document)) if isinstance(document, str) else document
        except ValueError:
            read = None
        if isinstance(read, dict):
            written = variables.without(cast("Record", read))
            named = [_named(statement, context) for statement in documents.statements(written)]
            document = {**written, "Statement": [statement for statement in named if statement]}
        return original(document, context, *more, **further)

    return evaluate_resource_policy


def _named(statement: Record, context: Context) -> Record | None:
    """The statement with everybody for the ``NotPrincipal`` that the caller is not excepted by; None if it is."""
    if "NotPrincipal" not in statement:
        return statement
    if _is_excepted(statement["NotPrincipal"], context):
        return None
    return {**{name: part for name, part in statement.items() if name != "NotPrincipal"}, "Principal": "*"}


def _is_excepted(named: object, context: Context) -> bool:
    listed: Any = cast("Record", named).get("AWS", []) if isinstance(named, dict) else named
    names = {listed} if isinstance(listed, str) else set(cast("list[str]", listed))
    account = {context.principal_account, f"arn:aws:iam::{context.principal_account}:root"}
    who = {context.principal_arn}
    if role := entities.role_of_session(context.principal_arn):
        # A session is excepted when it, its role and its account are.
        return bool(account & names) and {*who, role["Arn"]} <= names
    return bool(account & names) and who <= names | account
