"""What takes reading the policies: whom a policy names, who may assume a role, what of itself an identity may rewrite.

Each answer comes from the one evaluator (`iam_guardrails.evaluation`), in three values: yes, no, not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from iam_guardrails.evaluation import Caller, Decision, Judged, Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.evaluation.callers import Named, named
from iam_guardrails.evaluation.matching import match
from iam_guardrails.language import reader
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.values import (
    STAND_IN_ACCOUNT,
    Attachment,
    Identity,
    IdentityKind,
    Limit,
    PolicyDocument,
    ResourcePolicy,
)

_NAMING_KEYS = (
    "aws:principalarn",
    "aws:username",
    "aws:userid",
    "aws:principalaccount",
    "aws:principaltype",
)
"""Condition keys of which the caller alone decides the value (IAM user guide, global condition context keys)."""
_TELLING_KEYS = frozenset({"aws:principalarn", "aws:username", "aws:userid"})
"""Those of them that tell one caller from another in its account."""


class Naming(NamedTuple):
    """A statement that names an identity.

    Attributes:
        statement: the statement.
        by: what names it: "Principal", or the condition key, such as "aws:PrincipalArn".
        certain: whether it surely means this identity; False where that depends on what is not known of it.
    """

    statement: Statement
    by: str
    certain: bool


class OwnPart(NamedTuple):
    """A part of an identity, by which somebody who can change it changes what the identity may do, or who it is.

    Attributes:
        what: what it is, in words: "its own inline policies", "the managed policy X on it".
        arn: the ARN that a permission to change it must match.
        actions: the actions that change it.
    """

    what: str
    arn: str
    actions: tuple[str, ...]


class Rewrite(NamedTuple):
    """A part of itself that an identity may rewrite.

    Attributes:
        part: the part.
        action: the action by which it may.
        certain: whether the policies surely allow that; False where it depends on what is not known.
        decision: the evaluator's answer, with the statements that it stands on.
    """

    part: OwnPart
    action: str
    certain: bool
    decision: Decision


# --- documents --------------------------------------------------------------------------------------------------------


def read(document: PolicyDocument) -> Document:
    """A document of the model as the policy language reads it."""
    return _read(_Shared(document))


def in_force(document: PolicyDocument, kind: DocumentKind) -> Document:
    """A document of the model as the evaluator reads what AWS has accepted.

    Args:
        document: the document.
        kind: what it is read as.
    """
    return _in_force(_Shared(document), kind)


class _Shared:
    """A document as a cache's key: by identity, since its content may be a mapping."""

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shared) and self.document is other.document

    def __hash__(self) -> int:
        return id(self.document)


@lru_cache(maxsize=4096)
def _read(shared: _Shared) -> Document:
    document = shared.document
    return reader.read(document.content, document.kind)


@lru_cache(maxsize=8192)
def _in_force(shared: _Shared, kind: DocumentKind) -> Document:
    return reader.read(shared.document.content, kind, in_force=True)


# --- who is named -----------------------------------------------------------------------------------------------------


def names(document: PolicyDocument, identity: Identity) -> Iterator[Naming]:
    """The Allow statements of a trust or resource policy that name an identity, by whichever element or key.

    A statement for everybody, or for a whole account, names an identity only where a condition on the caller's own keys
    (`aws:PrincipalArn`, `aws:username`, `aws:userid`) picks it out.

    Args:
        document: the trust or resource policy.
        identity: a user or role.
    """
    for statement in read(document).statements:
        if statement.allow:
            yield from _naming(statement, identity)


def resource_policies_naming(model: AccountModel, identity: Identity) -> Iterator[tuple[ResourcePolicy, Naming]]:
    """The resource policies of the model that name an identity, with the statements that do."""
    for policy in model.resource_policies:
        for naming in names(policy.document, identity):
            yield policy, naming


def trusted_by_name(model: AccountModel, role: Identity) -> Iterator[tuple[Identity, Naming]]:
    """The users and roles of the model that a role's trust policy names."""
    if role.trust is None:
        return
    for identity in model.identities:
        if identity.kind in (IdentityKind.USER, IdentityKind.ROLE):
            for naming in names(role.trust, identity):
                yield identity, naming


def _naming(statement: Statement, identity: Identity) -> Iterator[Naming]:
    if statement.not_principals:
        return
    particular = [one for one in statement.principals if one.kind not in (Kind.EVERYONE, Kind.ACCOUNT)]
    telling = [one for one in statement.conditions if one.key in _TELLING_KEYS and not one.operator.negated]
    for arn in _arns(statement, identity):
        caller = Caller.of(arn, unique_id=identity.unique_id)
        how = named(statement.principals, caller)
        directly = named(particular, caller) is not Named.NOT
        if how is Named.NOT or not (directly or telling):
            continue
        fits = _fits(statement, caller, identity)
        if fits is not False:
            by = "Principal" if directly else _KEY_NAMES[telling[0].key]
            yield Naming(statement, by, fits is True and how is not Named.UNKNOWN)
            return


_KEY_NAMES = {"aws:principalarn": "aws:PrincipalArn", "aws:username": "aws:username", "aws:userid": "aws:userid"}


def _fits(statement: Statement, caller: Caller, identity: Identity) -> bool | None:
    """Whether the conditions on the caller's own keys hold for a caller."""
    about = tuple(one for one in statement.conditions if one.key in _NAMING_KEYS)
    alone = statement._replace(
        conditions=about, actions=("*",), not_actions=False, resources=("*",), not_resources=False, source={}
    )
    request = Request(caller, "iam:GetUser", "*", context=_context(caller, identity))
    return match(alone, request, for_resource=True)[0].holds


def _context(caller: Caller, identity: Identity) -> Mapping[str, tuple[str, ...] | None]:
    """The condition keys of which the caller alone decides the value."""
    if identity.kind is IdentityKind.USER:
        userid = (identity.unique_id,) if identity.unique_id else None
        mine = {"aws:username": (identity.name,), "aws:userid": userid, "aws:principaltype": ("User",)}
    else:
        mine = {"aws:username": (), "aws:userid": None, "aws:principaltype": ("AssumedRole",)}
    return {**mine, "aws:principalarn": (caller.arn,), "aws:principalaccount": (caller.account,)}


def _arns(statement: Statement, identity: Identity) -> list[str]:
    """The identity's ARN; where a part of it is not known, those in the statement that can be it."""
    if identity.arn:
        return [identity.arn]
    written = [one.text for one in statement.principals]
    written += [value for one in statement.conditions if one.key == "aws:principalarn" for value in one.values]
    fitting = [arn for arn in written if identity.is_named_by(arn) and not set(arn) & set("*?$")]
    accounts = [one.account for one in statement.principals if one.account]
    accounts += [value for one in statement.conditions if one.key == "aws:principalaccount" for value in one.values]
    guessed = [
        f"arn:{identity.partition}:iam::{account}:{identity.kind.value}{identity.path or '/'}{identity.name}"
        for account in (accounts or [STAND_IN_ACCOUNT])
        if account.isdigit() and len(account) == 12 and not identity.account and identity.name
    ]
    return list(dict.fromkeys([*fitting, *guessed]))


# --- what an identity may do ------------------------------------------------------------------------------------------


def policies_of(model: AccountModel, identity: Identity) -> Policies:
    """Everything of the model that decides what an identity may do, as the evaluator takes it.

    A policy whose document is not known, and everything else that is unknown of the identity, is in it as one that
    could not be read: the evaluator's answer is then "not known" unless what is known settles it.

    Args:
        model: the model, for its limits.
        identity: a user, role, group or permission set.
    """
    held = [
        _as_policy(holding.name or "policy", holding.document, DocumentKind.IDENTITY) for holding in identity.holdings()
    ]
    held += [Policy(one.what, None, one.why) for owner in (identity, *identity.groups) for one in owner.unknown]
    held += [Policy(one.label, None, "it is not part of what was read") for one in identity.groups if not one.declared]
    if not identity.declared:
        held.append(Policy(f"what {identity.label} holds", None, "it is not part of what was read"))
    boundary = None if identity.boundary is None else _policy(identity.boundary)
    session = [
        _as_policy(_name_of(one), one.document, DocumentKind.IDENTITY)
        for one in model.limits
        if one.document.kind is DocumentKind.SESSION and identity.arn in one.targets
    ]
    return Policies(identity=held, boundary=boundary, session=session or None, scps=_scps(model, identity.account))


def rcps_of(model: AccountModel, account: str) -> list[Policy]:
    """The resource control policies that hold for the resources of an account, without those that only allow.

    Source: Organizations user guide, "Resource control policies": they do not hold in the management account.

    Args:
        model: the model.
        account: the twelve digits of the account.
    """
    if not account or model.is_management(account):
        return []
    return [
        _as_policy(_name_of(one), one.document, DocumentKind.RCP)
        for one in model.limits_on(account, DocumentKind.RCP)
        if not all(statement.allow for statement in in_force(one.document, DocumentKind.RESOURCE).statements)
    ]


_FULL_ACCESS = Policy(
    "FullAWSAccess",
    reader.read(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
        DocumentKind.IDENTITY,
        in_force=True,
    ),
)


def _scps(model: AccountModel, account: str) -> list[list[Policy]]:
    """The service control policies that hold in an account, by what they are attached to, the highest first.

    AWS attaches FullAWSAccess everywhere unless somebody takes it away, and collectors tend to leave it out: where
    nothing at a level allows anything, it is taken to be there. They do not hold in the management account
    (Organizations user guide, "Service control policies").
    """
    if not account or model.is_management(account):
        return []
    limits = model.limits_on(account, DocumentKind.SCP)
    levels = [[one for one in limits if target in one.targets] for target in (*model.above(account), account)]
    levels += [[one] for one in limits if not one.targets]
    return [_level(level) for level in levels if level]


def _level(limits: list[Limit]) -> list[Policy]:
    found = [_as_policy(_name_of(one), one.document, DocumentKind.IDENTITY) for one in limits]
    read_ones = [one.document for one in found if isinstance(one.document, Document)]
    known = all(not one.problems and not one.unknown for one in read_ones)
    nothing = known and not any(statement.allow for one in read_ones for statement in one.statements)
    return [*found, _FULL_ACCESS] if nothing else found


def _name_of(limit: Limit) -> str:
    return limit.document.name or str(limit.location)


def _policy(attachment: Attachment) -> Policy:
    return _as_policy(attachment.arn or "policy", attachment.document, DocumentKind.IDENTITY)


def _as_policy(name: str, document: PolicyDocument | None, kind: DocumentKind) -> Policy:
    """A policy for the evaluator: read once, however often it is asked."""
    if document is None:
        return Policy(name, None, "it is not known")
    found = in_force(document, kind)
    return Policy(name, document.content if found.problems else found)


def caller_of(identity: Identity, account: str = STAND_IN_ACCOUNT) -> Caller | None:
    """The identity as the evaluator's caller; None for groups and permission sets, which call nothing.

    Args:
        identity: a user or role.
        account: the account to take where the identity's is not known.
    """
    if identity.kind not in (IdentityKind.USER, IdentityKind.ROLE):
        return None
    return Caller.of(identity.stand_in(account), unique_id=identity.unique_id)


def may_assume(model: AccountModel, identity: Identity, role: Identity) -> Decision | None:
    """Whether a user or role may assume a role: by its own policies, its boundary and the role's trust policy.

    Args:
        model: the model that both are in, with its service and resource control policies.
        identity: who would assume the role.
        role: the role.

    Returns:
        The evaluator's answer; None where one of them is no user or role.
    """
    caller = caller_of(identity, role.account or STAND_IN_ACCOUNT)
    target = caller_of(role, identity.account or STAND_IN_ACCOUNT)
    if caller is None or target is None:
        return None
    content = role.trust.content if role.trust else None
    request = Request(caller, "sts:AssumeRole", target.arn, context=_context(caller, identity))
    trust = Policy("trust policy", content, "it is not known")
    rcps = rcps_of(model, role.account)
    return evaluate(request, replace(policies_of(model, identity), trust=trust, rcps=rcps))


# --- what an identity may rewrite of itself ---------------------------------------------------------------------------

_OF_KIND: Mapping[IdentityKind, tuple[str, ...]] = {
    IdentityKind.USER: ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPolicy", "iam:DetachUserPolicy"),
    IdentityKind.ROLE: ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
    IdentityKind.GROUP: (
        "iam:PutGroupPolicy",
        "iam:AttachGroupPolicy",
        "iam:DeleteGroupPolicy",
        "iam:DetachGroupPolicy",
    ),
}
_BOUNDARY_OF: Mapping[IdentityKind, tuple[str, ...]] = {
    IdentityKind.USER: ("iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary"),
    IdentityKind.ROLE: ("iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"),
}
_VERSIONS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")


def own_parts(identity: Identity) -> Iterator[OwnPart]:
    """What decides what an identity may do and who gets to be it: its policies, boundary, groups and trust.

    Source: Service Authorization Reference, actions of AWS IAM and the resource types that they take.

    Args:
        identity: a user, role or group.
    """
    arn = identity.stand_in()
    yield OwnPart("its own policies", arn, _OF_KIND.get(identity.kind, ()))
    if identity.kind in _BOUNDARY_OF:
        yield OwnPart("its own permissions boundary", arn, _BOUNDARY_OF[identity.kind])
    if identity.kind is IdentityKind.ROLE:
        yield OwnPart("its own trust policy", arn, ("iam:UpdateAssumeRolePolicy",))
    for group in identity.groups:
        yield OwnPart(f'the policies of its group "{group.name}"', group.stand_in(), _OF_KIND[group.kind])
    for holding in identity.holdings():
        attachment = holding.attachment
        if attachment is not None and attachment.arn and not _is_by_aws(attachment):
            yield OwnPart(f"the managed policy {attachment.arn} that it holds", attachment.arn, _VERSIONS)
    boundary = identity.boundary
    if boundary is not None and boundary.arn and not _is_by_aws(boundary):
        yield OwnPart(f"its permissions boundary {boundary.arn}", boundary.arn, _VERSIONS)


def _is_by_aws(attachment: Attachment) -> bool:
    return ":aws:policy/" in attachment.arn or bool(attachment.policy and attachment.policy.by_aws)


def rewritable(model: AccountModel, identity: Identity) -> Iterator[Rewrite]:
    """The parts of itself that an identity may rewrite, by the first action that lets it.

    What depends on the request (tags, source addresses, second factors) is taken to be as the caller needs it.

    Args:
        model: the model, for its limits.
        identity: a user or role.
    """
    caller = caller_of(identity)
    if caller is None:
        return
    policies = policies_of(model, identity)
    for part in own_parts(identity):
        for action in part.actions:
            request = Request(caller, action, part.arn, context=_context(caller, identity))
            decision = evaluate(request, policies)
            granted = any(one.allow and one.applies is not False for one in _readable(decision))
            if granted and decision.verdict is not Verdict.REFUSED:
                yield Rewrite(part, action, decision.verdict is Verdict.ALLOWED, decision)
                break


def _readable(decision: Decision) -> Iterable[Judged]:
    return (one for one in decision.statements if one.number is not None and one.layer == "identity policy")
