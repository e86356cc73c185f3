"""What the rules about identities are given: the account model, and what each identity's documents allow.

An answer here errs on the side of power: conditions of an Allow are left aside, and a Deny counts only where it has no
condition. What is asked of a request with all its keys, the evaluator answers (`iam_guardrails.model.questions`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.language import patterns
from iam_guardrails.language.documents import Document, Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.questions import names, read
from iam_guardrails.model.values import (
    STAND_IN_NAME,
    Attachment,
    Identity,
    IdentityKind,
    Location,
    PolicyDocument,
    ResourcePolicy,
)
from iam_guardrails.reasoning import grants
from iam_guardrails.reasoning.orchestrators import only_orchestrators
from iam_guardrails.rules.base import Rule
from iam_guardrails.settings import Settings

if TYPE_CHECKING:
    from iam_guardrails.reach import Answered

_SESSION_ACTIONS = {
    Kind.USER: ("sts:assumerole",),
    Kind.OIDC: ("sts:assumerolewithwebidentity",),
    Kind.SAML: ("sts:assumerolewithsaml",),
    Kind.EVERYONE: ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml"),
}
"""The actions by which principals get sessions; kinds that are not listed do as users do (AWS STS API reference)."""


def session_actions(kind: Kind) -> tuple[str, ...]:
    """The actions, in lower case, by which principals of a kind get sessions."""
    return _SESSION_ACTIONS.get(kind, _SESSION_ACTIONS[Kind.USER])


class LocatedStatement(NamedTuple):
    """A statement, and where it stands.

    Attributes:
        statement: the statement.
        document: the document it stands in.
        attachment: how the document is attached, where it is a managed policy.
    """

    statement: Statement
    document: PolicyDocument
    attachment: Attachment | None = None

    @property
    def location(self) -> Location:
        """Where a reader looks for it: the document, or the attachment of a policy that AWS manages."""
        return self.attachment.location if self.attachment and self.is_by_aws else self.document.location

    @property
    def is_by_aws(self) -> bool:
        """Whether it stands in a policy that AWS manages."""
        return self.attachment is not None and self.attachment.policy is not None and self.attachment.policy.by_aws


class IdentityPermissions:
    """What the documents of one identity allow."""

    def __init__(self, identity: Identity, stack: Stack) -> None:
        self.identity = identity
        self._stack = stack

    @cached_property
    def documents(self) -> list[tuple[PolicyDocument, Document, Attachment | None]]:
        """Its identity policies that are known, its groups' and AWS's managed ones among them, each once."""
        held = {
            id(holding.document): (holding.document, read(holding.document), holding.attachment)
            for holding in self.identity.holdings()
            if holding.document is not None
        }
        return list(held.values())

    @cached_property
    def trust(self) -> Document | None:
        """Its trust policy; None where it has none or it is not known."""
        trust = self.identity.trust
        return None if trust is None or trust.unknown else read(trust)

    @cached_property
    def statements(self) -> list[LocatedStatement]:
        """Every statement of its documents."""
        return [
            LocatedStatement(statement, document, attachment)
            for document, found, attachment in self.documents
            for statement in found.statements
        ]

    @cached_property
    def allowed(self) -> list[LocatedStatement]:
        """Every Allow statement."""
        return [one for one in self.statements if one.statement.allow]

    @cached_property
    def _denied(self) -> list[Statement]:
        all_of_them = (one.statement for one in self.statements)
        return [one for one in all_of_them if not one.allow and not one.conditions]

    def reaches(self, service: str) -> bool:
        """Whether any Allow statement is about actions of a service, such as `iam`."""
        return any(
            one.statement.not_actions
            or any(patterns.matches(action.partition(":")[0], service, True) for action in one.statement.actions)
            for one in self.allowed
        )

    @cached_property
    def is_readable(self) -> bool:
        """Whether all of its documents are known in full and well-formed."""
        known = all(one.document is not None and not one.document.unknown for one in self.identity.holdings())
        return known and not any(document.malformed for _, document, _ in self.documents)

    @cached_property
    def boundary(self) -> tuple[Statement, ...] | None:
        """The statements of its permissions boundary; None where it has none, or it caps nothing for certain."""
        document = self.identity.boundary.document if self.identity.boundary else None
        if document is None or document.unknown:
            return None
        found = read(document)
        return None if found.malformed else found.statements

    @property
    def trusting(self) -> list[Statement]:
        """The Allow statements of its trust policy."""
        return [one for one in self.trust.statements if one.allow] if self.trust else []

    def admits(self, kind: Kind) -> bool:
        """Whether its trust policy gives some principal of a kind an action by which that kind gets a session."""
        return any(self._admits(kind, action) for action in session_actions(kind))

    def _admits(self, kind: Kind, action: str) -> bool:
        about = [one for one in (self.trust.statements if self.trust else ()) if grants.covers(one, action)]
        shut = any(not one.allow and not one.conditions and _is_for(one, Kind.EVERYONE) for one in about)
        return not shut and any(one.allow and _is_for(one, kind) for one in about)

    @cached_property
    def arns(self) -> list[str]:
        """Its ARN; of one that is only named, whose path is not known, also those with its name in its documents.

        A name that is known only after deployment is stood in for by one that AWS could give.
        """
        identity = self.identity
        if identity.arn:
            return [identity.arn]
        name = identity.name or f"{identity.name_prefix}{STAND_IN_NAME}"
        account, path = identity.account or "*", identity.path or "/"
        arn = f"arn:{identity.partition}:iam::{account}:{identity.kind.value}{path}{name}"
        if identity.declared:
            return [arn]
        written = {each for one in self.allowed for each in one.statement.resources if identity.is_named_by(each)}
        return [arn, *sorted(written - {arn})]

    def allows(self, action: str, resource: str) -> Iterator[LocatedStatement]:
        """The statements by which the identity may do an action on a resource, conditions left aside.

        Args:
            action: one action, such as `iam:PutRolePolicy`.
            resource: one ARN; a `*` in it stands for an account that is not known.
        """
        name = action.lower()
        if not any(grants.covers(one, name) and grants.takes_in(one, resource) for one in self._denied):
            yield from self.grants(action, resource)

    def grants(self, action: str, resource: str) -> Iterator[LocatedStatement]:
        """The statements that allow an action on a resource, whatever else denies it."""
        name = action.lower()
        for one in self.allowed:
            if grants.covers(one.statement, name) and _touches(one.statement, resource):
                yield one


@dataclass(eq=False)
class Stack:
    """The identities that are evaluated together, and how they are connected.

    Attributes:
        model: the account model.
        settings: the settings that hold for all of it.
        today: the day by which keys are old.
        answered: paths of the graph of who can become whom, where an audit has looked for them; else None, and chains
            are looked for by the rules themselves.
    """

    model: AccountModel
    settings: Settings = field(default_factory=Settings)
    today: date = field(default_factory=lambda: datetime.now(timezone.utc).date())
    answered: Answered | None = None

    @cached_property
    def all_permissions(self) -> dict[Identity, IdentityPermissions]:
        """What each identity's documents allow."""
        return {one: IdentityPermissions(one, self) for one in self.model.identities}

    def permissions(self, identity: Identity) -> IdentityPermissions:
        """What an identity's documents allow."""
        return self.all_permissions[identity]

    @cached_property
    def users(self) -> list[IdentityPermissions]:
        """The users."""
        return [one for one in self.all_permissions.values() if one.identity.kind is IdentityKind.USER]

    @cached_property
    def roles(self) -> list[IdentityPermissions]:
        """The roles."""
        return [one for one in self.all_permissions.values() if one.identity.kind is IdentityKind.ROLE]

    def trusted_by(self, role: IdentityPermissions) -> list[IdentityPermissions]:
        """The users and other roles that a role's trust policy names, by whichever element or key."""
        return self._trusted[role.identity]

    def trusting(self, one: IdentityPermissions) -> list[IdentityPermissions]:
        """The roles that name a user or role in their trust policies."""
        return self._trusting[one.identity]

    def assumed_by(self, one: IdentityPermissions) -> list[IdentityPermissions]:
        """The roles whose very ARN stands in what a user or a role is allowed."""
        arns = (arn for located in one.allowed for arn in located.statement.resources if ":role/" in arn)
        found = self.model.named_by(arns)
        return [self.permissions(role) for role in found if role.kind is IdentityKind.ROLE]

    def assuming(self, role: IdentityPermissions) -> list[IdentityPermissions]:
        """The users and roles that are allowed something on a role's very ARN."""
        return self._assuming[role.identity]

    def granted_to(self, one: IdentityPermissions) -> list[tuple[ResourcePolicy, Statement]]:
        """The statements of resource policies that name a user or role, by whichever element or key."""
        return self._granted[one.identity]

    @cached_property
    def _trusted(self) -> dict[Identity, list[IdentityPermissions]]:
        found: dict[Identity, list[IdentityPermissions]] = defaultdict(list)
        for role in self.roles:
            trust = role.identity.trust
            if trust is None or trust.unknown:
                continue
            for one in self._candidates(role.trusting):
                if one is not role and any(True for _ in names(trust, one.identity)):
                    found[role.identity].append(one)
        return found

    @cached_property
    def _trusting(self) -> dict[Identity, list[IdentityPermissions]]:
        found: dict[Identity, list[IdentityPermissions]] = defaultdict(list)
        for role in self.roles:
            for one in self._trusted[role.identity]:
                found[one.identity].append(role)
        return found

    @cached_property
    def _assuming(self) -> dict[Identity, list[IdentityPermissions]]:
        found: dict[Identity, list[IdentityPermissions]] = defaultdict(list)
        for one in (*self.users, *self.roles):
            for role in self.assumed_by(one):
                if role is not one:
                    found[role.identity].append(one)
        return found

    @cached_property
    def _granted(self) -> dict[Identity, list[tuple[ResourcePolicy, Statement]]]:
        found: dict[Identity, list[tuple[ResourcePolicy, Statement]]] = defaultdict(list)
        for policy in self.model.resource_policies:
            if policy.document.unknown:
                continue
            statements = [one for one in read(policy.document).statements if one.allow]
            for one in self._candidates(statements):
                found[one.identity] += [(policy, naming.statement) for naming in names(policy.document, one.identity)]
        return found

    def _candidates(self, statements: Sequence[Statement]) -> list[IdentityPermissions]:
        """The users and roles that statements may name: by their text where it is plain, else all of them."""
        arns: list[str] = []
        for statement in statements:
            texts = [one.text for one in statement.principals if one.kind in (Kind.USER, Kind.ROLE, Kind.SESSION)]
            for condition in statement.conditions:
                if condition.key in ("aws:username", "aws:userid"):
                    return [*self.users, *self.roles]
                if condition.key == "aws:principalarn":
                    texts += condition.values
            if any(set(text) & set("*?$") for text in texts):
                return [*self.users, *self.roles]
            arns += texts
        named = list(self.model.named_by(arns))
        if any(one.kind is Kind.OTHER for statement in statements for one in statement.principals):
            named += [one for one in self._by_id if one not in named]
        return [self.permissions(one) for one in named if one.kind in (IdentityKind.USER, IdentityKind.ROLE)]

    @cached_property
    def _by_id(self) -> list[Identity]:
        """The identities that a statement may name by their unique id."""
        return [one for one in self.model.identities if one.unique_id and one.kind is not IdentityKind.GROUP]


def is_for_orchestrators(trust: PolicyDocument) -> bool:
    """Whether a trust policy lets in only services that run no code of their users, such as Step Functions."""
    if trust.unknown:
        return False
    found = read(trust)
    return not found.malformed and only_orchestrators(found)


def whose(identity: Identity) -> str:
    """How to speak of an identity: the role "deploy"."""
    return f"the {identity.label}"


def place_of(document: PolicyDocument) -> str:
    """The property that a document stands in, as programs write it: `inlinePolicies[0].policy`; else its name."""
    return property_at(document.location.pointer) or document.name


def property_at(pointer: str) -> str:
    """A JSON pointer as programs write places: `inlinePolicies[0].policy`."""
    steps = [one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]]
    return "".join(f"[{one}]" if one.isdigit() else f".{one}" for one in steps).removeprefix(".")


def _is_for(statement: Statement, kind: Kind) -> bool:
    """Whether a statement is about principals of a kind."""
    if statement.not_principals:
        return True
    return any(principal.kind in (kind, Kind.EVERYONE) for principal in statement.principals)


def _touches(statement: Statement, resource: str) -> bool:
    if statement.not_resources:
        return not patterns.includes(statement.resources, resource)
    return any(patterns.overlap(pattern, resource) for pattern in statement.resources)


def finding_at(rule: Rule, located: LocatedStatement, message: str, fix: str = "", **more: Any) -> Finding:
    """A finding about a statement of an identity's document.

    Args:
        rule: the rule.
        located: the statement.
        message: what is wrong.
        fix: the smallest change that passes.
        more: as `Rule.finding` takes it.
    """
    statement = located.statement
    found = rule.finding(message, statement.pointer, statement=statement, fix=fix, **more)
    return replace(found, location=located.location, place=place_of(located.document))


def finding_of(
    rule: Rule, location: Location | None, message: str, fix: str = "", place: str = "", **more: Any
) -> Finding:
    """A finding about an identity, a credential or another thing that is no statement.

    Args:
        rule: the rule.
        location: where the thing stands.
        message: what is wrong.
        fix: the smallest change that passes.
        place: the property that it is about.
        more: as `Rule.finding` takes it.
    """
    return replace(rule.finding(message, "", fix=fix, **more), location=location, place=place)


def finding_placed(finding: Finding, document: PolicyDocument, pointer: str | None = None) -> Finding:
    """A finding, placed at a document.

    Args:
        finding: the finding.
        document: the document that it is about.
        pointer: the place in the document, where it differs from the finding's own.
    """
    where = finding.pointer if pointer is None else pointer
    return replace(finding, location=document.location, place=place_of(document), pointer=where)


def finding_placed_at(finding: Finding, located: LocatedStatement) -> Finding:
    """A finding, placed at a statement of an identity's document."""
    return replace(finding, location=located.location, place=place_of(located.document))
