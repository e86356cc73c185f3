"""What one account adds to the graph of who can become whom, and the edges that lead from it into other accounts.

Both are pure functions of one account, so that the work can be cut by account and done anywhere:

    parts = [reach_account(model_of(account), account) for account in accounts]           # in any process
    doors = [door for part in parts for door in part.doors]                               # what is open outwards
    across = [reach_across(model_of(account), account, doors) for account in accounts]    # in any process
    graph = join_accounts(parts, across)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.principals import Kind, Principal
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.questions import in_force
from iam_guardrails.model.values import NOWHERE, Identity
from iam_guardrails.reach.actor import Actor, Answer, target_of
from iam_guardrails.reach.administrators import GIVEN, Administrators, Power
from iam_guardrails.reach.direct import about, assumed, direct_edges, edge, everybody
from iam_guardrails.reach.resources import Resources, resource_edges
from iam_guardrails.reach.running import Running, merged
from iam_guardrails.reach.scene import ASSUME, Scene
from iam_guardrails.reach.values import AccountReach, Because, Door, Edge, Entry, Held, How, Member


def reach_account(
    model: AccountModel, account: str, *, targets: Sequence[str] = (), now: datetime | None = None
) -> AccountReach:
    """What one account adds to the graph.

    Args:
        model: the account model; only identities and objects of the account are looked at.
        account: the twelve digits of the account; "" for identities whose account is not known.
        targets: ARNs of further resources that edges may lead to, such as secrets and keys.
        now: the time at which everybody asks; None for the present.
    """
    scene = Scene(model, account, now or datetime.now(timezone.utc))
    administrators, resources = Administrators(scene), Resources(scene, targets)
    members: list[Member] = []
    edges: list[Edge] = []
    rewrites: list[Edge] = []
    running = Running(scene)
    for identity, actor in scene.actors.items():
        power = administrators.power(identity)
        members.append(_member(identity, actor, power))
        edges += merged(_edges(scene, administrators, running, identity))
        edges += resources.edges(administrators.lifted(identity)[0])
        if power is None:
            rewrites += administrators.made_by(actor)
    return AccountReach(
        account,
        tuple(members),
        tuple(edges),
        tuple(rewrites),
        (*_doors(scene), *resources.doors()),
        resources.arns,
        tuple(str(one) for one in (*model.unknown, *model.remarks)),
        tuple(_entries(scene)),
    )


def reach_across(
    model: AccountModel, account: str, doors: Sequence[Door], *, now: datetime | None = None
) -> tuple[Edge, ...]:
    """The edges from the identities of one account to roles and resources of others.

    Args:
        model: the account model.
        account: the twelve digits of the account.
        doors: the roles and resources of all accounts that may let in principals of others.
        now: the time at which everybody asks; None for the present.
    """
    scene = Scene(model, account, now or datetime.now(timezone.utc))
    open_ones = [one for one in doors if one.is_for(account)]
    return tuple(edge for door in open_ones for edge in _through(scene, door))


def accounts_of(model: AccountModel) -> tuple[str, ...]:
    """The accounts that a model has identities of, in order."""
    return tuple(sorted({one.account for one in model.identities if one.declared}))


def _edges(scene: Scene, administrators: Administrators, running: Running, identity: Identity) -> Iterator[Edge]:
    """The edges from one identity to others: by what it holds, and by what it can give itself.

    An administrator can become everybody in every way; one way to each says enough.
    """
    actor = scene.actors[identity]
    lifted, given = administrators.lifted(identity)
    if administrators.power(identity) is not None:
        edges = list(everybody(scene, lifted))
        found = {one.target for one in edges}
        yield from (_after(given, one) for one in edges)
        yield from assumed(scene, actor, found)
        if any(one.stand_in(scene.account) not in found for one in scene.own_roles if one is not identity):
            yield from (_after(given, one) for one in running.edges(lifted) if one.target not in found)
        return
    yield from direct_edges(scene, actor)
    yield from running.edges(actor)
    if given:
        yield from (_after(given, one) for one in direct_edges(scene, lifted))
        yield from (_after(given, one) for one in running.edges(lifted))


def _after(given: Sequence[Answer], one: Edge) -> Edge:
    """An edge that is there once an identity has given itself something."""
    if not given:
        return one
    certainty = max((one.certainty, *(each.certainty for each in given)), key=lambda each: each.rank)
    reasons = dict.fromkeys(each for answer in given for each in answer.because)
    conditions = dict.fromkeys((*(each for answer in given for each in answer.conditions), *one.conditions))
    kept = tuple(each for each in one.because if each.policy != GIVEN)
    return replace(one, certainty=certainty, because=(*reasons, *kept), conditions=tuple(conditions))


def _member(identity: Identity, actor: Actor, power: Power | None) -> Member:
    location, holds = identity.location, tuple(_held(identity))
    found = Member(
        actor.arn, identity.kind.value, actor.account, identity.label, location=location, holds=holds
    )  # fmt: skip
    if power is None:
        return found
    return replace(found, administrator=True, certainty=power.certainty, why=power.why)


def _held(identity: Identity) -> Iterator[Held]:
    """The policies of an identity, so that who reads a report sees what it may do."""
    for one in identity.holdings():
        role = "managed policy" if one.attachment is not None else "inline policy"
        location = NOWHERE if one.document is None else one.document.location
        yield Held(role, one.name, one.holder.stand_in(identity.account), location)
    own = identity.stand_in(identity.account)
    if identity.boundary is not None:
        document = identity.boundary.document
        yield Held("permissions boundary", identity.boundary.arn, own, document.location if document else NOWHERE)
    if identity.trust is not None:
        yield Held("trust policy", "", own, identity.trust.location)


# --- into other accounts ----------------------------------------------------------------------------------------------


def _through(scene: Scene, door: Door) -> Iterator[Edge]:
    """The edges from an account's identities to a role or resource of another account."""
    role = door.role
    if role is None:
        yield from resource_edges(scene, door)
        return
    target = target_of(role, door.rcps)
    context, absent = about(scene, role)
    for actor in scene.actors.values():
        if ASSUME.lower() in actor.actions:
            asked = {**context, "aws:resourceaccount": (door.account,)}
            answer = actor.may(ASSUME, door.arn, asked, absent=absent, target=target)
            if answer is not None:
                yield edge(actor, door.arn, How.ASSUME, ASSUME, answer, crosses=True)


def _doors(scene: Scene) -> Iterator[Door]:
    for role in scene.roles:
        accounts = tuple(dict.fromkeys(one for _, _, one in _outsiders(scene, role) if one))
        if accounts:
            yield Door(role.stand_in(scene.account), scene.account, accounts, role, None, scene.rcps)


def _entries(scene: Scene) -> Iterator[Entry]:
    for role in scene.roles:
        document = role.trust
        for statement, principal, account in _outsiders(scene, role):
            arn = role.stand_in(scene.account)
            words = f"the trust policy lets in {principal.text}"
            location = role.location if document is None else document.location
            why = Because(words, arn, "trust policy", "trust policy", statement.number, statement.sid, ASSUME, location)
            keys = tuple(dict.fromkeys(one.key for one in statement.conditions))
            yield Entry(principal.text, "" if account == "*" else account, arn, why, keys, principal.kind.value)


def _outsiders(scene: Scene, role: Identity) -> Iterator[tuple[Statement, Principal, str]]:
    """The principals outside the account in a role's trust policy, with their account: "*" for any, "" for none."""
    if role.trust is None:
        return
    for statement in in_force(role.trust, DocumentKind.TRUST).statements:
        for principal in statement.principals if statement.allow else ():
            if principal.kind is Kind.SERVICE or (principal.account == scene.account and principal.kind in _OWN):
                continue
            account = "*" if principal.kind is Kind.EVERYONE or statement.not_principals else principal.account
            yield statement, principal, "" if principal.kind in (Kind.OIDC, Kind.SAML) else account


_OWN = (Kind.ACCOUNT, Kind.USER, Kind.ROLE, Kind.SESSION, Kind.FEDERATED_USER)
