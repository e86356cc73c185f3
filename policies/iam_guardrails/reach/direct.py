"""Edges that IAM and STS open: a role assumed, credentials or a password made, a trust policy rewritten."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace

from iam_guardrails.evaluation import Caller, Policy
from iam_guardrails.language import reader
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.values import CredentialKind, Identity, IdentityKind
from iam_guardrails.reach.actor import Actor, Answer, Context, Target, tags_of
from iam_guardrails.reach.scene import ASSUME, Scene
from iam_guardrails.reach.values import Because, Certainty, Edge, How

_MOST_KEYS = 2
"""Access keys that a user can have (IAM user guide, "IAM and AWS STS quotas")."""


def direct_edges(scene: Scene, actor: Actor) -> Iterator[Edge]:
    """The edges from one identity to others of its account, by IAM and STS alone.

    Args:
        scene: the account.
        actor: the identity.
    """
    yield from assumed(scene, actor)
    yield from made_credentials(scene, actor)
    yield from rewritten_trust(scene, actor)
    yield from replaced_provider(scene, actor)


def everybody(scene: Scene, actor: Actor) -> Iterator[Edge]:
    """One edge to each identity of the account, the plainest, for whom most ways are open.

    Args:
        scene: the account.
        actor: the identity.
    """
    # Where nothing tells one object from another, the answer for the first is that for all.
    same = not scene.rcps and actor.is_plain((ASSUME, _REWRITE_TRUST, "iam:CreateAccessKey"))
    yield from _each(
        scene, actor, scene.users, _login_of, same=same and not any(one.credentials for one in scene.users)
    )
    yield from _each(scene, actor, scene.own_roles, _become, same=same)


def _each(
    scene: Scene,
    actor: Actor,
    identities: Iterable[Identity],
    way: Callable[[Scene, Actor, Identity], Iterator[Edge]],
    *,
    same: bool,
) -> Iterator[Edge]:
    """The first edge to each of some identities; that of the first stands for all where they are the same."""
    known: Edge | None = None
    for one in identities:
        if one is actor.identity:
            continue
        if known is not None and same:
            yield replace(known, target=one.stand_in(scene.account))
            continue
        known = next(way(scene, actor, one), None)
        if known is not None:
            yield known


def _login_of(scene: Scene, actor: Actor, user: Identity) -> Iterator[Edge]:
    yield from _made_key(scene, actor, user)
    yield from _made_password(scene, actor, user, "iam:CreateLoginProfile")


def _become(scene: Scene, actor: Actor, role: Identity) -> Iterator[Edge]:
    yield from _rewritten(scene, actor, role)
    yield from _assumed(scene, actor, role)


def edge(
    actor: Actor,
    target: str,
    how: How,
    way: str,
    *answers: Answer,
    facts: tuple[Because, ...] = (),
    crosses: bool = False,
) -> Edge:
    """An edge that takes several permissions.

    Args:
        actor: who comes to act as another.
        target: ARN of that other.
        how: by which kind of way.
        way: the way.
        answers: the permissions it takes.
        facts: what else it stands on.
        crosses: whether it goes into another account.
    """
    certainty = max((one.certainty for one in answers), key=lambda one: one.rank, default=Certainty.CERTAIN)
    reasons = dict.fromkeys(each for one in answers for each in one.because)
    conditions = dict.fromkeys(each for one in answers for each in one.conditions)
    return Edge(actor.arn, target, how, way, certainty, (*reasons, *facts), tuple(conditions), crosses)


def about(scene: Scene, identity: Identity) -> tuple[Context, tuple[str, ...]]:
    """The condition keys of a request that look at a user or role of the account, and those that it lacks."""
    found, absent = tags_of(identity.tags, "aws:resourcetag/", "iam:resourcetag/")
    boundary = identity.boundary
    found["iam:permissionsboundary"] = () if boundary is None else (boundary.arn,) if boundary.arn else None
    found["aws:resourceaccount"] = (scene.account,) if scene.account else None
    return found, absent


def assumed(scene: Scene, actor: Actor, besides: Container[str] = ()) -> Iterator[Edge]:
    """Roles of the account that the identity may assume.

    Args:
        scene: the account.
        actor: the identity.
        besides: ARNs of roles that are not asked about.
    """
    for role in scene.assumable(actor):
        if role.stand_in(scene.account) not in besides:
            yield from _assumed(scene, actor, role)


def _assumed(scene: Scene, actor: Actor, role: Identity) -> Iterator[Edge]:
    context, absent = about(scene, role)
    arn = role.stand_in(scene.account)
    answer = actor.may(ASSUME, arn, context, absent=absent, target=scene.targets[role])
    if answer is not None:
        yield edge(actor, arn, How.ASSUME, ASSUME, answer)


def made_credentials(scene: Scene, actor: Actor) -> Iterator[Edge]:
    """Users of the account whose access keys or password the identity may make."""
    if not actor.actions & {"iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile"}:
        return
    for user in scene.named(actor, "iam:CreateAccessKey", scene.users, "users"):
        if user is not actor.identity:
            yield from _made_key(scene, actor, user)
    for action in ("iam:CreateLoginProfile", "iam:UpdateLoginProfile"):
        for user in scene.named(actor, action, scene.users, "users"):
            if user is not actor.identity:
                yield from _made_password(scene, actor, user, action)


def _asked_of(scene: Scene, actor: Actor, action: str, identity: Identity) -> Answer | None:
    context, absent = about(scene, identity)
    return actor.may(action, identity.stand_in(scene.account), context, absent=absent)


def _made_key(scene: Scene, actor: Actor, user: Identity) -> Iterator[Edge]:
    answers = [_asked_of(scene, actor, "iam:CreateAccessKey", user)]
    keys = [one for one in user.credentials if one.kind is CredentialKind.ACCESS_KEY]
    if len(keys) >= _MOST_KEYS:
        answers.append(_asked_of(scene, actor, "iam:DeleteAccessKey", user))
    given = [one for one in answers if one is not None]
    if len(given) == len(answers):
        yield edge(actor, user.stand_in(scene.account), How.CREDENTIALS, "iam:CreateAccessKey", *given)


def _made_password(scene: Scene, actor: Actor, user: Identity, action: str) -> Iterator[Edge]:
    has_one = any(one.kind is CredentialKind.PASSWORD for one in user.credentials)
    if has_one and action == "iam:CreateLoginProfile":
        return
    answer = _asked_of(scene, actor, action, user)
    if answer is None:
        return
    # Dumps do not tell who has a password; of the two actions one works, whichever it is.
    there = "has a" if action == "iam:UpdateLoginProfile" else "has no"
    facts = () if has_one else (Because(f"it takes a user that {there} console password, which is not known"),)
    yield edge(actor, user.stand_in(scene.account), How.LOGIN, action, answer, facts=facts)


def rewritten_trust(scene: Scene, actor: Actor) -> Iterator[Edge]:
    """Roles of the account whose trust policy the identity may rewrite, and then assume them."""
    if _REWRITE_TRUST.lower() not in actor.actions:
        return
    for role in scene.named(actor, _REWRITE_TRUST, scene.own_roles, "own roles"):
        if role is not actor.identity:
            yield from _rewritten(scene, actor, role)


_REWRITE_TRUST = "iam:UpdateAssumeRolePolicy"


def _rewritten(scene: Scene, actor: Actor, role: Identity) -> Iterator[Edge]:
    change = _asked_of(scene, actor, _REWRITE_TRUST, role)
    taken = None if change is None else _assumed_after(scene, actor, role)
    if change is not None and taken is not None:
        # The statements that let it assume the role are those that it writes itself.
        taken = taken._replace(because=tuple(one for one in taken.because if one.layer != "trust policy"))
        yield edge(actor, role.stand_in(scene.account), How.TRUST, _REWRITE_TRUST, change, taken)


def _assumed_after(scene: Scene, actor: Actor, role: Identity) -> Answer | None:
    """Whether the identity may assume a role whose trust policy names it, by the very session that asks."""
    caller = session_of(actor)
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": caller.arn}, "Action": "sts:AssumeRole"},
    }
    document = reader.read(trust, DocumentKind.TRUST, in_force=True)
    target = Target(Policy("trust policy", document), None, scene.rcps, scene.account, role.stand_in(scene.account))
    context, absent = about(scene, role)
    return actor.may(ASSUME, role.stand_in(scene.account), context, absent=absent, target=target, caller=caller)


_PROVIDER_CHANGES = (("iam:UpdateSAMLProvider",), ("iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"))
"""Permissions by which somebody signs the assertions of a SAML provider itself, each set enough."""


def replaced_provider(scene: Scene, actor: Actor) -> Iterator[Edge]:
    """Roles of the account that trust a SAML provider whose metadata the identity may replace by its own."""
    if not actor.actions & {one[0].lower() for one in _PROVIDER_CHANGES}:
        return
    for provider, roles in scene.federated.items():
        for actions in _PROVIDER_CHANGES:
            answers = [actor.may(action, provider) for action in actions]
            given = [one for one in answers if one is not None]
            if len(given) == len(answers):
                for role, trusted in roles:
                    if role is not actor.identity:
                        yield edge(actor, role.stand_in(scene.account), How.PROVIDER, actions[0], *given, trusted)
                break


def session_of(actor: Actor) -> Caller:
    """The user, or some session of the role: what a resource policy can name so that no more is needed."""
    if actor.identity.kind is not IdentityKind.ROLE:
        return actor.caller
    partition, name = actor.arn.split(":")[1], actor.arn.rpartition("/")[2]
    arn = f"arn:{partition}:sts::{actor.account}:assumed-role/{name}/session"
    return Caller.of(arn, role_arn=actor.arn, unique_id=actor.identity.unique_id)
