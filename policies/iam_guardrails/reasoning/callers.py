"""Classes of external callers: those of one class differ in nothing that a document could tell apart.

Trying one of each is enough. For {"AWS": "*"} in a resource policy these are: a user, a role and the root of an account
that the document doesn't name, the same of each account that it does name and nobody trusts, and somebody anonymous.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from iam_guardrails.language import arns, patterns
from iam_guardrails.language.conditions import OPERATORS, Condition, Values
from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.patterns import ACCOUNT_ID, Budget, glob
from iam_guardrails.language.principals import EVERYONE, Kind, Principal
from iam_guardrails.reasoning import contexts, search
from iam_guardrails.reasoning.contexts import ACCOUNT_KEYS, OWNER_KEYS, PRINCIPAL_ARN, Context, is_claim
from iam_guardrails.reasoning.search import ANYTHING, Domain
from iam_guardrails.reasoning.sources import external_sources, source_conditions
from iam_guardrails.reasoning.zone import TokenTrust, Zone


class Reason(Enum):
    """What it is that makes an access path one for external principals."""

    PRINCIPAL = "principal"  # nobody said that this principal is trusted
    SUBJECT = "subject"  # of the provider's tokens, some with a subject that is not trusted
    AUDIENCE = "audience"  # tokens made for another audience
    UNCHECKED_AUDIENCE = "unchecked audience"  # trusted subjects alone, but of whichever audience
    SOURCE = "source"  # a trusted service, on behalf of an account that the document itself names and nobody trusts
    TOO_COMPLEX = "too complex"  # the question took more steps than a gate may spend


@dataclass(frozen=True)
class CallerClass:
    """External callers of one class: who they say they are, and what their requests may hold.

    Attributes:
        reason: what makes an access path of theirs one.
        principal: who asks.
        actions: what they can ask for; None for anything.
        domain: of each condition key.
        required: conditions that the class itself sets, beside those of the document.
    """

    reason: Reason
    principal: Principal
    actions: tuple[str, ...] | None
    domain: Context
    required: tuple[Condition, ...] = ()


ASSUME_ROLE = "sts:AssumeRole"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
WITH_SAML = "sts:AssumeRoleWithSAML"
_SOME_SERVICE = "whichever-service.amazonaws.com"


def classes_of(
    document: DocumentKind, statement: Statement, principal: Principal, denies: list[Statement], zone: Zone
) -> Iterator[CallerClass]:
    """The classes of external callers that might come through a principal, the plainest first.

    Args:
        document: what the document is attached to.
        statement: the Allow that names the principal.
        principal: the principal.
        denies: the Denies of the document.
        zone: who is trusted.
    """
    trust = document is DocumentKind.TRUST
    assume = (ASSUME_ROLE,) if trust else None
    kind = principal.kind
    if kind is Kind.OIDC:
        yield from _token_bearers(principal, principal.name, zone, trust=trust)
    elif kind is Kind.SAML:
        yield CallerClass(Reason.PRINCIPAL, principal, (WITH_SAML,) if trust else None, contexts.federated("saml:"))
    elif kind is Kind.SERVICE:
        named = external_sources(statement, zone) if zone.trusts(principal) else {}
        context = contexts.of_service(principal.name)
        if named:
            sources = {key: Domain(optional=False, within=(globs,)) for key, globs in named.items()}
            yield CallerClass(Reason.SOURCE, principal, assume, contexts.on_behalf_of(context, sources, zone))
        else:
            yield CallerClass(Reason.PRINCIPAL, principal, assume, context)
    else:
        yield from _of_accounts(statement, principal, denies, zone, assume)
        if kind is Kind.EVERYONE:
            yield from _others_among_everyone(statement, denies, zone, trust=trust)


def _others_among_everyone(
    statement: Statement, denies: list[Statement], zone: Zone, *, trust: bool
) -> Iterator[CallerClass]:
    """Those without an account whom `"*"` lets in as well."""
    assume = (ASSUME_ROLE,) if trust else None
    if trust:
        yield from _federated(statement, denies, zone)
    else:
        yield CallerClass(Reason.PRINCIPAL, EVERYONE, None, contexts.anonymous(zone))
    service = Principal(Kind.SERVICE, _SOME_SERVICE, "", _SOME_SERVICE)
    if zone.services is not None:
        yield CallerClass(Reason.PRINCIPAL, service, assume, contexts.of_service("", zone.services))
    sources = {key: contexts.external_source(key, zone) for key in source_conditions(statement)}
    if sources:
        yield CallerClass(Reason.SOURCE, service, assume, contexts.on_behalf_of(contexts.of_service(""), sources, zone))


# --- callers with an account ------------------------------------------------------------------------------------------


def _of_accounts(
    statement: Statement, principal: Principal, denies: list[Statement], zone: Zone, actions: tuple[str, ...] | None
) -> Iterator[CallerClass]:
    """External callers with AWS credentials, by account."""
    named: tuple[Condition, ...] = ()
    if statement.not_principals:
        excluded = tuple(one.text for one in statement.principals if one.kind in (Kind.USER, Kind.ROLE))
        named = (equal_arns(excluded, negated=True),) if excluded else ()
    left_out = {one.account for one in statement.principals if one.kind is Kind.ACCOUNT and statement.not_principals}
    accounts = [principal.account] if principal.account else _external_accounts(statement, denies, zone)
    for account in accounts:
        if account not in left_out:
            for who in _sorts(principal, account):
                yield CallerClass(Reason.PRINCIPAL, who, actions, contexts.of_account(account, who, zone), named)


def _sorts(principal: Principal, account: str) -> Iterable[Principal]:
    """Who might come through a principal: itself, or, where it is a whole account, a user, a role or the root."""
    if principal.kind not in (Kind.EVERYONE, Kind.ACCOUNT):
        return (principal,)
    prefix = f"arn:aws:iam::{account}:"
    return (
        Principal(Kind.USER, prefix + "user/stranger", account, ""),
        Principal(Kind.ROLE, prefix + "role/stranger", account, ""),
        Principal(Kind.ACCOUNT, prefix + "root", account, ""),
    )


def _external_accounts(statement: Statement, denies: list[Statement], zone: Zone) -> Iterator[str]:
    """Account ids that the document could tell apart: one that it does not name, and all of those that it does."""
    named: dict[str, None] = {}
    for one in (statement, *denies):
        named.update((principal.account, None) for principal in one.principals if principal.account)
        for condition in one.conditions:
            if condition.key in ACCOUNT_KEYS or condition.key in OWNER_KEYS:
                named.update((value, None) for value in condition.values)
            elif condition.key == PRINCIPAL_ARN:
                named.update((arn.account, None) for arn in map(arns.split, condition.values) if arn)
    fresh = next(one for one in _fresh_accounts() if one not in named and one not in zone.inside)
    yield fresh
    trusted = tuple(glob(account, wild=False) for account in (*zone.inside, zone.own_account))
    for account in named:
        found = patterns.find([[ACCOUNT_ID], [glob(arns.without_variables(account))]], trusted, Budget(20_000))
        if found is not None and found != fresh:
            yield found


def _fresh_accounts() -> Iterator[str]:
    return (f"{number:012d}" for number in itertools.count(999_988_887_777))


def equal_arns(values: Values, *, negated: bool) -> Condition:
    """The condition that the caller's ARN is one of these, or none of them."""
    return Condition(OPERATORS["StringNotEquals" if negated else "StringEquals"], PRINCIPAL_ARN, values, literal=True)


# --- bearers of tokens ------------------------------------------------------------------------------------------------

_ANY_AUDIENCE = "an-audience-that-nobody-named"


def _token_bearers(principal: Principal, issuer: str, zone: Zone, *, trust: bool) -> Iterator[CallerClass]:
    """Bearers of tokens of a provider that are not trusted: by their subject first, then by their audience.

    A token is trusted by some entry of the zone that has both its subject and its audience. With the entries

        subjects a*, audience x;  subjects b*, audience y

    it is external in four ways, of which each entry fails either by subject or by audience: (neither a* nor b*),
    (not a*, not y), (not x, not b*), (neither x nor y). An entry that trusts every subject can fail by audience alone.
    """
    subject, audience = f"{issuer}:sub".lower(), f"{issuer}:aud".lower()
    actions = (WEB_IDENTITY,) if trust else None
    trusts = _by_audience(zone.tokens_of(issuer))

    def bearers(reason: Reason, sub: Domain, aud: Domain) -> CallerClass:
        context = contexts.federated(f"{issuer}:".lower(), {subject: sub, audience: aud})
        return CallerClass(reason, principal, actions, context)

    if not trusts:
        yield bearers(Reason.PRINCIPAL, ANYTHING, ANYTHING)
        return
    by_audience_alone = any(one.every_subject for one in trusts)
    if not by_audience_alone:
        trusted = tuple(glob(subject) for one in trusts for subject in one.subjects)
        yield bearers(Reason.SUBJECT, Domain(outside=trusted), ANYTHING)
    unchecked = Reason.AUDIENCE if by_audience_alone else Reason.UNCHECKED_AUDIENCE
    yield bearers(unchecked, ANYTHING, search.exactly(_ANY_AUDIENCE, optional=True))
    for choice in itertools.product((True, False), repeat=len(trusts)):
        by_subject = [one for one, chosen in zip(trusts, choice, strict=True) if chosen]
        by_audience = [one for one, chosen in zip(trusts, choice, strict=True) if not chosen]
        if any(one.every_subject for one in by_subject):
            continue
        sub = Domain(outside=tuple(glob(subject) for one in by_subject for subject in one.subjects))
        aud = Domain(outside=tuple(glob(audience) for one in by_audience for audience in one.audiences))
        yield bearers(Reason.AUDIENCE, sub, aud)


def _by_audience(trusts: Iterable[TokenTrust]) -> list[TokenTrust]:
    """One entry for each set of audiences, so that there are few combinations to try."""
    subjects: dict[tuple[str, ...], tuple[str, ...]] = {}
    for trust in trusts:
        key = tuple(sorted(trust.audiences))
        subjects[key] = subjects.get(key, ()) + trust.subjects
    return [TokenTrust.of(one, audiences) for audiences, one in subjects.items()]


def _federated(statement: Statement, denies: list[Statement], zone: Zone) -> Iterator[CallerClass]:
    """Bearers of tokens and assertions whom `"*"` lets in as well."""
    named = {
        condition.key.rpartition(":")[0]
        for one in (statement, *denies)
        for condition in one.conditions
        if is_claim(condition.key) and not condition.key.startswith("saml:")
    }
    issuers = {issuer.lower(): issuer for issuer in zone.providers}
    for host in (*sorted(named), "login.example.com"):
        issuer = issuers.get(host, host)
        principal = Principal(Kind.OIDC, f"arn:aws:iam::999988887777:oidc-provider/{issuer}", "", issuer)
        yield from _token_bearers(principal, issuer, zone, trust=True)
    saml = "arn:aws:iam::999988887777:saml-provider/stranger"
    yield CallerClass(Reason.PRINCIPAL, Principal(Kind.SAML, saml), (WITH_SAML,), contexts.federated("saml:"))
