"""One account while its edges are looked for: its users and roles, and indexes that keep the number of questions low.

Of 500 identities most may do nothing to most others. So candidates are looked up first: by the resource patterns of
what an identity is allowed, and by the names in trust policies. Only candidates are put to the evaluator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property

from iam_guardrails.evaluation import Caller, Policies, Request, Verdict, evaluate
from iam_guardrails.language import arns, patterns
from iam_guardrails.language.conditions import Values
from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.questions import in_force, rcps_of
from iam_guardrails.model.values import Identity, IdentityKind
from iam_guardrails.reach.actor import CHOSEN, Actor, Answer, Target, because, target_of
from iam_guardrails.reach.possible import possible
from iam_guardrails.reach.values import Certainty

ASSUME = "sts:AssumeRole"
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of the roles that AWS keeps to itself: nobody in the account can change or pass them."""


class Scene:
    """One account of a model.

    Args:
        model: the account model; of other accounts in it nothing is asked.
        account: the twelve digits of the account; "" for identities whose account is not known.
        now: the time at which everybody asks.
    """

    def __init__(self, model: AccountModel, account: str, now: datetime) -> None:
        self.model = model
        self.account = account
        self.now = now
        own = [one for one in model.identities if one.account == account and one.declared]
        self.users = [one for one in own if one.kind is IdentityKind.USER]
        self.roles = [one for one in own if one.kind is IdentityKind.ROLE]
        self.groups = [one for one in own if one.kind is IdentityKind.GROUP]
        self.rcps = tuple(rcps_of(model, account))
        self._services: dict[str, list[tuple[Identity, Answer]]] = {}
        self._matching: dict[tuple[frozenset[str], str], list[Identity]] = {}

    @cached_property
    def actors(self) -> dict[Identity, Actor]:
        """Everybody in the account who can ask for something."""
        return {one: Actor(self.model, one, self.now) for one in (*self.users, *self.roles)}

    @cached_property
    def targets(self) -> dict[Identity, Target]:
        """The roles as what is assumed."""
        return {role: target_of(role, self.rcps) for role in self.roles}

    @cached_property
    def own_roles(self) -> list[Identity]:
        """The roles that somebody in the account may change or pass."""
        return [one for one in self.roles if not (one.path or "/").startswith(_OF_AWS)]

    # --- candidates ---------------------------------------------------------------------------------------------------

    def named(self, actor: Actor, action: str, pool: list[Identity], name: str) -> list[Identity]:
        """Those of some identities that an Allow of an action may be about.

        Args:
            actor: whose Allows.
            action: the action.
            pool: the identities.
            name: what the pool is called in the cache.
        """
        statements = actor.allows(action)
        if not statements:
            return []
        if any(one.not_resources or one.resources == ("*",) for one in statements):
            return pool
        written = frozenset(resource for one in statements for resource in one.resources)
        key = written, name
        if key not in self._matching:
            wild = [arns.without_variables(one) for one in written if set(one) & set("*?$")]
            exact = written.difference(wild)
            self._matching[key] = [
                one
                for one in pool
                if (arn := one.stand_in(self.account)) in exact or any(patterns.matches(each, arn) for each in wild)
            ]
        return self._matching[key]

    def assumable(self, actor: Actor) -> Iterator[Identity]:
        """The roles of the account that an identity may be able to assume, itself left out."""
        found = dict.fromkeys(self.named(actor, ASSUME, self.roles, "roles"))
        found |= dict.fromkeys(self._trusting.get(actor.arn, ()))
        if actor.identity.unique_id:
            found |= dict.fromkeys(self._trusting.get(actor.identity.unique_id, ()))
        found |= dict.fromkeys(self._trusting.get("*", ()))
        return (one for one in found if one is not actor.identity)

    @cached_property
    def _trusting(self) -> dict[str, list[Identity]]:
        """The roles whose trust policies name somebody, by the text; under "*", those that may name anybody."""
        found: dict[str, list[Identity]] = defaultdict(list)
        for role in self.roles:
            if role.trust is None:
                continue
            for statement in in_force(role.trust, DocumentKind.TRUST).statements:
                for text in _names(statement) if statement.allow else ():
                    found[text].append(role)
        return found

    # --- providers and services ---------------------------------------------------------------------------------------

    @cached_property
    def federated(self) -> dict[str, list[tuple[Identity, Answer]]]:
        """The roles that a SAML provider of the account lets somebody into, by its ARN."""
        found: dict[str, list[tuple[Identity, Answer]]] = defaultdict(list)
        for role in self.roles:
            statements = in_force(role.trust, DocumentKind.TRUST).statements if role.trust is not None else ()
            for provider in dict.fromkeys(text for one in statements if one.allow for text in _providers(one)):
                if f":iam::{self.account}:" in provider:
                    caller = Caller(Kind.SAML, provider, self.account)
                    answer = self._let_in(role, caller, "sts:AssumeRoleWithSAML", {})
                    if answer is not None:
                        found[provider].append((role, answer))
        return found

    def run_by(self, service: str) -> list[tuple[Identity, Answer]]:
        """The roles of the account that a service may assume, which nobody but the account has to allow.

        Args:
            service: the service principal, such as "lambda.amazonaws.com".
        """
        if service not in self._services:
            self._services[service] = [
                (role, answer) for role in self.own_roles if (answer := self._served(role, service)) is not None
            ]
        return self._services[service]

    def _served(self, role: Identity, service: str) -> Answer | None:
        context: dict[str, Values | None] = {
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (service,),
            "aws:sourceaccount": (self.account,),
            "aws:principalaccount": (),
            "aws:principalarn": (),
            "aws:principalorgid": (),
            "aws:principalorgpaths": (),
        }
        return self._let_in(role, Caller(Kind.SERVICE, service, ""), ASSUME, context)

    def _let_in(self, role: Identity, caller: Caller, action: str, context: dict[str, Values | None]) -> Answer | None:
        """Whether a role's trust policy lets in a service or the bearer of an assertion."""
        trust = self.targets[role].trust
        if role.trust is None or trust is None:
            return None
        request = Request(caller, action, role.stand_in(self.account), context)
        policies = Policies(trust=trust, rcps=self.rcps)
        decision = evaluate(request, policies)
        allows = [one for one in decision.statements if one.allow and one.applies is not False]
        if decision.verdict is Verdict.REFUSED or not allows:
            return None
        of = role.stand_in(self.account)
        why = (because(allows[0], action, of, role.trust, alone=len(allows) == 1),)
        if decision.verdict is Verdict.ALLOWED:
            return Answer(Certainty.CERTAIN, why)
        conditions = possible(decision, request, policies)
        if conditions is None:
            return None
        # Whoever makes the object that runs gives it the name that a condition asks for; whoever signs the assertion
        # writes what it says.
        chosen = (*CHOSEN, "aws:sourcearn")
        asked = tuple(one for one in conditions if one not in chosen and not one.startswith("saml:"))
        return Answer(Certainty.CONDITION if asked else Certainty.CERTAIN, why, asked)


def _providers(statement: Statement) -> Iterable[str]:
    return (one.text for one in statement.principals if one.kind is Kind.SAML)


def _names(statement: Statement) -> Iterable[str]:
    """What a statement of a trust policy calls those that it names by more than their account; "*" for anybody."""
    if statement.not_principals:
        return ("*",)
    found = [one.text for one in statement.principals if one.kind in (Kind.USER, Kind.ROLE, Kind.OTHER)]
    anybody = any(one.kind in (Kind.EVERYONE, Kind.SESSION) for one in statement.principals)
    return [*found, "*"] if anybody else found
