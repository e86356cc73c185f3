"""Boundaries: the most that the pipeline's role may do, and the most that roles and users may do that it makes.

A role that may make roles may give them anything, and so take it, unless every role it makes has a boundary that it
cannot take away. Source: "Permissions boundaries for IAM entities" in the IAM user guide, "Delegating responsibility to
others using permissions boundaries".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from deploy_permissions.needs import Need
from deploy_permissions.resources import UNKNOWN, Deployment
from deploy_permissions.statements import Statement, policy, statements
from deploy_permissions.types import terraform_type

_LIMITED = frozenset(
    (
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateRole",
        "iam:CreateUser",
        "iam:DeleteRolePolicy",
        "iam:DeleteUserPolicy",
        "iam:DetachRolePolicy",
        "iam:DetachUserPolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:PutUserPermissionsBoundary",
        "iam:PutUserPolicy",
    )
)
"""The actions that AWS decides on with the key `iam:PermissionsBoundary` (service authorization reference of IAM)."""
_NEVER = ("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary")
_SENSITIVE = ("iam", "sts", "organizations", "account", "sso", "sso-directory", "identitystore")
"""Services whose actions a boundary lists one by one, on the resources that are needed."""


def made_identities(deployment: Deployment) -> dict[str, str]:
    """The boundary of every role and user that a deployment makes, by URN; "" where it has none that is known.

    Args:
        deployment: The deployment.
    """
    made: dict[str, str] = {}
    for one in deployment.resources:
        if terraform_type(one.type) in ("aws_iam_role", "aws_iam_user") and not one.external:
            given = one.inputs.get("permissionsBoundary")
            made[one.urn] = given if isinstance(given, str) and given != UNKNOWN else ""
    return made


def with_boundary(needs: Iterable[Need], arn: str) -> tuple[Need, ...]:
    """The needs, with roles and users made and changed only where they have a boundary, which stays.

    Args:
        needs: The required permissions.
        arn: The boundary's ARN.
    """
    condition = (("StringEquals", "iam:PermissionsBoundary", (arn,)),)
    limited = (
        replace(one, conditions=(*one.conditions, *condition)) if one.action in _LIMITED else one
        for one in needs
        if one.action not in _NEVER
    )
    return tuple(limited)


def boundary(needs: Sequence[Need]) -> dict[str, Any]:
    """A boundary that fits the pipeline's role: what is needed, by service, and IAM as it is needed.

    It stays small where the policy grows: other services' actions are listed once, on all resources, as the role's own
    policy says which. What lifts a boundary is denied.

    Args:
        needs: The required permissions.
    """
    sensitive = [one for one in needs if one.action.partition(":")[0] in _SENSITIVE]
    others = sorted({one.action.partition(":")[0] for one in needs} - set(_SENSITIVE))
    found: list[Statement] = []
    if others:
        found.append(Statement("Services", tuple(f"{one}:*" for one in others), ("*",)))
    found += statements(sensitive)
    document = policy(found)
    document["Statement"].append(_keep())
    return document


def role_boundary(deployment: Deployment) -> dict[str, Any]:
    """A boundary for the roles and users that a deployment makes: what its policies give them, and nothing of IAM.

    Args:
        deployment: The deployment, whose policies are read where they are known.
    """
    allowed: dict[str, None] = {}
    for one in deployment.resources:
        if (terraform_type(one.type) or "").startswith("aws_iam_"):
            for text in one.texts("policy"):
                allowed.update(dict.fromkeys(_allowed(text)))
    services = sorted({one.partition(":")[0] for one in allowed if ":" in one} - set(_SENSITIVE))
    # A boundary that allows nothing is valid; IAM takes no policy without statements.
    document: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    if services:
        document["Statement"].append(Statement("Services", tuple(f"{one}:*" for one in services), ("*",)).document())
    document["Statement"].append(
        {
            "Sid": "NoIdentities",
            "Effect": "Deny",
            "Action": [f"{one}:*" for one in _SENSITIVE if one != "sts"],
            "Resource": "*",
        }
    )
    return document


def _keep() -> dict[str, Any]:
    return {"Sid": "KeepBoundaries", "Effect": "Deny", "Action": list(_NEVER), "Resource": "*"}


def _allowed(text: str) -> list[str]:
    try:
        document = cast("dict[str, Any]", json.loads(text))
        written = document.get("Statement", [])
        listed = cast("list[dict[str, Any]]", written if isinstance(written, list) else [written])
        found = [one.get("Action", []) for one in listed if one.get("Effect") == "Allow"]
    except (ValueError, AttributeError):
        return []
    return [one.lower() for value in found for one in cast("list[str]", value if isinstance(value, list) else [value])]
