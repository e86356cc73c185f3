"""A resource as any tool declares it, and the parts of the account model that it is.

Terraform's names (also of Pulumi's `aws` provider, which is built on Terraform's) and CloudFormation's (also of
`aws-native`, `awscc` and the Cloud Control API) are the two families. Types and properties are compared without case
and underscores, so that one table of a family serves every spelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.model.parts import (
    ANYWHERE,
    AttachmentPart,
    CredentialPart,
    IdentityPart,
    InlinePart,
    LimitPart,
    MembershipPart,
    OpenGrantPart,
    Part,
    PolicyPart,
    ProfilePart,
    ProviderPart,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    UnknownPart,
)
from iam_guardrails.model.values import (
    NOWHERE,
    IdentityKind,
    Limit,
    Location,
    OpenGrant,
    PolicyDocument,
    Unknown,
)
from iam_guardrails.sources import identity_types as types
from iam_guardrails.sources.documents import AWAITED, document_of
from iam_guardrails.sources.permissions import GRANTS
from iam_guardrails.sources.resource_types import LIMITS, NOT_JUDGED, PLACES, Kind
from iam_guardrails.sources.shares import SHARED_WITH, given_to_everybody, shared
from iam_guardrails.sources.values import (
    Linked,
    escape,
    items,
    known_name,
    member,
    members,
    named_member,
    parsed,
    squash,
    text,
)


@dataclass(frozen=True)
class Declared:
    """A resource as a template, plan, state, program or object declares it.

    Attributes:
        family: whose names its type and properties have: "terraform" or "cloudformation".
        type: squashed type without the provider: "iamrolepolicy".
        key: what references to it use: URN, logical id or address.
        name: what its program calls it.
        properties: property -> value; what is not known is `UNKNOWN`.
        location: where it is declared; its pointer is that of the properties.
        references: squashed property -> keys of the resources whose outputs went into it.
        scope: account that it is deployed to.
        shown_type: type as its tool writes it.
    """

    family: str
    type: str
    key: str
    name: str
    properties: Mapping[str, object]
    location: Location = NOWHERE
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    scope: Scope = ANYWHERE
    shown_type: str = ""

    def at(self, pointer: str) -> Location:
        """The location of a property."""
        here = self.location
        return Location(here.file, here.line, here.column, here.logical_id, f"{here.pointer}{pointer}")

    def reference(self, value: object, name: str) -> Reference:
        """What a property's value names.

        Args:
            value: the value, or one of a list.
            name: the property.
        """
        if isinstance(value, Linked):
            return Reference(str(value) if value.known else None, (value.key,), exact=True)
        if isinstance(value, str) and value and not has_unknown(value):
            return Reference(value)
        if called := text(member(value, "name")):
            path = text(member(value, "path")) or "/"
            return Reference(f"{path}{called}".removeprefix("/"), by_name=True)
        return Reference(None, self.references.get(squash(name.partition(".")[0].partition("[")[0]), ()))


@dataclass(frozen=True)
class Found:
    """Something that the table of resource types knows of in a resource.

    Attributes:
        kind: what it is.
        pointer: JSON pointer to it from the properties.
        name: property it stands in, with the place in a list: `inlinePolicies[0].policy`.
        value: the value.
    """

    kind: Kind
    pointer: str
    name: str
    value: object


def found_in(declared: Declared) -> Iterator[Found]:
    """Everything that the table of resource types knows of in a resource's properties."""
    for path, kind in _places(declared.family).get(declared.type, {}).items():
        for pointer, name, value in _at(declared.properties, path.replace("[]", "").split("."), "", ""):
            yield Found(kind, pointer, name, value)


@cache
def _places(family: str) -> Mapping[str, Mapping[str, Kind]]:
    """The table by squashed types."""
    prefix = {"terraform": "aws:", "cloudformation": "aws-native:"}[family]
    return {squashed_type(one): places for one, places in PLACES.items() if one.startswith(prefix)}


@cache
def left_alone(family: str, kind: str) -> frozenset[str]:
    """The squashed properties of a type that look like a policy and are none that grants (see `NOT_JUDGED`)."""
    prefix = {"terraform": "aws:", "cloudformation": "aws-native:"}[family]
    return frozenset(
        squash(name) for token, name in NOT_JUDGED if token.startswith(prefix) and squashed_type(token) == kind
    )


def squashed_type(token: str) -> str:
    """The type of a Pulumi token: `iamrole` of `aws:iam/role:Role`, `aws:index/iamRole:IamRole`, `aws-native:iam:Role`.

    Args:
        token: the token.
    """
    module, _, name = token.partition(":")[2].partition(":")
    if module == "tf":
        return squash(name.removeprefix("aws_"))
    if "/" in module:
        module, _, name = module.partition("/")
    return squash(name if module == "index" else f"{module}{name}")


_SINGULAR = {"inlinePolicies": "inline_policy", "clientIdLists": "client_id_list", "replicas": "replica"}
"""Properties that Pulumi calls otherwise than Terraform."""


def _at(value: object, path: list[str], pointer: str, name: str) -> Iterator[tuple[str, str, object]]:
    """The values at a path, each with its pointer; lists on the way are gone into, whoever put them there."""
    if isinstance(value, (list, tuple)):
        for place, inside in enumerate(items(cast("object", value))):
            yield from _at(inside, path, f"{pointer}/{place}", f"{name}[{place}]")
        return
    if not path or has_unknown(value):
        if value is not None and value != "":
            yield pointer, name, value
        return
    value = parsed(value)  # a property may hold its object as text
    written, inside = named_member(value, path[0])
    if not written and path[0] in _SINGULAR:
        written, inside = named_member(value, _SINGULAR[path[0]])
    if written:
        yield from _at(inside, path[1:], f"{pointer}/{escape(written)}", f"{name}.{written}" if name else written)


def parts_of(declared: Declared) -> Iterator[Part]:
    """The parts of the account model that a resource is."""
    yield from _Reading(declared).parts()


class _Reading:
    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._tables = types.TABLES[declared.family]
        self._found = list(found_in(declared))

    def parts(self) -> Iterator[Part]:
        yield from self._identity()
        yield from self._managed_policy()
        yield from self._holdings()
        yield from self._memberships()
        yield from self._credentials()
        yield from self._runner()
        yield from self._provider()
        yield from self._resource_policies()
        yield from self._limits()

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _get(self, name: str) -> object:
        return next((value for _, _, value in _at(self._declared.properties, name.split("."), "", "")), None)

    def _document(self, kind: DocumentKind, found: Found, name: str = "") -> PolicyDocument:
        called = name if kind is DocumentKind.IDENTITY else found.name
        return document_of(kind, found.value, self._declared.at(found.pointer), called)

    # --- identities ---------------------------------------------------------------------------------------------------

    def _identity(self) -> Iterator[Part]:
        declared = self._declared
        shape = self._tables.identities.get(declared.type)
        if shape is None:
            return
        trust = next((self._document(DocumentKind.TRUST, one) for one in self._found if one.kind is Kind.TRUST), None)
        path = self._get("path")
        prefix = self._get("namePrefix")
        longest = self._get("maxSessionDuration")
        yield IdentityPart(
            shape.kind,
            declared.key,
            known_name(self._get(shape.name)),
            text(prefix) or (f"stack-{declared.name}-" if declared.family == "cloudformation" else ""),
            (text(path) or None) if path else "/",
            trust=trust,
            max_session=int(longest) if isinstance(longest, (int, float)) else _number(longest),
            tags=_tags(self._get("tags")),
            location=declared.location,
            scope=declared.scope,
        )

    def _managed_policy(self) -> Iterator[Part]:
        declared = self._declared
        name = self._tables.policies.get(declared.type)
        if name is None:
            return
        found = next((one for one in self._found if one.kind is Kind.IDENTITY), None)
        called = known_name(self._get(name))
        document = self._document(DocumentKind.IDENTITY, found, called) if found else None
        path = text(self._get("path")) or "/"
        yield PolicyPart(
            declared.key, document, called, path, text(self._get("arn")), declared.location, declared.scope
        )

    def _holders(self) -> Iterator[tuple[Reference, IdentityKind]]:
        """The identities that this resource's documents and attachments belong to."""
        declared = self._declared
        shape = self._tables.identities.get(declared.type)
        if shape is not None:
            yield Reference(None, (declared.key,), exact=True), shape.kind
        for name, kind in self._tables.holders.get(declared.type, {}).items():
            value = self._get_all(name)
            for one in value:
                yield declared.reference(one, name), IdentityKind.USER if ":user/" in text(one) else kind

    def _get_all(self, name: str) -> list[object]:
        return [value for _, _, value in _at(self._declared.properties, name.split("."), "", "")]

    def _holdings(self) -> Iterator[Part]:
        declared = self._declared
        is_policy = declared.type in self._tables.policies
        for holder, kind in self._holders():
            if is_policy:
                policy = Reference(None, (declared.key,), exact=True)
                yield AttachmentPart(holder, kind, policy, location=declared.location, scope=declared.scope)
                continue
            for found in self._found:
                at = declared.at(found.pointer)
                if found.kind is Kind.IDENTITY:
                    name = self._name_beside(found)
                    yield InlinePart(holder, kind, self._document(DocumentKind.IDENTITY, found, name), declared.scope)
                elif found.kind in (Kind.ATTACHED, Kind.BOUNDARY):
                    policy = declared.reference(found.value, found.name)
                    boundary = found.kind is Kind.BOUNDARY
                    yield AttachmentPart(holder, kind, policy, boundary, at, declared.scope)

    def _name_beside(self, found: Found) -> str:
        """What a list of inline policies calls one of them."""
        parts = found.pointer.split("/")[1:]
        beside: object = self._declared.properties
        for one in parts[:-1]:
            beside = _inside(beside, one)
        names = (known_name(member(beside, one)) for one in ("policyName", "name"))
        return next((one for one in names if one), "")

    def _memberships(self) -> Iterator[Part]:
        declared = self._declared
        named = self._tables.memberships.get(declared.type)
        if named is None:
            return
        users: list[Reference] = [declared.reference(one, named[0]) for one in self._get_all(named[0])]
        if named[0] == "":
            users = [Reference(None, (declared.key,), exact=True)]
        for user in users:
            for group in self._get_all(named[1]):
                reference = declared.reference(group, named[1])
                yield MembershipPart(user, reference, declared.location, declared.scope)

    def _credentials(self) -> Iterator[Part]:
        declared = self._declared
        found = self._tables.credentials.get(declared.type)
        if found is not None:
            status = text(self._get("status"))
            active = None if not status else status.lower() == "active"
            for user in self._get_all(found.user):
                yield CredentialPart(
                    declared.reference(user, found.user),
                    found.kind,
                    found.what,
                    active,
                    text(self._get("createDate")),
                    declared.location,
                    declared.scope,
                )

    # --- what runs with a role, and whom roles trust ------------------------------------------------------------------

    def _runner(self) -> Iterator[Part]:
        declared = self._declared
        if (profile := self._tables.profiles.get(declared.type)) is not None:
            for role in self._get_all(profile):
                name = known_name(self._get("name")) or known_name(self._get("instanceProfileName"))
                reference = declared.reference(role, profile)
                yield ProfilePart(declared.key, name, reference, declared.location, declared.scope)
        shape = self._tables.runners.get(declared.type)
        if shape is None:
            return
        yield RunnerPart(
            shape.kind,
            declared.key,
            text(self._get("arn")),
            next((name for one in shape.names if (name := known_name(self._get(one)))), ""),
            self._one(shape.role),
            self._one(shape.execution_role),
            self._one(shape.profile),
            _tags(self._get("tags")),
            declared.location,
            declared.scope,
        )

    def _one(self, name: str) -> Reference | None:
        value = self._get(name) if name else None
        return None if value is None or value == "" else self._declared.reference(value, name)

    def _provider(self) -> Iterator[Part]:
        declared = self._declared
        kind = self._tables.providers.get(declared.type)
        if kind is None:
            return
        url = text(self._get("url")).removeprefix("https://")
        audiences: list[object] = self._get_all("clientIdLists") or self._get_all("clientIdList")
        known = tuple(text(one) for one in audiences)
        yield ProviderPart(
            kind,
            declared.key,
            text(self._get("arn")),
            "cognito-identity.amazonaws.com" if kind == "cognito" else url,
            known if all(known) else None,
            declared.location,
            declared.scope,
        )

    # --- resources ----------------------------------------------------------------------------------------------------

    def _resource_policies(self) -> Iterator[Part]:
        declared = self._declared
        for found in self._found:
            if found.kind is Kind.RESOURCE:
                yield self._resource_policy(self._document(DocumentKind.RESOURCE, found))
        reader = GRANTS[declared.family].get(declared.type)
        granted = reader(declared.properties) if reader else None
        if granted is not None:
            name = "the permission it grants"
            yield self._resource_policy(document_of(DocumentKind.RESOURCE, granted, declared.location, name))
        yield from self._policy_of_api()
        share, unknown = shared(declared.family, declared.type, declared.properties)
        if share is not None:
            yield self._resource_policy(document_of(DocumentKind.RESOURCE, share, declared.location, SHARED_WITH))
        if unknown:
            yield UnknownPart(Unknown(SHARED_WITH, AWAITED, declared.location), anybodys=False)
        everybody = given_to_everybody(declared.family, declared.type, declared.properties)
        if everybody is not None:
            yield OpenGrantPart(OpenGrant(*everybody, declared.location))

    def _policy_of_api(self) -> Iterator[Part]:
        """The resource policy that stands in the OpenAPI definition of an API (API Gateway developer guide)."""
        declared = self._declared
        written, body = named_member(declared.properties, "body")
        if declared.type != "apigatewayrestapi" or not written:
            return
        policy = member(parsed(body), "x-amazon-apigateway-policy")
        if policy is not None:
            at = declared.at(f"/{escape(written)}")
            yield self._resource_policy(document_of(DocumentKind.RESOURCE, policy, at, written))

    def _resource_policy(self, document: PolicyDocument) -> Part:
        declared = self._declared
        arn = next((one for name in ("resourceArn", "secretArn", "arn") if (one := text(self._get(name)))), "")
        bucket = known_name(self._get("bucket")) or known_name(self._get("bucketName"))
        if not arn and bucket and declared.type.startswith("s3bucket"):
            arn = f"arn:{declared.scope.partition}:s3:::{bucket}"
        return ResourcePolicyPart(document, Reference(arn or None), declared.shown_type, declared.key, declared.scope)

    def _limits(self) -> Iterator[Part]:
        declared = self._declared
        for path, kind in LIMITS[declared.family].get(declared.type, {}).items():
            for pointer, name, value in _at(declared.properties, path.split("."), "", ""):
                if declared.type == "organizationspolicy":
                    of = text(self._get("type")) or "SERVICE_CONTROL_POLICY"
                    if of not in _LIMITING:
                        continue
                    kind = _LIMITING[of]
                document = document_of(kind, value, declared.at(pointer), name)
                targets = tuple(one for one in map(text, self._get_all("targetIds")) if one)
                yield LimitPart(Limit(document, targets, declared.location))


_LIMITING = {"SERVICE_CONTROL_POLICY": DocumentKind.SCP, "RESOURCE_CONTROL_POLICY": DocumentKind.RCP}


def _inside(value: object, name: str) -> object:
    return items(cast("object", value))[int(name)] if isinstance(value, (list, tuple)) else members(value).get(name)


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isdigit() else None


def _tags(value: object) -> Mapping[str, str]:
    """Tags as texts, written as an object or as a list of `Key` and `Value`."""
    if isinstance(value, Mapping):
        inside = members(cast("object", value))
        return {str(name): text(one) for name, one in inside.items() if isinstance(one, str)}
    pairs = ((text(member(one, "key")), text(member(one, "value"))) for one in items(value))
    return {key: one for key, one in pairs if key}
