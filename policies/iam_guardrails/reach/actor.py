"""What one user or role may do: asked of the evaluator, with all that is known of the caller and of the object.

The evaluator has three answers. Where it cannot tell because a condition looks at what is not known (the caller's
address, a second factor), `possible` looks for values that open the way: an Allow on one tag value under a Deny of the
same value is no way at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from iam_guardrails.evaluation import Caller, Decision, Judged, Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.evaluation.callers import Named
from iam_guardrails.language.conditions import Values
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.questions import caller_of, in_force, policies_of
from iam_guardrails.model.values import Holding, Identity, IdentityKind, Location, PolicyDocument
from iam_guardrails.reach.possible import possible
from iam_guardrails.reach.values import Because, Certainty
from iam_guardrails.reasoning import grants
from iam_guardrails.reasoning.escalation_table import relevant

Context = Mapping[str, "Values | None"]

CHOSEN = ("sts:rolesessionname", "aws:requestedregion", "aws:useragent", "aws:referer", "aws:tagkeys")
"""Condition keys whose values every caller is free to choose, so that they hold nobody back."""
CHOSEN_TAGS = "aws:requesttag/"
"""How condition keys begin that look at tags which the caller gives to what it makes."""
_OF_SERVICES = (
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
)
"""Condition keys that a request of a user or role itself lacks (IAM user guide, global condition context keys)."""


_OF_ONE_ACTION: Mapping[str, str] = {
    "iam:passedtoservice": "iam:passrole",
    "iam:associatedresourcearn": "iam:passrole",
    "iam:awsservicename": "iam:createservicelinkedrole",
    "iam:policyarn": "policy",
}
"""Condition keys of IAM that only requests with this in the action's name carry (Service Authorization Reference)."""
_OF_CREDENTIALS = frozenset(
    ("ec2:sourceinstancearn", "ec2:roledelivery", "lambda:sourcefunctionarn", "ssm:sourceinstancearn")
)
"""Condition keys that say where a role's credentials were handed out, so that requests to every service carry them."""
_SHARED_KEYS = frozenset((("ec2", "ec2-instance-connect"), ("ec2", "autoscaling"), ("ssm", "ec2"), ("s3", "s3express")))
"""Services whose condition keys the actions of another service have, too: (service of the key, of the action)."""


def is_foreign(key: str, action: str) -> bool:
    """Whether no request for an action carries a condition key, because it is a key of another service or action.

    Args:
        key: the condition key, in lower case.
        action: the action, in lower case.
    """
    service, _, rest = key.partition(":")
    if service == "aws" or "." in service or not rest or key in _OF_CREDENTIALS:
        return False
    asked = action.partition(":")[0]
    if service != asked:
        return (service, asked) not in _SHARED_KEYS
    return key in _OF_ONE_ACTION and _OF_ONE_ACTION[key] not in action


class Answer(NamedTuple):
    """How a user or role may do something.

    Attributes:
        certainty: `CERTAIN`, or `CONDITION` where the request has to meet something.
        because: the statements that allow it.
        conditions: what the request has to meet, in words.
    """

    certainty: Certainty
    because: tuple[Because, ...]
    conditions: tuple[str, ...] = ()


class Target(NamedTuple):
    """The policies of what is asked for.

    Attributes:
        trust: trust policy of the role that is assumed; None for anything else.
        policy: policy of the resource; None without one.
        rcps: resource control policies of its account.
        account: the twelve digits of its account, where its ARN does not say it.
        of: ARN of it, as the owner of its policy.
        document: the document of the trust or resource policy, for its location.
    """

    trust: Policy | None = None
    policy: Policy | None = None
    rcps: tuple[Policy, ...] = ()
    account: str = ""
    of: str = ""
    document: PolicyDocument | None = None


NO_TARGET = Target()


@dataclass(frozen=True)
class _Origin:
    """Whose a policy is, and where it stands; where it is attached, for a policy of AWS's that stands nowhere."""

    of: str
    document: PolicyDocument | None
    at: Location | None = None


class Actor:
    """A user or role, with everything that decides what it may do.

    Args:
        model: the account model.
        identity: the user or role.
        now: the time at which it asks: statements may begin or end.

    Attributes:
        identity: the user or role.
        caller: the same as the evaluator's caller.
        arn: ARN of it.
        account: the twelve digits of its account.
        policies: everything that decides what it may do; each identity policy has a name of its own.
        holdings: what it holds, by the names of these policies.
        context: the condition keys that say who asks.
        absent: condition keys, or beginnings of keys, that its requests lack.
    """

    def __init__(self, model: AccountModel, identity: Identity, now: datetime) -> None:
        caller = caller_of(identity)
        if caller is None:
            raise TypeError(f"{identity.label} is no user or role")
        self.identity = identity
        self.caller: Caller = caller
        self.arn = caller.arn
        self.account = caller.account
        self._origins: dict[tuple[str, str], _Origin] = {}
        self.holdings: dict[str, Holding] = {}
        self.policies = self._named(policies_of(model, identity))
        self.context: Context = {**_context(model, identity, caller), **_time(now)}
        tagged = identity.kind is IdentityKind.ROLE and _may_be_tagged(identity)
        self.absent: tuple[str, ...] = () if tagged else ("aws:principaltag/",)

    def _named(self, policies: Policies) -> Policies:
        """The policies, of which each has a name of its own, so that answers can be traced back."""
        held = list(self.identity.holdings())
        named: list[Policy] = []
        for place, policy in enumerate(policies.identity):
            holding = held[place] if place < len(held) else None
            name = policy.name
            if holding is not None and holding.holder is not self.identity:
                name = f"{name} of {holding.holder.label}"
            while ("identity policy", name) in self._origins:
                name += "'"
            if holding is not None:
                self.holdings[name] = holding
            of = self.arn if holding is None else holding.holder.stand_in(self.account)
            attached = holding.attachment if holding is not None else None
            by_aws = attached is not None and attached.policy is not None and attached.policy.by_aws
            at = holding.location if holding is not None and by_aws else None
            self._origins["identity policy", name] = _Origin(of, holding.document if holding else None, at)
            named.append(policy._replace(name=name))
        return replace(policies, identity=named)

    # --- what its policies mention ------------------------------------------------------------------------------------

    def with_policies(self, policies: Policies, origins: Mapping[str, tuple[str, PolicyDocument]]) -> Actor:
        """The same user or role with other policies.

        Args:
            policies: the policies.
            origins: for identity policies that are new, by name: ARN of whose they are, and the document.
        """
        other = object.__new__(Actor)
        other.identity, other.caller, other.arn, other.account = self.identity, self.caller, self.arn, self.account
        other.context, other.absent, other.policies = self.context, self.absent, policies
        other.holdings = self.holdings
        new = {("identity policy", name): _Origin(*origin) for name, origin in origins.items()}
        other._origins = {**self._origins, **new}
        return other

    @cached_property
    def statements(self) -> list[Statement]:
        """Every statement of its identity policies that could be read."""
        documents = (one.document for one in self.policies.identity)
        return [one for document in documents if isinstance(document, Document) for one in document.statements]

    @cached_property
    def _keys(self) -> frozenset[str]:
        """The condition keys that its policies look at, those that limit it among them."""
        policies = self.policies
        limits = [policies.boundary] if policies.boundary is not None else []
        every = (
            *policies.identity,
            *limits,
            *(policies.session or ()),
            *(one for level in policies.scps for one in level),
        )
        return frozenset(_keys_of(every))

    @cached_property
    def allowed(self) -> list[Statement]:
        """Every Allow of its identity policies."""
        return [one for one in self.statements if one.allow]

    @cached_property
    def actions(self) -> frozenset[str]:
        """The actions of the table of escalation paths that some Allow is about, in lower case."""
        found = (one.actions for one in relevant(self.allowed))
        return frozenset[str]().union(*found)

    def allows(self, action: str) -> list[Statement]:
        """The Allows that are about an action, whatever their resources and conditions."""
        name = action.lower()
        return [one for one in self.allowed if grants.covers(one, name)]

    def denies(self, action: str) -> list[Statement]:
        """The Denies without conditions that are about an action."""
        name = action.lower()
        return [one for one in self.statements if not one.allow and not one.conditions and grants.covers(one, name)]

    def is_plain(self, actions: Iterable[str]) -> bool:
        """Whether nothing that decides about some actions looks at which object they are about, or at conditions.

        Args:
            actions: the actions.
        """
        policies = self.policies
        limits = [policies.boundary] if policies.boundary is not None else []
        every = [
            *policies.identity,
            *limits,
            *(policies.session or ()),
            *(one for level in policies.scps for one in level),
        ]
        names = [one.lower() for one in actions]
        for policy in every:
            if not isinstance(policy.document, Document) or policy.document.unknown:
                return False
            for one in policy.document.statements:
                plain = one.resources == ("*",) and not one.not_resources and not one.conditions
                if not plain and any(grants.covers(one, name) for name in names):
                    return False
        return True

    # --- what it may do -----------------------------------------------------------------------------------------------

    def may(
        self,
        action: str,
        resource: str,
        context: Context | None = None,
        *,
        absent: tuple[str, ...] = (),
        target: Target = NO_TARGET,
        caller: Caller | None = None,
    ) -> Answer | None:
        """Whether, and by which statements, it may do something; None where it may not.

        Args:
            action: the action.
            resource: ARN of the object; "*" for an action without one.
            context: condition keys of this request, in lower case, beside those of the caller.
            absent: condition keys, or beginnings of keys, that the request lacks.
            target: the policies of the object.
            caller: who asks, where that is a certain session of the role.
        """
        name = action.lower()
        theirs = (one for one in (target.trust, target.policy, *target.rcps) if one is not None)
        foreign = {key: () for key in (*self._keys, *_keys_of(theirs)) if is_foreign(key, name)}
        request = Request(
            caller or self.caller,
            action,
            resource,
            {**self.context, **(context or {}), **foreign},
            (*self.absent, *absent),
            resource_account=target.account or self.account,
        )
        policies = replace(self.policies, trust=target.trust, resource=target.policy, rcps=target.rcps)
        decision = evaluate(request, policies)
        if decision.verdict is Verdict.REFUSED or not _is_granted(decision):
            return None
        if decision.verdict is Verdict.ALLOWED:
            return Answer(Certainty.CERTAIN, self._because(decision, action, target))
        conditions = possible(decision, request, policies)
        if conditions is None:
            return None
        asked = tuple(key for key in conditions if key not in CHOSEN and not key.startswith(CHOSEN_TAGS))
        certainty = Certainty.CONDITION if asked else Certainty.CERTAIN
        return Answer(certainty, self._because(decision, action, target), asked)

    def _because(self, decision: Decision, action: str, target: Target) -> tuple[Because, ...]:
        """The Allows that are needed: the caller's own, and those of the object where it has a policy."""
        own = [one for one in _applying(decision) if one.layer == "identity policy"]
        theirs = [one for one in _applying(decision) if one.layer in ("trust policy", "resource policy")]
        directly = [one for one in theirs if one.named in (Named.DIRECTLY, Named.AS_ROLE) and one.applies]
        inside = target.of == "" or _account_of(target.of, target.account) in ("", self.account)
        found: list[Because] = []
        if own and not (directly and inside):
            found.append(self._of(own, action, target))
        if theirs:
            kept = directly if directly and inside else theirs
            alone = len(kept) == 1 and not (directly and inside and own and _suffices_together(theirs, own))
            found.append(replace(self._of(kept, action, target), alone=alone))
        return tuple(found)

    def _of(self, judged: Sequence[Judged], action: str, target: Target) -> Because:
        first = judged[0]
        origin = self._origins.get((first.layer, first.policy)) or _Origin(target.of, target.document)
        found = because(first, action, origin.of, origin.document, alone=len(judged) == 1)
        return found if origin.at is None else replace(found, location=origin.at)


def because(judged: Judged, action: str, of: str, document: PolicyDocument | None, *, alone: bool = True) -> Because:
    """A statement of an answer of the evaluator, as what an edge stands on.

    Args:
        judged: the statement.
        action: the action that it allows.
        of: ARN of whose the policy is.
        document: the document, for its location.
        alone: whether nothing else would allow it.
    """
    words = f"{judged.place} allows {action}"
    location = document.location if document is not None else Because(words).location
    if judged.number is not None:
        location = replace(location, pointer=f"{location.pointer}/Statement/{judged.number}")
    return Because(words, of, judged.layer, judged.policy, judged.number, judged.sid, action, location, alone)


def target_of(role: Identity, rcps: Sequence[Policy]) -> Target:
    """A role as what is assumed.

    Args:
        role: the role.
        rcps: resource control policies of its account.
    """
    if role.trust is None:
        return Target(Policy("trust policy", None, "it is not known"), None, tuple(rcps), role.account, role.stand_in())
    document = in_force(role.trust, DocumentKind.TRUST)
    written = role.trust.content if document.problems else document
    return Target(Policy("trust policy", written), None, tuple(rcps), role.account, role.stand_in(), role.trust)


def tags_of(tags: Mapping[str, str], *prefixes: str) -> tuple[dict[str, Values | None], tuple[str, ...]]:
    """The condition keys that look at an object's tags, and the beginnings of those that it lacks.

    Args:
        tags: the tags of the object, all of them.
        prefixes: how the keys begin, such as "aws:resourcetag/".
    """
    found: dict[str, Values | None] = {
        f"{prefix}{name.lower()}": (value,) for prefix in prefixes for name, value in tags.items()
    }
    return found, prefixes


def _keys_of(policies: Iterable[Policy]) -> Iterator[str]:
    documents = (one.document for one in policies)
    statements = (each for one in documents if isinstance(one, Document) for each in one.statements)
    return (condition.key for statement in statements for condition in statement.conditions)


def _is_granted(decision: Decision) -> bool:
    """Whether an Allow that is known has a part in the answer: what might stand in unknown policies opens nothing."""
    return any(True for _ in _applying(decision))


def _applying(decision: Decision) -> Iterator[Judged]:
    """The Allows of the caller's and the object's policies that apply, or may."""
    layers = ("identity policy", "trust policy", "resource policy")
    return (one for one in decision.statements if one.allow and one.applies is not False and one.layer in layers)


def _suffices_together(theirs: Iterable[Judged], own: Sequence[Judged]) -> bool:
    """Whether the object's policy lets the whole account in besides, so that the caller's own Allow would do."""
    return bool(own) and any(one.named is Named.AS_ACCOUNT and one.applies for one in theirs)


def _account_of(arn: str, account: str) -> str:
    parts = arn.split(":")
    return (parts[4] if len(parts) > 4 else "") or account


def _may_be_tagged(role: Identity) -> bool:
    """Whether somebody may tag the sessions of a role, so that the tags of its callers are not known."""
    if role.trust is None or role.trust.unknown:
        return True
    statements = in_force(role.trust, DocumentKind.TRUST).statements
    return any(one.allow and grants.covers(one, "sts:tagsession") for one in statements)


def _context(model: AccountModel, identity: Identity, caller: Caller) -> dict[str, Values | None]:
    """The condition keys that say who asks.

    Source: IAM user guide, "AWS global condition context keys" and "IAM policy elements: Variables and tags".
    """
    found: dict[str, Values | None] = dict.fromkeys(_OF_SERVICES, ())
    found |= {
        "aws:principalarn": (caller.arn,),
        "aws:principalaccount": (caller.account,),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
        "aws:securetransport": ("true",),
        "kms:calleraccount": (caller.account,),
    }
    if identity.kind is IdentityKind.USER:
        found |= {
            "aws:username": (identity.name,) if identity.name else None,
            "aws:userid": (identity.unique_id,) if identity.unique_id else None,
            "aws:principaltype": ("User",),
            "aws:federatedprovider": (),
        }
    else:
        found |= {"aws:username": (), "aws:userid": None, "aws:principaltype": ("AssumedRole",)}
    if not (identity.kind is IdentityKind.ROLE and _may_be_tagged(identity)):
        found |= tags_of(identity.tags, "aws:principaltag/")[0]
    organization = model.organization_of(caller.account)
    if organization:
        found["aws:principalorgid"] = (organization,)
        path = "/".join((organization, *model.above(caller.account)))
        found["aws:principalorgpaths"] = (f"{path}/",)
    return found


def _time(now: datetime) -> dict[str, Values | None]:
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"aws:currenttime": (moment,), "aws:epochtime": (str(int(now.timestamp())),)}
