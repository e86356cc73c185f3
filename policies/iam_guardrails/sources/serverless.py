"""Configuration of the Serverless Framework (`serverless.yml`): its roles, and the CloudFormation in its `resources`.

Source: Serverless Framework documentation, "IAM Permissions For Functions" and "AWS - Variables". Variables (`${...}`)
are unknown, but for those that name the account, the region or the file's own plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model.parts import (
    AttachmentPart,
    IdentityPart,
    InlinePart,
    Part,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
)
from iam_guardrails.model.values import STAND_IN_ACCOUNT, IdentityKind, Location
from iam_guardrails.sources import cloudformation
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.permissions import public_function_url
from iam_guardrails.sources.sam import role_reference
from iam_guardrails.sources.values import items, members, text

_ROLE = IdentityKind.ROLE
_SOURCES = "self|env|opt|param|file|ssm|cf|s3|sls|strToBool|git|output|state|custom|stage|awssm|secrets"
_VARIABLE = re.compile(rf"\$\{{((?:{_SOURCES})(?:\([^)]*\))?(?::[^${{}}]*)?|aws:(?:accountId|region))\}}")
_TRUST: Mapping[str, object] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}
    ],
}


def is_serverless(value: object) -> bool:
    """Whether a value is a configuration of the Serverless Framework for AWS."""
    inside = members(value)
    provider = inside.get("provider")
    name = provider if isinstance(provider, str) else members(provider).get("name")
    return "service" in inside and name == "aws"


def alternatives(value: Mapping[str, object], file: str) -> list[list[Part]]:
    """The parts of a configuration, once for each way in which the conditions of its CloudFormation can come out."""
    filled = members(_filled(value, value))
    resources = _resources(filled.get("resources"))
    # Its intrinsics may name the framework's own resources beside those of the file.
    template = {**resources, "Resources": members(resources.get("Resources"))}
    own = list(_Service(filled, template, file).parts())
    at = Location(file, pointer="/resources")
    return [[*own, *parts] for parts in cloudformation.alternatives(template, at)]


def _resources(value: object) -> Mapping[str, object]:
    """The CloudFormation of a file; a list of such is merged."""
    found: dict[str, dict[str, object]] = {}
    for one in items(value):
        for section, inside in members(one).items():
            if isinstance(inside, Mapping):
                found.setdefault(section, {}).update(members(cast("object", inside)))
    return found


def _filled(value: object, top: Mapping[str, object]) -> object:
    """A value with the framework's variables filled in, or unknown."""
    if isinstance(value, str):
        for _ in range(4):  # a variable may stand in another one
            value, count = _VARIABLE.subn(lambda found: _variable(found[1], top), value)
            if not count:
                break
        return value
    if isinstance(value, list):
        return [_filled(one, top) for one in cast("list[object]", value)]
    if isinstance(value, Mapping):
        return {name: _filled(one, top) for name, one in members(cast("object", value)).items()}
    return value


def _variable(name: str, top: Mapping[str, object]) -> str:
    if name == "aws:accountId":
        return STAND_IN_ACCOUNT
    if name == "aws:region":
        return cloudformation.REGION
    if name.startswith("self:"):
        found: object = top
        for step in name.removeprefix("self:").split("."):
            found = members(found).get(step.strip())
        if isinstance(found, str) and "${" not in found:
            return found
    return UNKNOWN


class _Service:
    def __init__(self, value: Mapping[str, object], template: Mapping[str, object], file: str) -> None:
        self._value = value
        self._template = cloudformation.Template(template, Location(file, pointer="/resources"), Scope())
        self._file = file
        self._provider = members(value.get("provider"))

    def parts(self) -> Iterator[Part]:
        iam = members(members(self._provider.get("iam")).get("role"))
        at = "/provider/iam/role"
        if not iam and "iamRoleStatements" in self._provider:
            iam = {
                "statements": self._provider.get("iamRoleStatements"),
                "managedPolicies": self._provider.get("iamManagedPolicies"),
                "permissionsBoundary": self._provider.get("rolePermissionsBoundary"),
            }
            at = "/provider"
        yield from self._role("IamRoleLambdaExecution", iam, at)
        yield from self._policy_of_api()
        for name, one in members(self._value.get("functions")).items():
            yield from self._function(name, members(one))

    def _policy_of_api(self) -> Iterator[Part]:
        """The resource policy of the framework's REST API."""
        api = members(self._provider.get("apiGateway"))
        statements = api.get("resourcePolicy", self._provider.get("resourcePolicy"))
        if statements:
            content = self._template.resolve({"Version": "2012-10-17", "Statement": list(items(statements))})
            at = self._location("/provider", "ApiGatewayRestApi")
            document = document_of(DocumentKind.RESOURCE, content, at, "resourcePolicy")
            yield ResourcePolicyPart(document, type="AWS::ApiGateway::RestApi", key="ApiGatewayRestApi")

    def _location(self, pointer: str, logical_id: str) -> Location:
        return Location(self._file, logical_id=logical_id, pointer=pointer)

    def _role(self, key: str, settings: Mapping[str, object], pointer: str) -> Iterator[Part]:
        """A role that the framework makes."""
        at = self._location(pointer, key)
        holder = Reference(None, (key,), exact=True)
        trust = replace(document_of(DocumentKind.TRUST, _TRUST, at), generated=True)
        yield IdentityPart(_ROLE, key, text(settings.get("name")), trust=trust, location=at)
        statements = settings.get("statements") or settings.get("iamRoleStatements")
        if statements:
            name = "statements" if "statements" in settings else "iamRoleStatements"
            named = "iamRoleStatements" if pointer == "/provider" else name
            content = self._template.resolve({"Version": "2012-10-17", "Statement": list(items(statements))})
            where = replace(at, pointer=f"{pointer}/{named}")
            yield InlinePart(holder, _ROLE, document_of(DocumentKind.IDENTITY, content, where, named))
        for policy in items(self._template.resolve(settings.get("managedPolicies"))):
            yield AttachmentPart(holder, _ROLE, role_reference(policy), location=at)
        boundary = self._template.resolve(settings.get("permissionsBoundary") or settings.get("permissionBoundary"))
        if boundary:
            yield AttachmentPart(holder, _ROLE, role_reference(boundary), boundary=True, location=at)

    def _function(self, name: str, function: Mapping[str, object]) -> Iterator[Part]:
        at = self._location(f"/functions/{name}", name)
        own = function.get("iamRoleStatements")
        role: object = self._template.resolve(function.get("role"))
        key = "IamRoleLambdaExecution"
        if own:
            key = f"{name}IamRoleLambdaExecution"
            yield from self._role(key, {"iamRoleStatements": own}, f"/functions/{name}")
        reference = Reference(None, (key,), exact=True)
        if isinstance(role, str) and role and not own:
            named = role if role.startswith("arn:") or role not in self._template.resources else ""
            reference = role_reference(named) if named else Reference(None, (role,), exact=True)
        url = function.get("url")
        if url is True or (isinstance(url, Mapping) and members(cast("object", url)).get("authorizer") != "aws_iam"):
            document = document_of(DocumentKind.RESOURCE, public_function_url(), at, "url")
            yield ResourcePolicyPart(document, type="AWS::Lambda::Url", key=name)
        yield RunnerPart("lambda:function", f"function {name}", name=name, role=reference, location=at)
