"""Resources that grant access without a policy document: each is read as the statement that AWS writes for it.

Sources: AWS Lambda API reference, AddPermission and AddLayerVersionPermission; Amazon EventBridge API reference,
PutPermission; AWS Signer API reference, AddProfilePermission; AWS KMS API reference, CreateGrant. The `aws` provider
adds a permission for everybody with a function URL without authorization (Terraform AWS provider,
internal/service/lambda/function_url.go); AWS CloudFormation doesn't, so that `aws-native` has no such row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from iam_guardrails.pack.values import Value, first_not_readable
from iam_guardrails.sources.resource_types import Found, Kind

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
    granted = unreadable or reader(properties)
    return None if granted is None else Found(Kind.RESOURCE, "the permission it grants", granted)


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


def _profile_permission(properties: Mapping[str, Value]) -> Value:
    return _document(properties.get("principal"), properties.get("action"))


def _key_grant(properties: Mapping[str, Value]) -> Value:
    operations = properties.get("operations")
    named = operations if isinstance(operations, Sequence) and not isinstance(operations, str) else [operations]
    return _document(properties.get("granteePrincipal"), [f"kms:{operation}" for operation in named])


def _function_url(properties: Mapping[str, Value]) -> Value:
    if properties.get("authorizationType") == "AWS_IAM":
        return None
    return _document("*", "lambda:InvokeFunctionUrl", StringEquals={"lambda:FunctionUrlAuthType": "NONE"})


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
    "aws:signer/signingProfilePermission:SigningProfilePermission": _profile_permission,
    "aws-native:signer:ProfilePermission": _profile_permission,
    "aws:kms/grant:Grant": _key_grant,
    "aws:lambda/functionUrl:FunctionUrl": _function_url,
}
_LAMBDA = (
    "principal",
    "action",
    "sourceArn",
    "sourceAccount",
    "principalOrgId",
    "principalOrgID",
    "functionUrlAuthType",
    "eventSourceToken",
)
_LAYER = ("principal", "action", "organizationId")
_READ: Mapping[str, tuple[str, ...]] = {
    "aws:lambda/permission:Permission": _LAMBDA,
    "aws-native:lambda:Permission": _LAMBDA,
    "aws:lambda/layerVersionPermission:LayerVersionPermission": _LAYER,
    "aws-native:lambda:LayerVersionPermission": _LAYER,
    "aws:cloudwatch/eventPermission:EventPermission": ("principal", "action", "condition"),
    "aws-native:events:EventBusPolicy": ("statement",),
    "aws:signer/signingProfilePermission:SigningProfilePermission": ("principal", "action"),
    "aws-native:signer:ProfilePermission": ("principal", "action"),
    "aws:kms/grant:Grant": ("granteePrincipal", "operations"),
    "aws:lambda/functionUrl:FunctionUrl": ("authorizationType",),
}

GRANT_TYPES = frozenset(_READERS)
