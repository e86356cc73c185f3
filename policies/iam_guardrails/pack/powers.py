"""What the documents of a joined identity say, statement by statement."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from iam_guardrails.language import patterns
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.principals import Kind as PrincipalKind
from iam_guardrails.language.reader import read
from iam_guardrails.pack.identities import Held, Identity, Joined, Sort
from iam_guardrails.pack.values import first_not_readable
from iam_guardrails.reasoning import grants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iam_guardrails.language.documents import Document, Statement


_PRINCIPAL_ARN = "aws:principalarn"
_GENERATED = "20261124000000000000000001"
"""The end of a name as the provider makes it up after a prefix: a time and a number, 26 digits."""
_ACTIONS = {
    PrincipalKind.USER: ("sts:assumerole",),
    PrincipalKind.OIDC: ("sts:assumerolewithwebidentity",),
    PrincipalKind.SAML: ("sts:assumerolewithsaml",),
    PrincipalKind.EVERYONE: ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml"),
}
"""The actions by which principals get sessions; kinds that are not listed do as users do (AWS STS API reference)."""


def session_actions(kind: PrincipalKind) -> tuple[str, ...]:
    """The actions, in lower case, by which principals of a kind get sessions."""
    return _ACTIONS.get(kind, _ACTIONS[PrincipalKind.USER])


@dataclass(frozen=True)
class Said:
    """A statement, and where it stands."""

    held: Held
    statement: Statement


class Powers:
    """What an identity's documents allow."""

    def __init__(self, identity: Identity, *, all_joined: bool) -> None:
        self.identity = identity
        self._all_joined = all_joined

    @cached_property
    def documents(self) -> list[tuple[Held, Document]]:
        """Its identity policies that can be read, its groups' among them."""
        return [
            (held, read(held.found.value, DocumentKind.IDENTITY))
            for held in self.identity.all_documents()
            if first_not_readable(held.found.value) is None
        ]

    @cached_property
    def trust(self) -> Document | None:
        """Its trust policy; None when there is none or it cannot be read."""
        held = self.identity.trust
        if held is None or first_not_readable(held.found.value) is not None:
            return None
        return read(held.found.value, DocumentKind.TRUST)

    @cached_property
    def allowed(self) -> list[Said]:
        """Every Allow statement."""
        return [said for said in self._said() if said.statement.allow]

    @cached_property
    def _denied(self) -> list[Statement]:
        return [said.statement for said in self._said() if not said.statement.allow and not said.statement.conditions]

    def speaks_of(self, service: str) -> bool:
        """Whether any Allow statement reaches actions of a service, such as `iam`."""
        return any(
            said.statement.not_actions
            or any(patterns.matches(action.partition(":")[0], service, True) for action in said.statement.actions)
            for said in self.allowed
        )

    @cached_property
    def is_whole(self) -> bool:
        """Whether everything it holds was found, could be read and is well-formed.

        What could not be joined to anything might belong to anybody.
        """
        return self._all_joined and not self.identity.all_attached() and self.is_readable

    @cached_property
    def is_readable(self) -> bool:
        """Whether all of its documents could be read and are well-formed."""
        everything = len(self.documents) == len(self.identity.all_documents())
        return everything and not any(document.malformed for _, document in self.documents)

    @property
    def trusting(self) -> list[Statement]:
        """The statements of its trust policy that let somebody in."""
        return [statement for statement in self.trust.statements if statement.allow] if self.trust else []

    def admits(self, kind: PrincipalKind) -> bool:
        """Whether its trust policy gives some principal of a kind an action by which that kind gets a session."""
        return any(self._admits(kind, action) for action in session_actions(kind))

    def _admits(self, kind: PrincipalKind, action: str) -> bool:
        about = [said for said in (self.trust.statements if self.trust else ()) if grants.covers(said, action)]
        shut = any(not said.allow and not said.conditions and _is_for(said, PrincipalKind.EVERYONE) for said in about)
        return not shut and any(said.allow and _is_for(said, kind) for said in about)

    def named_users(self) -> Iterator[str]:
        """The ARNs of the users that its trust policy names, as principals or by `aws:PrincipalArn`."""
        for statement in self.trusting:
            yield from _users_among(statement)
            for condition in statement.conditions:
                if condition.key == _PRINCIPAL_ARN:
                    yield from condition.values

    def arns(self) -> list[str]:
        """Its ARN; outside the stack, where its path is not known, also those with its name in its policies.

        A name that is known only after deployment is stood in for by one that AWS could give.
        """
        identity = self.identity
        if identity.is_here:
            prefix = identity.resource.properties.get("namePrefix")
            given = f"{prefix if isinstance(prefix, str) else ''}{_GENERATED}"
            is_known = identity.name or isinstance(identity.resource.properties.get("arn"), str)
            return [identity.arn() if is_known else f"{identity.arn()}{given}"]
        written = {arn for said in self.allowed for arn in said.statement.resources if identity.is_named_by(arn)}
        return [identity.arn(), *sorted(written - {identity.arn()})]

    def allows(self, action: str, resource: str) -> Iterator[Said]:
        """The statements by which the identity may do this to that, conditions left aside.

        A Deny counts where it has no condition. The answer errs on the side of power.

        Args:
            action: one action, such as `iam:PutRolePolicy`.
            resource: one ARN; a `*` in it stands for an account that is not known.
        """
        if not any(
            grants.covers(denied, action.lower()) and grants.takes_in(denied, resource) for denied in self._denied
        ):
            yield from self.grants(action, resource)

    def grants(self, action: str, resource: str) -> Iterator[Said]:
        """The statements that allow this on that, whatever else denies it."""
        for said in self.allowed:
            if grants.covers(said.statement, action.lower()) and _touches(said.statement, resource):
                yield said

    def _said(self) -> Iterator[Said]:
        for held, document in self.documents:
            for statement in document.statements:
                yield Said(held, statement)


class Whole:
    """The roles and users of a stack, and which of them have to do with each other."""

    def __init__(self, joined: Joined) -> None:
        self.joined = joined
        everyone = [Powers(identity, all_joined=not joined.loose) for identity in joined.identities]
        self.identities = everyone
        self.users = [powers for powers in everyone if powers.identity.sort is Sort.USER]
        self.roles = [powers for powers in everyone if powers.identity.sort is Sort.ROLE]
        self._users = _by_path(self.users)
        self._roles = _by_path(self.roles)
        self._granted = self._grants_by_name()
        self._trusting: dict[int, list[Powers]] = defaultdict(list)
        self._assuming: dict[int, list[Powers]] = defaultdict(list)
        for role in self.roles:
            for user in self.trusted_by(role):
                self._trusting[id(user)].append(role)
        for one in (*self.users, *self.roles):
            for role in self.assumed_by(one):
                self._assuming[id(role)].append(one)

    def trusted_by(self, role: Powers) -> list[Powers]:
        """The users of the stack that a role trusts by name."""
        return _found(self._users, role.named_users())

    def trusted_roles(self, role: Powers) -> list[Powers]:
        """The other roles of the stack that a role trusts by name."""
        named = (who.text for statement in role.trusting for who in statement.principals)
        return [found for found in _found(self._roles, named) if found is not role]

    def trusting(self, user: Powers) -> list[Powers]:
        """The roles of the stack that trust a user by name."""
        return self._trusting[id(user)]

    def assumed_by(self, one: Powers) -> list[Powers]:
        """The roles of the stack whose very ARN stands in what a user or a role is allowed."""
        return _found(self._roles, (arn for said in one.allowed for arn in said.statement.resources))

    def assuming(self, role: Powers) -> list[Powers]:
        """The users and roles of the stack that are allowed something on a role's very ARN."""
        return self._assuming[id(role)]

    def granted_to(self, user: Powers) -> list[Said]:
        """The statements of resource policies in the stack that name a user as their principal."""
        return self._granted[id(user)]

    def _grants_by_name(self) -> dict[int, list[Said]]:
        granted: dict[int, list[Said]] = defaultdict(list)
        for held in self.joined.resource_policies if self.users else ():
            if first_not_readable(held.found.value) is not None:
                continue
            for statement in read(held.found.value, DocumentKind.RESOURCE).statements:
                if statement.allow and not statement.not_principals:
                    for user in _found(self._users, _users_among(statement)):
                        granted[id(user)].append(Said(held, statement))
        return granted

    def role_at(self, arn: str) -> Powers | None:
        """The role of the stack with an ARN."""
        return next(iter(_found(self._roles, [arn])), None)


def _is_for(statement: Statement, kind: PrincipalKind) -> bool:
    """Whether a statement is about principals of a kind."""
    if statement.not_principals:
        return True
    return any(principal.kind in (kind, PrincipalKind.EVERYONE) for principal in statement.principals)


def _users_among(statement: Statement) -> Iterator[str]:
    return (who.text for who in statement.principals if who.kind is PrincipalKind.USER)


def _by_path(everyone: list[Powers]) -> dict[str, list[Powers]]:
    paths: dict[str, list[Powers]] = defaultdict(list)
    for powers in everyone:
        identity = powers.identity
        if identity.is_here and identity.name:
            paths[f"{identity.sort.value}{identity.path}{identity.name}"].append(powers)
    return paths


def _found(by_path: dict[str, list[Powers]], arns: Iterable[str]) -> list[Powers]:
    found: dict[int, Powers] = {}
    for arn in arns:
        for powers in by_path.get(arn.rpartition(":")[2], ()):
            if powers.identity.is_named_by(arn):
                found[id(powers)] = powers
    return list(found.values())


def _touches(statement: Statement, resource: str) -> bool:
    if statement.not_resources:
        return not patterns.includes(statement.resources, resource)
    return any(patterns.overlap(pattern, resource) for pattern in statement.resources)
