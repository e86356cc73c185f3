"""Classes of external callers: those of one class differ in nothing that a document could tell apart.

Trying one of each is enough. For {"AWS": "*"} in a resource policy these are: a user, a role and the root of an account
that the document doesn't name, the same of each account that it does name and nobody trusts, and somebody anonymous.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from iam_guardrails.issuers import issuer_of
from iam_guardrails.language import arns, patterns
from iam_guardrails.language.conditions import OPERATORS, Comparison, Condition, Operator, Values
from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.patterns import ACCOUNT_ID, Budget, Glob, glob
from iam_guardrails.language.principals import EVERYONE, Kind, Principal
from iam_guardrails.reasoning import contexts, search
from iam_guardrails.reasoning.contexts import ACCOUNT_KEYS, OWNER_KEYS, PRINCIPAL_ARN, Context, is_claim
from iam_guardrails.reasoning.search import ANYTHING, Domain
from iam_guardrails.reasoning.sources import external_sources, source_conditions
from iam_guardrails.reasoning.zone import Claims, TokenTrust, Zone


class Reason(Enum):
    """What it is that makes an access path one for external principals."""

    PRINCIPAL = "principal"  # nobody said that this principal is trusted
    SUBJECT = "subject"  # of the provider's tokens, some with a subject that is not trusted
    CLAIM = "claim"  # some with another claim that is not trusted
    AUDIENCE = "audience"  # tokens made for another audience
    UNCHECKED_AUDIENCE = "unchecked audience"  # trusted subjects alone, but of whichever audience
    SOURCE = "source"  # a trusted service, on behalf of an account that the document itself names and nobody trusts
    TOO_COMPLEX = "too complex"  # the question took more steps than a gate may spend


Alternatives: TypeAlias = tuple[tuple[Condition, ...], ...]
"""Sets of conditions: of one of the sets, none must hold."""


@dataclass(frozen=True)
class CallerClass:
    """External callers of one class: who they say they are, and what their requests may hold.

    Attributes:
        reason: what makes an access path of theirs one.
        principal: who asks.
        actions: what they can ask for; None for anything.
        domain: of each condition key.
        required: conditions that the class itself sets, beside those of the document.
        fails: for each trusted kind of token, by what the token may differ from it.
        keys: the condition keys by which the trusted tokens are told.
    """

    reason: Reason
    principal: Principal
    actions: tuple[str, ...] | None
    domain: Context
    required: tuple[Condition, ...] = ()
    fails: tuple[Alternatives, ...] = ()
    keys: tuple[str, ...] = ()


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
    """Bearers of tokens of a provider that are not trusted: by subject, then by other claims, then by audience.

    A token is trusted by some entry of the zone all of whose patterns it matches. So it is external if it fails every
    entry by something. With the entries

        subjects a*, audience x;  claim repository_owner_id 1001, audience y

    one way is a subject that is not a*, and an owner that is not 1001. An entry without subjects or claims can fail by
    audience alone.
    """
    known = issuer_of(issuer)
    audience = f"{issuer}:{known.audience}".lower()
    actions = (WEB_IDENTITY,) if trust else None
    entries = _entries(zone.tokens_of(issuer))
    subject = f"{issuer}:{known.subject}".lower()
    keys = (subject, *(f"{issuer}:{claim}".lower() for one in entries for claim, _ in one.claims))

    def bearers(reason: Reason, fails: Iterable[Alternatives] = (), aud: Domain = ANYTHING) -> CallerClass:
        context = contexts.of_token(issuer, aud)
        return CallerClass(reason, principal, actions, context, fails=tuple(fails), keys=tuple(dict.fromkeys(keys)))

    if not entries:
        yield bearers(Reason.PRINCIPAL)
        return
    subjects = [[_unlike(subject, one.subjects)] for one in entries if not one.every_subject]
    owners = [_by_whose(issuer, one) for one in entries]
    if all(owners):
        if len(subjects) == len(entries):
            yield bearers(Reason.SUBJECT, [tuple(one) for one in subjects])
        if any(one.claims for one in entries):
            yield bearers(Reason.CLAIM, owners)
    unchecked = Reason.UNCHECKED_AUDIENCE if all(owners) else Reason.AUDIENCE
    yield bearers(unchecked, aud=search.exactly(_ANY_AUDIENCE, optional=True))
    failing = [(*owner, _unlike(audience, one.audiences)) for owner, one in zip(owners, entries, strict=True)]
    yield bearers(Reason.AUDIENCE, failing)


def _entries(trusts: Iterable[TokenTrust]) -> list[TokenTrust]:
    """One entry for all that differ in their subjects alone, so that there is less to try."""
    subjects: dict[tuple[tuple[str, ...], Claims], tuple[str, ...]] = {}
    for trust in trusts:
        key = (tuple(sorted(trust.audiences)), trust.claims)
        subjects[key] = subjects.get(key, ()) + trust.subjects
    return [TokenTrust.of(one, audiences, claims) for (audiences, claims), one in subjects.items()]


def _by_whose(issuer: str, trust: TokenTrust) -> Alternatives:
    """By what a token may fail an entry, its audience aside: by its subject or by some claim.

    Some subjects say the same as a claim: no token with the subject `repo:acme@1001/app@2002:...` has another
    `repository_owner_id` than 1001. So a token that fails by that claim has no such subject either.
    """
    known = issuer_of(issuer)
    subject = f"{issuer}:{known.subject}".lower()
    found: list[tuple[Condition, ...]] = [] if trust.every_subject else [_unlike(subject, trust.subjects)]
    for name, values in trust.claims:
        claim = known.claims.get(name)
        said = [one for value in values for form in (claim.subjects if claim else ()) for one in _subjects(form, value)]
        failing = _unlike(f"{issuer}:{name}".lower(), values)
        found.append((*failing, *_unlike(subject, said, _SAYS)) if said else failing)
    return tuple(found)


def _subjects(form: str, value: str) -> Iterator[str]:
    """Patterns of the subjects of a form that hold a value: of `repo:{}`, one for each number of parts that follow.

    A star stands for text within one part; only what follows the fifth colon may hold colons.
    """
    owner, slash, name = value.partition("/")
    if slash or "{name}" not in form:
        text = form.replace("{}", value).replace("{owner}", owner).replace("{name}", name)
        missing = 5 - text.count(":") if ":" in text else 0
        yield from (text + ":*" * more for more in range(missing + 1))


def _read_subject(pattern: str) -> Glob:
    return glob(patterns.escaped(pattern), parts=":" in pattern)


def _subject_meets(value: str, pattern: str) -> bool:
    return _read_subject(pattern).matches(value)


_SAYS = Operator("Says", Comparison("Says", True, _read_subject, _subject_meets))


def _unlike(key: str, values: Iterable[str], operator: Operator = OPERATORS["StringLike"]) -> tuple[Condition, ...]:
    """What must not hold of a token that matches none of these patterns."""
    return (Condition(operator, key, tuple(values), literal=True),)


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
