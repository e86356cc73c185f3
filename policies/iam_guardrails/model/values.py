"""The parts of the account model: immutable, each with its location and with what is unknown of it.

`""` and `None` mean "not known", never "there is none"; what there is none of is an empty tuple, and a tuple that may
be incomplete has an `Unknown` beside it in its owner's `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from iam_guardrails.language.documents import DocumentKind


@dataclass(frozen=True)
class Location:
    """Where something stands.

    Attributes:
        file: name of the file as it was given, or of standard input; "" for something that came from no file.
        line: line of the file, from 1; None where only the file or the logical id is known.
        column: character of the line, from 1; None where the line is not known.
        logical_id: what the format itself calls it: the logical id of a CloudFormation template, the address of a
            Terraform resource, the URN of a Pulumi resource, kind and name of a Kubernetes object, an ARN of a dump.
        pointer: JSON pointer (RFC 6901) from the top of the file's value to it; "" is the top.
    """

    file: str = ""
    line: int | None = None
    column: int | None = None
    logical_id: str = ""
    pointer: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place} ({self.logical_id})" if place and self.logical_id else place or self.logical_id


NOWHERE = Location()
STAND_IN_ACCOUNT = "000000000000"
"""Stands in for the own account where the source does not say which it is; AWS gives this id to nobody."""
STAND_IN_NAME = "20261124000000000000000001"
"""Ends a name that is known only after deployment, as providers make such names up: a time and a number."""


@dataclass(frozen=True)
class Unknown:
    """Something that belongs to the model and is not known.

    Attributes:
        what: what is unknown, as a noun phrase: "the groups of user dev".
        why: why, as a clause: "they are known only after deployment".
        location: where that shows.
    """

    what: str
    why: str
    location: Location = NOWHERE

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True)
class PolicyDocument:
    """One policy document, as its source wrote it.

    Attributes:
        kind: what it is attached to.
        content: JSON text, or the value it holds; leaves that are not known are the marker for unknown values of
            `iam_guardrails.language`.
        location: where it stands.
        name: what its owner calls it: the name of an inline policy, the property it stands in; "" where it has none.
        unknown: the parts of it that are not known.
        generated: whether the deploying tool makes it, and nobody wrote it.
    """

    kind: DocumentKind
    content: object
    location: Location = NOWHERE
    name: str = ""
    unknown: tuple[Unknown, ...] = ()
    generated: bool = False


@dataclass(frozen=True)
class ManagedPolicy:
    """A managed policy: a customer's or one of AWS's.

    Attributes:
        arn: ARN of the policy; "" where it is not known.
        name: name of the policy; "" where it is not known.
        path: path of the policy.
        document: document of the default version; None where it is not known.
        by_aws: whether AWS manages it.
        location: where it is declared; nowhere for AWS's own.
        key: what other parts refer to it by.
        versions: documents of its other versions, as far as they are known.
    """

    arn: str = ""
    name: str = ""
    path: str = "/"
    document: PolicyDocument | None = None
    by_aws: bool = False
    location: Location = NOWHERE
    key: str = ""
    versions: tuple[PolicyDocument, ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A managed policy on an identity, as permissions or as permissions boundary.

    Attributes:
        arn: ARN of the policy as the attachment names it; "" where it is not known.
        policy: the policy; None where neither the model nor the table of AWS's policies has it.
        location: where the attachment stands.
    """

    arn: str
    policy: ManagedPolicy | None
    location: Location = NOWHERE

    @property
    def document(self) -> PolicyDocument | None:
        """Document of the policy; None where it is not known."""
        return self.policy.document if self.policy else None


class IdentityKind(str, Enum):
    """What an identity is; for users, roles and groups, as their ARNs call them."""

    USER = "user"
    ROLE = "role"
    GROUP = "group"
    PERMISSION_SET = "permission-set"


class CredentialKind(str, Enum):
    """What a user signs in or signs requests with."""

    ACCESS_KEY = "access key"
    PASSWORD = "password"  # noqa: S105 - a kind, no secret
    OTHER = "credential"  # SSH key, certificate, service-specific credential


@dataclass(frozen=True)
class Credential:
    """A long-lived credential of a user.

    Attributes:
        kind: what it is.
        what: the type of it in words, such as "an SSH key".
        active: whether it can be used; None where that is not known.
        created: the day it was made, as the source writes it; "" where it is not known.
        location: where it is declared.
    """

    kind: CredentialKind
    what: str
    active: bool | None = None
    created: str = ""
    location: Location = NOWHERE


@dataclass(frozen=True, eq=False)
class Identity:
    """A user, role, group or permission set with all that is known of what it holds.

    Two identities are equal only if they are the same object, so that an identity can be a key.

    Attributes:
        kind: what it is.
        name: name of the identity; "" where it is known only after deployment.
        name_prefix: what a name that is not known begins with.
        path: path of the identity; None where the identity is only named and its ARN is not known.
        account: the twelve digits of its account; "" where they are not known.
        partition: AWS partition.
        unique_id: id that IAM gave it (AIDA..., AROA...); "" where it is not known.
        inline: inline policies.
        attached: managed policies on it.
        boundary: permissions boundary; None where it has none (or where `unknown` says that it is not known).
        groups: groups that the user is in, those that no source declares among them.
        trust: trust policy of the role; None for what is no role, or where it is not known.
        max_session: longest session of the role in seconds; None where it is not known.
        tags: tags, as far as they are known.
        credentials: long-lived credentials of the user.
        declared: whether a source declares the identity, or only names it; what one that is only named holds is not
            known.
        location: where it is declared, or first named.
        key: what other parts refer to it by: URN, logical id, address or ARN.
        unknown: what is not known of it. Nothing can be proven of an identity of which something is unknown.
    """

    kind: IdentityKind
    name: str = ""
    name_prefix: str = ""
    path: str | None = "/"
    account: str = ""
    partition: str = "aws"
    unique_id: str = ""
    inline: tuple[PolicyDocument, ...] = ()
    attached: tuple[Attachment, ...] = ()
    boundary: Attachment | None = None
    groups: tuple[Identity, ...] = ()
    trust: PolicyDocument | None = None
    max_session: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    credentials: tuple[Credential, ...] = ()
    declared: bool = True
    location: Location = NOWHERE
    key: str = ""
    unknown: tuple[Unknown, ...] = ()

    @property
    def label(self) -> str:
        """What people call it, such as `role "deploy"`."""
        return f'{self.kind.value.replace("-", " ")} "{self.name or self.location.logical_id or self.key}"'

    @property
    def arn(self) -> str:
        """ARN of the identity; "" where a part of it is not known."""
        pattern = self.arn_pattern
        return "" if "*" in pattern else pattern

    @property
    def arn_pattern(self) -> str:
        """ARN of the identity with `*` for each part that is not known."""
        if self.kind is IdentityKind.PERMISSION_SET:
            return f"arn:{self.partition}:sso:::permissionSet/*"
        path = "/" if self.path is None and not self.name else "/*" if self.path is None else self.path
        return f"arn:{self.partition}:iam::{self.account or '*'}:{self.kind.value}{path}{self.name or '*'}"

    def stand_in(self, account: str = STAND_IN_ACCOUNT) -> str:
        """ARN of the identity with values that AWS could give for the parts that are not known.

        Args:
            account: the account to take where the identity's is not known.
        """
        if self.kind is IdentityKind.PERMISSION_SET:
            return f"arn:{self.partition}:sso:::permissionSet/ssoins-0000000000000000/ps-{STAND_IN_NAME}"
        name = self.name or f"{self.name_prefix}{STAND_IN_NAME}"
        return f"arn:{self.partition}:iam::{self.account or account}:{self.kind.value}{self.path or '/'}{name}"

    def is_named_by(self, arn: str) -> bool:
        """Whether an ARN can be the identity's, as far as both are known; one without a known name never is."""
        head, _, resource = arn.partition(":iam::")
        account, _, resource = resource.partition(":")
        sort, _, name = resource.partition("/")
        if not self.name or sort != self.kind.value or (self.account and account and account != self.account):
            return False
        if head.removeprefix("arn:") not in (self.partition, "*", ""):
            return False
        if self.path is None:
            return name.rpartition("/")[2] == self.name
        return f"/{name}" == f"{self.path}{self.name}"

    def holdings(self) -> Iterator[Holding]:
        """Everything that grants to it: inline and managed policies, its own and those of its groups."""
        for document in self.inline:
            yield Holding(document, document.name, self, document.location)
        for attachment in self.attached:
            yield Holding(attachment.document, attachment.arn, self, attachment.location, attachment)
        for group in self.groups:
            yield from group.holdings()

    def is_known(self) -> bool:
        """Whether all that it holds is known, its groups' and its managed policies' documents too."""
        if self.unknown or not self.declared:
            return False
        if self.boundary is not None and self.boundary.document is None:
            return False
        return all(group.is_known() for group in self.groups) and all(
            holding.document is not None and not holding.document.unknown for holding in self.holdings()
        )

    def all_unknown(self) -> Iterator[Unknown]:
        """What keeps it from being known, in words: see `is_known`."""
        yield from self.unknown
        if not self.declared:
            yield Unknown(f"what {self.label} holds", "it is not part of what was read", self.location)
        if self.boundary is not None and self.boundary.document is None:
            yield _not_there(f"the permissions boundary of {self.label}", self.boundary)
        for document in self.inline:
            yield from document.unknown
        for attachment in self.attached:
            if attachment.arn and ":iam:" not in attachment.arn:
                continue  # an access policy of a cluster, of which the finding says what it grants
            if attachment.document is None:
                yield _not_there(f"a managed policy of {self.label}", attachment)
            else:
                yield from attachment.document.unknown
        for group in self.groups:
            yield from group.all_unknown()


def _not_there(what: str, attachment: Attachment) -> Unknown:
    named = f", {attachment.arn}" if attachment.arn else ""
    return Unknown(f"{what}{named}", "its document is not part of what was read", attachment.location)


@dataclass(frozen=True)
class Holding:
    """One thing that grants to an identity.

    Attributes:
        document: the policy document; None where it is not known.
        name: name of the inline policy, or ARN of the managed policy.
        holder: the identity it is attached to: the identity itself, or one of its groups.
        location: where the document or the attachment stands.
        attachment: the attachment, for a managed policy; None for an inline policy.
    """

    document: PolicyDocument | None
    name: str
    holder: Identity
    location: Location = NOWHERE
    attachment: Attachment | None = None


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy of a resource: who may use it.

    Attributes:
        document: the policy document.
        arn: ARN of the resource; "" where it is not known.
        type: type of the resource as its source calls it, such as `AWS::S3::BucketPolicy`; "" where it is not known.
        account: the twelve digits of the account that the resource is in; "" where they are not known.
        key: what other parts refer to it by.
    """

    document: PolicyDocument
    arn: str = ""
    type: str = ""
    account: str = ""
    key: str = ""


@dataclass(frozen=True)
class OpenGrant:
    """Access that a resource gives, without a policy document, to every principal of its own account.

    Attributes:
        what: what it gives, and to whom, as a clause.
        fix: the smallest change that gives it to somebody named.
        location: where it is declared.
    """

    what: str
    fix: str
    location: Location = NOWHERE


@dataclass(frozen=True)
class Limit:
    """A policy that caps what others grant: SCP, RCP, endpoint policy, session policy.

    Attributes:
        document: the policy document; its kind says which.
        targets: account ids, ids of organizational units or roots, and ARNs that it is attached to.
        location: where it is declared.
        complete: whether `targets` is all of them; False where the attachments are not part of what was read.
    """

    document: PolicyDocument
    targets: tuple[str, ...] = ()
    location: Location = NOWHERE
    complete: bool = False


@dataclass(frozen=True)
class Runner:
    """Something that runs code or commands with a role: a function, instance, task, build, job, notebook, stack.

    Attributes:
        kind: what it is, such as `lambda:function`, `ec2:instance`, `ecs:task-definition`.
        arn: ARN of it; "" where it is not known.
        name: name of it; "" where it is not known.
        account: the twelve digits of its account; "" where they are not known.
        role: the role that its code runs with; None where it has none or it is not known.
        execution_role: the role by which the service starts it (ECS), where it is another one.
        tags: tags, as far as they are known.
        location: where it is declared.
        key: what other parts refer to it by.
        unknown: what is not known of it.
        details: further facts of an inventory, such as `exec_enabled`.
    """

    kind: str
    arn: str = ""
    name: str = ""
    account: str = ""
    role: Identity | None = None
    execution_role: Identity | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    location: Location = NOWHERE
    key: str = ""
    unknown: tuple[Unknown, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class Inventory:
    """Says of what the model has every object: what it does not have of that is not there.

    Attributes:
        kinds: kinds of `Runner` of which all are listed; None for every kind, and for buckets.
        accounts: accounts whose objects are listed; () for all of them.
        location: where the list stands.
    """

    kinds: tuple[str, ...] | None = None
    accounts: tuple[str, ...] = ()
    location: Location = NOWHERE


@dataclass(frozen=True)
class IdentityProvider:
    """An OIDC or SAML provider in IAM, or a Cognito identity pool, whose tokens or assertions roles may trust.

    Attributes:
        kind: "oidc", "saml" or "cognito".
        arn: ARN of it; "" where it is not known.
        issuer: issuer of an OIDC provider without `https://`, as it begins the names of its condition keys; "" where it
            is not known.
        audiences: audiences whose tokens an OIDC provider takes; for Cognito, the ids of the identity pools. None where
            they are not known.
        account: the twelve digits of its account; "" where they are not known.
        location: where it is declared.
        key: what other parts refer to it by.
    """

    kind: str
    arn: str = ""
    issuer: str = ""
    audiences: tuple[str, ...] | None = ()
    account: str = ""
    location: Location = NOWHERE
    key: str = ""


@dataclass(frozen=True)
class Account:
    """An AWS account.

    Attributes:
        id: the twelve digits.
        name: name of it; "" where it is not known.
        organization: id of its organization ("o-..."); "" where it is not known or it is in none.
        parents: ids of the organizational units and the root above it, the nearest first.
        management: whether it is the management account, which SCPs do not limit; None where that is not known.
    """

    id: str
    name: str = ""
    organization: str = ""
    parents: tuple[str, ...] = ()
    management: bool | None = None
