"""What can be proven of a pipeline's identity, so that a clean run says more than nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_guardrails import Settings, check_trust_policy
from iam_guardrails.language.principals import Kind
from iam_guardrails.pack.identity_rules import only_assume_role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from iam_guardrails.pack.powers import Powers, Whole


def proofs(whole: Whole, refused: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every sentence that is proven, with the URN of whom it is about.

    Args:
        whole: the stack.
        refused: the URNs of resources that some rule has refused; nothing is proven of those.
    """
    for user in whole.users:
        sentence = _of_user(user, whole, refused)
        if sentence is not None:
            yield user.identity.resource.urn, sentence
    for role in whole.roles:
        sentence = _of_federated_role(role, refused)
        if sentence is not None:
            yield role.identity.resource.urn, sentence


def _of_user(user: Powers, whole: Whole, refused: Collection[str]) -> str | None:
    """That a user may assume its roles and nothing else, and that nobody else may."""
    if not user.is_whole or user.identity.passwords or not user.allowed or any(only_assume_role(user, whole)):
        return None
    arns = sorted({arn for said in user.allowed for arn in said.statement.resources if arn != "*"})
    # A role that names a user of its own account needs no policy of that user.
    others = [role for role in whole.trusting(user) if not any(role.identity.is_named_by(arn) for arn in arns)]
    if _is_refused(user, refused) or others:
        return None
    roles: list[str] = []
    for arn in arns:
        if not any(user.allows("sts:AssumeRole", arn)):
            return None
        role = whole.role_at(arn)
        if role is None:
            roles.append(f"{arn}, which this stack does not make")
        elif _is_refused(role, refused) or not role.is_readable or not _admits_only(role, user):
            return None
        else:
            roles.append(
                f"{role.identity.name}, which trusts only this user and ends sessions within {_session(role)} s"
            )
    return f"proven: user {user.identity.name} can do exactly sts:AssumeRole on role {'; on role '.join(roles)}"


def _of_federated_role(role: Powers, refused: Collection[str]) -> str | None:
    """Whose tokens a role takes, where it takes nothing but tokens of identity providers."""
    if not role.identity.is_here or role.trust is None or not role.is_readable or _is_refused(role, refused):
        return None
    allowed = role.trusting
    principals = [principal for statement in allowed for principal in statement.principals]
    if not principals or any(principal.kind is not Kind.OIDC for principal in principals):
        return None
    if any(statement.not_principals for statement in allowed) or not role.admits(Kind.OIDC):
        return None
    providers = sorted({principal.name for principal in principals})
    subjects = sorted(
        {
            value
            for statement in allowed
            for condition in statement.conditions
            if condition.key.endswith(":sub") and not condition.operator.negated
            for value in condition.values
        }
    )
    said = f" whose subject is {' or '.join(subjects)}" if subjects else ""
    return (
        f"proven: role {role.identity.name} takes only tokens of {', '.join(providers)}{said}"
        f" and ends sessions within {_session(role)} s"
    )


def _is_refused(powers: Powers, refused: Collection[str]) -> bool:
    held = powers.identity.all_documents()
    return powers.identity.resource.urn in refused or any(one.resource.urn in refused for one in held)


def _admits_only(role: Powers, user: Powers) -> bool:
    """Whether nobody but a user gets through a role's trust policy, whatever the policy says it by."""
    held = role.identity.trust
    # Where the provider does not tell its account, the trust policy does.
    named = (text for text in role.named_users() if user.identity.is_named_by(text))
    arn = next(named, user.identity.arn())
    if held is None or role.trust is None or role.trust.malformed or "*" in arn:
        return False
    only_the_user = Settings(trusted_accounts=(), trusted_principals=(arn,), trusted_services=())
    strangers = [
        finding
        for finding in check_trust_policy(held.found.value, only_the_user)
        if finding.rule == "trusted-principals-only"
    ]
    return not strangers and (role.admits(Kind.USER) or role.admits(Kind.ACCOUNT))


def _session(role: Powers) -> str:
    seconds = role.identity.resource.properties.get("maxSessionDuration")
    return f"{seconds:g}" if isinstance(seconds, (int, float)) else "3600"
