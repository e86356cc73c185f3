"""Folders that iam-collect wrote: a file a fact, and the path says whose it is.

    aws/PARTITION/accounts/ACCOUNT/iam/role/NAME/{metadata,trust-policy,inline-policies,managed-policies,...}.json
    aws/PARTITION/accounts/ACCOUNT/SERVICE/.../NAME/{metadata,policy}.json
    aws/PARTITION/organizations/ORGANIZATION/{metadata,accounts,ous}.json, {scps,rcps}/POLICY/policy.json

Names in paths are written small and URL-encoded. Sources: iam-collect, docs/Storage.md ("Storage Layout Explained"),
and the data sets that iam-lens is tested with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.parts import (
    AccountPart,
    AttachmentPart,
    IdentityPart,
    InlinePart,
    MembershipPart,
    Part,
    PolicyPart,
    ProfilePart,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    TargetPart,
    UnitPart,
)
from iam_guardrails.model.values import Account, IdentityKind, Location
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.organization import full_access, id_of, limit_part
from iam_guardrails.sources.values import items, members, text

_IN_ACCOUNT = re.compile(r"(?:^|/)aws/(?P<partition>aws[a-z-]*)/accounts/(?P<account>\d{12})/(?P<rest>.+)\.json$")
_IN_ORGANIZATION = re.compile(r"(?:^|/)aws/aws[a-z-]*/organizations/(?P<organization>o-[a-z0-9]+)/(?P<rest>.+)\.json$")
_IDENTITY = re.compile(r"iam/(?P<kind>role|user|group)/(?P<name>[^/]+)/(?P<what>[^/]+)")
_POLICY = re.compile(r"iam/policy/(?P<name>[^/]+)/(?P<what>[^/]+)")
_BUCKET = re.compile(r"s3/(?P<name>[^/]+)/policy")
_RESOURCE = re.compile(r"(?P<service>[a-z0-9-]+)/(?P<path>.+)/(?P<what>metadata|policy)")


class _Place(NamedTuple):
    """Where a file of an account stands, and what it holds.

    Attributes:
        scope: the account.
        key: what the files of one identity or policy have in common.
        name: name of it, in small letters.
        location: the file.
    """

    scope: Scope
    key: str
    name: str
    location: Location

    @property
    def it(self) -> Reference:
        return Reference(self.name)


def parts(value: object, location: Location) -> list[Part] | None:
    """The parts of a file of such a folder; None for a file that is none, or that says nothing of identities.

    Args:
        value: the file's value.
        location: the file, with the path that it was found under.
    """
    path = location.file.replace("\\", "/")
    found = _IN_ACCOUNT.search(path)
    if found is not None:
        made = _of_account(found["rest"], Scope((found["account"],), found["partition"]), value, location)
        return None if made is None else list(made)
    found = _IN_ORGANIZATION.search(path)
    if found is not None:
        made = _of_organization(found["rest"], found["organization"], value, location)
        return None if made is None else list(made)
    return None


# --- an account -------------------------------------------------------------------------------------------------------


def _of_account(rest: str, scope: Scope, value: object, location: Location) -> Iterator[Part] | None:
    if rest == "organization":
        return iter([AccountPart(Account(scope.account, organization=text(members(value).get("organizationId"))))])
    found = _IDENTITY.fullmatch(rest)
    if found is not None:
        read = _IDENTITY_FILES.get(found["what"])
        return None if read is None else read(value, IdentityKind(found["kind"]), _place(found, scope, location))
    found = _POLICY.fullmatch(rest)
    if found is not None:
        read_policy = _POLICY_FILES.get(found["what"])
        return None if read_policy is None else read_policy(value, _place(found, scope, location))
    found = _BUCKET.fullmatch(rest)
    if found is not None:
        arn = f"arn:{scope.partition}:s3:::{found['name']}"
        return iter([_resource_policy(value, arn, "s3:bucket", scope, location)])
    found = _RESOURCE.fullmatch(rest)
    if found is None or found["service"] == "iam":
        return None
    if found["what"] == "policy":
        return iter([_resource_policy(value, "", found["service"], scope, location)])
    return _function(value, scope, location) if found["service"] == "lambda" else None


def _place(found: re.Match[str], scope: Scope, location: Location) -> _Place:
    name = unquote(found["name"]).rpartition("/")[2]
    key = f"{scope.account}/{found[0].rpartition('/')[0]}"
    return _Place(scope, key, name, replace(location, logical_id=location.logical_id or name))


def _metadata(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    one = members(value)
    arn, name = text(one.get("arn")), text(one.get("name"))
    at = replace(place.location, logical_id=arn)
    path, unique_id = text(one.get("path")) or "/", text(one.get("id"))
    yield IdentityPart(kind, place.key, name, "", path, unique_id, location=at, scope=place.scope)
    boundary = text(one.get("permissionBoundary"))
    if boundary:
        yield AttachmentPart(place.it, kind, Reference(boundary), boundary=True, location=at, scope=place.scope)


def _trust(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    document = document_of(DocumentKind.TRUST, value, place.location)
    yield IdentityPart(kind, place.key, trust=document, path=None, location=place.location, scope=place.scope)


def _tags(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    tags = {name: text(one) for name, one in members(value).items()}
    yield IdentityPart(kind, place.key, tags=tags, path=None, location=place.location, scope=place.scope)


def _inline(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    for number, one in enumerate(map(members, items(value))):
        at = replace(place.location, pointer=f"/{number}/PolicyDocument")
        name = text(one.get("PolicyName"))
        document = document_of(DocumentKind.IDENTITY, one.get("PolicyDocument"), at, name)
        yield InlinePart(place.it, kind, document, place.scope)


def _managed(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    for number, one in enumerate(items(value)):
        at = replace(place.location, pointer=f"/{number}")
        yield AttachmentPart(place.it, kind, Reference(text(one) or None), location=at, scope=place.scope)


def _groups(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    del kind
    for one in items(value):
        yield MembershipPart(place.it, Reference(text(one) or None), place.location, place.scope)


def _profiles(value: object, kind: IdentityKind, place: _Place) -> Iterator[Part]:
    del kind
    for one in items(value):
        yield ProfilePart(text(one), id_of(text(one)), place.it, place.location, place.scope)


_IDENTITY_FILES: Mapping[str, Callable[[object, IdentityKind, _Place], Iterator[Part]]] = {
    "metadata": _metadata,
    "trust-policy": _trust,
    "tags": _tags,
    "inline-policies": _inline,
    "managed-policies": _managed,
    "groups": _groups,
    "instance-profiles": _profiles,
}


def _policy_metadata(value: object, place: _Place) -> Iterator[Part]:
    one = members(value)
    arn = text(one.get("arn"))
    at = replace(place.location, logical_id=arn)
    yield PolicyPart(place.key, None, text(one.get("name")), text(one.get("path")) or "/", arn, at, place.scope)


def _policy_document(value: object, place: _Place) -> Iterator[Part]:
    document = document_of(DocumentKind.IDENTITY, value, place.location, place.name)
    yield PolicyPart(place.key, document, location=place.location, scope=place.scope)


_POLICY_FILES: Mapping[str, Callable[[object, _Place], Iterator[Part]]] = {
    "metadata": _policy_metadata,
    "current-policy": _policy_document,
    "policy": _policy_document,  # as earlier versions wrote it
}


def _resource_policy(value: object, arn: str, kind: str, scope: Scope, location: Location) -> Part:
    at = replace(location, logical_id=arn)
    return ResourcePolicyPart(document_of(DocumentKind.RESOURCE, value, at), Reference(arn or None), kind, scope=scope)


def _function(value: object, scope: Scope, location: Location) -> Iterator[Part] | None:
    one = members(value)
    arn, role = text(one.get("arn")), text(one.get("role"))
    if ":function:" not in arn or not role:
        return None
    at = replace(location, logical_id=arn)
    return iter(
        [RunnerPart("lambda:function", arn, arn, text(one.get("name")), Reference(role), location=at, scope=scope)]
    )


# --- an organization --------------------------------------------------------------------------------------------------


def _of_organization(rest: str, organization: str, value: object, location: Location) -> Iterator[Part] | None:
    if rest == "metadata":
        management = text(members(value).get("rootAccountId"))
        return iter([AccountPart(Account(management, organization=organization, management=True))])
    if rest == "accounts":
        return _accounts(value, organization, location)
    if rest == "ous":
        return _units(value, location)
    folder, _, inside = rest.partition("/")
    kind = {"scps": DocumentKind.SCP, "rcps": DocumentKind.RCP}.get(folder)
    policy, _, what = inside.partition("/")
    if kind is None or what != "policy":
        return None
    at = replace(location, logical_id=policy)
    # accounts.json and ous.json name all that a policy is attached to.
    return iter([limit_part(kind, value, policy, policy, at), TargetPart(policy, None, complete=True)])


def _accounts(value: object, organization: str, location: Location) -> Iterator[Part]:
    for account, one in members(value).items():
        yield AccountPart(Account(account, organization=organization))
        unit = text(members(one).get("ou"))
        if unit:
            yield UnitPart(account, unit)
        yield from _attached(account, one, location)


def _units(value: object, location: Location) -> Iterator[Part]:
    for unit, one in members(value).items():
        parent = text(members(one).get("parent"))
        if parent:
            yield UnitPart(unit, parent)
        yield from _attached(unit, one, location)


def _attached(target: str, value: object, location: Location) -> Iterator[Part]:
    for name in ("scps", "rcps"):
        for arn in items(members(value).get(name)):
            policy = id_of(text(arn))
            yield TargetPart(policy, target)
            yield from full_access(policy, location)
