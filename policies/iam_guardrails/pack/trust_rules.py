"""Statements of a trust policy through which nobody comes, because nobody can bring what they ask for.

Such a statement is half a trust: the role names somebody, and asks for claims of another provider, or for an audience
that the provider in the stack does not take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_guardrails.language.documents import Document, DocumentKind
from iam_guardrails.language.principals import Kind
from iam_guardrails.pack.powers import session_actions
from iam_guardrails.pack.report import Report, report
from iam_guardrails.pack.values import is_secret
from iam_guardrails.reasoning import grants, search
from iam_guardrails.reasoning.external_access import admits, is_claim
from iam_guardrails.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iam_guardrails.language.documents import Statement
    from iam_guardrails.language.principals import Principal
    from iam_guardrails.pack.identities import Provider
    from iam_guardrails.pack.powers import Powers, Whole
    from iam_guardrails.reasoning.search import Domain

_PROVIDERS = (Kind.OIDC, Kind.SAML)
_NOBODY = Settings(trusted_accounts=()).zone


def dead_statements(role: Powers, whole: Whole) -> Iterator[Report]:
    """The principals of a trust policy that no request gets in as, each with what stands in the way.

    A Deny is left aside: whom it shuts out has been shut out on purpose.
    """
    if role.trust is None or role.trust.malformed:
        return
    for statement in role.trusting:
        for principal in () if statement.not_principals else statement.principals:
            if not any(grants.covers(statement, action) for action in session_actions(principal.kind)):
                continue
            provider = _provider_of(principal, whole.joined.providers)
            accounts = role.identity.resource.accounts
            if principal.kind in _PROVIDERS and _is_elsewhere(principal, accounts):
                why = f"AWS looks for {principal.text} in the role's own account, {' or '.join(accounts)}"
                yield _dead(role, statement, why, "name the provider of the role's account")
            elif not _gets_in(statement, principal, {}):
                yield _dead(role, statement, _why(statement, principal), "ask for what such a request carries")
            elif provider is not None and not _gets_in(statement, principal, _audiences(provider)):
                taken = ", ".join(provider.audiences) or "nobody"
                why = f'the provider "{provider.resource.name}" takes tokens for {taken}, not for whom it asks'
                yield _dead(role, statement, why, "name one audience at both")


def _is_elsewhere(principal: Principal, accounts: Sequence[str]) -> bool:
    """Whether a principal is of none of these accounts; the providers that AWS itself knows are of no account."""
    return bool(principal.account and accounts) and principal.account not in accounts


def _gets_in(statement: Statement, principal: Principal, who: Mapping[str, Domain]) -> bool:
    alone = Document(DocumentKind.TRUST, (statement,), ())
    return admits(alone, statement, principal, _NOBODY, who)


def _provider_of(principal: Principal, providers: Sequence[Provider]) -> Provider | None:
    """The provider of the stack whose tokens a principal means."""
    if principal.kind is not Kind.OIDC:
        return None
    return next((one for one in providers if one.is_named_by(principal)), None)


def _audiences(provider: Provider) -> Mapping[str, Domain]:
    """What the audience of a token that the provider takes can be (IAM API reference, CreateOpenIDConnectProvider)."""
    return {f"{provider.issuer}:aud".lower(): search.exactly(*provider.audiences)}


def _why(statement: Statement, principal: Principal) -> str:
    """What no request of a principal carries, as far as it can be told by a key alone."""
    own = {Kind.OIDC: f"{principal.name}:".lower(), Kind.SAML: "saml:"}.get(principal.kind)
    others = [one.key for one in statement.conditions if own and is_claim(one.key) and not one.key.startswith(own)]
    if others:
        return f"{', '.join(others)} is no claim of {principal.name or 'a SAML provider'}"
    return "no request of that principal meets all of its conditions"


def _dead(role: Powers, statement: Statement, why: str, change: str) -> Report:
    held = role.identity.trust
    place = f"{held.found.place} {statement.pointer}" if held else ""
    if held is not None and is_secret(held.found.value):
        why = "what it asks for nobody can bring, and is not shown, because the program marks it as secret"
    said = f'nobody comes in through statement {statement.number} of the role "{role.identity.name}": {why}'
    return report("both-halves-of-trust", role.identity.resource, said, place=place, change=change, blocking=False)
