"""What there is to say of who can become whom: edges, identities, paths, and the part of it that one account adds.

All of it is immutable and can be pickled, so that accounts may be looked at in other processes and on other machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from iam_guardrails.evaluation import Policy
from iam_guardrails.model.values import NOWHERE, Identity, Location, ResourcePolicy


class How(str, Enum):
    """How one comes to act as another."""

    ASSUME = "assumes the role"
    CREDENTIALS = "makes credentials"
    LOGIN = "makes or changes the console password"
    TRUST = "rewrites the trust policy"
    PASS = "passes the role"  # noqa: S105 - a way, no secret
    CODE = "runs code where the role runs"
    PROVIDER = "changes the identity provider"
    POLICY = "rewrites the policies"
    ACCESS = "reads or changes what is in it"


class Certainty(str, Enum):
    """Whether what the documents say is all that it takes."""

    CERTAIN = "certain"
    CONDITION = "needs a condition"
    INVENTORY = "needs inventory"

    @property
    def rank(self) -> int:
        """0 for certain, and the more, the less is known."""
        return list(Certainty).index(self)


@dataclass(frozen=True)
class Because:
    """A statement that opens an edge, or another fact that it stands on.

    Attributes:
        words: the fact as a clause: "identity policy deploy, statement 0 (Sid) allows sts:AssumeRole".
        of: ARN of the identity, group or resource whose policy it is; "" for what is no statement.
        layer: kind of the policy, such as "identity policy", "trust policy"; "" for what is no statement.
        policy: name of the inline policy, or ARN of the managed one; "" for what is no statement.
        statement: place of the statement in the policy, from 0; None for what is no statement.
        sid: Sid of the statement; "" where it has none.
        action: the action that it is about; "" for what is no statement.
        location: where the document stands; its `pointer` leads to the statement.
        alone: whether nothing else would open the edge, were it taken out.
    """

    words: str
    of: str = ""
    layer: str = ""
    policy: str = ""
    statement: int | None = None
    sid: str = ""
    action: str = ""
    location: Location = NOWHERE
    alone: bool = True

    @property
    def is_statement(self) -> bool:
        """Whether it is a statement of a policy, which somebody could take out."""
        return self.statement is not None

    @property
    def place(self) -> tuple[str, str, str, int | None]:
        """What tells one statement from another."""
        return self.of, self.layer, self.policy, self.statement


@dataclass(frozen=True)
class Edge:
    """One identity can come to act as another, or to use a resource, in one hop.

    Attributes:
        source: ARN of the user or role that can.
        target: ARN of the user, role, bucket or other resource.
        how: by which kind of way.
        way: id of the way in the table of escalation paths, or the action; what tells two edges of a pair apart.
        certainty: whether the documents say all that it takes.
        because: the statements on both ends that open it, and the further facts that it stands on.
        conditions: what the request has to meet, in words; () where nothing is asked of it.
        crosses: whether it goes into another account.
    """

    source: str
    target: str
    how: How
    way: str
    certainty: Certainty
    because: tuple[Because, ...] = ()
    conditions: tuple[str, ...] = ()
    crosses: bool = False


@dataclass(frozen=True)
class Held:
    """A policy that an identity has.

    Attributes:
        role: what it is to the identity: "inline policy", "managed policy", "permissions boundary", "trust policy".
        name: name of the inline policy, ARN of the managed one; "" for a trust policy.
        of: ARN of the identity, or of the group of the user that it belongs to.
        location: where the document stands; nowhere for one of AWS's own, or where it is not known.
    """

    role: str
    name: str
    of: str
    location: Location = NOWHERE


@dataclass(frozen=True)
class Member:
    """A user or role of an account, as an end of edges.

    Attributes:
        arn: ARN of it, with stand-ins for the parts that are not known.
        kind: "user" or "role".
        account: the twelve digits of its account; "" where they are not known.
        label: what people call it, such as `role "deploy"`.
        administrator: whether it holds everything, or can give itself everything.
        certainty: whether that is certain; `Certainty.CERTAIN` for what is no administrator.
        why: the statements that make it one; () for what is no administrator.
        location: where it is declared.
        holds: its policies, those of its groups among them.
    """

    arn: str
    kind: str
    account: str
    label: str
    administrator: bool = False
    certainty: Certainty = Certainty.CERTAIN
    why: tuple[Because, ...] = ()
    location: Location = NOWHERE
    holds: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Door:
    """A role or resource whose policy may let in principals of other accounts.

    Attributes:
        arn: ARN of the role or resource.
        account: the twelve digits of the account that it is in; "" where they are not known.
        accounts: accounts whose principals it may let in; ("*",) for those of every account.
        role: the role; None for a resource.
        policy: policy of the resource; None for a role.
        rcps: resource control policies of its account.
    """

    arn: str
    account: str
    accounts: tuple[str, ...]
    role: Identity | None = None
    policy: ResourcePolicy | None = None
    rcps: tuple[Policy, ...] = ()

    def is_for(self, account: str) -> bool:
        """Whether it may let in principals of an account."""
        return account != self.account and ("*" in self.accounts or account in self.accounts)


@dataclass(frozen=True)
class Entry:
    """A principal outside the account that a role's trust policy lets in.

    Attributes:
        principal: the principal as the policy writes it: an ARN, an account id, "*".
        account: the twelve digits of the account it is in; "" where it is in none.
        role: ARN of the role.
        because: the statement that lets it in.
        conditions: condition keys that the statement asks for.
        kind: "account", "user", "role", "everyone", "oidc", "saml" or another kind of principal.
    """

    principal: str
    account: str
    role: str
    because: Because
    conditions: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class AccountReach:
    """What one account adds to the graph.

    Attributes:
        account: the twelve digits of it; "" where they are not known.
        members: its users and roles.
        edges: the edges inside the account.
        rewrites: who can rewrite the policies of whom: no edge by itself, but power for whoever reaches both.
        doors: its roles and resources that may let in principals of other accounts.
        resources: ARNs of the buckets and other resources that edges may lead to.
        unknown: what is not known of the account, in words.
        entries: the principals outside the account that its roles let in.
    """

    account: str
    members: tuple[Member, ...] = ()
    edges: tuple[Edge, ...] = ()
    rewrites: tuple[Edge, ...] = ()
    doors: tuple[Door, ...] = ()
    resources: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Path:
    """How an identity gets to an end, step by step.

    Attributes:
        steps: the edges, in order; the last may be one of `Reach.rewrites`, where what was reached is made an
            administrator.
    """

    steps: tuple[Edge, ...]

    @property
    def source(self) -> str:
        """ARN of who begins it."""
        return self.steps[0].source

    @property
    def target(self) -> str:
        """ARN of what it ends at."""
        return self.steps[-1].target

    @property
    def certainty(self) -> Certainty:
        """That of its least certain step."""
        return max((step.certainty for step in self.steps), key=lambda one: one.rank)


@dataclass(frozen=True)
class Cut:
    """A single change, and what it closes.

    Attributes:
        change: the statement to take out or narrow, or the identity's credential to take away.
        closes: ARNs of the identities that no longer reach the end.
        paths: number of minimal paths, of those that were listed, that go through it.
    """

    change: Because
    closes: tuple[str, ...]
    paths: int


@dataclass(frozen=True)
class Reach:
    """The graph of who can become whom, over all accounts.

    Attributes:
        members: the users and roles, by ARN.
        edges: the edges, inside accounts and across them.
        rewrites: who can rewrite the policies of whom.
        resources: ARNs of the buckets and other resources that edges may lead to.
        reaches: ARNs of the identities that are administrators or reach one.
        unknown: what is not known, in words.
        entries: the principals that roles let in from outside their account.
    """

    members: Mapping[str, Member] = field(default_factory=dict[str, Member])
    edges: tuple[Edge, ...] = ()
    rewrites: tuple[Edge, ...] = ()
    resources: tuple[str, ...] = ()
    reaches: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def best(edges: Iterable[Edge]) -> Edge:
    """The edge that takes least: the most certain, of those the plainest."""
    return min(edges, key=lambda one: (one.certainty.rank, list(How).index(one.how), one.way))
