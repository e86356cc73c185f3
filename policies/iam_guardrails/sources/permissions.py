"""Resources that grant access without a policy document: each is read as the statement that AWS writes for it.

Sources: AWS Lambda API reference, AddPermission and AddLayerVersionPermission; Amazon EventBridge API reference,
PutPermission; AWS Signer API reference, AddProfilePermission; AWS KMS API reference, CreateGrant; AWS CloudFormation
template reference, AWS::EntityResolution::PolicyStatement and AWS::QBusiness::Permission. The `aws` provider adds a
permission for everybody with a function URL without authorization (Terraform AWS provider,
internal/service/lambda/function_url.go); AWS CloudFormation doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iam_guardrails.sources.values import items, member

Reader = Callable[[Mapping[str, object]], object]


def _lambda_permission(properties: Mapping[str, object]) -> object:
    equals = {
        "AWS:SourceAccount": member(properties, "sourceAccount"),
        "aws:PrincipalOrgID": member(properties, "principalOrgId"),
        "lambda:EventSourceToken": member(properties, "eventSourceToken"),
        "lambda:FunctionUrlAuthType": member(properties, "functionUrlAuthType"),
    }
    like = {"AWS:SourceArn": member(properties, "sourceArn")}
    return _document(member(properties, "principal"), member(properties, "action"), ArnLike=like, StringEquals=equals)


def _layer_permission(properties: Mapping[str, object]) -> object:
    equals = {"aws:PrincipalOrgID": member(properties, "organizationId")}
    return _document(member(properties, "principal"), member(properties, "action"), StringEquals=equals)


def _event_permission(properties: Mapping[str, object]) -> object:
    conditions: dict[str, Mapping[str, object]] = {}
    for condition in items(member(properties, "condition")):
        kind = member(condition, "type")
        if isinstance(kind, str):
            conditions[kind] = {str(member(condition, "key")): member(condition, "value")}
    action = member(properties, "action") or "events:PutEvents"
    return _document(member(properties, "principal"), action, **conditions)


def _event_bus_policy(properties: Mapping[str, object]) -> object:
    statement = member(properties, "statement")
    return None if statement is None else {"Version": "2012-10-17", "Statement": [statement]}


def _plain_permission(properties: Mapping[str, object]) -> object:
    return _document(member(properties, "principal"), member(properties, "action"))


def _key_grant(properties: Mapping[str, object]) -> object:
    named = [f"kms:{operation}" for operation in items(member(properties, "operations"))]
    return _document(member(properties, "granteePrincipal"), named)


def _function_url(properties: Mapping[str, object]) -> object:
    return None if member(properties, "authorizationType") == "AWS_IAM" else public_function_url()


def public_function_url() -> object:
    """The policy of a function whose URL asks for no authorization, as tools write it that make both."""
    return _document("*", "lambda:InvokeFunctionUrl", StringEquals={"lambda:FunctionUrlAuthType": "NONE"})


def _policy_statement(properties: Mapping[str, object]) -> object:
    statement: dict[str, object] = {
        "Effect": member(properties, "effect") or "Allow",
        "Principal": {"AWS": list(items(member(properties, "principal")))},
        "Action": member(properties, "action") or member(properties, "actions"),
        "Resource": "*",
    }
    condition = member(properties, "condition")
    if isinstance(condition, Mapping):
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def _document(principal: object, action: object, **conditions: Mapping[str, object]) -> object:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": _principal(principal),
        "Action": action,
        "Resource": "*",
    }
    used = {
        operator: {key: value for key, value in keys.items() if value not in (None, "")}
        for operator, keys in conditions.items()
    }
    if used := {operator: keys for operator, keys in used.items() if keys}:
        statement["Condition"] = used
    return {"Version": "2012-10-17", "Statement": [statement]}


def _principal(principal: object) -> object:
    if principal == "*":
        return "*"
    is_service = isinstance(principal, str) and "." in principal and not principal.startswith("arn:")
    return {"Service" if is_service else "AWS": principal}


GRANTS: Mapping[str, Mapping[str, Reader]] = {
    "terraform": {
        "lambdapermission": _lambda_permission,
        "lambdalayerversionpermission": _layer_permission,
        "cloudwatcheventpermission": _event_permission,
        "signersigningprofilepermission": _plain_permission,
        "kmsgrant": _key_grant,
        "lambdafunctionurl": _function_url,
    },
    "cloudformation": {
        "lambdapermission": _lambda_permission,
        "lambdalayerversionpermission": _layer_permission,
        "eventseventbuspolicy": _event_bus_policy,
        "signerprofilepermission": _plain_permission,
        "entityresolutionpolicystatement": _policy_statement,
        "qbusinesspermission": _policy_statement,
    },
}
"""Names of types (Terraform's or CloudFormation's) -> squashed type -> the document that one amounts to, or None."""
