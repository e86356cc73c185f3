"""What a source says of accounts, one fact a part; `join` makes the model of them.

A source does not have to know what belongs together. It says "there is a role", "this document belongs to the role that
this property names", "this user is in that group", in any order. Parts refer to others by `Reference`: by name or ARN
where the source has it, and by the keys of the declarations whose outputs went into the property where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from iam_guardrails.model.values import (
    NOWHERE,
    Account,
    CredentialKind,
    IdentityKind,
    Inventory,
    Limit,
    Location,
    OpenGrant,
    PolicyDocument,
    Unknown,
)


@dataclass(frozen=True)
class Reference:
    """What a property names.

    Attributes:
        text: name or ARN; None where it is not known.
        keys: keys of the declared parts whose outputs may have gone into it.
        exact: whether the value surely is what the declared part is called, unchanged, as with `Ref` in CloudFormation;
            an output that went through code may have become anything.
        why: why the text is not known.
        by_name: whether the text is the path and name of a managed policy, which each account has of its own.
    """

    text: str | None = None
    keys: tuple[str, ...] = ()
    exact: bool = False
    why: str = "it is known only after deployment"
    by_name: bool = False


@dataclass(frozen=True)
class Scope:
    """The account that a part is in.

    Attributes:
        accounts: ids of the accounts it may be in; () where nothing is known of that.
        partition: AWS partition.
    """

    accounts: tuple[str, ...] = ()
    partition: str = "aws"

    @property
    def account(self) -> str:
        """The one account it is in; "" where that is not known."""
        return self.accounts[0] if len(self.accounts) == 1 else ""

    def meets(self, other: Scope) -> bool:
        """Whether both may be the same account."""
        return not self.accounts or not other.accounts or not set(self.accounts).isdisjoint(other.accounts)


ANYWHERE = Scope()


@dataclass(frozen=True)
class IdentityPart:
    """There is a user, role, group or permission set. Attributes as those of `Identity`."""

    kind: IdentityKind
    key: str
    name: str = ""
    name_prefix: str = ""
    path: str | None = "/"
    unique_id: str = ""
    trust: PolicyDocument | None = None
    max_session: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    location: Location = NOWHERE
    scope: Scope = ANYWHERE
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class PolicyPart:
    """There is a managed policy. Attributes as those of `ManagedPolicy`."""

    key: str
    document: PolicyDocument | None
    name: str = ""
    path: str = "/"
    arn: str = ""
    location: Location = NOWHERE
    scope: Scope = ANYWHERE
    versions: tuple[PolicyDocument, ...] = ()


@dataclass(frozen=True)
class InlinePart:
    """An identity has an inline policy.

    Attributes:
        holder: the identity.
        kind: what sort of identity it is.
        document: the policy document.
        scope: account that both are in.
    """

    holder: Reference
    kind: IdentityKind
    document: PolicyDocument
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class AttachmentPart:
    """A managed policy is attached to an identity.

    Attributes:
        holder: the identity.
        kind: what sort of identity it is.
        policy: the managed policy.
        boundary: whether it is attached as permissions boundary.
        location: where the attachment stands.
        scope: account that both are in.
    """

    holder: Reference
    kind: IdentityKind
    policy: Reference
    boundary: bool = False
    location: Location = NOWHERE
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class MembershipPart:
    """A user is in a group.

    Attributes:
        user: the user.
        group: the group.
        location: where that stands.
        scope: account that both are in.
    """

    user: Reference
    group: Reference
    location: Location = NOWHERE
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class CredentialPart:
    """A user has a long-lived credential. Attributes as those of `Credential`, and the user."""

    user: Reference
    kind: CredentialKind
    what: str
    active: bool | None = None
    created: str = ""
    location: Location = NOWHERE
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class ResourcePolicyPart:
    """A resource has a policy. Attributes as those of `ResourcePolicy`."""

    document: PolicyDocument
    resource: Reference = field(default_factory=Reference)
    type: str = ""
    key: str = ""
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class RunnerPart:
    """Something runs with a role. Attributes as those of `Runner`, roles as references; None for no role."""

    kind: str
    key: str
    arn: str = ""
    name: str = ""
    role: Reference | None = None
    execution_role: Reference | None = None
    profile: Reference | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    location: Location = NOWHERE
    scope: Scope = ANYWHERE
    details: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class ProfilePart:
    """There is an instance profile, which hands a role to EC2 instances.

    Attributes:
        key: what other parts refer to it by.
        name: name of the profile; "" where it is not known.
        role: the role.
        location: where it is declared.
        scope: account it is in.
    """

    key: str
    name: str
    role: Reference
    location: Location = NOWHERE
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class ProviderPart:
    """There is an identity provider. Attributes as those of `IdentityProvider`."""

    kind: str
    key: str
    arn: str = ""
    issuer: str = ""
    audiences: tuple[str, ...] | None = ()
    location: Location = NOWHERE
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class DocumentPart:
    """There is a policy document, and nothing is said of whose it is.

    Attributes:
        document: the policy document.
        scope: account it belongs to.
    """

    document: PolicyDocument
    scope: Scope = ANYWHERE


@dataclass(frozen=True)
class LimitPart:
    """There is a policy that caps what others grant.

    Attributes:
        limit: the limit.
        key: id of the policy ("p-..."), which other parts refer to it by; "" where it has none.
    """

    limit: Limit
    key: str = ""


@dataclass(frozen=True)
class TargetPart:
    """A policy of an organization is attached to something.

    Attributes:
        policy: id of the policy ("p-...").
        target: id of the account, organizational unit or root that it is attached to; None where the part only says
            that nothing else has it.
        complete: whether the source names all that has the policy.
    """

    policy: str
    target: str | None
    complete: bool = False


@dataclass(frozen=True)
class UnitPart:
    """An account or organizational unit stands in a unit or a root of an organization.

    Attributes:
        id: id of the account or organizational unit.
        parent: id of what it stands in.
    """

    id: str
    parent: str


@dataclass(frozen=True)
class OpenGrantPart:
    """A resource gives access to every principal of its own account.

    Attributes:
        grant: the grant.
    """

    grant: OpenGrant


@dataclass(frozen=True)
class AccountPart:
    """There is an account.

    Attributes:
        account: the account.
    """

    account: Account


@dataclass(frozen=True)
class InventoryPart:
    """What runs with a role is listed in full.

    Attributes:
        inventory: which kinds, in which accounts.
    """

    inventory: Inventory


@dataclass(frozen=True)
class UnknownPart:
    """Something that a source holds is not known, and it is not known either whose it would be.

    Attributes:
        unknown: what, and why.
        anybodys: whether it may belong to any identity, so that nothing can be proven of one.
    """

    unknown: Unknown
    anybodys: bool = True


Part: TypeAlias = (
    IdentityPart
    | PolicyPart
    | InlinePart
    | AttachmentPart
    | MembershipPart
    | CredentialPart
    | ResourcePolicyPart
    | RunnerPart
    | ProfilePart
    | ProviderPart
    | DocumentPart
    | LimitPart
    | TargetPart
    | UnitPart
    | OpenGrantPart
    | AccountPart
    | InventoryPart
    | UnknownPart
)
