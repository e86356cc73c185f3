"""What is found in one resource by itself: its documents, attachments and shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from iam_guardrails import check_document, check_managed_policies, check_trust_policy
from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import UNKNOWN, has_unknown
from iam_guardrails.model.parts import (
    AttachmentPart,
    CredentialPart,
    DocumentPart,
    IdentityPart,
    InlinePart,
    Part,
    PolicyPart,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    UnknownPart,
)
from iam_guardrails.model.values import CredentialKind, Location, PolicyDocument
from iam_guardrails.pack.configuration import accounts_of
from iam_guardrails.pack.in_part import documents_in_part
from iam_guardrails.pack.makers import unreadable
from iam_guardrails.pack.resource import Resource
from iam_guardrails.rules.stack import place_of, property_at
from iam_guardrails.settings import Settings
from iam_guardrails.sources import kubernetes, pulumi
from iam_guardrails.sources.declared import Declared, found_in, squashed_type
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.embedded import resource_parts
from iam_guardrails.sources.identity_types import TABLES
from iam_guardrails.sources.permissions import GRANTS
from iam_guardrails.sources.resource_types import LIMITS, PLACES, Kind
from iam_guardrails.sources.shares import SHARED_WITH, SHARES, principals_named
from iam_guardrails.sources.values import items, member, squash, text

KUBERNETES = "kubernetes:"
_CARRIERS = frozenset({"cloudcontrolresource", "cloudformationstack", "cloudformationstackset"})
_OTHERS = ("pulumi-nodejs:dynamic", "pulumi-python:dynamic", "command:local:", "command:remote:")
_POLICY_TYPES = frozenset(kind for table in TABLES.values() for kind in table.policies)

# Properties whose content is somebody's data: a policy that stands there is attached to nothing.
_DATA = frozenset(
    {
        "userdata",
        "userdatabase64",
        "environment",
        "containerdefinitions",
        "definition",
        "rulejson",
        "secretstring",
        "insecurevalue",
        "tags",
        "tagsall",
        "description",
    }
)
_DATA_OF_TYPE = frozenset({("ssmparameter", "value"), ("s3bucketobject", "content"), ("s3bucketobjectv2", "content")})


@lru_cache(maxsize=4096)
def concerns(token: str) -> bool:
    """Whether resources of a type are about IAM, whatever their properties say."""
    family = pulumi.family_of(token)
    if family is None:
        return token.startswith((KUBERNETES, *_OTHERS))
    kind, tables = squashed_type(token), TABLES[family]
    known = (
        tables.identities,
        tables.policies,
        tables.holders,
        tables.memberships,
        tables.credentials,
        tables.profiles,
        tables.providers,
        tables.runners,
        GRANTS[family],
        LIMITS[family],
        SHARES[family],
        _CARRIERS,
        _tables_of_documents(family),
    )
    return any(kind in one for one in known) or bool(unreadable(token, {}))


@lru_cache(maxsize=2)
def _tables_of_documents(family: str) -> frozenset[str]:
    prefix = {"terraform": "aws:", "cloudformation": "aws-native:"}[family]
    return frozenset(squashed_type(one) for one in PLACES if one.startswith(prefix))


@dataclass(frozen=True)
class Item:
    """Something in a resource that is evaluated.

    Attributes:
        place: the property that it stands in, with places of lists: `inlinePolicies[0].policy`.
        document: the policy document; None for an attachment.
        arn: the ARN of an attached managed policy; "" for a document, or where it is not known.
        sure: whether the place is known to hold a policy; False for a document that no table knows of.
        deferred: whether only the whole stack shows what it does: a managed policy, which may be a boundary.
    """

    place: str
    document: PolicyDocument | None = None
    arn: str = ""
    sure: bool = True
    deferred: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nothing of it is known yet."""
        return not self.arn if self.document is None else self.document.content == UNKNOWN


@dataclass(frozen=True)
class Contents:
    """What a resource holds.

    Attributes:
        parts: the parts of the account model that it is.
        items: what is evaluated by itself.
        principals: principals that it shares with, as texts.
        unknown: what it holds that is not known, in words.
    """

    parts: tuple[Part, ...]
    items: tuple[Item, ...]
    principals: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def contents_of(resource: Resource) -> Contents:
    """What a resource holds that has to do with IAM."""
    location = Location(logical_id=resource.urn)
    if resource.type.startswith(KUBERNETES):
        parts = tuple(kubernetes.of_pulumi(resource.type, resource.properties, location))
        return Contents(parts, (*_items(parts, "kubernetes"), *_attached_by(parts, set())))
    scope = Scope(resource.accounts, resource.partition)
    in_part = tuple(Item(one.name, one) for one in documents_in_part(resource.type, resource.properties, location))
    if in_part:
        return Contents((), in_part)
    references = {squash(name.partition("[")[0]): urns for name, urns in resource.references.items()}
    properties = dict(resource.properties)
    if properties.get("tagsAll"):
        properties["tags"] = properties["tagsAll"]  # with the provider's default tags
    declared = pulumi.declared_of(resource.type, resource.urn, properties, location, references, scope)
    if declared is None:
        return Contents((), ())
    parts = (
        *resource_parts(declared),
        *_beside(declared),
    )
    found = [*_items(parts, declared.type)]
    of_nobody = list(_of_nobody(declared, found))
    places = {one.place for one in of_nobody}
    found = [one for one in found if one.sure or one.place not in places]
    found += [*of_nobody, *_attachments(declared, parts)]
    principals = tuple(principals_named(declared.family, declared.type, resource.properties))
    unknown = any(isinstance(one, UnknownPart) and one.unknown.what == SHARED_WITH for one in parts)
    return Contents(parts, tuple(found), principals, (SHARED_WITH,) if unknown else ())


def _beside(declared: Declared) -> Iterator[Part]:
    """What a stack shows besides: the instance profile that hands a role out, the password inside a user."""
    role = TABLES[declared.family].profiles.get(declared.type)
    for one in items(member(declared.properties, role)) if role else ():
        name = text(member(declared.properties, "name") or member(declared.properties, "instanceProfileName"))
        reference = declared.reference(one, role or "")
        location, scope = declared.location, declared.scope
        name = name or declared.name
        yield RunnerPart("ec2:instance-profile", declared.key, "", name, reference, location=location, scope=scope)
    if declared.type == "iamuser" and member(declared.properties, "loginProfile"):
        user = Reference(None, (declared.key,), exact=True)
        password = CredentialKind.PASSWORD
        yield CredentialPart(user, password, "a password", location=declared.location, scope=declared.scope)


_KINDS = {Kind.IDENTITY: DocumentKind.IDENTITY, Kind.TRUST: DocumentKind.TRUST, Kind.RESOURCE: DocumentKind.RESOURCE}


def _of_nobody(declared: Declared, items_: Sequence[Item]) -> Iterator[Item]:
    """The documents that the table of types knows of, and that nobody is known to hold."""
    known = {one.document.location.pointer for one in items_ if one.document is not None and one.sure}
    for found in found_in(declared):
        at = declared.at(found.pointer)
        if found.kind in _KINDS and at.pointer not in known:
            document = document_of(_KINDS[found.kind], found.value, at, found.name)
            yield Item(place_of(document), document, deferred=declared.type in _POLICY_TYPES)


def _items(parts: Sequence[Part], kind: str) -> Iterator[Item]:
    for part in parts:
        if isinstance(part, IdentityPart) and part.trust is not None:
            yield Item(place_of(part.trust), part.trust)
        elif isinstance(part, (InlinePart, ResourcePolicyPart)):
            yield Item(place_of(part.document), part.document)
        elif isinstance(part, PolicyPart) and part.document is not None:
            yield Item(place_of(part.document), part.document, deferred=kind in _POLICY_TYPES)
        elif isinstance(part, DocumentPart) and not _is_data(part.document, kind):
            yield Item(place_of(part.document), part.document, sure=False)


def _is_data(document: PolicyDocument, kind: str) -> bool:
    first = squash(document.location.pointer.split("/")[1]) if document.location.pointer else ""
    return first in _DATA or (kind, first) in _DATA_OF_TYPE


def _attachments(declared: Declared, parts: Sequence[Part]) -> Iterator[Item]:
    """The managed policies that are attached: those of the table, and those of resources inside this one."""
    seen: set[str] = set()
    for found in found_in(declared):
        if found.kind is Kind.ATTACHED:
            known = isinstance(found.value, str) and not has_unknown(found.value)
            arn = str(found.value) if known else ""
            seen.add(arn)
            yield Item(found.name, arn=arn)
    yield from _attached_by(parts, seen)


def _attached_by(parts: Sequence[Part], seen: set[str]) -> Iterator[Item]:
    """The managed policies that parts attach, beside those that are known already."""
    for part in parts:
        named = isinstance(part, AttachmentPart) and not part.boundary and not part.policy.by_name
        arn = part.policy.text if isinstance(part, AttachmentPart) and named else None
        if arn and arn not in seen:
            seen.add(arn)
            yield Item(property_at(part.location.pointer) if isinstance(part, AttachmentPart) else "", arn=arn)


def findings_in(item: Item, resource: Resource, settings: Settings) -> list[Finding]:
    """What is found in one item of a resource, placed at it.

    Args:
        item: a document or an attachment.
        resource: the resource.
        settings: the settings as they hold for the resource.
    """
    found = (
        check_managed_policies([item.arn], settings)
        if item.document is None
        else _of_document(item.document, resource, settings)
    )
    location = Location(logical_id=resource.urn)
    return [replace(one, location=location, place=item.place) for one in found if not _is_for_the_stack(one, resource)]


def _of_document(document: PolicyDocument, resource: Resource, settings: Settings) -> list[Finding]:
    if document.kind is DocumentKind.TRUST:
        seconds = resource.properties.get("maxSessionDuration")
        duration = int(seconds) if isinstance(seconds, (int, float)) else None
        return check_trust_policy(document.content, settings, max_session_duration=duration)
    return check_document(document.content, document.kind, settings)


def _is_for_the_stack(finding: Finding, resource: Resource) -> bool:
    """Whether a finding says nothing here that a careful reader of this resource would want to hear.

    That somebody may assume a named role is evaluated where the role is. Services that run a role of the account are
    given it by principals of the account. Accounts of AWS deliver logs into buckets.
    """
    if finding.level != "error" and "sts:assumerole" in [one.lower() for one in finding.about if ":" in one]:
        return True
    if not finding.blocking and str(finding.evidence.get("value")).lower() == "sts:assumerole":
        return True
    if finding.rule == "confused-deputy" and finding.level == "note":
        return True
    if "unknown" in finding.evidence:
        return True  # the line of the stack names it
    return "documented_by_aws" in finding.evidence and "bucket" in resource.type.lower()


class Zones:
    """The settings as they hold for each resource of a run.

    Args:
        settings: the settings of the run.
        stack: the stack's name, with organization and project where they are known.
        environment: the value of the stack tag "environment", or "".
    """

    def __init__(self, settings: Settings, stack: str = "", environment: str = "") -> None:
        self._settings, self._stack, self._environment = settings, stack, environment
        self._known: dict[tuple[str, ...] | None, Settings] = {}

    def of(self, resource: Resource) -> Settings:
        """The settings for one resource: with its account, and with what the trust zones add that cover it."""
        settings = self._settings
        if settings.trust_zones:
            settings = settings.within(self._stack, self._environment, resource.name)
        return self._with_accounts(settings, resource.accounts)

    def _with_accounts(self, settings: Settings, accounts: tuple[str, ...]) -> Settings:
        own = accounts_of(self._settings, accounts)
        if settings is not self._settings:  # a zone adds to what the provider says
            more = tuple(settings.trusted_accounts or ())
            own = tuple(dict.fromkeys((*(own or ()), *more))) if own is not None or more else None
            return replace(settings, trusted_accounts=own)
        if own not in self._known:
            self._known[own] = replace(settings, trusted_accounts=own)
        return self._known[own]
