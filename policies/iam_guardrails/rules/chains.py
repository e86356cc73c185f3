"""Chains of identities: who may become whom, until somebody is an administrator or can rewrite one of the chain.

Example: user "dev" may assume role "build", "build" may assume role "deploy", and "deploy" has AdministratorAccess.
None of the three documents shows it. A step is taken where both sides allow it: the policy of who assumes (or, inside
one account, the role's trust naming them) and the role's trust policy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from iam_guardrails.language import arns, patterns
from iam_guardrails.language.principals import Kind
from iam_guardrails.model.values import Identity, IdentityKind, Runner
from iam_guardrails.reasoning import grants, tables
from iam_guardrails.reasoning.escalation import OpenPath, open_paths
from iam_guardrails.rules.no_admin_attachment import listed
from iam_guardrails.rules.stack import IdentityPermissions, LocatedStatement, Stack, whose

_REWRITES_ROLE = ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy")
_REWRITES_USER = ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:UpdateLoginProfile")
_REWRITES = {IdentityKind.ROLE: _REWRITES_ROLE, IdentityKind.USER: _REWRITES_USER}
_MOST_STEPS = 8
_TAKES_OVER = ("existing-principal", "pass-role", "existing-compute")
"""Kinds of escalation paths by which one acts as somebody who is there already."""


@cache
def powerful_name(arn: str) -> str:
    """Why an identity with such an ARN is known to be powerful, or ""."""
    split = arns.split(arn)
    if split is None:
        return ""
    resource = split.resource.lower()
    names = tables.powerful_names()
    return next((one.why for one in names if patterns.matches(one.resource, one.compared(resource))), "")


class Chain(NamedTuple):
    """A chain that ends in more power than its first identity's own documents show.

    Attributes:
        identities: who becomes whom, at least one.
        steps: in words, how each of them gets to the next.
        end: in words, what the last one is or can do.
        located: the statement that takes the first step; None where the trust of the next is enough.
        goal: who or what it leads to, as a key.
    """

    identities: tuple[IdentityPermissions, ...]
    steps: tuple[str, ...]
    end: str
    located: LocatedStatement | None
    goal: str

    @property
    def words(self) -> str:
        """The whole chain as one sentence."""
        first = whose(self.identities[0].identity)
        return f"{first} {', which '.join([*self.steps, self.end])}"


class _Step(NamedTuple):
    to: IdentityPermissions
    words: str
    located: LocatedStatement | None


class Chains:
    """Finds the chains of a stack.

    Args:
        stack: the stack.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._steps: dict[Identity, list[_Step]] = {}
        self._reasons: dict[Identity, str] = {}
        self._open: dict[Identity, list[OpenPath]] = {}

    def all(self) -> list[Chain]:
        """The shortest chain of each identity that has one; one that is part of a longer chain is left out."""
        found = [
            chain
            for one in (*self._stack.users, *self._stack.roles)
            if one.identity.declared and (chain := self._from(one)) is not None
        ]
        inner = {(one.identity, chain.goal) for chain in found for one in chain.identities[1:]}
        outer = [one for one in found if (one.identities[0].identity, one.goal) not in inner]
        return outer or found[:1]

    def _from(self, start: IdentityPermissions) -> Chain | None:
        if self.administers(start):
            return None  # that is said of the identity itself
        before: dict[Identity, tuple[IdentityPermissions, _Step]] = {}
        queue = deque([(start, 0)])
        while queue:
            one, length = queue.popleft()
            ended = self._end(one, start, before)
            if ended is not None:
                return ended
            for step in self._steps_of(one) if length < _MOST_STEPS else ():
                if step.to is start or step.to.identity in before:
                    continue
                before[step.to.identity] = (one, step)
                queue.append((step.to, length + 1))
        return None

    def _end(
        self,
        one: IdentityPermissions,
        start: IdentityPermissions,
        before: dict[Identity, tuple[IdentityPermissions, _Step]],
    ) -> Chain | None:
        """The chain from `start`, where `one` ends it."""
        path: list[IdentityPermissions] = [one]
        steps: list[_Step] = []
        while path[0] is not start:
            previous, step = before[path[0].identity]
            path.insert(0, previous)
            steps.insert(0, step)
        words = tuple(step.words for step in steps)
        reason = "" if one is start else self.administers(one)
        if one is not start and start.identity.kind is IdentityKind.USER:
            reason = reason or self.protected(one)
        if reason:
            return Chain(tuple(path), words, reason, steps[0].located, one.identity.key or one.identity.name)
        if one is not start and (rewrite := self._rewrites(one, path[:-1])):
            whom, located, action = rewrite
            end = f"may do {action} on {whose(whom.identity)}, and so lift what limits the chain"
            return Chain(tuple(path), words, end, steps[0].located or located, f"rewrite {whom.identity.key}")
        if (lever := self._lever(one)) is not None:
            words_of_it, goal, located = lever
            return Chain(tuple(path), words, words_of_it, steps[0].located if steps else located, goal)
        return None

    def is_harmless(self, resource: str) -> bool:
        """Whether an exact ARN names things of the stack alone, all of them known, and none an administrator.

        Args:
            resource: the resource of a statement.
        """
        if set(resource) & set("*?$"):
            return False
        roles = list(self._identities_like(resource))
        roles += [runner.role for runner in self._runners_like(resource) if runner.role is not None]
        return bool(roles) and all(
            one.declared and one.is_known() and not self._matters(self._stack.permissions(one)) for one in roles
        )

    def _matters(self, one: IdentityPermissions) -> bool:
        return bool(self.administers(one) or self.protected(one))

    # --- who may become whom -----------------------------------------------------------------------------------------

    def _steps_of(self, one: IdentityPermissions) -> list[_Step]:
        known = self._steps.get(one.identity)
        if known is None:
            known = self._steps[one.identity] = [*self._assumes(one), *self._takes_over(one)]
        return known

    def _takes_over(self, one: IdentityPermissions) -> Iterator[_Step]:
        """Whom a path on a named object leads to: by made credentials, a rewritten trust, or a role that is passed."""
        located = {id(each.statement): each for each in one.statements}
        for opened in self._opened(one):
            if opened.path.kind not in _TAKES_OVER:
                continue
            for need, grant in zip(opened.path.needs, opened.grants, strict=True):
                if need.action == "sts:assumerole" or not (need.decisive or need.action == "iam:passrole"):
                    continue
                for target, what in self._acted_as(grant.resource):
                    passed = need.action != "iam:passrole" or _trusts_service(target, need.services)
                    if target is not one and target.identity.declared and passed:
                        yield _Step(target, f"may do {need.name} on {what}", located[id(grant.statement)])

    def _acted_as(self, resource: str) -> Iterator[tuple[IdentityPermissions, str]]:
        """The identities that a resource pattern names, and those with which something runs that it names."""
        for identity in self._identities_like(resource):
            if identity.kind in (IdentityKind.USER, IdentityKind.ROLE):
                yield self._stack.permissions(identity), whose(identity)
        for runner in self._runners_like(resource):
            if runner.role is not None:
                role = self._stack.permissions(runner.role)
                yield role, f'{runner.kind} "{runner.name or runner.key}", which runs with {whose(runner.role)}'

    def _assumes(self, one: IdentityPermissions) -> Iterator[_Step]:
        candidates = {role.identity: role for role in self._stack.assumed_by(one)}
        candidates |= {role.identity: role for role in self._stack.trusting(one)}
        if any(_assumes_by_pattern(located) for located in one.allowed):
            candidates |= {role.identity: role for role in self._stack.roles}
        for role in candidates.values():
            if role is one or role.trust is None:
                continue
            located = next(iter(one.allows("sts:AssumeRole", role.identity.arn_pattern)), None)
            by_name = any(each is one for each in self._stack.trusted_by(role))
            same_account = one.identity.account == role.identity.account
            if (located and (by_name or _trusts_account(role, one))) or (by_name and same_account):
                yield _Step(role, f"may assume {whose(role.identity)}", located)

    def _rewrites(
        self, one: IdentityPermissions, chain: list[IdentityPermissions]
    ) -> tuple[IdentityPermissions, LocatedStatement, str] | None:
        """Whether one that is reached can rewrite one of the chain before it."""
        if not one.reaches("iam"):
            return None
        for whom in chain:
            for action in _REWRITES.get(whom.identity.kind, ()):
                for arn in whom.arns:
                    located = next(iter(one.allows(action, arn)), None)
                    if located is not None:
                        return whom, located, action
        return None

    # --- who is an administrator -------------------------------------------------------------------------------------

    def protected(self, one: IdentityPermissions) -> str:
        """Why no user may come to act as a role, as what follows "which"; "" where the settings say nothing of it."""
        patterns_ = tuple(self._stack.settings.protected_roles)
        if not patterns_ or one.identity.kind is not IdentityKind.ROLE:
            return ""
        names = [one.identity.name, *one.arns]
        found = next((each for each in patterns_ if any(patterns.matches(each, name) for name in names if name)), "")
        return f'is protected (protected_roles has "{found}")' if found else ""

    def administers(self, one: IdentityPermissions) -> str:
        """Why an identity is an administrator or can make itself one, as what follows "which"; "" where it is not."""
        known = self._reasons.get(one.identity)
        if known is None:
            known = self._reasons[one.identity] = self._reason(one)
        return known

    def _reason(self, one: IdentityPermissions) -> str:
        for holder in (one.identity, *one.identity.groups):
            for attachment in holder.attached:
                policy = listed(attachment.arn)
                if policy is not None and not policy.limited:
                    return f"has {attachment.arn.rpartition('/')[2]}"
        if not one.identity.declared:
            powerful = next((why for arn in one.arns if (why := powerful_name(arn))), "")
            return f"is powerful: {powerful}" if powerful else ""
        wide = next((each for each in self._opened(one) if each.unrestricted), None)
        return f"can make itself an administrator ({wide.path.title})" if wide else ""

    def _opened(self, one: IdentityPermissions) -> list[OpenPath]:
        if one.identity not in self._open:
            self._open[one.identity] = open_paths([each.statement for each in one.statements], one.boundary)
        return self._open[one.identity]

    def _lever(self, one: IdentityPermissions) -> tuple[str, str, LocatedStatement] | None:
        """A path on a named object that is, or runs with, an administrator of the stack."""
        located = {id(each.statement): each for each in one.statements}
        for opened in self._opened(one):
            for need, grant in zip(opened.path.needs, opened.grants, strict=True):
                if need.action == "sts:assumerole" or not (need.decisive or need.action == "iam:passrole"):
                    continue
                target = self._named(grant.resource, one)
                if target is not None:
                    what, reason, goal = target
                    return f"may do {need.name} on {what}, which {reason}", goal, located[id(grant.statement)]
        return None

    def _named(self, resource: str, one: IdentityPermissions) -> tuple[str, str, str] | None:
        """The administrator of the stack that a resource pattern names, or the function that runs with one."""
        for identity in self._identities_like(resource):
            other = self._stack.permissions(identity)
            if other is not one and identity.declared and (reason := self.administers(other)):
                return whose(identity), reason, identity.key or identity.name
        for runner in self._runners_like(resource):
            role = runner.role
            if (
                role is not None
                and role is not one.identity
                and (reason := self.administers(self._stack.permissions(role)))
            ):
                what = f'{runner.kind} "{runner.name or runner.key}", whose role "{role.name or role.key}"'
                return what.replace(", whose", " whose"), reason, runner.key
        return None

    def _identities_like(self, resource: str) -> Iterator[Identity]:
        if ":iam:" not in resource:
            return
        if not set(resource) & set("*?$"):
            yield from self._stack.model.named_by((resource,))
            return
        for identity in self._stack.model.identities:
            if identity.name and patterns.overlap(resource, identity.arn_pattern):
                yield identity

    def _runners_like(self, resource: str) -> Iterator[Runner]:
        name = resource.rpartition(":")[2].rpartition("/")[2]
        for runner in self._stack.model.runners:
            if runner.role is None or ":iam:" in resource:
                continue
            if (runner.arn and patterns.matches(resource, runner.arn)) or (runner.name and runner.name == name):
                yield runner


def _trusts_service(role: IdentityPermissions, services: tuple[str, ...]) -> bool:
    """Whether a role's trust policy lets in one of some services; True where it is not known."""
    if role.trust is None:
        return True
    named = (principal for statement in role.trusting for principal in statement.principals)
    return any(one.kind is Kind.EVERYONE or one.name.removesuffix(".cn") in services for one in named)


def _assumes_by_pattern(located: LocatedStatement) -> bool:
    statement = located.statement
    wild = statement.not_resources or any(set(one) & set("*?") for one in statement.resources)
    return wild and grants.covers(statement, "sts:assumerole")


def _trusts_account(role: IdentityPermissions, one: IdentityPermissions) -> bool:
    """Whether a role trusts everybody in an identity's account, by statements without conditions on who that is."""
    for statement in role.trusting:
        if any(condition.key.startswith("aws:principal") for condition in statement.conditions):
            continue
        for principal in statement.principals:
            own = principal.kind is Kind.ACCOUNT and principal.account == (one.identity.account or principal.account)
            if own or principal.kind is Kind.EVERYONE:
                return True
    return False
