"""Who is an administrator in effect: holds everything, or can give itself everything.

An identity that may rewrite its own policies has, in effect, whatever its boundary and the organization leave it. So it
is looked at with everything that it can give itself, again and again, until nothing more comes of it:

    may iam:PutUserPolicy on itself                      an Allow of everything
    may iam:AddUserToGroup on group "ops"                what the group has
    may iam:DeleteUserPermissionsBoundary on itself      no boundary any more
    may iam:DeleteUserPolicy on a policy that denies     no Deny of that policy any more

It is an administrator if it is then allowed an action that nobody can have thought of, and some action by which IAM
hands out power. Without the second, it holds what AWS's PowerUserAccess holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from iam_guardrails.evaluation import Policies, Policy
from iam_guardrails.language import reader
from iam_guardrails.language.documents import Document, DocumentKind
from iam_guardrails.model.questions import in_force
from iam_guardrails.model.values import Holding, Identity, IdentityKind, ManagedPolicy, PolicyDocument
from iam_guardrails.reach.actor import Actor, Answer, Context
from iam_guardrails.reach.direct import about
from iam_guardrails.reach.objects import some_object
from iam_guardrails.reach.scene import Scene
from iam_guardrails.reach.values import Because, Certainty, Edge, How
from iam_guardrails.reasoning.escalation_table import Path, paths_within

_ADMINISTRATOR_ACCESS = "arn:{}:iam::aws:policy/AdministratorAccess"
_ANYTHING = "unheard-of:DoSomething"
"""An action that no service has: only who is allowed everything is allowed it."""
_POWER = (
    ("iam:PutRolePolicy", "role/some-role"),
    ("iam:AttachRolePolicy", "role/some-role"),
    ("iam:PutUserPolicy", "user/some-user"),
    ("iam:AttachUserPolicy", "user/some-user"),
    ("iam:CreatePolicyVersion", "policy/some-policy"),
    ("iam:CreateAccessKey", "user/some-user"),
    ("iam:UpdateAssumeRolePolicy", "role/some-role"),
)
"""Actions by which IAM hands out power, of which one is enough for whoever is allowed everything else."""
_EVERYTHING = reader.read(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    DocumentKind.IDENTITY,
    in_force=True,
)
_ROUNDS = 4
GIVEN = "whatever it gives itself"
"""Name of the policy by which an identity that may rewrite its policies is looked at as if it had."""
_WRITES = {
    IdentityKind.USER: ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPolicy", "iam:DetachUserPolicy"),
    IdentityKind.ROLE: ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
    IdentityKind.GROUP: (
        "iam:PutGroupPolicy",
        "iam:AttachGroupPolicy",
        "iam:DeleteGroupPolicy",
        "iam:DetachGroupPolicy",
    ),
}
"""By kind of identity, the actions that put and attach a policy, and that delete and detach one."""
_UNBOUND = {
    IdentityKind.USER: ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    IdentityKind.ROLE: ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
_IDENTITY_CENTER = ("sso-", "sso-directory-", "identitystore-")
"""How the ids of the rows begin by which somebody gets any permission set of IAM Identity Center."""


class Power(NamedTuple):
    """That somebody is an administrator.

    Attributes:
        certainty: how certain that is.
        why: the statements that make it one.
    """

    certainty: Certainty
    why: tuple[Because, ...]


class Administrators:
    """Finds the administrators of an account.

    Args:
        scene: the account.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._lifted: dict[Identity, tuple[Actor, tuple[Answer, ...]]] = {}
        self._power: dict[Identity, Power | None] = {}

    def power(self, identity: Identity) -> Power | None:
        """That an identity is an administrator in effect; None where it is none."""
        if identity not in self._power:
            self._power[identity] = self._found(identity)
        return self._power[identity]

    def lifted(self, identity: Identity) -> tuple[Actor, tuple[Answer, ...]]:
        """An identity with everything that it can give itself, and by which permissions; () where that is nothing."""
        return self._lift(identity)

    def _found(self, identity: Identity) -> Power | None:
        actor, given = self._lift(identity)
        whole = self._holds_everything(actor)
        if whole is not None:
            return _power((*given, *whole) if given else whole)
        made = self._makes_administrator(actor)
        if made is not None:
            return _power((*given, *made))
        center = self._through_identity_center(actor)
        return None if center is None else _power((*given, center))

    # --- everything ---------------------------------------------------------------------------------------------------

    def _holds_everything(self, actor: Actor) -> tuple[Answer, ...] | None:
        prefix = ":".join((*actor.arn.split(":")[:5], ""))
        somewhere = prefix.replace(":iam::", ":unheard-of:us-east-1:") + "something/whatever"
        anything = actor.may(_ANYTHING, "*") or actor.may(_ANYTHING, somewhere)
        if anything is None:
            return None
        for action, resource in _POWER:
            answer = actor.may(action, prefix + resource, {"iam:policyarn": (_administrator_access(actor),)})
            if answer is not None:
                return anything, answer
        return None

    def _makes_administrator(self, actor: Actor) -> tuple[Answer, ...] | None:
        """A user or role of its own that may do everything."""
        for path in paths_within(actor.actions):
            if path.kind == "new-principal" and not path.id.startswith(_IDENTITY_CENTER):
                answers = self._makes(actor, path)
                if answers is not None:
                    return answers
        return None

    def _makes(self, actor: Actor, path: Path) -> tuple[Answer, ...] | None:
        arn = some_object(actor, [one.action for one in path.needs], path.needs[0].kinds)
        if arn is None:
            return None
        for boundary in self._boundaries(actor):
            context: Context = {
                "iam:permissionsboundary": (boundary,) if boundary else (),
                "iam:policyarn": (_administrator_access(actor),),
            }
            answers = [actor.may(one.name, arn, context) for one in path.needs]
            given = tuple(one for one in answers if one is not None)
            if len(given) == len(answers):
                return given
        return None

    def _boundaries(self, actor: Actor) -> Iterator[str]:
        """No boundary, and those by which what is made would not be held back."""
        yield ""
        values = (
            value
            for statement in actor.allowed
            for condition in statement.conditions
            if condition.key == "iam:permissionsboundary"
            for value in condition.values
        )
        for arn in dict.fromkeys(values):
            policy = self._scene.model.managed_policy(arn)
            if policy is None or policy.document is None:
                continue
            bounded = actor.with_policies(replace(actor.policies, identity=[_all()], boundary=_policy(policy)), {})
            if self._holds_everything(bounded) is not None:
                yield arn

    def _through_identity_center(self, actor: Actor) -> Answer | None:
        """The permission to give oneself a permission set.

        It leads somewhere in the management account, or where IAM Identity Center is administered from: there, or where
        somebody has named its actions. That everything but IAM is allowed, as by PowerUserAccess, says nothing of it.
        """
        named = any(
            pattern.lower().startswith(("sso", "identitystore"))
            for one in actor.allowed
            if not one.not_actions
            for pattern in one.actions
        )
        if not named and not self._scene.model.is_management(self._scene.account):
            return None
        for path in paths_within(actor.actions):
            if path.severity == "critical" and path.id.startswith(_IDENTITY_CENTER):
                answers = [
                    actor.may(one.name, arn)
                    for one in path.needs
                    if (arn := some_object(actor, [one.action], one.kinds)) is not None
                ]
                given = [one for one in answers if one is not None]
                if len(given) == len(path.needs):
                    reasons = tuple(dict.fromkeys(each for one in given for each in one.because))
                    said = "IAM Identity Center is run from this account"
                    return Answer(Certainty.CONDITION, reasons, (said,))
        return None

    # --- what it can give itself --------------------------------------------------------------------------------------

    def _lift(self, identity: Identity) -> tuple[Actor, tuple[Answer, ...]]:
        known = self._lifted.get(identity)
        if known is not None:
            return known
        actor = self._scene.actors[identity]
        given: tuple[Answer, ...] = ()
        kept_by_aws = identity.kind is IdentityKind.ROLE and identity not in self._scene.own_roles
        settled = kept_by_aws or self._holds_everything(actor) is not None
        for _ in range(0 if settled else _ROUNDS):
            if not any(one.startswith("iam:") for one in actor.actions):
                break
            lifted, more = _Lifting(self._scene, actor).done()
            if not more:
                break
            actor, given = lifted, (*given, *more)
        self._lifted[identity] = actor, given
        return actor, given

    # --- making others administrators ---------------------------------------------------------------------------------

    def made_by(self, actor: Actor) -> Iterator[Edge]:
        """Those whose policies an identity can rewrite so that they are administrators.

        Args:
            actor: who is no administrator itself.
        """
        if not actor.actions & _REWRITING:
            return
        for other in (*self._scene.users, *self._scene.own_roles):
            if other is actor.identity or self.power(other) is not None:
                continue
            answer = next(_gives(self._scene, actor, other), None)
            if answer is None:
                continue
            theirs = self._scene.actors[other]
            free = theirs.with_policies(_with(theirs.policies, [_all()]), {})
            if self._holds_everything(free) is not None:
                arn = other.stand_in(self._scene.account)
                action = answer.because[0].action if answer.because else ""
                yield Edge(
                    actor.arn, arn, How.POLICY, action, answer.certainty, answer.because, answer.conditions
                )  # fmt: skip


_REWRITING = frozenset(
    one.lower() for kind in _WRITES.values() for one in (*kind[:2], "iam:CreatePolicyVersion", "iam:AddUserToGroup")
)


class _Lifting:
    """One round of what an identity gives itself."""

    def __init__(self, scene: Scene, actor: Actor) -> None:
        self._scene = scene
        self._actor = actor
        self._held = list(actor.policies.identity)
        self._boundary = actor.policies.boundary
        self._origins: dict[str, tuple[str, PolicyDocument]] = {}
        self._given: list[Answer] = []

    def done(self) -> tuple[Actor, tuple[Answer, ...]]:
        """The identity with what it has given itself, and by which permissions; the same and () where nothing came."""
        free = next(_gives(self._scene, self._actor, self._actor.identity), None)
        everything = any(one.name == _all().name for one in self._held)
        if free is not None and not everything:
            self._held.append(_all())
            self._given.append(free)
        self._join_groups()
        self._attach_others()
        self._take_wider_versions()
        self._drop_boundary()
        self._drop_denies(free is not None or everything)
        if not self._given:
            return self._actor, ()
        policies = replace(self._actor.policies, identity=self._held, boundary=self._boundary)
        return self._actor.with_policies(policies, self._origins), tuple(self._given)

    def _may(self, action: str, identity: Identity, context: Context | None = None) -> Answer | None:
        if action.lower() not in self._actor.actions:
            return None
        found, absent = about(self._scene, identity)
        return self._actor.may(
            action, identity.stand_in(self._scene.account), {**found, **(context or {})}, absent=absent
        )  # fmt: skip

    def _add(self, name: str, document: Document, of: str, written: PolicyDocument) -> bool:
        """Add a policy, unless it is there; whether it was not."""
        if any(one.name == name or one.document is document for one in self._held):
            return False
        self._held.append(Policy(name, document))
        self._origins[name] = of, written
        return True

    def _join_groups(self) -> None:
        if self._actor.identity.kind is not IdentityKind.USER:
            return
        for group in self._scene.groups:
            if group in self._actor.identity.groups:
                continue
            answer = self._may("iam:AddUserToGroup", group)
            if answer is None:
                continue
            added = [self._take(one, group) for one in group.holdings()]
            if any(added):
                self._given.append(answer)

    def _take(self, holding: Holding, group: Identity) -> bool:
        if holding.document is None:
            return False
        document = in_force(holding.document, DocumentKind.IDENTITY)
        if document.problems or not all(one.allow for one in document.statements):
            return False
        name = f"{holding.name or 'policy'} of {group.label}"
        return self._add(name, document, group.stand_in(self._scene.account), holding.document)

    def _attach_others(self) -> None:
        """Attach those managed policies that a condition on `iam:PolicyARN` leaves."""
        action = _WRITES[self._actor.identity.kind][1]
        values = (
            value
            for statement in self._actor.allows(action)
            for condition in statement.conditions
            if condition.key == "iam:policyarn"
            for value in condition.values
        )
        for arn in dict.fromkeys(values):
            policy = self._scene.model.managed_policy(arn)
            if policy is None or policy.document is None:
                continue
            answer = self._may(action, self._actor.identity, {"iam:policyarn": (arn,)})
            document = in_force(policy.document, DocumentKind.IDENTITY)
            if answer is not None and not document.problems and self._add(arn, document, arn, policy.document):
                self._given.append(answer)

    def _take_wider_versions(self) -> None:
        action = "iam:SetDefaultPolicyVersion"
        if action.lower() not in self._actor.actions:
            return
        for holding in self._actor.identity.holdings():
            policy = holding.attachment.policy if holding.attachment else None
            if policy is None or policy.by_aws or not policy.arn or not policy.versions:
                continue
            answer = self._actor.may(action, policy.arn)
            for place, version in enumerate(policy.versions) if answer is not None else ():
                document = in_force(version, DocumentKind.IDENTITY)
                name = f"{policy.arn}, other version {place}"
                if answer is not None and not document.problems and self._add(name, document, policy.arn, version):
                    self._given.append(answer)

    def _drop_boundary(self) -> None:
        identity = self._actor.identity
        if self._boundary is None or identity.boundary is None:
            return
        for action in _UNBOUND[identity.kind]:
            context: Context = {"iam:permissionsboundary": (_administrator_access(self._actor),)}
            answer = self._may(action, identity, context if "Put" in action else None)
            if answer is not None:
                break
        else:
            policy = identity.boundary.policy
            ours = policy is not None and not policy.by_aws and bool(policy.arn)
            answer = self._actor.may("iam:CreatePolicyVersion", policy.arn) if policy is not None and ours else None
        if answer is not None:
            self._boundary = None
            self._given.append(answer)

    def _drop_denies(self, free: bool) -> None:
        """Take out the policies that deny, where they do nothing else or everything else is allowed besides."""
        for policy in list(self._held):
            document, holding = policy.document, self._actor.holdings.get(policy.name)
            if holding is None or not isinstance(document, Document):
                continue
            denies = [one for one in document.statements if not one.allow]
            if not denies or (not free and len(denies) < len(document.statements)):
                continue
            holder, attachment = holding.holder, holding.attachment
            _, _, delete, detach = _WRITES[holder.kind]
            arn = holding.name if attachment is not None else ""
            context: Context | None = {"iam:policyarn": (arn,)} if arn else None
            answer = self._may(detach if attachment is not None else delete, holder, context)
            if answer is not None:
                self._held.remove(policy)
                self._given.append(answer)


def _gives(scene: Scene, actor: Actor, other: Identity) -> Iterator[Answer]:
    """The permissions by which somebody gives an identity, itself or another, every Allow that there is."""
    context: Context = {"iam:policyarn": (_administrator_access(actor),)}
    for holder in (other, *other.groups):
        found, absent = about(scene, holder)
        arn = holder.stand_in(scene.account)
        for action in _WRITES[holder.kind][:2]:
            if action.lower() in actor.actions:
                answer = actor.may(action, arn, {**found, **context}, absent=absent)
                if answer is not None:
                    yield answer
    if "iam:createpolicyversion" in actor.actions:
        for holding in other.holdings():
            policy = holding.attachment.policy if holding.attachment else None
            if policy is not None and not policy.by_aws and policy.arn:
                answer = actor.may("iam:CreatePolicyVersion", policy.arn)
                if answer is not None:
                    yield answer
    if other.kind is IdentityKind.USER and other is not actor.identity:
        yield from _joins(scene, actor, other)


def _joins(scene: Scene, actor: Actor, other: Identity) -> Iterator[Answer]:
    """The permission to put another user into a group that is allowed everything."""
    if "iam:addusertogroup" not in actor.actions:
        return
    for group in scene.groups:
        if group in other.groups or not _is_wide(group):
            continue
        found, absent = about(scene, group)
        answer = actor.may("iam:AddUserToGroup", group.stand_in(scene.account), found, absent=absent)
        if answer is not None:
            yield answer


def _is_wide(group: Identity) -> bool:
    """Whether some statement of a group's policies allows everything, whatever its conditions."""
    documents = (in_force(one.document, DocumentKind.IDENTITY) for one in group.holdings() if one.document is not None)
    return any(
        statement.allow and "*" in statement.actions and not statement.not_actions
        for document in documents
        for statement in document.statements
    )


def _power(answers: Sequence[Answer]) -> Power:
    certainty = max((one.certainty for one in answers), key=lambda one: one.rank)
    words = dict.fromkeys(condition for one in answers for condition in one.conditions)
    reasons = dict.fromkeys(each for one in answers for each in one.because if each.action != _ANYTHING)
    return Power(certainty, (*reasons, *(Because(f"needs: {one}") for one in words)))


def _all() -> Policy:
    return Policy(GIVEN, _EVERYTHING)


def _policy(policy: ManagedPolicy) -> Policy:
    document = None if policy.document is None else in_force(policy.document, DocumentKind.IDENTITY)
    return Policy(policy.arn, document)


def _with(policies: Policies, more: list[Policy]) -> Policies:
    return replace(policies, identity=[*policies.identity, *more])


def _administrator_access(actor: Actor) -> str:
    return _ADMINISTRATOR_ACCESS.format(actor.arn.split(":")[1])
