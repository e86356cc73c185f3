"""Joins a stack's resources into identities: each role, user and group with all that belongs to it.

A document may stand in the identity itself, in a resource of its own, in a policy that a third resource attaches, or in
a group. They are joined by name and ARN where these are known, and otherwise by the resource whose output the engine
says went into the property.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iam_guardrails.pack.permissions import granted_by
from iam_guardrails.pack.values import NotReadable, Value, first_not_readable
from iam_guardrails.sources.resource_types import Found, Kind, documents_in

if TYPE_CHECKING:
    from iam_guardrails.language.principals import Principal
    from iam_guardrails.pack.resource import Resource


class Sort(Enum):
    """The sorts of identity, as their ARNs call them."""

    ROLE = "role"
    USER = "user"
    GROUP = "group"


class Shape(NamedTuple):
    """How a resource type tells the name of what it makes."""

    sort: Sort
    name: str


IDENTITY_TYPES: Mapping[str, Shape] = {
    "aws:iam/role:Role": Shape(Sort.ROLE, "name"),
    "aws:iam/user:User": Shape(Sort.USER, "name"),
    "aws:iam/group:Group": Shape(Sort.GROUP, "name"),
    "aws-native:iam:Role": Shape(Sort.ROLE, "roleName"),
    "aws-native:iam:User": Shape(Sort.USER, "userName"),
    "aws-native:iam:Group": Shape(Sort.GROUP, "groupName"),
}
POLICY_TYPES: Mapping[str, str] = {
    "aws:iam/policy:Policy": "name",
    "aws-native:iam:ManagedPolicy": "managedPolicyName",
}
"""Managed policies, and the property with their name."""

_ALL_SORTS = {"roles[]": Sort.ROLE, "users[]": Sort.USER, "groups[]": Sort.GROUP}
HOLDERS: Mapping[str, Mapping[str, Sort]] = {
    "aws:iam/rolePolicy:RolePolicy": {"role": Sort.ROLE},
    "aws:iam/userPolicy:UserPolicy": {"user": Sort.USER},
    "aws:iam/groupPolicy:GroupPolicy": {"group": Sort.GROUP},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"role": Sort.ROLE},
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": {"user": Sort.USER},
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": {"group": Sort.GROUP},
    "aws:iam/policyAttachment:PolicyAttachment": _ALL_SORTS,
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {"roleName": Sort.ROLE},
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": {"userName": Sort.USER},
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": {"groupName": Sort.GROUP},
    "aws-native:iam:RolePolicy": {"roleName": Sort.ROLE},
    "aws-native:iam:UserPolicy": {"userName": Sort.USER},
    "aws-native:iam:GroupPolicy": {"groupName": Sort.GROUP},
    "aws-native:iam:ManagedPolicy": _ALL_SORTS,
    "aws-native:iam:Policy": _ALL_SORTS,
}
"""Types whose documents and attachments belong to the identities that the named properties name."""

GIVE_TO_USERS = frozenset(
    {"aws-native:iam:User", *(kind for kind, named in HOLDERS.items() if Sort.USER in named.values())}
)
"""Types in which a user's document may stand."""

MEMBERSHIPS: Mapping[str, tuple[str, str]] = {
    "aws:iam/userGroupMembership:UserGroupMembership": ("user", "groups[]"),
    "aws:iam/groupMembership:GroupMembership": ("users[]", "group"),
    "aws-native:iam:UserToGroupAddition": ("users[]", "groupName"),
}
"""Types that put users into groups, with the properties that name the users and the groups."""

KEY_TYPES: Mapping[str, str] = {"aws:iam/accessKey:AccessKey": "user", "aws-native:iam:AccessKey": "userName"}
PASSWORD_TYPES: Mapping[str, str] = {"aws:iam/userLoginProfile:UserLoginProfile": "user"}
"""What a user signs in with, and the property that names the user."""

LONG_LIVED_TYPES: Mapping[str, str] = {
    **dict.fromkeys(KEY_TYPES, "an access key"),
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": "a service-specific credential",
    "aws:iam/signingCertificate:SigningCertificate": "a signing certificate",
    "aws:iam/sshKey:SshKey": "an SSH key",
    "aws-native:iam:ServiceSpecificCredential": "a service-specific credential",
}
"""What a user keeps until it is taken away, in words."""

PROFILE_TYPES: Mapping[str, str] = {
    "aws:iam/instanceProfile:InstanceProfile": "role",
    "aws-native:iam:InstanceProfile": "roles[]",
}
"""What hands a role to EC2 instances, and the property that names the role."""

PROVIDER_TYPES: Mapping[str, str] = {
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "clientIdLists",
    "aws-native:iam:OidcProvider": "clientIdList",
}
"""OIDC providers, and the property with the audiences whose tokens they take."""

JOINED_TYPES = frozenset(
    {
        *IDENTITY_TYPES,
        *POLICY_TYPES,
        *HOLDERS,
        *MEMBERSHIPS,
        *LONG_LIVED_TYPES,
        *PASSWORD_TYPES,
        *PROFILE_TYPES,
        *PROVIDER_TYPES,
    },
)


@dataclass(frozen=True)
class Held:
    """A document of an identity, and the resource it stands in."""

    resource: Resource
    found: Found


@dataclass(eq=False)
class Identity:
    """A role, user or group with all that the stack gives it."""

    sort: Sort
    resource: Resource
    """The resource that makes it; for one that stands outside the stack, the first resource that names it."""
    name: str
    """Its name; empty when it is known only after deployment."""
    is_here: bool = True
    """Whether the stack makes it."""
    trust: Held | None = None
    documents: list[Held] = field(default_factory=list["Held"])
    attached: list[Held] = field(default_factory=list["Held"])
    """Managed policies that the stack does not make."""
    boundary: Value = None
    """The document of its permissions boundary, where the stack makes that policy and the document can be read."""
    groups: list[Identity] = field(default_factory=list["Identity"])
    keys: list[Resource] = field(default_factory=list["Resource"])
    passwords: list[Resource] = field(default_factory=list["Resource"])
    profiles: list[Resource] = field(default_factory=list["Resource"])
    """What hands it to EC2 instances."""

    @property
    def path(self) -> str:
        """Its path; `/` when none is given."""
        path = self.resource.properties.get("path") if self.is_here else None
        return path if isinstance(path, str) and path else "/"

    def all_documents(self) -> list[Held]:
        """Its documents and those of its groups."""
        return [*self.documents, *(held for group in self.groups for held in group.documents)]

    def all_attached(self) -> list[Held]:
        """The managed policies from elsewhere, those of its groups among them."""
        return [*self.attached, *(held for group in self.groups for held in group.attached)]

    def is_named_by(self, arn: str) -> bool:
        """Whether an ARN is this identity's, as far as is known; of one outside the stack the path is not."""
        account, _, resource = arn.partition(":iam::")[2].partition(":")
        sort = f"{self.sort.value}/"
        is_its_name = (
            resource == f"{self.sort.value}{self.path}{self.name}"
            if self.is_here
            else resource.startswith(sort) and resource.endswith(f"/{self.name}")
        )
        return bool(self.name) and is_its_name and account in (self.resource.accounts or (account,))

    def arn(self) -> str:
        """Its ARN; the account is a `*` where the provider does not say it."""
        given = self.resource.properties.get("arn") if self.is_here else None
        if isinstance(given, str):
            return given
        account = self.resource.accounts[0] if len(self.resource.accounts) == 1 else "*"
        return f"arn:{self.resource.partition}:iam::{account}:{self.sort.value}{self.path}{self.name}"


@dataclass(frozen=True)
class Provider:
    """An OIDC provider that the stack makes."""

    resource: Resource
    issuer: str
    """Its URL without scheme, as it stands in its ARN and before the colon of its tokens' claims."""
    audiences: tuple[str, ...]

    def is_named_by(self, principal: Principal) -> bool:
        """Whether a principal means its tokens."""
        return principal.name == self.issuer and principal.account in (self.resource.accounts or (principal.account,))


@dataclass(frozen=True)
class Loose:
    """A resource that could not be joined to what it belongs to."""

    resource: Resource
    place: str
    why: NotReadable


@dataclass
class Joined:
    """The identities of a stack, and what could not be joined."""

    identities: list[Identity]
    loose: list[Loose]
    resource_policies: list[Held]
    """The policies of resources, which may grant to an identity by its ARN."""
    providers: list[Provider]
    """The OIDC providers of which issuer and audiences are known."""

    def of(self, sort: Sort) -> Iterator[Identity]:
        """The identities of one sort that the stack makes."""
        return (identity for identity in self.identities if identity.sort is sort and identity.is_here)


def join(resources: Sequence[Resource]) -> Joined:
    """Assemble every identity of a stack.

    Args:
        resources: all resources of the stack, those that have nothing to do with IAM among them.
    """
    return _Joiner(resources).joined()


class _Joiner:
    def __init__(self, resources: Sequence[Resource]) -> None:
        self._resources = [resource for resource in resources if resource.type in JOINED_TYPES]
        self._others = [resource for resource in resources if resource.type not in JOINED_TYPES]
        self._by_urn: dict[str, Identity] = {}
        self._by_name: dict[tuple[Sort, str], list[Identity]] = defaultdict(list)
        self._policies_by_urn = {
            resource.urn: resource for resource in self._resources if resource.type in POLICY_TYPES
        }
        self._policies_by_path: dict[str, list[Resource]] = defaultdict(list)
        self._loose: list[Loose] = []

    def joined(self) -> Joined:
        for resource in self._resources:
            self._take_identity(resource)
            self._take_policy(resource)
        for identity in list(self._by_urn.values()):
            self._take_own_documents(identity)
        for resource in self._resources:
            self._take_holder(resource)
            self._take_membership(resource)
            self._take_belonging(resource)
        everyone = {id(identity): identity for identities in self._by_name.values() for identity in identities}
        everyone.update((id(identity), identity) for identity in self._by_urn.values())
        providers = [provider for one in self._resources if (provider := _provider(one)) is not None]
        return Joined(list(everyone.values()), self._loose, list(self._resource_policies()), providers)

    def _resource_policies(self) -> Iterator[Held]:
        for resource in self._others:
            granted = granted_by(resource)
            found = [*documents_in(resource.type, resource.properties), *([granted] if granted else [])]
            yield from (Held(resource, one) for one in found if one.kind is Kind.RESOURCE)

    def _take_identity(self, resource: Resource) -> None:
        shape = IDENTITY_TYPES.get(resource.type)
        if shape is None:
            return
        name = resource.properties.get(shape.name)
        identity = Identity(shape.sort, resource, name if isinstance(name, str) else "")
        self._by_urn[resource.urn] = identity
        if identity.name:
            self._by_name[shape.sort, identity.name.lower()].append(identity)
        for found in documents_in(resource.type, resource.properties):
            if found.kind is Kind.TRUST:
                identity.trust = Held(resource, found)

    def _take_own_documents(self, identity: Identity) -> None:
        """What stands in the identity's own resource; done once all policies it may attach are known."""
        for found in documents_in(identity.resource.type, identity.resource.properties):
            held = Held(identity.resource, found)
            self._give(identity, held)
            if found.kind is Kind.BOUNDARY:
                policies = self._policies_meant(held)
                for policy in policies if isinstance(policies, list) else ():
                    document = next((one.value for one in documents_in(policy.type, policy.properties)), None)
                    identity.boundary = None if first_not_readable(document) else document

    def _take_policy(self, resource: Resource) -> None:
        name = resource.properties.get(POLICY_TYPES.get(resource.type, ""))
        if isinstance(name, str):
            path = resource.properties.get("path")
            self._policies_by_path[f"policy{path if isinstance(path, str) and path else '/'}{name}"].append(resource)

    def _take_holder(self, resource: Resource) -> None:
        for path, sort in HOLDERS.get(resource.type, {}).items():
            for identity in self._named(resource, path, sort):
                for found in documents_in(resource.type, resource.properties):
                    self._give(identity, Held(resource, found))
        if resource.type == "aws-native:iam:User":
            self._put_into_groups([self._by_urn[resource.urn]], self._named(resource, "groups[]", Sort.GROUP))

    def _take_membership(self, resource: Resource) -> None:
        if resource.type in MEMBERSHIPS:
            users, groups = MEMBERSHIPS[resource.type]
            self._put_into_groups(
                self._named(resource, users, Sort.USER), list(self._named(resource, groups, Sort.GROUP))
            )

    def _take_belonging(self, resource: Resource) -> None:
        if resource.type in KEY_TYPES:
            for user in self._named(resource, KEY_TYPES[resource.type], Sort.USER):
                user.keys.append(resource)
        if resource.type in PASSWORD_TYPES:
            for user in self._named(resource, PASSWORD_TYPES[resource.type], Sort.USER):
                user.passwords.append(resource)
        if resource.type in PROFILE_TYPES:
            for role in self._named(resource, PROFILE_TYPES[resource.type], Sort.ROLE):
                role.profiles.append(resource)
        if resource.type == "aws-native:iam:User" and resource.properties.get("loginProfile"):
            self._by_urn[resource.urn].passwords.append(resource)

    @staticmethod
    def _put_into_groups(users: Iterable[Identity], groups: Iterable[Identity]) -> None:
        groups = list(groups)
        for user in users:
            user.groups.extend(group for group in groups if group not in user.groups)

    def _give(self, identity: Identity, held: Held) -> None:
        if held.found.kind is Kind.IDENTITY:
            identity.documents.append(held)
        elif held.found.kind is Kind.ATTACHED:
            self._attach(identity, held)

    def _attach(self, identity: Identity, held: Held) -> None:
        """Give an identity the document of an attached policy, or note that the policy stands elsewhere."""
        policies = self._policies_meant(held)
        if isinstance(policies, NotReadable):
            self._loose.append(Loose(held.resource, held.found.place, policies))
        elif not policies:
            identity.attached.append(held)
        for policy in policies if isinstance(policies, list) else []:
            for found in documents_in(policy.type, policy.properties):
                held = Held(policy, found)
                # An attachment and an exclusive list of attachments may name the same policy.
                if found.kind is Kind.IDENTITY and all(
                    held.resource is not known.resource for known in identity.documents
                ):
                    identity.documents.append(held)

    def _policies_meant(self, held: Held) -> list[Resource] | NotReadable:
        arn = held.found.value
        if isinstance(arn, str):
            account, _, resource = arn.partition(":iam::")[2].partition(":")
            same_path = self._policies_by_path.get(resource, [])
            return [policy for policy in same_path if account in (policy.accounts or (account,))]
        urns = held.resource.references.get(held.found.place.partition("[")[0], ())
        referred = [self._policies_by_urn[urn] for urn in urns if urn in self._policies_by_urn]
        return referred or (arn if isinstance(arn, NotReadable) else NotReadable.UNKNOWN)

    def _named(self, resource: Resource, path: str, sort: Sort) -> list[Identity]:
        """The identities that a property names; each is made up when it stands outside the stack."""
        place = path.removesuffix("[]")
        value = resource.properties.get(place)
        values: Sequence[Value] = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        known = [self._by_that_name(resource, sort, name) for name in values if isinstance(name, str) and name]
        unreadable = next((item for item in values if isinstance(item, NotReadable)), None)
        if unreadable is None:
            return known
        referred = [self._by_urn[urn] for urn in resource.references.get(place, ()) if urn in self._by_urn]
        fitting = [identity for identity in referred if identity.sort is sort and identity not in known]
        if not fitting:
            self._loose.append(Loose(resource, place, unreadable))
        return [*known, *fitting]

    def _by_that_name(self, resource: Resource, sort: Sort, name: str) -> Identity:
        # aws takes an ARN for a role here and there; what follows the last slash is its name.
        key = (sort, name.rpartition("/")[2].lower())
        candidates = self._by_name[key]
        same_account = [identity for identity in candidates if _may_share_an_account(identity.resource, resource)]
        if same_account:
            return same_account[0]
        outside = Identity(sort, resource, name, is_here=False)
        candidates.append(outside)
        return outside


def _provider(resource: Resource) -> Provider | None:
    url, audiences = (resource.properties.get(name) for name in ("url", PROVIDER_TYPES.get(resource.type, "")))
    if not isinstance(url, str) or isinstance(audiences, str) or not isinstance(audiences, Sequence):
        return None
    known = [one for one in audiences if isinstance(one, str)]
    return (
        Provider(resource, url.removeprefix("https://").rstrip("/"), tuple(known))
        if len(known) == len(audiences)
        else None
    )


def _may_share_an_account(one: Resource, other: Resource) -> bool:
    known = one.accounts and other.accounts
    return not known or any(account in other.accounts for account in one.accounts)
