"""What a deployed role may do, read from its own policies, and whether a request is inside it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True)
class Grant:
    """One action on one resource, as one Allow statement gives it.

    Attributes:
        action: For example `s3:GetObject`; may hold `*` and `?`.
        resource: An ARN; may hold `*` and `?`.
        conditions: The statement's `Condition`, empty when it has none.
    """

    action: str
    resource: str
    conditions: dict[str, dict[str, Any]]

    def covers(self, action: str, resource: str) -> bool:
        """Whether a request may be inside it; its conditions are taken to hold."""
        return _matches(self.action.lower(), action.lower()) and _matches(self.resource, resource)


def of_role(iam: IAMClient, role: str) -> list[Grant]:
    """Every grant of a role: of its inline policies, and of the managed policies attached to it."""
    return [grant for document in _documents(iam, role) for grant in _grants(document)]


def _documents(iam: IAMClient, role: str) -> Iterator[dict[str, Any]]:
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            yield _document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for attached in page["AttachedPolicies"]:
            arn = attached.get("PolicyArn", "")
            version = iam.get_policy(PolicyArn=arn)["Policy"].get("DefaultVersionId", "v1")
            found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            yield _document(found.get("Document", {}))


def _document(raw: object) -> dict[str, Any]:
    # boto3 decodes the document unless the answer wasn't encoded as AWS encodes it.
    return cast("dict[str, Any]", json.loads(raw) if isinstance(raw, str) else raw)


def _grants(document: dict[str, Any]) -> Iterator[Grant]:
    for statement in cast("list[dict[str, Any]]", _list(document.get("Statement"))):
        if statement.get("Effect") != "Allow":
            continue
        for action in _list(statement.get("Action")):
            for resource in _list(statement.get("Resource")):
                yield Grant(str(action), str(resource), statement.get("Condition") or {})


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _matches(pattern: str, text: str) -> bool:
    parts = ({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
