"""A trust that only one side knows of does not work, or works in a way that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.principals import EVERYONE, Kind, Principal
from iam_guardrails.model.values import Identity, IdentityKind, IdentityProvider
from iam_guardrails.reasoning import grants, search
from iam_guardrails.reasoning.external_access import admits, is_claim
from iam_guardrails.reasoning.search import Domain
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope
from iam_guardrails.rules.stack import (
    IdentityPermissions,
    Stack,
    finding_of,
    finding_placed,
    place_of,
    session_actions,
    whose,
)
from iam_guardrails.settings import Settings

RULE = Rule(
    id="both-halves-of-trust",
    title="Whoever may assume a role is trusted by it, and whom a role trusts may assume it",
    severity="medium",
    level="warning",
    why="A trust with one side missing fails when it is used, or gives access that one of the two does not show.",
    remediation="Write the missing side, or remove the other one.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Methods to assume a role", "AWS STS API reference: AssumeRole"),
    requirements=(LEAST_PRIVILEGE,),
)

_PROVIDERS = (Kind.OIDC, Kind.SAML)
_NOBODY = Settings(trusted_accounts=()).zone


def check_identity(role: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """A role and a user or role of which only one knows of the other, or a role that nobody can assume."""
    if role.identity.kind is not IdentityKind.ROLE or role.trust is None or role.trust.malformed:
        return
    if not any(role.admits(principal.kind) for statement in role.trusting for principal in _whom(statement)):
        yield _finding(
            role.identity,
            "nobody can assume it: its trust policy gives nobody the action that their kind of principal needs",
            "allow whoever should use it sts:AssumeRole, or sts:AssumeRoleWithWebIdentity for an OIDC provider, or"
            " sts:AssumeRoleWithSAML for a SAML provider",
        )
        return
    dead = list(_dead_statements(role, stack))
    yield from dead or _missing_sides(role, stack)
    yield from _instance_profiles(role, stack)


def _instance_profiles(role: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    for runner in stack.model.runners_with(role.identity):
        if not runner.kind.startswith("ec2:"):
            continue
        if not any(principal.name.startswith("ec2.") for statement in role.trusting for principal in _whom(statement)):
            why = f'"{runner.name or runner.key}" hands it to EC2 instances, which it does not trust'
            yield _finding(role.identity, why, "trust the service ec2.amazonaws.com, or take it out of the profile")


def _missing_sides(role: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    arn = role.identity.arn_pattern
    trusted = stack.trusted_by(role)
    for one in trusted:
        # What is denied although it is allowed has been suspended: that side isn't missing.
        if one.identity.is_known() and not stack.model.unknown and not any(one.grants("sts:AssumeRole", arn)):
            why = _why_missing(role, one.identity)
            fix = f"allow it sts:AssumeRole on {arn}, or take it out of the trust"
            yield from [_finding(role.identity, why, fix)] if why else []
    for one in stack.assuming(role):
        may = one not in trusted and any(one.allows("sts:AssumeRole", arn))
        if may and not _trusts_account_of(role, one.identity):
            why = f"{whose(one.identity)} may assume it, but it does not trust that {one.identity.kind.value}"
            yield _finding(role.identity, why, f"trust {one.identity.arn_pattern}, or take the role out of its policy")


def _why_missing(role: IdentityPermissions, one: Identity) -> str:
    """What to say of somebody whom a role trusts and whose own policy does not name it; nothing for what is usual.

    In one account it is enough that the trust policy names a user or role (AWS STS API reference, AssumeRole).
    """
    if not _is_enough(role, one):
        return f"it trusts {whose(one)}, which may not assume it"
    if one.kind is IdentityKind.ROLE:
        return ""
    return (
        f"it trusts {whose(one)} by name, which is enough inside one account, although what the user's own policy"
        " allows does not show it"
    )


def _whom(statement: Statement) -> Sequence[Principal]:
    return (EVERYONE,) if statement.not_principals else statement.principals


def _is_enough(role: IdentityPermissions, one: Identity) -> bool:
    """Whether a role has a user or a role of its own account as its principal."""
    same_account = bool(one.account) and one.account == role.identity.account
    return same_account and any(
        one.is_named_by(principal.text) for statement in role.trusting for principal in statement.principals
    )


def _trusts_account_of(role: IdentityPermissions, one: Identity) -> bool:
    """Whether a role trusts everybody in an identity's account, or everybody at all."""

    def takes(principal: Principal) -> bool:
        own = principal.account == (one.account or principal.account)
        return principal.kind is Kind.EVERYONE or (principal.kind is Kind.ACCOUNT and own)

    return any(statement.not_principals or any(map(takes, statement.principals)) for statement in role.trusting)


# --- Statements through which nobody gets in ---------------------------------------------------------------------


def _dead_statements(role: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """The principals of a trust policy that no request gets in as, each with what stands in the way.

    A Deny is left aside: whom it shuts out has been shut out on purpose.
    """
    account = role.identity.account
    for statement in role.trusting:
        for principal in () if statement.not_principals else statement.principals:
            if not any(grants.covers(statement, action) for action in session_actions(principal.kind)):
                continue
            provider = _provider_of(principal, stack)
            if principal.kind in _PROVIDERS and principal.account and account and principal.account != account:
                why = f"AWS looks for {principal.text} in the role's own account, {account}"
                yield _dead(role, statement, why, "name the provider of the role's account")
            elif not _gets_in(statement, principal, {}):
                yield _dead(role, statement, _why(statement, principal), "ask for what such a request carries")
            elif provider is not None and not _gets_in(statement, principal, _audiences(provider)):
                taken = ", ".join(provider.audiences or ()) or "nobody"
                called = provider.key.rpartition("::")[2] or provider.issuer
                why = f'the provider "{called}" takes tokens for {taken}, not for the audience it asks for'
                yield _dead(role, statement, why, "name one audience at both")


def _gets_in(statement: Statement, principal: Principal, who: Mapping[str, Domain]) -> bool:
    alone = Document(DocumentKind.TRUST, (statement,), ())
    return admits(alone, statement, principal, _NOBODY, who)


def _provider_of(principal: Principal, stack: Stack) -> IdentityProvider | None:
    """The provider of the stack whose tokens a principal means, where its audiences are known."""
    if principal.kind is not Kind.OIDC:
        return None
    return next(
        (
            one
            for one in stack.model.providers
            if one.kind == "oidc"
            and one.issuer == principal.name
            and one.audiences is not None
            and principal.account == (one.account or principal.account)
        ),
        None,
    )


def _audiences(provider: IdentityProvider) -> Mapping[str, Domain]:
    """What the audience of a token that the provider takes can be (IAM API reference, CreateOpenIDConnectProvider)."""
    return {f"{provider.issuer}:aud".lower(): search.exactly(*(provider.audiences or ()))}


def _why(statement: Statement, principal: Principal) -> str:
    """What no request of a principal carries, as far as a key alone shows it."""
    own = {Kind.OIDC: f"{principal.name}:".lower(), Kind.SAML: "saml:"}.get(principal.kind)
    others = [one.key for one in statement.conditions if own and is_claim(one.key) and not one.key.startswith(own)]
    if others:
        return f"{', '.join(others)} is no claim of {principal.name or 'a SAML provider'}"
    return "no request of that principal meets all of its conditions"


def _dead(role: IdentityPermissions, statement: Statement, why: str, fix: str) -> Finding:
    message = f'nobody gets in through statement {statement.number} of the role "{role.identity.name}": {why}'
    trust = role.identity.trust
    found = _finding(role.identity, message, fix)
    return found if trust is None else finding_placed(found, trust, statement.pointer)


def _finding(role: Identity, why: str, fix: str) -> Finding:
    location = role.trust.location if role.trust else role.location
    place = place_of(role.trust) if role.trust else ""
    return finding_of(RULE, location, why, fix, place, evidence={"value": why})
