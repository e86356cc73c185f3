"""Edges to buckets, and to the secrets, keys and other resources that somebody names as ends.

An edge is there where an identity may read what is in the resource, or may rewrite the policy that keeps it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from iam_guardrails.evaluation import Policy
from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.model.questions import in_force
from iam_guardrails.model.values import ResourcePolicy
from iam_guardrails.reach.actor import Actor, Target
from iam_guardrails.reach.direct import edge
from iam_guardrails.reach.objects import some_instance
from iam_guardrails.reach.scene import Scene
from iam_guardrails.reach.values import Certainty, Door, Edge, How
from iam_guardrails.reasoning import grants


class _Use(NamedTuple):
    """By which actions somebody uses a resource, and by which it opens the resource to itself."""

    reads: tuple[str, ...]
    opens: tuple[str, ...] = ()


_BUCKET = _Use(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), ("s3:PutBucketPolicy",))
_USES: Mapping[str, _Use] = {
    "s3": _BUCKET,
    "secretsmanager": _Use(("secretsmanager:GetSecretValue",), ("secretsmanager:PutResourcePolicy",)),
    "kms": _Use(("kms:Decrypt", "kms:CreateGrant"), ("kms:PutKeyPolicy",)),
    "ssm": _Use(("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")),
    "dynamodb": _Use(("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"), ("dynamodb:PutResourcePolicy",)),
    "sqs": _Use(("sqs:ReceiveMessage",), ("sqs:SetQueueAttributes", "sqs:AddPermission")),
    "sns": _Use(("sns:Subscribe", "sns:Publish"), ("sns:SetTopicAttributes", "sns:AddPermission")),
    "lambda": _Use(("lambda:InvokeFunction", "lambda:UpdateFunctionCode"), ("lambda:AddPermission",)),
    "ecr": _Use(("ecr:BatchGetImage", "ecr:PutImage"), ("ecr:SetRepositoryPolicy",)),
}
"""Service of an ARN to what counts as using the resource (Service Authorization Reference, the service's actions)."""


def uses_of(arn: str) -> tuple[str, ...]:
    """The actions by which a resource is used, or opened to oneself; () for a service of which none are known."""
    parts = arn.split(":")
    use = _USES.get(parts[2] if len(parts) > 2 else "")
    return () if use is None else (*use.reads, *use.opens)


class Resources:
    """The buckets of an account, and the resources that were named as ends.

    Args:
        scene: the account.
        targets: ARNs of further resources that edges may lead to.
    """

    def __init__(self, scene: Scene, targets: Sequence[str]) -> None:
        self._scene = scene
        model, account = scene.model, scene.account
        self._policies = {one.arn: one for one in model.resource_policies if one.arn}
        buckets = [one for one in model.runners if one.kind.lower() == "s3:bucket" and one.arn]
        found = [one.arn for one in buckets]
        found += [arn for arn in self._policies if ":s3:" in arn]
        found += [arn for arn in targets if uses_of(arn) and not set(arn) & set("*?")]
        # The ARN of a bucket does not say its account; the inventory or the source of its policy may.
        homes = {_bucket(one.arn): one.account for one in (*buckets, *self._policies.values()) if one.account}
        named = dict.fromkeys(map(_bucket, found))
        home = {arn: homes.get(arn) or _account_of(arn) for arn in named}
        self.arns: tuple[str, ...] = tuple(arn for arn in named if home[arn] in ("", account))
        accounts = {one.account for one in model.identities if one.declared} | {one.id for one in model.accounts}
        self._unsure = frozenset(arn for arn in self.arns if not home[arn] and len(accounts) > 1)

    def edges(self, actor: Actor) -> Iterator[Edge]:
        """The edges from one identity of the account to its resources."""
        for arn in self.arns:
            for one in _used(actor, arn, self._policies.get(arn), self._scene.account, self._scene.rcps):
                yield _if_here(one, self._scene.account) if arn in self._unsure else one

    def doors(self) -> Iterator[Door]:
        """The resources whose policies may let in principals of other accounts."""
        for arn in self.arns:
            policy = self._policies.get(arn)
            if policy is None:
                continue
            statements = in_force(policy.document, DocumentKind.RESOURCE).statements
            accounts = dict.fromkeys(one for each in statements if each.allow for one in _accounts(each))
            accounts.pop(self._scene.account, None)
            if accounts:
                yield Door(arn, self._scene.account, tuple(accounts), None, policy, self._scene.rcps)


def resource_edges(scene: Scene, door: Door) -> Iterator[Edge]:
    """The edges from an account's identities to a resource of another account."""
    for actor in scene.actors.values():
        yield from _used(actor, door.arn, door.policy, door.account, door.rcps)


def _used(
    actor: Actor, arn: str, policy: ResourcePolicy | None, account: str, rcps: tuple[Policy, ...]
) -> Iterator[Edge]:
    target = Target(None, None, rcps, account, arn)
    statements: tuple[Statement, ...] = ()
    if policy is not None:
        document = in_force(policy.document, DocumentKind.RESOURCE)
        statements = document.statements
        written = policy.document.content if document.problems else document
        target = target._replace(policy=Policy("resource policy", written), document=policy.document)
    for action in uses_of(arn):
        theirs = [one for one in statements if one.allow and grants.covers(one, action.lower())]
        if not theirs and not actor.allows(action):
            continue
        asked = _asked_of(actor, action, arn, theirs)
        answers = [actor.may(action, one, {"aws:resourceaccount": (account,)}, target=target) for one in asked]
        given = [one for one in answers if one is not None]
        if given:
            answer = min(given, key=lambda one: one.certainty.rank)
            yield edge(actor, arn, How.ACCESS, action, answer, crosses=account != actor.account)
            return


def _asked_of(actor: Actor, action: str, arn: str, theirs: Sequence[Statement]) -> Iterator[str]:
    """The ARNs that an action on a resource may be about: for a bucket's objects, one that Allows are about."""
    if ":s3:" not in arn or not action.endswith("Object"):
        yield arn
        return
    allows = [*actor.allows(action), *theirs]
    denies = actor.denies(action)
    for statement in allows:
        patterns = ("*",) if statement.not_resources else statement.resources
        outside = [each for one in denies if not one.not_resources for each in one.resources]
        for pattern in patterns:
            found = some_instance(f"{arn}/?*", pattern, tuple(outside))
            if found is not None:
                yield found
                break


def _if_here(edge_: Edge, account: str) -> Edge:
    """An edge to a resource of which nobody says in which account it is."""
    certainty = max(edge_.certainty, Certainty.CONDITION, key=lambda one: one.rank)
    return replace(edge_, certainty=certainty, conditions=(*edge_.conditions, f"it is in account {account}"))


def _accounts(statement: Statement) -> Iterator[str]:
    """The accounts whose principals a statement of a resource policy may let in; "*" for all."""
    if statement.not_principals:
        yield "*"
    for one in statement.principals:
        if one.kind is Kind.EVERYONE:
            yield "*"
        elif one.kind in (Kind.ACCOUNT, Kind.USER, Kind.ROLE, Kind.SESSION) and one.account:
            yield one.account


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""


def _bucket(arn: str) -> str:
    """The ARN of a bucket, for that of its objects."""
    return arn.partition("/")[0] if ":s3:::" in arn else arn
