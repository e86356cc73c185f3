"""What is proven of a pipeline's identity, so that a clean run says more than nothing.

A line is derived from the account model. Whatever is unknown of the identity withdraws it: groups that the stack does
not make, resources that nobody can read, policies that are known only after deployment, resource policies and shares
that name it. What lies outside the stack cannot be known, and each line says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from iam_guardrails import Settings, check_trust_policy
from iam_guardrails.issuers import issuer_of
from iam_guardrails.language.documents import Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.model.values import CredentialKind, Identity, IdentityKind
from iam_guardrails.reasoning import grants
from iam_guardrails.rules.only_assume_role_for_users import own_power
from iam_guardrails.rules.stack import IdentityPermissions, Stack

_ASSUMING_NOTHING_ELSE = "if nothing outside this stack grants it more"


class Proof(NamedTuple):
    """A sentence that is proven.

    Attributes:
        urn: URN of the identity it is about.
        sentence: the sentence, with what it assumes.
    """

    urn: str
    sentence: str


def proofs(stack: Stack, rejected: Collection[str], shared: Sequence[str]) -> Iterator[Proof]:
    """Every sentence that is proven.

    Args:
        stack: the stack.
        rejected: the URNs of resources that some rule has rejected; nothing is proven of those.
        shared: principals that resources of the stack share with, as texts.
    """
    if stack.model.unknown:
        return  # what belongs to nobody known may belong to anybody
    for user in stack.users:
        sentence = _of_user(user, stack, rejected, shared)
        if sentence is not None:
            yield Proof(user.identity.key, sentence)
    for role in stack.roles:
        sentence = _of_federated_role(role, rejected)
        if sentence is not None:
            yield Proof(role.identity.key, sentence)


def _of_user(user: IdentityPermissions, stack: Stack, rejected: Collection[str], shared: Sequence[str]) -> str | None:
    """That a user may assume its roles and nothing else, and that nobody else may."""
    identity = user.identity
    keys_alone = all(one.kind is CredentialKind.ACCESS_KEY for one in identity.credentials)
    if not _is_plain(user, rejected) or not keys_alone or not user.allowed or identity.attached or identity.groups:
        return None
    if any(own_power(user)) or stack.granted_to(user) or any(identity.is_named_by(text) for text in shared):
        return None
    arns = sorted({arn for one in user.allowed for arn in one.statement.resources if arn != "*"})
    # A role that names a user of its own account needs no policy of that user.
    if any(not any(role.identity.is_named_by(arn) for arn in arns) for role in stack.trusting(user)):
        return None
    roles: list[str] = []
    for arn in arns:
        if not any(user.allows("sts:AssumeRole", arn)):
            return None
        named = (one for one in stack.model.named_by((arn,)) if one.declared and one.kind is IdentityKind.ROLE)
        role = next((stack.permissions(one) for one in named), None)
        if role is None:
            roles.append(f"{arn}, which this stack does not make")
        elif not _is_plain(role, rejected) or _leads_on(role) or not _admits_only(role, user):
            return None
        else:
            roles.append(
                f"{role.identity.name}, which trusts only this user and ends sessions within {_longest(role)} s"
            )
    can = f"can do exactly sts:AssumeRole on role {'; on role '.join(roles)}"
    return f"proven: user {identity.name} {can}, {_ASSUMING_NOTHING_ELSE}" if roles else None


def _of_federated_role(role: IdentityPermissions, rejected: Collection[str]) -> str | None:
    """Whose tokens a role takes, where it takes nothing but tokens of identity providers."""
    if not role.identity.declared or role.trust is None or not role.is_readable or role.identity.key in rejected:
        return None
    allowed = role.trusting
    principals = [principal for statement in allowed for principal in statement.principals]
    if not principals or any(principal.kind is not Kind.OIDC for principal in principals):
        return None
    if any(statement.not_principals for statement in allowed) or not role.admits(Kind.OIDC):
        return None
    providers = sorted({principal.name for principal in principals})
    said = list(dict.fromkeys(_claims_of(statement) for statement in allowed))
    return (
        f"proven: role {role.identity.name} takes only tokens of {', '.join(providers)}{_whose(said)}"
        f" and ends sessions within {_longest(role)} s"
    )


_Claims: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]


def _claims_of(statement: Statement) -> _Claims:
    """What a statement wants of a token's claims, the audience aside: each claim with the values it takes."""
    wanted: dict[str, set[str]] = {}
    for issuer in (principal.name for principal in statement.principals):
        known = issuer_of(issuer)
        for condition in statement.conditions:
            issuer_part, _, claim = condition.key.partition(f"{issuer}:".lower())
            compares = condition.operator.comparison.text and not condition.operator.negated
            told = not issuer_part and claim in known.claims and claim != known.audience
            if told and compares and not condition.operator.when_absent:
                name = "subject" if claim == known.subject else claim
                wanted.setdefault(name, set()).update(condition.values)
    ordered = sorted(wanted.items(), key=lambda one: (one[0] != "subject", one[0]))
    return tuple((name, tuple(sorted(values))) for name, values in ordered)


def _whose(said: list[_Claims]) -> str:
    """The claims of each statement in words; those that compare the subject alone together."""
    if all(len(claims) == 1 and claims[0][0] == "subject" for claims in said):
        subjects = sorted({value for claims in said for value in claims[0][1]})
        said = [(("subject", tuple(subjects)),)]
    if not all(said):
        return ""
    ways = [" and ".join(f"{name} is {' or '.join(values)}" for name, values in claims) for claims in said]
    return f" whose {', or whose '.join(ways)}" if ways else ""


def _is_plain(one: IdentityPermissions, rejected: Collection[str]) -> bool:
    """Whether all of an identity is known, well-formed, and nothing of it rejected."""
    identity = one.identity
    held = {holding.location.logical_id for holding in identity.holdings()}
    return (
        identity.declared
        and identity.is_known()
        and one.is_readable
        and identity.key not in rejected
        and held.isdisjoint(rejected)
    )


def _leads_on(role: IdentityPermissions) -> bool:
    """Whether a role may assume further roles, whose permissions the line would have to name."""
    return any(grants.covers(one.statement, "sts:assumerole") for one in role.allowed)


def _admits_only(role: IdentityPermissions, user: IdentityPermissions) -> bool:
    """Whether nobody but a user gets through a role's trust policy, whatever the policy says it by."""
    trust = role.identity.trust
    if trust is None or role.trust is None or role.trust.malformed:
        return False
    arn = _arn_of(user.identity, role)
    if not arn:
        return False
    only_the_user = replace(_NOBODY, trusted_principals=(arn,))
    outside = [one for one in check_trust_policy(trust.content, only_the_user) if one.rule == "trusted-principals-only"]
    return not outside and (role.admits(Kind.USER) or role.admits(Kind.ACCOUNT))


_NOBODY = Settings(trusted_accounts=(), trusted_services=())


def _arn_of(user: Identity, role: IdentityPermissions) -> str:
    """The user's ARN; where its account is not known, as the role's trust policy names it."""
    if user.arn:
        return user.arn
    named = [principal.text for statement in role.trusting for principal in statement.principals]
    named += [
        value
        for statement in role.trusting
        for condition in statement.conditions
        if condition.key == "aws:principalarn"
        for value in condition.values
    ]
    return next((arn for arn in named if user.kind is IdentityKind.USER and user.is_named_by(arn)), "")


def _longest(role: IdentityPermissions) -> int:
    return role.identity.max_session or 3600
