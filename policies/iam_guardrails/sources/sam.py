"""Resources of the AWS Serverless Application Model: the roles that its functions and state machines get.

Source: AWS SAM specification (https://github.com/aws/serverless-application-model), "Generated CloudFormation
Resources", and the properties `Policies`, `Role`, `AssumeRolePolicyDocument` and `PermissionsBoundary`.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model.managed import named_policy
from iam_guardrails.model.parts import (
    AttachmentPart,
    IdentityPart,
    InlinePart,
    Part,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    UnknownPart,
)
from iam_guardrails.model.values import IdentityKind, Location, PolicyDocument, Unknown
from iam_guardrails.sources.documents import AWAITED, document_of
from iam_guardrails.sources.permissions import public_function_url
from iam_guardrails.sources.values import Linked, items, known_name, members, text

Resolve = Callable[[object, Mapping[str, object]], object]
"""Resolves intrinsics in a value, with values for some names."""
_ROLE = IdentityKind.ROLE
_ALWAYS = {
    "AWS::Serverless::Function": ("lambda.amazonaws.com", "lambda:function", "AWSLambdaBasicExecutionRole"),
    "AWS::Serverless::StateMachine": ("states.amazonaws.com", "states:state-machine", ""),
}


def parts(
    name: str,
    kind: str,
    properties: Mapping[str, object],
    resolve: Resolve,
    template_globals: Mapping[str, object],
    location: Location,
    scope: Scope,
) -> Iterator[Part]:
    """The parts of one SAM resource.

    Args:
        name: its logical id.
        kind: its type.
        properties: its properties, resolved.
        resolve: resolves intrinsics, with values for some names.
        template_globals: the template's section `Globals`.
        location: where its properties stand.
        scope: account that it is deployed to.
    """
    if kind in _ALWAYS:
        shared = members(template_globals.get(kind.rpartition("::")[2]))
        yield from _Function(name, kind, {**shared, **properties}, resolve, location, scope).parts()
    elif kind in ("AWS::Serverless::Api", "AWS::Serverless::HttpApi"):
        for content, called in _policies_of_api(properties):
            document = document_of(DocumentKind.RESOURCE, content, location, called)
            yield ResourcePolicyPart(document, type=kind, key=name, scope=scope)
    elif kind in ("AWS::Serverless::Application", "AWS::Serverless::Connector"):
        what = "the resources of an application" if kind.endswith("Application") else "the policies of a connector"
        yield UnknownPart(Unknown(f"{what}, {name}", "SAM makes them when it is deployed", location))


def _policies_of_api(properties: Mapping[str, object]) -> Iterator[tuple[object, str]]:
    """The resource policies of an API, each with the property that it stands in."""
    policy = members(members(properties.get("Auth")).get("ResourcePolicy"))
    statements = [dict(members(one)) for one in items(policy.get("CustomStatements"))]
    # SAM completes `execute-api:/...` in them, and writes one that lets in the accounts of this list.
    statements += [
        {
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
        }
        for name in ("AwsAccountWhitelist", "AwsAccountAllowlist")
        for account in items(policy.get(name))
    ]
    if statements:
        yield {"Version": "2012-10-17", "Statement": statements}, "Auth.ResourcePolicy"
    defined = members(properties.get("DefinitionBody")).get("x-amazon-apigateway-policy")
    if defined is not None:
        yield defined, "DefinitionBody"


class _Function:
    def __init__(
        self,
        name: str,
        kind: str,
        properties: Mapping[str, object],
        resolve: Resolve,
        location: Location,
        scope: Scope,
    ) -> None:
        self._name, self._properties, self._location, self._scope = name, properties, location, scope
        self._fill = resolve
        self._service, self._runner, self._basic = _ALWAYS[kind]
        self._key = f"{name}Role"
        self._holder = Reference(None, (self._key,), exact=True)

    def parts(self) -> Iterator[Part]:
        role = self._properties.get("Role")
        called = known_name(self._properties.get("FunctionName")) or known_name(self._properties.get("Name"))
        given = self._holder if role is None else _reference(role)
        yield RunnerPart(self._runner, self._name, name=called, role=given, location=self._location, scope=self._scope)
        if members(self._properties.get("FunctionUrlConfig")).get("AuthType") == "NONE":
            document = document_of(DocumentKind.RESOURCE, public_function_url(), self._location, "FunctionUrlConfig")
            yield ResourcePolicyPart(document, type="AWS::Serverless::Function", key=self._name, scope=self._scope)
        if role is None:
            yield self._role()
            yield from self._policies()

    def _role(self) -> Part:
        written = self._properties.get("AssumeRolePolicyDocument")
        at = self._at("AssumeRolePolicyDocument") if written is not None else self._location
        trust = document_of(DocumentKind.TRUST, written or self._trust(), at, "AssumeRolePolicyDocument")
        trust = replace(trust, generated=written is None)
        path = text(self._properties.get("RolePath")) or "/"
        return IdentityPart(
            _ROLE,
            self._key,
            name_prefix=f"stack-{self._key}-",
            path=path,
            trust=trust,
            location=self._location,
            scope=self._scope,
        )

    def _trust(self) -> object:
        statement = {"Effect": "Allow", "Principal": {"Service": [self._service]}, "Action": ["sts:AssumeRole"]}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _at(self, pointer: str) -> Location:
        here = self._location
        return Location(here.file, here.line, here.column, here.logical_id, f"{here.pointer}/{pointer}")

    def _policies(self) -> Iterator[Part]:
        if self._basic:
            yield self._attached(self._basic, self._location)
        if self._properties.get("Tracing") and self._basic:
            yield self._attached("AWSXrayWriteOnlyAccess", self._location)
        if self._properties.get("VpcConfig"):
            yield self._attached("AWSLambdaVPCAccessExecutionRole", self._location)
        boundary = self._properties.get("PermissionsBoundary")
        if boundary is not None:
            policy, at = _reference(boundary), self._at("PermissionsBoundary")
            yield AttachmentPart(self._holder, _ROLE, policy, boundary=True, location=at, scope=self._scope)
        written = self._properties.get("Policies")
        for place, one in enumerate(items(written)):
            at = self._at(f"Policies/{place}" if isinstance(written, (list, tuple)) else "Policies")
            yield self._policy(one, at)

    def _policy(self, value: object, at: Location) -> Part:
        if isinstance(value, str):
            return self._attached(value, at)
        inside = members(value)
        if "Statement" in inside:
            content = {"Version": "2012-10-17", **inside}
            return InlinePart(self._holder, _ROLE, document_of(DocumentKind.IDENTITY, content, at), self._scope)
        template = next(iter(inside), "")
        definition = _templates().get(template)
        if definition is not None:
            content = {"Version": "2012-10-17", **members(self._fill(definition, members(inside[template])))}
            return InlinePart(
                self._holder, _ROLE, document_of(DocumentKind.IDENTITY, content, at, template), self._scope
            )
        what = Unknown(f"the policy template {template} of {self._name}", "SAM fills it in", at)
        document = PolicyDocument(DocumentKind.IDENTITY, UNKNOWN, at, template, (what,))
        return InlinePart(self._holder, _ROLE, document, self._scope)

    def _attached(self, policy: str, at: Location) -> Part:
        return AttachmentPart(self._holder, _ROLE, _reference(policy), location=at, scope=self._scope)


@cache
def _templates() -> Mapping[str, object]:
    """SAM's policy templates by name, as `policies/sam_policy_templates.py` writes them (Apache License 2.0)."""
    packed = resources.files("iam_guardrails.data").joinpath("sam_policy_templates.json.xz").read_bytes()
    return members(members(json.loads(lzma.decompress(packed))).get("templates"))


def _reference(value: object) -> Reference:
    if isinstance(value, Linked):
        return Reference(str(value) if value.known else None, (value.key,), exact=True)
    written = text(value)
    if not written:
        return Reference(None, why=AWAITED)
    if written.startswith("arn:"):
        return Reference(written)
    found = named_policy(written)
    return Reference(found.arn if found else written)


def role_reference(value: object) -> Reference:
    """What a property of SAM or of the Serverless Framework names: an ARN, or a name of one of AWS's policies."""
    return _reference(value)
