"""Resources that grant access without a policy document: each is read as the statement that AWS writes for it.

Sources: AWS Lambda API reference, AddPermission and AddLayerVersionPermission; Amazon EventBridge API reference,
PutPermission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iam_guardrails.pack.documents import Found, Kind
from iam_guardrails.pack.values import Value, first_not_readable

if TYPE_CHECKING:
    from iam_guardrails.pack.resource import Resource

_Reader = Callable[[Mapping[str, "Value"]], "Value"]


def granted_by(resource: Resource) -> Found | None:
    """The resource policy that a resource amounts to, or None when it grants nothing of this kind."""
    reader = _READERS.get(resource.type)
    if reader is None:
        return None
    properties, read = resource.properties, _READ[resource.type]
    unreadable = next((why for name in read if (why := first_not_readable(properties.get(name)))), None)
    return Found(Kind.RESOURCE, "the permission it grants", unreadable or reader(properties))


def _lambda_permission(properties: Mapping[str, Value]) -> Value:
    like: dict[str, Value] = {}
    equals: dict[str, Value] = {}
    if arn := properties.get("sourceArn"):
        like["AWS:SourceArn"] = arn
    if account := properties.get("sourceAccount"):
        equals["AWS:SourceAccount"] = account
    if organization := properties.get("principalOrgId") or properties.get("principalOrgID"):
        equals["aws:PrincipalOrgID"] = organization
    if token := properties.get("eventSourceToken"):
        equals["lambda:EventSourceToken"] = token
    if url := properties.get("functionUrlAuthType"):
        equals["lambda:FunctionUrlAuthType"] = url
    return _document(properties.get("principal"), properties.get("action"), ArnLike=like, StringEquals=equals)


def _layer_permission(properties: Mapping[str, Value]) -> Value:
    organization = properties.get("organizationId")
    equals: dict[str, Value] = {"aws:PrincipalOrgID": organization} if organization else {}
    return _document(properties.get("principal"), properties.get("action"), StringEquals=equals)


def _event_permission(properties: Mapping[str, Value]) -> Value:
    condition = properties.get("condition")
    conditions: dict[str, Mapping[str, Value]] = {}
    if isinstance(condition, Mapping) and isinstance(kind := condition.get("type"), str):
        conditions[kind] = {str(condition.get("key")): condition.get("value")}
    return _document(properties.get("principal"), properties.get("action") or "events:PutEvents", **conditions)


def _event_bus_policy(properties: Mapping[str, Value]) -> Value:
    return {"Version": "2012-10-17", "Statement": [properties.get("statement")]}


def _document(principal: Value, action: Value, **conditions: Mapping[str, Value]) -> Value:
    statement: dict[str, Value] = {
        "Effect": "Allow",
        "Principal": _principal(principal),
        "Action": action,
        "Resource": "*",
    }
    if used := {operator: keys for operator, keys in conditions.items() if keys}:
        statement["Condition"] = used
    return {"Version": "2012-10-17", "Statement": [statement]}


def _principal(principal: Value) -> Value:
    if principal == "*":
        return "*"
    is_service = isinstance(principal, str) and "." in principal and not principal.startswith("arn:")
    return {"Service" if is_service else "AWS": principal}


_READERS: Mapping[str, _Reader] = {
    "aws:lambda/permission:Permission": _lambda_permission,
    "aws-native:lambda:Permission": _lambda_permission,
    "aws:lambda/layerVersionPermission:LayerVersionPermission": _layer_permission,
    "aws-native:lambda:LayerVersionPermission": _layer_permission,
    "aws:cloudwatch/eventPermission:EventPermission": _event_permission,
    "aws-native:events:EventBusPolicy": _event_bus_policy,
}
_LAMBDA = (
    "principal",
    "action",
    "sourceArn",
    "sourceAccount",
    "principalOrgId",
    "principalOrgID",
    "functionUrlAuthType",
)
_LAYER = ("principal", "action", "organizationId")
_READ: Mapping[str, tuple[str, ...]] = {
    "aws:lambda/permission:Permission": _LAMBDA,
    "aws-native:lambda:Permission": _LAMBDA,
    "aws:lambda/layerVersionPermission:LayerVersionPermission": _LAYER,
    "aws-native:lambda:LayerVersionPermission": _LAYER,
    "aws:cloudwatch/eventPermission:EventPermission": ("principal", "action", "condition"),
    "aws-native:events:EventBusPolicy": ("statement",),
}

GRANT_TYPES = frozenset(_READERS)
