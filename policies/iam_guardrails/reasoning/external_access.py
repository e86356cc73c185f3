"""Who outside the trust zone gets in, by a trust policy or by the policy of a resource.

For each Allow and each principal in it that is not inside the zone, strangers of that kind are tried: is there a
request of theirs that meets every condition of the Allow and escapes every Deny? What identifies a stranger (account,
ARN, organization, a token's subject) can only be a stranger's; what a caller chooses (external id, session name, tags,
address, ...) can be anything. A request found is a witness, checked by evaluating the whole document on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from iam_guardrails.language import arns, patterns
from iam_guardrails.language.conditions import OPERATORS, Condition, Values
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.patterns import ACCOUNT_ID, Budget, Glob, Undecided, glob
from iam_guardrails.language.principals import EVERYONE, Kind, Principal
from iam_guardrails.reasoning import search
from iam_guardrails.reasoning.requests import Request, allows
from iam_guardrails.reasoning.search import ABSENT, ACTION, ANYTHING, RESOURCE, Domain, Wanted
from iam_guardrails.reasoning.zone import TokenTrust, Zone


class Reason(Enum):
    """What it is that makes the way in one for strangers."""

    PRINCIPAL = "principal"  # nobody said that this principal is trusted
    SUBJECT = "subject"  # of the provider's tokens, some with a subject that is not trusted
    AUDIENCE = "audience"  # tokens made for another audience
    UNCHECKED_AUDIENCE = "unchecked audience"  # trusted subjects alone, but of whichever audience
    SOURCE = "source"  # a trusted service, on behalf of an account that the document itself names and nobody trusts
    TOO_COMPLEX = "too complex"  # the question took more steps than a gate may spend


class WayIn(NamedTuple):
    """A way in for somebody outside the trust zone.

    Attributes:
        statement: the Allow that opens it.
        principal: the principal of that statement through which it goes.
        reason: what makes it one.
        witness: a request that gets in; None where one could not be made out although none was ruled out.
    """

    statement: Statement
    principal: Principal
    reason: Reason
    witness: Request | None


class Caller(NamedTuple):
    """Strangers of one sort: who they say they are, and what their requests may hold.

    Attributes:
        principal: who asks.
        actions: what they can ask for; None for anything.
        domain: of each condition key.
        required: conditions that the sort itself sets, beside those of the document.
    """

    principal: Principal
    actions: tuple[str, ...] | None
    domain: Callable[[str], Domain]
    required: tuple[Condition, ...] = ()


ASSUME_ROLE = "sts:AssumeRole"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
WITH_SAML = "sts:AssumeRoleWithSAML"

_ACCOUNT_KEYS = {"aws:principalaccount", "kms:calleraccount"}
_OWNER_KEYS = {"aws:sourceaccount", "aws:sourceowner", "s3:dataaccesspointaccount"}
_ARN_KEYS = {"aws:sourcearn", "s3:dataaccesspointarn"}
_ORGANIZATION_KEYS = {"aws:principalorgid", "aws:sourceorgid"}
_PATH_KEYS = {"aws:principalorgpaths", "aws:sourceorgpaths"}
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_PRINCIPAL_ARN = "aws:principalarn"
_NO_SERVICE = "whichever-service.amazonaws.com"


def ways_in(document: Document, zone: Zone, budget: Budget | None = None) -> list[WayIn]:
    """Every way in for strangers, at most one a principal of a statement; [] where nobody outside can get in."""
    found: list[WayIn] = []
    denies: list[Statement] | None = None
    for statement in document.statements:
        if not statement.allow:
            continue
        for principal in _outside(statement, document.kind, zone):
            if denies is None:
                denies = [one for one in document.statements if not one.allow]
                budget = budget or Budget()
            way = _way(document, statement, principal, denies, zone, budget or Budget())
            if way is not None:
                found.append(way)
    return found


def _outside(statement: Statement, kind: DocumentKind, zone: Zone) -> Iterable[Principal]:
    """The principals of an Allow through whom strangers might come."""
    if statement.not_principals:
        return (EVERYONE,)
    outside = [principal for principal in statement.principals if not zone.trusts(principal)]
    services = [one for one in statement.principals if one.kind is _SERVICE and zone.trusts(one)]
    if services and _strange_sources(statement, zone):
        outside += services
    if not outside or (kind is DocumentKind.TRUST and not _gives_session(statement)):
        return ()
    return [principal for principal in outside if not _is_kept_out(principal, statement.conditions, zone)]


def _is_kept_out(principal: Principal, conditions: Sequence[Condition], zone: Zone) -> bool:
    """Whether plain conditions admit only the trusted of those whom a principal names: the usual case, seen at once."""
    kind = principal.kind
    if kind is _OIDC:
        return _token_is_trusted(conditions, principal.name, zone)
    if kind not in _CARRY_WHO_THEY_ARE:
        return False
    return any(_keeps_strangers_out(condition, zone) for condition in conditions)


# Kinds whose every request either says which account and organization it comes from, or says nothing.
_CARRY_WHO_THEY_ARE = (Kind.EVERYONE, Kind.ACCOUNT, Kind.USER, Kind.ROLE, Kind.SESSION, Kind.FEDERATED_USER)
_OIDC, _SERVICE = Kind.OIDC, Kind.SERVICE


def _keeps_strangers_out(condition: Condition, zone: Zone) -> bool:
    """Whether one condition by itself admits only the trusted: the usual case, seen at once."""
    operator, key, values, _ = condition
    if operator.name not in ("StringEquals", "ArnEquals", "ArnLike", "StringLike"):
        return False
    if key == "aws:principalorgid":
        return zone.organizations != () and set(values) <= set(zone.organizations)
    if key == "aws:principalaccount":
        return set(values) <= zone.inside
    if key == _PRINCIPAL_ARN:
        for value in values:
            arn = arns.split(value)
            if arn is None or arn.service != "iam" or arn.account not in zone.inside or "$" in value:
                return False
        return True
    return False


def _gives_session(statement: Statement) -> bool:
    """Whether the statement allows more than to tag a session or to set its source identity."""
    return statement.not_actions or not _NO_SESSION.issuperset([action.lower() for action in statement.actions])


_NO_SESSION = frozenset(("sts:tagsession", "sts:setsourceidentity"))


def _token_is_trusted(written: Sequence[Condition], issuer: str, zone: Zone) -> bool:
    """Whether plain conditions on subject and audience admit trusted tokens only: the usual case, seen at once."""
    trusts = zone.providers.get(issuer)
    if not trusts:
        return False
    subject, audience = f"{issuer}:sub".lower(), f"{issuer}:aud".lower()
    subjects: Values | None = None
    audiences: Values | None = None
    for condition in written:
        if condition.operator.name in ("StringEquals", "StringLike"):
            if condition.key == subject:
                subjects = condition.values
            elif condition.key == audience:
                audiences = condition.values
    if not audiences:
        return False
    for trust in trusts:
        if (trust.every_subject or (subjects and _all_within(trust.subjects, subjects))) and _all_within(
            trust.audiences, audiences
        ):
            return True
    return False


def _all_within(trusted: tuple[str, ...], values: Values) -> bool:
    return all(value in trusted or patterns.includes(trusted, value) for value in values)


def _way(
    document: Document, statement: Statement, principal: Principal, denies: list[Statement], zone: Zone, budget: Budget
) -> WayIn | None:
    try:
        for reason, caller in _callers(document, statement, principal, denies, zone):
            request = _request(document, statement, caller, denies, budget)
            if request is not None:
                checked = request if allows(document, request) else None
                return WayIn(statement, principal, reason, checked)
    except Undecided:
        return WayIn(statement, principal, Reason.TOO_COMPLEX, None)
    return None


def admits(
    document: Document, statement: Statement, principal: Principal, zone: Zone, who: Mapping[str, Domain]
) -> bool:
    """Whether `principal`, trusted or not, gets in through an Allow when keys hold only what `who` says of them.

    True also where that is too hard to say.
    """
    zone = zone._replace(principals=())  # it may well be one of them
    denies = [one for one in document.statements if not one.allow]
    if not denies and not statement.conditions:
        return True

    def limited(domain: Callable[[str], Domain]) -> Callable[[str], Domain]:
        return lambda key: who[key] if key in who else domain(key)

    budget = Budget()
    try:
        return any(
            _request(document, statement, caller._replace(domain=limited(caller.domain)), denies, budget) is not None
            for _, caller in _callers(document, statement, principal, denies, zone)
        )
    except Undecided:
        return True


# --- the sorts of strangers -----------------------------------------------------------------------------------------


def _callers(
    document: Document, statement: Statement, principal: Principal, denies: list[Statement], zone: Zone
) -> Iterator[tuple[Reason, Caller]]:
    """The sorts of strangers that might come through `principal`, the plainest first."""
    trust = document.kind is DocumentKind.TRUST
    kind = principal.kind
    if kind is Kind.OIDC:
        yield from _token_bearers(principal, principal.name, zone, trust)
    elif kind is Kind.SAML:
        yield Reason.PRINCIPAL, Caller(principal, (WITH_SAML,) if trust else None, _federated_domain("saml:"))
    elif kind is Kind.SERVICE:
        reason, domain = Reason.PRINCIPAL, _service_domain(principal.name)
        strangers = _strange_sources(statement, zone) if zone.trusts(principal) else {}
        if strangers:
            reason, domain = Reason.SOURCE, _on_behalf_of_strangers(domain, strangers, zone)
        yield reason, Caller(principal, (ASSUME_ROLE,) if trust else None, domain)
    else:
        for caller in _aws_callers(statement, principal, denies, zone, (ASSUME_ROLE,) if trust else None):
            yield Reason.PRINCIPAL, caller
        if kind is Kind.EVERYONE:
            if trust:
                yield from _federated_among_everyone(statement, denies, zone)
            else:
                yield Reason.PRINCIPAL, Caller(EVERYONE, None, _anonymous_domain(zone))
            if zone.services is not None:
                service = Principal(Kind.SERVICE, _NO_SERVICE, "", _NO_SERVICE)
                yield Reason.PRINCIPAL, Caller(service, (ASSUME_ROLE,) if trust else None, _service_domain(_NO_SERVICE))


def _aws_callers(
    statement: Statement, principal: Principal, denies: list[Statement], zone: Zone, actions: tuple[str, ...] | None
) -> Iterator[Caller]:
    """Strangers with AWS credentials, by account."""
    named: tuple[Condition, ...] = ()
    if statement.not_principals:
        excluded = tuple(one.text for one in statement.principals if one.kind in (Kind.USER, Kind.ROLE))
        named = (_condition("StringNotEquals", _PRINCIPAL_ARN, excluded),) if excluded else ()
    left_out = {one.account for one in statement.principals} if statement.not_principals else set[str]()
    accounts = [principal.account] if principal.account else _foreign_accounts(statement, denies, zone)
    for account in accounts:
        if account in left_out and any(
            one.kind is Kind.ACCOUNT and one.account == account for one in statement.principals
        ):
            continue
        for who in _sorts(principal, account):
            yield Caller(who, actions, _aws_domain(account, who, zone), named)


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


def _foreign_accounts(statement: Statement, denies: list[Statement], zone: Zone) -> Iterator[str]:
    """Account ids that the document could tell apart: one it does not speak of, and all of those that it does."""
    trusted = tuple(glob(account, wild=False) for account in zone.inside)
    spoken: dict[str, None] = {}
    for one in (statement, *denies):
        spoken.update((principal.account, None) for principal in one.principals if principal.account)
        for condition in one.conditions:
            if condition.key in _ACCOUNT_KEYS | _OWNER_KEYS:
                spoken.update((value, None) for value in condition.values)
            elif condition.key == _PRINCIPAL_ARN:
                spoken.update((arn.account, None) for arn in map(arns.split, condition.values) if arn)
    fresh = next(one for one in _fresh_accounts() if one not in spoken and one not in (zone.inside))
    yield fresh
    for account in spoken:
        pattern = arns.without_variables(account)
        found = patterns.find([[ACCOUNT_ID], [glob(pattern)]], trusted, Budget(20_000))
        if found is not None and found != fresh:
            yield found


def _fresh_accounts() -> Iterator[str]:
    return (f"{number:012d}" for number in itertools.count(999_988_887_777))


def _condition(operator: str, key: str, values: Values) -> Condition:
    return Condition(OPERATORS[operator], key, values, literal=True)


# --- whom a service acts for ----------------------------------------------------------------------------------------


def _strange_sources(statement: Statement, zone: Zone) -> dict[str, tuple[Glob, ...]]:
    """The strangers on whose behalf an Allow lets services in by name, by condition key.

    A service that may act for whomever it likes names nobody: that is another question (`confused-deputy`).
    Source: IAM user guide, "The confused deputy problem".
    """
    found: dict[str, tuple[Glob, ...]] = {}
    for condition in statement.conditions:
        is_stranger = _STRANGE.get(condition.key)
        if is_stranger is None or condition.operator.negated or not condition.operator.comparison.text:
            continue
        named = tuple(glob(value) for value in condition.values if "$" not in value and is_stranger(value, zone))
        if named:
            found[condition.key] = found.get(condition.key, ()) + named
    return found


def _is_strange_account(value: str, zone: Zone) -> bool:
    return len(value) == 12 and value.isdigit() and value not in zone.inside


def _is_strange_arn(value: str, zone: Zone) -> bool:
    arn = arns.split(value)
    return arn is not None and _is_strange_account(arn.account, zone) and not patterns.includes(zone.principals, value)


def _is_strange_organization(value: str, zone: Zone) -> bool:
    organization = value.partition("/")[0]
    return not any(wild in organization for wild in "*?") and organization not in zone.organizations


_STRANGE: dict[str, Callable[[str, Zone], bool]] = {
    "aws:sourceaccount": _is_strange_account,
    "aws:sourcearn": _is_strange_arn,
    "aws:sourceorgid": _is_strange_organization,
    "aws:sourceorgpaths": _is_strange_organization,
}


def _on_behalf_of_strangers(
    service: Callable[[str], Domain], named: Mapping[str, tuple[Glob, ...]], zone: Zone
) -> Callable[[str], Domain]:
    """Of requests that a service makes for the strangers whom a document names."""

    def domain(key: str) -> Domain:
        if key in named:
            return Domain(optional=False, within=(named[key],))
        return _shared_domain(key, zone) if key in _STRANGE else service(key)

    return domain


# --- what their requests may hold -----------------------------------------------------------------------------------


_TYPES = {Kind.USER: "User", Kind.ROLE: "AssumedRole", Kind.SESSION: "AssumedRole", Kind.ACCOUNT: "Account"}


def _aws_domain(account: str, who: Principal, zone: Zone) -> Callable[[str], Domain]:
    fixed = {
        _PRINCIPAL_ARN: Domain(
            False, within=(tuple(map(glob, _principal_arns(account, who))),), outside=tuple(map(glob, zone.principals))
        ),
        "aws:principaltype": search.exactly(_TYPES.get(who.kind, "FederatedUser")),
        "aws:principalisawsservice": search.exactly("false"),
        "aws:sourceowner": search.exactly(account, optional=True),
        **dict.fromkeys(_ACCOUNT_KEYS, search.exactly(account)),
    }
    if who.kind is Kind.USER:
        named = who.name.rpartition("/")[2]
        fixed["aws:username"] = search.exactly(named) if named else Domain(optional=False)
    elif who.kind in _TYPES:
        fixed["aws:username"] = ABSENT

    def domain(key: str) -> Domain:
        if key in fixed:
            return fixed[key]
        if key.startswith("aws:principalservicename") or is_claim(key):
            return ABSENT
        return _shared_domain(key, zone)

    return domain


def _anonymous_domain(zone: Zone) -> Callable[[str], Domain]:
    """Of requests that nobody signed.

    Sources: IAM user guide, "AWS global condition context keys" (which of them anonymous requests carry) and "IAM
    policy elements: Variables and tags", the table of principal key values.
    """
    fixed = {
        "aws:principalaccount": search.exactly("anonymous"),
        "aws:principaltype": search.exactly("Anonymous"),
        "aws:userid": search.exactly("anonymous"),
    }

    def domain(key: str) -> Domain:
        if key in fixed:
            return fixed[key]
        if key.startswith("aws:principal") or key in ("aws:username", "kms:calleraccount") or is_claim(key):
            return ABSENT
        return _shared_domain(key, zone)

    return domain


def _service_domain(name: str) -> Callable[[str], Domain]:
    def domain(key: str) -> Domain:
        if key == "aws:principalisawsservice":
            return search.exactly("true")
        if key == "aws:principalservicename":
            return search.exactly(name)
        return ABSENT if _is_absent_without_principal(key) else ANYTHING

    return domain


def _federated_domain(own: str, fixed: Mapping[str, Domain] | None = None) -> Callable[[str], Domain]:
    """Of requests signed by no AWS principal: the claims of their own provider, and none of any other's."""

    def domain(key: str) -> Domain:
        if fixed and key in fixed:
            return fixed[key]
        return ABSENT if not key.startswith(own) and _is_absent_without_principal(key) else ANYTHING

    return domain


def _shared_domain(key: str, zone: Zone) -> Domain:
    """Keys that tell on whose behalf a request comes: for a stranger, never on behalf of the trusted."""
    if key in _ORGANIZATION_KEYS:
        return Domain(
            within=((glob("o-?*"),),), outside=tuple(glob(one, ignore_case=True) for one in zone.organizations)
        )
    if key in _PATH_KEYS:
        return Domain(
            within=((glob("o-?*/*"),),), outside=tuple(glob(f"{one}/*", ignore_case=True) for one in zone.organizations)
        )
    if key in _OWNER_KEYS:
        return Domain(within=((ACCOUNT_ID,),), outside=tuple(glob(one, wild=False) for one in zone.inside))
    if key in _ARN_KEYS:
        trusted = (glob(f"arn:*:*:*:{one}:*", parts=True) for one in zone.inside)
        return Domain(within=((glob("arn:*:?*:*:*:?*", parts=True),),), outside=tuple(trusted))
    return ANYTHING


def _principal_arns(account: str, who: Principal) -> Iterator[str]:
    """Patterns of what `aws:PrincipalArn` may hold for a caller of an account."""
    for partition in _PARTITIONS:
        prefix = f"arn:{partition}:iam::{account}:"
        if who.kind is Kind.SESSION:
            role = who.name.partition("/")[0]
            yield from (f"{prefix}role/{role}", f"{prefix}role/*/{role}")
        elif who.kind in (Kind.OTHER, Kind.CANONICAL_USER, Kind.ACCOUNT):
            yield prefix + "root"
        elif not who.name:
            yield prefix + who.text.rpartition(":")[2].partition("/")[0] + "/?*"
        elif who.text.startswith(f"arn:{partition}:"):
            yield who.text


def _is_absent_without_principal(key: str) -> bool:
    """Whether a request that no principal of an account signed lacks a key; tags may come with it.

    Source: IAM Roles Anywhere user guide, "Trust policy" (`aws:PrincipalTag/x509Subject/CN`).
    """
    return (key.startswith("aws:principal") and not key.startswith("aws:principaltag/")) or is_claim(key)


def is_claim(key: str) -> bool:
    """Whether a condition key is a claim of a token, named after the issuer's host, or of a SAML assertion."""
    prefix = key.partition(":")[0]
    return "." in prefix or prefix == "saml"


# --- tokens ---------------------------------------------------------------------------------------------------------

_ANY_AUDIENCE = "an-audience-that-nobody-named"


def _token_bearers(principal: Principal, issuer: str, zone: Zone, trust: bool) -> Iterator[tuple[Reason, Caller]]:
    """Bearers of tokens of a provider that are not trusted: by their subject first, then by their audience."""
    subject, audience = f"{issuer}:sub".lower(), f"{issuer}:aud".lower()
    actions = (WEB_IDENTITY,) if trust else None
    trusts = _by_audience(zone.providers.get(issuer, ()))

    def caller(sub: Domain, aud: Domain) -> Caller:
        return Caller(principal, actions, _federated_domain(f"{issuer}:".lower(), {subject: sub, audience: aud}))

    if not trusts:
        yield Reason.PRINCIPAL, caller(ANYTHING, ANYTHING)
        return
    by_audience_alone = any(trust_of.every_subject for trust_of in trusts)
    if not by_audience_alone:
        trusted = tuple(glob(one) for trust_of in trusts for one in trust_of.subjects)
        yield Reason.SUBJECT, caller(Domain(outside=trusted), ANYTHING)
    unchecked = Reason.AUDIENCE if by_audience_alone else Reason.UNCHECKED_AUDIENCE
    yield unchecked, caller(ANYTHING, search.exactly(_ANY_AUDIENCE, optional=True))
    for choice in itertools.product((True, False), repeat=len(trusts)):
        by_subject = [one for one, chosen in zip(trusts, choice, strict=True) if chosen]
        by_audience = [one for one, chosen in zip(trusts, choice, strict=True) if not chosen]
        sub = Domain(outside=tuple(glob(one) for trust_of in by_subject for one in trust_of.subjects))
        aud = Domain(outside=tuple(glob(one) for trust_of in by_audience for one in trust_of.audiences))
        yield Reason.AUDIENCE, caller(sub, aud)


def _by_audience(trusts: Iterable[TokenTrust]) -> list[TokenTrust]:
    """One entry for each set of audiences, so that there are few combinations to try."""
    subjects: dict[tuple[str, ...], tuple[str, ...]] = {}
    for trust in trusts:
        key = tuple(sorted(trust.audiences))
        subjects[key] = subjects.get(key, ()) + trust.subjects
    return [TokenTrust.of(one, audiences) for audiences, one in subjects.items()]


def _federated_among_everyone(
    statement: Statement, denies: list[Statement], zone: Zone
) -> Iterator[tuple[Reason, Caller]]:
    """Bearers of tokens and assertions whom `"*"` lets in as well."""
    spoken = {
        condition.key.rpartition(":")[0]
        for one in (statement, *denies)
        for condition in one.conditions
        if is_claim(condition.key) and not condition.key.startswith("saml:")
    }
    issuers = {issuer.lower(): issuer for issuer in zone.providers}
    for host in (*sorted(spoken), "login.example.com"):
        issuer = issuers.get(host, host)
        principal = Principal(Kind.OIDC, f"arn:aws:iam::999988887777:oidc-provider/{issuer}", "", issuer)
        yield from _token_bearers(principal, issuer, zone, trust=True)
    saml = "arn:aws:iam::999988887777:saml-provider/stranger"
    yield Reason.PRINCIPAL, Caller(Principal(Kind.SAML, saml), (WITH_SAML,), _federated_domain("saml:"))


# --- the request ----------------------------------------------------------------------------------------------------


def _request(
    document: Document, statement: Statement, caller: Caller, denies: list[Statement], budget: Budget
) -> Request | None:
    """A request of `caller` that `statement` allows and no Deny refuses, or None."""
    wanted = [Wanted(condition) for condition in (*statement.conditions, *caller.required)]
    wanted.append(Wanted(search.element(ACTION, statement.actions, statement.not_actions)))
    if document.kind is DocumentKind.RESOURCE:
        wanted.append(Wanted(_resource_of(statement)))
    if _solved(wanted, caller, budget) is None:
        return None
    escapes = [_escapes(deny, caller, document.kind) for deny in denies]
    solution = _escaping(wanted, [one for one in escapes if one is not None], caller, budget)
    if solution is None:
        return None
    return _as_request(solution, caller)


def _resource_of(statement: Statement) -> Condition:
    return search.element(RESOURCE, statement.resources, statement.not_resources, statement.literal)


def _solved(wanted: Sequence[Wanted], caller: Caller, budget: Budget) -> dict[str, Values] | None:
    """Values for every key of `wanted`, or None where one of them cannot be had."""
    by_key: dict[str, list[Wanted]] = {}
    for one in wanted:
        by_key.setdefault(one.condition.key, []).append(one)
    solution: dict[str, Values] = {}
    for key, of_key in by_key.items():
        budget.spend(1)
        values = search.solve(of_key, _domain(key, caller), budget)
        if values is None:
            return None
        solution[key] = values
    return solution


def _domain(key: str, caller: Caller) -> Domain:
    if key == ACTION:
        return search.exactly(*caller.actions) if caller.actions else Domain(False, within=((glob("?*:?*"),),))
    if key == RESOURCE:
        return Domain(optional=False)
    return caller.domain(key)


def _escapes(deny: Statement, caller: Caller, kind: DocumentKind) -> list[Wanted] | None:
    """What would each keep a Deny from applying to the caller; None where it never applies."""
    named = _names(deny, caller)
    if named is False:
        return None
    ways = [Wanted(condition, False) for condition in deny.conditions]
    if isinstance(named, Condition):
        ways.append(Wanted(named, False))
    ways.append(Wanted(search.element(ACTION, deny.actions, deny.not_actions), False))
    if kind is DocumentKind.RESOURCE:
        ways.append(Wanted(_resource_of(deny), False))
    return ways


def _names(deny: Statement, caller: Caller) -> bool | Condition:
    """Whether a Deny speaks of the caller: always, never, or depending on the caller's ARN."""
    who = caller.principal
    exact: list[str] = []
    for principal in deny.principals:
        if principal.kind is Kind.EVERYONE or principal.text == who.text:
            return not deny.not_principals
        if who.kind in (Kind.OIDC, Kind.SAML, Kind.SERVICE):
            continue  # no principal of any account, although the account vouches for its provider
        if principal.kind is Kind.ACCOUNT and who.account and principal.account == who.account:
            return not deny.not_principals
        if principal.kind in (Kind.USER, Kind.ROLE) and principal.account == who.account:
            exact.append(principal.text)
    if exact:
        return _condition("StringNotEquals" if deny.not_principals else "StringEquals", _PRINCIPAL_ARN, tuple(exact))
    return deny.not_principals


def _escaping(
    wanted: list[Wanted], escapes: list[list[Wanted]], caller: Caller, budget: Budget
) -> dict[str, Values] | None:
    """A solution that takes one escape from every Deny, tried one Deny after the other."""
    if not escapes:
        return _solved(wanted, caller, budget)
    first, rest = escapes[0], escapes[1:]
    for escape in first:
        with_escape = [*wanted, escape]
        key = escape.condition.key
        of_key = [one for one in with_escape if one.condition.key == key]
        budget.spend(1)
        if search.solve(of_key, _domain(key, caller), budget) is None:
            continue
        solution = _escaping(with_escape, rest, caller, budget)
        if solution is not None:
            return solution
    return None


def _as_request(solution: dict[str, Values], caller: Caller) -> Request:
    """The solution, filled up with what every such request carries."""
    action = solution.pop(ACTION)[0]
    resource = solution.pop(RESOURCE, ("*",))[0]
    who = caller.principal
    context = {key: values for key, values in solution.items() if values}
    if who.account and who.kind not in (Kind.OIDC, Kind.SAML):
        arn = context.get(_PRINCIPAL_ARN)
        if arn is None:
            arn = (_arn_of(caller, context.get("aws:username", ())),)
        context[_PRINCIPAL_ARN] = arn
        context["aws:principalaccount"] = (who.account,)
        if not who.name:
            who = who._replace(text=arn[0])
    return Request(who, action, resource, context)


def _arn_of(caller: Caller, username: Values) -> str:
    """An ARN for a caller of whom the document asks none."""
    who = caller.principal
    if who.kind is Kind.SESSION:
        return f"{who.text.partition(':sts:')[0]}:iam::{who.account}:role/{who.name.partition('/')[0]}"
    return who.text.removesuffix("stranger") + username[0] if username and not who.name else who.text
