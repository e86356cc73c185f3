"""Who outside the trust zone gets in, by a trust policy or by the policy of a resource.

For each Allow and each principal in it that is not inside the zone, classes of external callers are tried (`callers`):
is there a request of theirs that meets every condition of the Allow and escapes every Deny (`request_search`)? What
identifies an external caller (account, ARN, organization, a token's subject) can only be an external one's; what a
caller chooses (external id, session name, tags, address, ...) can be anything (`contexts`). A request that is found is
a witness, checked by evaluating the whole document on it.

    Allow {"AWS": "*"} sts:AssumeRole if aws:PrincipalOrgID is o-ours   no access path: no external caller has o-ours
    the same with StringEqualsIfExists                                  a user of any account, without the key
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.patterns import Budget, Undecided
from iam_guardrails.language.principals import EVERYONE, Kind, Principal
from iam_guardrails.reasoning.callers import Reason, classes_of
from iam_guardrails.reasoning.contexts import is_claim
from iam_guardrails.reasoning.request_search import find_request
from iam_guardrails.reasoning.requests import Request, is_allowed
from iam_guardrails.reasoning.search import Domain
from iam_guardrails.reasoning.sources import external_sources
from iam_guardrails.reasoning.zone import Zone

__all__ = ["AccessPath", "Reason", "admits", "find_external_access", "is_claim"]


@dataclass(frozen=True)
class AccessPath:
    """How somebody outside the trust zone gets in.

    Attributes:
        statement: the Allow that opens it.
        principal: the principal of that statement through which it goes.
        reason: what makes it one.
        witness: a request that gets in; None where one could not be made out although none was ruled out.
        keys: of tokens, the condition keys by which the trusted ones are told.
    """

    statement: Statement
    principal: Principal
    reason: Reason
    witness: Request | None
    keys: tuple[str, ...] = ()


def find_external_access(document: Document, zone: Zone, budget: Budget | None = None) -> list[AccessPath]:
    """Every access path from outside, at most one a principal of a statement; [] where nobody external gets in.

    Args:
        document: a trust policy or the policy of a resource.
        zone: who is trusted.
        budget: steps that may be spent on the document; by default those of `Budget`.
    """
    found: list[AccessPath] = []
    budget = budget or Budget()
    denies = [one for one in document.statements if not one.allow]
    for statement in document.statements:
        if statement.allow:
            for principal in _outside(statement, document.kind, zone):
                path = _path(document, statement, principal, denies, zone, budget)
                if path is not None:
                    found.append(path)
    return found


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
    classes = classes_of(document.kind, statement, principal, denies, zone)
    callers = (replace(one, domain=limited(one.domain)) for one in classes)
    try:
        return any(find_request(document, statement, one, denies, zone, budget) is not None for one in callers)
    except Undecided:
        return True


def _outside(statement: Statement, kind: DocumentKind, zone: Zone) -> Iterable[Principal]:
    """The principals of an Allow through whom external callers might come."""
    if kind is DocumentKind.TRUST and not _gives_session(statement):
        return ()
    if statement.not_principals:
        return (EVERYONE,)
    outside = [one for one in statement.principals if not zone.trusts(one)]
    if external_sources(statement, zone):
        outside += [one for one in statement.principals if one.kind is Kind.SERVICE and zone.trusts(one)]
    return outside


def _gives_session(statement: Statement) -> bool:
    """Whether the statement allows more than to tag a session or to set its source identity."""
    return statement.not_actions or not _NO_SESSION.issuperset([action.lower() for action in statement.actions])


_NO_SESSION = frozenset(("sts:tagsession", "sts:setsourceidentity"))


def _path(
    document: Document, statement: Statement, principal: Principal, denies: list[Statement], zone: Zone, budget: Budget
) -> AccessPath | None:
    try:
        for caller in classes_of(document.kind, statement, principal, denies, zone):
            request = find_request(document, statement, caller, denies, zone, budget)
            if request is not None:
                checked = request if is_allowed(document, request) else None
                return AccessPath(statement, principal, caller.reason, checked, caller.keys)
    except Undecided:
        return AccessPath(statement, principal, Reason.TOO_COMPLEX, None)
    return None
