"""Kubernetes objects that carry IAM: `aws-auth`, AWS Controllers for Kubernetes (ACK) and Crossplane's providers.

Sources: the custom resource definitions of aws-controllers-k8s (groups `*.services.k8s.aws`), of
crossplane-contrib/provider-aws (`*.aws.crossplane.io`) and of upbound/provider-aws (`*.aws.upbound.io`), which is built
on Terraform's provider and has its names. `aws-auth`: Amazon EKS user guide, "Grant IAM users access to Kubernetes with
a ConfigMap". Groups of objects: API reference of Pulumi's `kubernetes` package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.model.parts import (
    AttachmentPart,
    IdentityPart,
    InlinePart,
    MembershipPart,
    Part,
    PolicyPart,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    UnknownPart,
)
from iam_guardrails.model.values import IdentityKind, Location, Unknown
from iam_guardrails.sources.declared import Declared, parts_of
from iam_guardrails.sources.documents import AWAITED, document_of
from iam_guardrails.sources.embedded import documents_in
from iam_guardrails.sources.values import escape, items, member, members, squash, text

_ROLE, _USER, _GROUP = IdentityKind.ROLE, IdentityKind.USER, IdentityKind.GROUP
_ACK = ".services.k8s.aws"
_CROSSPLANE = (".aws.crossplane.io", ".aws.upbound.io", ".aws.m.upbound.io")
_IDENTITIES = {"Role": _ROLE, "User": _USER, "Group": _GROUP}
_IRSA = "eks.amazonaws.com/role-arn"


def is_object(value: object) -> bool:
    """Whether a value is a Kubernetes object."""
    inside = members(value)
    return isinstance(inside.get("apiVersion"), str) and isinstance(inside.get("kind"), str)


def parts(value: Mapping[str, object], location: Location) -> Iterator[Part]:
    """The parts of an object, or of the objects in a list of them.

    Args:
        value: the object.
        location: where it stands.
    """
    group, kind = text(value.get("apiVersion")).partition("/")[0], text(value.get("kind"))
    if kind.endswith("List") and isinstance(value.get("items"), list):
        for place, one in enumerate(items(value["items"])):
            yield from parts(members(one), replace(location, pointer=f"{location.pointer}/items/{place}"))
        return
    name = text(members(value.get("metadata")).get("name"))
    at = replace(location, logical_id=location.logical_id or f"{kind}/{name}")
    if group == f"iam{_ACK}":
        yield from _Ack(kind, name, members(value.get("spec")), at).parts()
    elif group.endswith(_ACK):
        yield from _resource(group.removesuffix(_ACK), kind, name, value, "/spec", at, "cloudformation")
    elif group.endswith(_CROSSPLANE):
        service = group.partition(".")[0]
        yield from _resource(service, kind, name, value, "/spec/forProvider", at, "terraform")
    elif kind == "Composition":
        for place, one in enumerate(items(members(value.get("spec")).get("resources"))):
            pointer = f"{at.pointer}/spec/resources/{place}/base"
            yield from parts(members(member(one, "base")), replace(at, pointer=pointer))
    elif kind == "ServiceAccount":
        role = text(members(members(value.get("metadata")).get("annotations")).get(_IRSA))
        if role:
            yield RunnerPart("eks:service-account", f"{kind}/{name}", name=name, role=Reference(role), location=at)
    elif kind in ("ConfigMap", "ConfigMapPatch") and name == "aws-auth":
        yield from _access_to_cluster(members(value.get("data")), at)
    else:
        yield from documents_in(value, at)


# --- groups of objects that Pulumi makes of texts and files -----------------------------------------------------------

_GROUPS = ("yaml", "kustomize")
_IN_FILES = ("file", "files", "directory")


def of_pulumi(token: str, properties: Mapping[str, object], location: Location) -> Iterator[Part]:
    """The parts of a resource of Pulumi's `kubernetes` package.

    Args:
        token: its type token, such as `kubernetes:core/v1:ConfigMap` or `kubernetes:yaml/v2:ConfigGroup`.
        properties: its properties.
        location: where they stand.
    """
    _, module, kind = (*token.split(":", 2), "", "")[:3]
    if not module.startswith(_GROUPS):
        named = {"apiVersion": module.removeprefix("core/"), "kind": kind}
        yield from parts({**named, **properties}, location)
        return
    for name in _IN_FILES:
        if properties.get(name):
            yield UnknownPart(Unknown(IN_FILES, "they are no part of what was read", location), anybodys=False)
    for name in ("yaml", "objs"):
        for place, one in enumerate(items(properties.get(name))):
            at = replace(location, pointer=f"{location.pointer}/{name}/{place}")
            yield from _objects(one, at)


IN_FILES = "the objects of its files"
"""What is unknown of a group of objects that stand in files: they may be resources of their own besides."""


def _objects(written: object, at: Location) -> Iterator[Part]:
    found = [written]
    if isinstance(written, str):
        trees = None if has_unknown(written) else _yaml(written)
        if trees is None:
            yield UnknownPart(Unknown("the objects of its YAML", AWAITED, at), anybodys=False)
            return
        found = trees
    for one in found:
        yield from parts(members(one), at)


def _yaml(written: str) -> list[object] | None:
    """The values of a text in YAML; None where it cannot be read."""
    from iam_guardrails.sources.trees import NotReadable, yaml_trees

    try:
        return [tree.value for tree in yaml_trees(written)]
    except NotReadable:
        return None


# --- who gets into a cluster ------------------------------------------------------------------------------------------

_MASTERS = "system:masters"
_MAPPED = {"mapRoles": "rolearn", "mapUsers": "userarn"}


def _access_to_cluster(data: Mapping[str, object], at: Location) -> Iterator[Part]:
    """The principals that `aws-auth` lets into a cluster, and those it makes administrators there."""
    statements: list[object] = []
    for name, entry, pointer in _entries(data):
        if entry is None:
            what = f"whom {name} of aws-auth lets into the cluster"
            yield UnknownPart(Unknown(what, AWAITED, at), anybodys=False)
            continue
        arn = entry if isinstance(entry, str) else member(entry, _MAPPED.get(name, ""))
        if not isinstance(arn, str) or not arn or has_unknown(arn):
            yield UnknownPart(Unknown(f"a principal in {name} of aws-auth", AWAITED, at), anybodys=False)
            continue
        allowed = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "eks:AccessKubernetesApi", "Resource": "*"}
        statements.append(allowed)
        if _MASTERS in items(member(entry, "groups")):
            kind = _USER if name == "mapUsers" else _ROLE
            where = replace(at, pointer=f"{at.pointer}{pointer}/groups")
            yield AttachmentPart(Reference(arn), kind, Reference(_MASTERS), location=where)
    if statements:
        policy = {"Version": "2012-10-17", "Statement": statements}
        document = document_of(DocumentKind.RESOURCE, policy, at, "whom it lets into the cluster")
        yield ResourcePolicyPart(document, type="aws-auth", key=at.logical_id)


def _entries(data: Mapping[str, object]) -> Iterator[tuple[str, object, str]]:
    """The entries of `aws-auth`, each with the name of its list and its place; None for what cannot be read."""
    for name in (*_MAPPED, "mapAccounts"):
        written = data.get(name)
        if written is None or written == "":
            continue
        trees = _yaml(written) if isinstance(written, str) and not has_unknown(written) else None
        if trees is None or not all(isinstance(one, list) for one in trees if one is not None):
            yield name, None, ""
            continue
        for place, entry in enumerate(one for tree in trees for one in items(tree)):
            is_number = isinstance(entry, int) and not isinstance(entry, bool)
            yield name, str(entry).zfill(12) if is_number else entry, f"/data/{name}/{place}"


def _resource(
    service: str, kind: str, name: str, value: Mapping[str, object], place: str, location: Location, family: str
) -> Iterator[Part]:
    """A resource whose properties have the names of Terraform or CloudFormation."""
    properties: object = value
    for step in place.split("/")[1:]:
        properties = members(properties).get(step)
    inside = dict(members(properties))
    references: dict[str, tuple[str, ...]] = {}
    for key, one in members(properties).items():
        for ending in ("Ref", "Refs"):
            if key.endswith(ending):
                plain = key.removesuffix(ending)
                referred = [text(members(each).get("name")) for each in items(one)]
                inside.setdefault(plain, [_key(plain, each) for each in referred])
                references[squash(plain)] = tuple(_key(plain, each) for each in referred)
    if isinstance(inside.get("policy"), Mapping) and "statements" in members(inside["policy"]):
        # Crossplane's own form of a policy, which it writes out for AWS.
        what = f"the policy of {kind} {name}"
        yield UnknownPart(Unknown(what, "it is written in a form of Crossplane's own", location), anybodys=False)
        del inside["policy"]
    if "rawPolicy" in inside:
        inside["policy"] = inside["rawPolicy"]
    named = text(members(members(value.get("metadata")).get("annotations")).get("crossplane.io/external-name"))
    inside.setdefault("name", named or name)
    declared = Declared(
        family,
        squash(f"{service}{kind}"),
        f"{kind}/{name}",
        name,
        {key: _by_key(one, references.get(squash(key))) for key, one in inside.items()},
        replace(location, pointer=f"{location.pointer}{place}"),
        references,
        shown_type=f"{service} {kind}",
    )
    found = list(parts_of(declared))
    yield from found
    if not found:
        yield from documents_in(properties, declared.location)


def _key(attribute: str, name: str) -> str:
    kind = next((one for one in ("role", "user", "group", "policy") if one in attribute.lower()), attribute)
    return f"{kind.capitalize()}/{name}"


def _by_key(value: object, keys: tuple[str, ...] | None) -> object:
    """A value that is a reference to other objects, as links to them."""
    from iam_guardrails.sources.values import Linked

    if keys is None:
        return value
    return [Linked(one, one, known=False) for one in keys]


class _Ack:
    """An object of ACK's controller for IAM."""

    def __init__(self, kind: str, name: str, spec: Mapping[str, object], location: Location) -> None:
        self._kind, self._name, self._spec = kind, name, spec
        self._location = replace(location, pointer=f"{location.pointer}/spec")
        self._key = f"{kind}/{name}"
        self._self = Reference(None, (self._key,), exact=True)

    def parts(self) -> Iterator[Part]:
        kind = _IDENTITIES.get(self._kind)
        if kind is not None:
            yield from self._identity(kind)
        elif self._kind == "Policy":
            document = document_of(DocumentKind.IDENTITY, self._spec.get("policyDocument"), self._at("policyDocument"))
            path = text(self._spec.get("path")) or "/"
            yield PolicyPart(self._key, document, text(self._spec.get("name")) or self._name, path, "", self._location)

    def _at(self, pointer: str) -> Location:
        return replace(self._location, pointer=f"{self._location.pointer}/{pointer}")

    def _identity(self, kind: IdentityKind) -> Iterator[Part]:
        spec = self._spec
        written = spec.get("assumeRolePolicyDocument")
        at = self._at("assumeRolePolicyDocument")
        trust = None if written is None else document_of(DocumentKind.TRUST, written, at)
        path = text(spec.get("path")) or "/"
        name = text(spec.get("name")) or self._name
        yield IdentityPart(kind, self._key, name, path=path, trust=trust, location=self._location)
        for called, document in members(spec.get("inlinePolicies")).items():
            at = self._at(f"inlinePolicies/{escape(called)}")
            yield InlinePart(self._self, kind, document_of(DocumentKind.IDENTITY, document, at, called))
        for place, arn in enumerate(items(spec.get("policies"))):
            yield AttachmentPart(self._self, kind, Reference(text(arn) or None), location=self._at(f"policies/{place}"))
        for place, reference in enumerate(items(spec.get("policyRefs"))):
            yield AttachmentPart(
                self._self, kind, _referred("Policy", reference), location=self._at(f"policyRefs/{place}")
            )
        for group in items(spec.get("groups")):
            yield MembershipPart(self._self, Reference(text(group) or None), self._location)
        for reference in items(spec.get("groupRefs")):
            yield MembershipPart(self._self, _referred("Group", reference), self._location)
        boundary = text(spec.get("permissionsBoundary"))
        referred = spec.get("permissionsBoundaryRef")
        if boundary or referred is not None:
            policy = Reference(boundary) if boundary else _referred("Policy", referred)
            yield AttachmentPart(self._self, kind, policy, boundary=True, location=self._location)


def _referred(kind: str, reference: object) -> Reference:
    """What one of ACK's references names: `{from: {name: ...}}`."""
    name = text(member(member(reference, "from"), "name"))
    return Reference(None, (f"{kind}/{name}",), exact=True)
