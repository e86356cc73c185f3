"""Answers of the AWS CLI and of the SDKs: of IAM, of services with resource policies, of Organizations.

Documents come as objects, as JSON text or URL-encoded, as the API and the CLI hand them out. Sources: the AWS CLI
command reference of each command named below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import cast
from urllib.parse import unquote

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.parts import (
    AttachmentPart,
    CredentialPart,
    IdentityPart,
    InlinePart,
    LimitPart,
    MembershipPart,
    Part,
    PolicyPart,
    ProfilePart,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    UnknownPart,
)
from iam_guardrails.model.values import (
    CredentialKind,
    IdentityKind,
    Limit,
    Location,
    PolicyDocument,
    Unknown,
)
from iam_guardrails.sources import organization
from iam_guardrails.sources.declared import Declared
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.embedded import resource_parts
from iam_guardrails.sources.values import items, member, members, parsed, squash, text

Answer = Mapping[str, object]
_ROLE, _USER, _GROUP = IdentityKind.ROLE, IdentityKind.USER, IdentityKind.GROUP
_NOT_ASKED = "this answer does not say it"


def is_answer(value: object) -> bool:
    """Whether a value is an answer that this module reads."""
    return _reader(members(value)) is not None


def parts(value: Answer, location: Location) -> Iterator[Part]:
    """The parts of an answer.

    Args:
        value: the answer.
        location: where it stands.
    """
    reader = _reader(value)
    if reader is not None:
        yield from reader(value, location)


def _at(location: Location, pointer: str, logical_id: str = "") -> Location:
    found = replace(location, pointer=f"{location.pointer}{pointer}")
    return replace(found, logical_id=logical_id) if logical_id else found


def scope_of(arn: str) -> Scope:
    """The account of an ARN."""
    parts = arn.split(":")
    return Scope((parts[4],), parts[1]) if len(parts) > 5 and parts[4].isdigit() else Scope()


def _document(kind: DocumentKind, value: object, location: Location, name: str = "") -> PolicyDocument:
    written = unquote(value) if isinstance(value, str) and value.lstrip()[:3].lower() == "%7b" else value
    return document_of(kind, written, location, name)


# --- IAM --------------------------------------------------------------------------------------------------------------


def _authorization_details(value: Answer, location: Location) -> Iterator[Part]:
    """`aws iam get-account-authorization-details`."""
    for name, kind in (("UserDetailList", _USER), ("GroupDetailList", _GROUP), ("RoleDetailList", _ROLE)):
        for place, one in enumerate(items(value.get(name))):
            yield from _identity(members(one), kind, _at(location, f"/{name}/{place}"), whole=True)
    for place, one in enumerate(items(value.get("Policies"))):
        yield from _managed_policy(members(one), _at(location, f"/Policies/{place}"))
    if value.get("IsTruncated") is True:
        what = Unknown("further identities and policies of the account", "the answer is cut off", location)
        yield UnknownPart(what)


def _identity(one: Answer, kind: IdentityKind, location: Location, *, whole: bool) -> Iterator[Part]:
    """A user, group or role as IAM describes it.

    Args:
        one: the description.
        kind: what it is.
        location: where it stands.
        whole: whether the description has all that the identity holds.
    """
    noun = kind.value.capitalize()
    arn, name = text(one.get("Arn")), text(one.get(f"{noun}Name"))
    at = replace(location, logical_id=arn or name)
    trust_text = one.get("AssumeRolePolicyDocument")
    trust_at = _at(at, "/AssumeRolePolicyDocument")
    trust = None if trust_text is None else _document(DocumentKind.TRUST, trust_text, trust_at)
    longest = one.get("MaxSessionDuration")
    unknown = () if whole else (Unknown(f"the policies of {kind.value} {name}", _NOT_ASKED, at),)
    scope = scope_of(arn)
    yield IdentityPart(
        kind, arn, name, path=text(one.get("Path")) or "/", unique_id=text(one.get(f"{noun}Id")), trust=trust,
        max_session=longest if isinstance(longest, int) else None, tags=_tags(one.get("Tags")),
        location=at, scope=scope, unknown=unknown,
    )  # fmt: skip
    holder = Reference(arn or name)
    for place, inline in enumerate(items(one.get(f"{noun}PolicyList"))):
        inside = members(inline)
        where = _at(at, f"/{noun}PolicyList/{place}/PolicyDocument")
        called = text(inside.get("PolicyName"))
        document = _document(DocumentKind.IDENTITY, inside.get("PolicyDocument"), where, called)
        yield InlinePart(holder, kind, document, scope)
    for place, attached in enumerate(items(one.get("AttachedManagedPolicies"))):
        policy = Reference(text(members(attached).get("PolicyArn")) or None)
        where = _at(at, f"/AttachedManagedPolicies/{place}")
        yield AttachmentPart(holder, kind, policy, location=where, scope=scope)
    boundary = text(members(one.get("PermissionsBoundary")).get("PermissionsBoundaryArn"))
    if boundary:
        where = _at(at, "/PermissionsBoundary")
        yield AttachmentPart(holder, kind, Reference(boundary), boundary=True, location=where, scope=scope)
    for group in items(one.get("GroupList")):
        yield MembershipPart(holder, Reference(text(group) or None), at, scope)
    for place, profile in enumerate(items(one.get("InstanceProfileList"))):
        inside = members(profile)
        where = _at(at, f"/InstanceProfileList/{place}")
        yield ProfilePart(text(inside.get("Arn")), text(inside.get("InstanceProfileName")), holder, where, scope)


_VERSION = "/PolicyVersionList/{}/Document"


def _managed_policy(one: Answer, location: Location) -> Iterator[Part]:
    """A managed policy with its versions, or without."""
    arn, name = text(one.get("Arn")), text(one.get("PolicyName"))
    if ":aws:policy/" in arn:
        return
    versions = [(place, members(version)) for place, version in enumerate(items(one.get("PolicyVersionList")))]
    default = next(((place, version) for place, version in versions if version.get("IsDefaultVersion")), None)
    document = None
    if default is not None:
        where = _at(location, _VERSION.format(default[0]), arn)
        document = _document(DocumentKind.IDENTITY, default[1].get("Document"), where, name)
    others = tuple(
        _document(DocumentKind.IDENTITY, version.get("Document"), _at(location, _VERSION.format(place), arn), name)
        for place, version in versions
        if not version.get("IsDefaultVersion") and "Document" in version
    )
    at = replace(location, logical_id=arn or name)
    yield PolicyPart(arn, document, name, text(one.get("Path")) or "/", arn, at, scope_of(arn), others)


def _tags(value: object) -> Mapping[str, str]:
    return {text(member(one, "Key")): text(member(one, "Value")) for one in items(value)}


def _one(name: str, kind: IdentityKind) -> Callable[[Answer, Location], Iterator[Part]]:
    def read(value: Answer, location: Location) -> Iterator[Part]:
        yield from _identity(members(value.get(name)), kind, _at(location, f"/{name}"), whole=False)

    return read


def _several(name: str, kind: IdentityKind) -> Callable[[Answer, Location], Iterator[Part]]:
    def read(value: Answer, location: Location) -> Iterator[Part]:
        for place, one in enumerate(items(value.get(name))):
            yield from _identity(members(one), kind, _at(location, f"/{name}/{place}"), whole=False)

    return read


def _inline(kind: IdentityKind) -> Callable[[Answer, Location], Iterator[Part]]:
    """`aws iam get-role-policy`, `get-user-policy`, `get-group-policy`."""

    def read(value: Answer, location: Location) -> Iterator[Part]:
        name = text(value.get(f"{kind.value.capitalize()}Name"))
        at = _at(location, "/PolicyDocument", name)
        document = _document(DocumentKind.IDENTITY, value.get("PolicyDocument"), at, text(value.get("PolicyName")))
        yield InlinePart(Reference(name), kind, document)

    return read


def _policy_version(value: Answer, location: Location) -> Iterator[Part]:
    """`aws iam get-policy-version`: a version of a policy that the answer does not name."""
    at = _at(location, "/PolicyVersion/Document")
    document = _document(DocumentKind.IDENTITY, members(value.get("PolicyVersion")).get("Document"), at)
    yield PolicyPart("", document, location=at)


def _policies(value: Answer, location: Location) -> Iterator[Part]:
    """`aws iam list-policies`, `get-policy`: policies without their documents."""
    found = [("/Policy", value["Policy"])] if "Policy" in value else []
    found += [(f"/Policies/{place}", one) for place, one in enumerate(items(value.get("Policies")))]
    for pointer, one in found:
        yield from _managed_policy(members(one), _at(location, pointer))


def _attached(value: Answer, location: Location) -> Iterator[Part]:
    """`aws iam list-attached-role-policies` and its like: the answer does not say of whom."""
    for place, one in enumerate(items(value.get("AttachedPolicies"))):
        policy = Reference(text(members(one).get("PolicyArn")) or None)
        at = _at(location, f"/AttachedPolicies/{place}")
        yield AttachmentPart(Reference(None, why="the answer does not name it"), _ROLE, policy, location=at)


def _groups_of(value: Answer, location: Location) -> Iterator[Part]:
    """`aws iam get-group`: a group and its members."""
    group = members(value.get("Group"))
    yield from _identity(group, _GROUP, _at(location, "/Group"), whole=False)
    for place, one in enumerate(items(value.get("Users"))):
        at = _at(location, f"/Users/{place}")
        yield from _identity(members(one), _USER, at, whole=False)
        yield MembershipPart(Reference(text(members(one).get("Arn"))), Reference(text(group.get("Arn"))), at)


def _access_keys(value: Answer, location: Location) -> Iterator[Part]:
    """`aws iam list-access-keys`; a collection puts the account beside the answer, which does not say it."""
    account = text(value.get("AccountId"))
    scope = Scope((account,)) if account else Scope()
    for place, one in enumerate(items(value.get("AccessKeyMetadata"))):
        inside = members(one)
        at = _at(location, f"/AccessKeyMetadata/{place}")
        user, created = Reference(text(inside.get("UserName")) or None), text(inside.get("CreateDate"))
        active = inside.get("Status") == "Active"
        yield CredentialPart(user, CredentialKind.ACCESS_KEY, "an access key", active, created, at, scope)


# --- resource policies ------------------------------------------------------------------------------------------------


def _resource_policy(name: str, *arns: str) -> Callable[[Answer, Location], Iterator[Part]]:
    """An answer with a resource policy under a name, and the resource's ARN under another."""

    def read(value: Answer, location: Location) -> Iterator[Part]:
        arn = next((found for one in arns if (found := text(value.get(one)))), "")
        document = _document(DocumentKind.RESOURCE, value.get(name), _at(location, f"/{name}", arn), name)
        yield ResourcePolicyPart(document, Reference(arn or None), scope=scope_of(arn))

    return read


def _attributes(value: Answer, location: Location) -> Iterator[Part]:
    """`aws sqs get-queue-attributes`, `aws sns get-topic-attributes`."""
    inside = members(value.get("Attributes"))
    arn = text(inside.get("QueueArn")) or text(inside.get("TopicArn"))
    at = _at(location, "/Attributes/Policy", arn)
    document = _document(DocumentKind.RESOURCE, inside.get("Policy"), at, "Policy")
    yield ResourcePolicyPart(document, Reference(arn or None), scope=scope_of(arn))


def _endpoints(value: Answer, location: Location) -> Iterator[Part]:
    """`aws ec2 describe-vpc-endpoints`."""
    for place, one in enumerate(items(value.get("VpcEndpoints"))):
        inside = members(one)
        name = text(inside.get("VpcEndpointId"))
        at = _at(location, f"/VpcEndpoints/{place}/PolicyDocument", name)
        document = _document(DocumentKind.ENDPOINT, inside.get("PolicyDocument"), at, name)
        yield LimitPart(Limit(document, (name,), at, complete=True))


def _functions(value: Answer, location: Location) -> Iterator[Part]:
    """`aws lambda list-functions`, `get-function-configuration`, `get-function`."""
    found = [(f"/Functions/{place}", members(one)) for place, one in enumerate(items(value.get("Functions")))]
    if "Configuration" in value:
        found.append(("/Configuration", members(value["Configuration"])))
    if "FunctionArn" in value:
        found.append(("", value))
    for pointer, one in found:
        arn = text(one.get("FunctionArn"))
        role = Reference(text(one.get("Role")) or None)
        at = _at(location, pointer, arn)
        name = text(one.get("FunctionName"))
        yield RunnerPart("lambda:function", arn, arn, name, role, location=at, scope=scope_of(arn))


# --- the Cloud Control API --------------------------------------------------------------------------


def _cloud_control(value: Answer, location: Location) -> Iterator[Part]:
    """`aws cloudcontrol get-resource`, and what `create-resource` is given."""
    kind = text(value.get("TypeName"))
    description = members(value.get("ResourceDescription"))
    state = value.get("DesiredState") if "DesiredState" in value else description.get("Properties")
    pointer = "/DesiredState" if "DesiredState" in value else "/ResourceDescription/Properties"
    name = text(description.get("Identifier")) or kind
    properties = members(parsed(state))
    type_ = squash("".join(kind.split("::")[1:]))
    at = _at(location, pointer, name)
    yield from resource_parts(Declared("cloudformation", type_, name, name, properties, at, shown_type=kind))


# --- which answer it is -----------------------------------------------------------------------------------------------


def _reader(value: Answer) -> Callable[[Answer, Location], Iterator[Part]] | None:
    names = set(value)
    return next((reader for needed, check, reader in _READERS if needed <= names and check(value)), None)


def _nothing(value: Answer, location: Location) -> Iterator[Part]:
    """An answer with nothing that the model has a place for: `aws organizations list-roots`."""
    del value, location
    return iter(())


def _any(value: Answer) -> bool:
    del value
    return True


def _first_has(name: str, *inside: str) -> Callable[[Answer], bool]:
    """Whether what stands under a name (the first of a list) has other names."""

    def check(value: Answer) -> bool:
        found = items(value.get(name))
        return bool(found) and all(one in members(found[0]) for one in inside)

    return check


def _each_has(name: str, *inside: str) -> Callable[[Answer], bool]:
    """Whether a list stands under a name, and each of its objects, if there are any, has other names."""

    def check(value: Answer) -> bool:
        found = value.get(name)
        return isinstance(found, list) and all(
            one in members(item) for item in cast("list[object]", found) for one in inside
        )

    return check


def _is_document(name: str) -> Callable[[Answer], bool]:
    """Whether a policy that names principals stands under a name."""

    def check(value: Answer) -> bool:
        written = str(parsed(value.get(name)))
        return "Statement" in written and "Principal" in written

    return check


_READERS: tuple[tuple[frozenset[str], Callable[[Answer], bool], Callable[[Answer, Location], Iterator[Part]]], ...] = (
    (frozenset({"UserDetailList"}), _any, _authorization_details),
    (frozenset({"RoleDetailList"}), _any, _authorization_details),
    (frozenset({"GroupDetailList"}), _any, _authorization_details),
    (frozenset({"RoleName", "PolicyDocument"}), _any, _inline(_ROLE)),
    (frozenset({"UserName", "PolicyDocument"}), _any, _inline(_USER)),
    (frozenset({"GroupName", "PolicyDocument"}), _any, _inline(_GROUP)),
    (frozenset({"PolicyVersion"}), _first_has("PolicyVersion", "Document"), _policy_version),
    (frozenset({"Role"}), _first_has("Role", "RoleName"), _one("Role", _ROLE)),
    (frozenset({"Roles"}), _first_has("Roles", "RoleName"), _several("Roles", _ROLE)),
    (frozenset({"User"}), _first_has("User", "UserName", "Arn"), _one("User", _USER)),
    (frozenset({"Group", "Users"}), _first_has("Group", "GroupName"), _groups_of),
    (frozenset({"Users"}), _first_has("Users", "UserName", "Arn"), _several("Users", _USER)),
    (frozenset({"Groups"}), _first_has("Groups", "GroupName", "Arn"), _several("Groups", _GROUP)),
    (frozenset({"Policy"}), _first_has("Policy", "PolicySummary"), organization.described_policy),
    (frozenset({"Policy"}), _first_has("Policy", "PolicyName", "Arn"), _policies),
    (frozenset({"Policies"}), _first_has("Policies", "PolicyName", "Arn"), _policies),
    (frozenset({"AttachedPolicies"}), _any, _attached),
    (frozenset({"AccessKeyMetadata"}), _any, _access_keys),
    (frozenset({"Attributes"}), _first_has("Attributes", "Policy"), _attributes),
    (frozenset({"VpcEndpoints"}), _any, _endpoints),
    (frozenset({"Functions"}), _first_has("Functions", "FunctionArn"), _functions),
    (frozenset({"Configuration"}), _first_has("Configuration", "FunctionArn"), _functions),
    (frozenset({"FunctionArn", "Role"}), _any, _functions),
    (frozenset({"Accounts"}), _first_has("Accounts", "Id", "Arn"), organization.listed_accounts),
    (frozenset({"Account"}), _first_has("Account", "Id", "Arn"), organization.listed_accounts),
    (
        frozenset({"Organization"}),
        _first_has("Organization", "Id", "MasterAccountId"),
        organization.described_organization,
    ),
    (frozenset({"Targets"}), _each_has("Targets", "TargetId", "Type"), organization.targets_of_policy),
    (frozenset({"Policies"}), _first_has("Policies", "Id", "Type"), organization.policies_of_target),
    (frozenset({"Parents"}), _each_has("Parents", "Id", "Type"), organization.parents_of),
    (frozenset({"Children"}), _each_has("Children", "Id", "Type"), organization.children_of),
    (frozenset({"OrganizationalUnits"}), _each_has("OrganizationalUnits", "Id", "Arn"), organization.children_of),
    (frozenset({"Roots"}), _first_has("Roots", "Id", "Arn"), _nothing),
    (frozenset({"TypeName", "ResourceDescription"}), _any, _cloud_control),
    (frozenset({"TypeName", "DesiredState"}), _any, _cloud_control),
    (
        frozenset({"ResourcePolicy"}),
        _is_document("ResourcePolicy"),
        _resource_policy("ResourcePolicy", "ARN", "ResourceArn"),
    ),
    (frozenset({"policyText"}), _is_document("policyText"), _resource_policy("policyText", "repositoryArn")),
    (frozenset({"policy"}), _is_document("policy"), _resource_policy("policy", "resourceArn")),
    (frozenset({"Policy"}), _is_document("Policy"), _resource_policy("Policy", "ResourceArn", "FileSystemArn")),
)
"""Members that an answer has, a further look at them, and what reads it; the first that fits."""
