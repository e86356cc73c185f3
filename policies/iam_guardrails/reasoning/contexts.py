"""What the requests of external callers may hold under each condition key.

A context is a function from a key in lower case to its domain. Keys that identify the caller hold only an external
one's values; keys that tell on whose behalf it asks, never the trusted; the others, anything.

Sources, pages of the IAM user guide: "AWS global condition context keys" (which requests carry which), "IAM policy
elements: Variables and tags", the table of principal key values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from iam_guardrails.issuers import IssuerClaim, issuer_of
from iam_guardrails.language.patterns import ACCOUNT_ID, Glob, glob
from iam_guardrails.language.principals import Kind, Principal
from iam_guardrails.reasoning import search
from iam_guardrails.reasoning.search import ABSENT, ANYTHING, Domain
from iam_guardrails.reasoning.sources import SOURCE_KEYS
from iam_guardrails.reasoning.zone import Zone

Context = Callable[[str], Domain]

ACCOUNT_KEYS = frozenset(("aws:principalaccount", "kms:calleraccount"))
OWNER_KEYS = frozenset(("aws:sourceaccount", "aws:sourceowner", "s3:dataaccesspointaccount"))
PRINCIPAL_ARN = "aws:principalarn"
_ARN_KEYS = {"aws:sourcearn", "s3:dataaccesspointarn"}
_ORGANIZATION_KEYS = {"aws:principalorgid", "aws:sourceorgid"}
_PATH_KEYS = {"aws:principalorgpaths", "aws:sourceorgpaths"}
_OF_SERVICES = {"aws:principalservicename", "aws:principalservicenameslist"}
_WITH_ACCOUNT = Glob("arn:*:*:*:????????????:*", parts=True, digits=True)
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_TYPES = {Kind.USER: "User", Kind.ROLE: "AssumedRole", Kind.SESSION: "AssumedRole", Kind.ACCOUNT: "Account"}


def of_account(account: str, who: Principal, zone: Zone) -> Context:
    """Requests of a principal of an account outside the zone."""
    fixed = {
        PRINCIPAL_ARN: Domain(
            False, within=(tuple(map(glob, _principal_arns(account, who))),), outside=tuple(map(glob, zone.principals))
        ),
        "aws:principaltype": search.exactly(_TYPES.get(who.kind, "FederatedUser")),
        "aws:principalisawsservice": search.exactly("false"),
        "aws:sourceowner": search.exactly(account, optional=True),
        **dict.fromkeys(ACCOUNT_KEYS, search.exactly(account)),
    }
    if who.kind is Kind.USER:
        named = who.name.rpartition("/")[2]
        fixed["aws:username"] = search.exactly(named) if named else Domain(optional=False)
    elif who.kind in _TYPES:
        fixed["aws:username"] = ABSENT

    def domain(key: str) -> Domain:
        if key in fixed:
            return fixed[key]
        if key in _OF_SERVICES or key in SOURCE_KEYS or is_claim(key):
            return ABSENT
        return _shared(key, zone)

    return domain


def anonymous(zone: Zone) -> Context:
    """Requests that nobody signed."""
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
        return ABSENT if key in SOURCE_KEYS else _shared(key, zone)

    return domain


def of_service(name: str, besides: Iterable[str] = ()) -> Context:
    """Requests of a service, on behalf of anybody.

    Args:
        name: the service principal; "" for any.
        besides: the service principals that it is none of, where it may be any.
    """
    others = tuple(glob(one, wild=False) for one in besides)

    def domain(key: str) -> Domain:
        if key == "aws:principalisawsservice":
            return search.exactly("true")
        if key == "aws:principalservicename":
            return (
                search.exactly(name) if name else Domain(False, within=((glob("?*.amazonaws.com"),),), outside=others)
            )
        if key == "aws:principalservicenameslist":
            return ANYTHING
        return ABSENT if is_of_principals(key) else ANYTHING

    return domain


def on_behalf_of(service: Context, sources: Mapping[str, Domain], zone: Zone) -> Context:
    """Requests that a service makes for external sources.

    Args:
        service: the context of the service by itself.
        sources: what the requests say of the source, by condition key.
        zone: who is trusted.
    """

    def domain(key: str) -> Domain:
        if key in sources:
            return sources[key]
        return _shared(key, zone) if key in SOURCE_KEYS else service(key)

    return domain


def external_source(key: str, zone: Zone) -> Domain:
    """What a request holds under a source key that is made for an account or organization that nobody trusts.

    An ARN without an account (a bucket's) tells nothing of whose it is, so it is not among them.
    """
    domain = _shared(key, zone)._replace(optional=False)
    return domain._replace(within=(*domain.within, (_WITH_ACCOUNT,))) if key in _ARN_KEYS else domain


_DIGITS = tuple(Glob("?" * length, digits=True) for length in range(1, 20))


def of_token(issuer: str, audience: Domain = ANYTHING) -> Context:
    """Requests with a token of an issuer: under each claim, what the issuer can put there.

    Args:
        issuer: the issuer, as in the ARN of its provider.
        audience: the domain of the token's audience.
    """
    known = issuer_of(issuer)
    fixed = {
        f"{issuer}:{claim.name}".lower(): Domain(within=_within(claim), usual=claim.always)
        for claim in known.claims.values()
        if claim.name not in (known.subject, known.audience)
    }
    return federated(f"{issuer}:".lower(), {**fixed, f"{issuer}:{known.audience}".lower(): audience})


def _within(claim: IssuerClaim) -> tuple[tuple[Glob, ...], ...]:
    """What values of a claim look like."""
    if not claim.values:
        return ()
    return (_DIGITS if claim.values == ("digits",) else tuple(map(glob, claim.values)),)


def federated(own: str, fixed: Mapping[str, Domain] | None = None) -> Context:
    """Requests signed by no AWS principal: the claims of their own provider, and none of any other's.

    Args:
        own: how the provider's claims begin, such as "saml:".
        fixed: domains of some of the claims.
    """

    def domain(key: str) -> Domain:
        if fixed and key in fixed:
            return fixed[key]
        if key in SOURCE_KEYS or (not key.startswith(own) and is_of_principals(key)):
            return ABSENT
        return ANYTHING

    return domain


def _shared(key: str, zone: Zone) -> Domain:
    """Keys that tell where a request comes from, or on whose behalf: for an external caller, never from the trusted."""
    organizations = (*zone.organizations, zone.own_organization)
    accounts = (*zone.inside, zone.own_account)
    if key in _ORGANIZATION_KEYS:
        outside = tuple(glob(one, ignore_case=True) for one in organizations)
        return Domain(within=((glob("o-?*"),),), outside=outside)
    if key in _PATH_KEYS:
        outside = tuple(glob(f"{one}/*", ignore_case=True) for one in organizations)
        return Domain(within=((glob("o-?*/*"),),), outside=outside)
    if key in OWNER_KEYS:
        return Domain(within=((ACCOUNT_ID,),), outside=tuple(glob(one, wild=False) for one in accounts))
    if key in _ARN_KEYS:
        trusted = tuple(glob(f"arn:*:*:*:{one}:*", parts=True) for one in accounts)
        return Domain(within=((glob("arn:*:?*:*:*:?*", parts=True),),), outside=trusted)
    if key == "aws:sourcevpce" and zone.vpc_endpoints:
        return Domain(within=((glob("vpce-?*"),),), outside=tuple(glob(one, wild=False) for one in zone.vpc_endpoints))
    if key == "elasticfilesystem:accessedviamounttarget":
        # Only the own network reaches the mount targets of a file system (Amazon EFS user guide, "Using IAM to control
        # access to file systems").
        return search.exactly("false", optional=True)
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


def is_of_principals(key: str) -> bool:
    """Whether a request that no principal of an account signed lacks a key; tags may come with it.

    Source: IAM Roles Anywhere user guide, "Trust policy" (`aws:PrincipalTag/x509Subject/CN`).
    """
    return (key.startswith("aws:principal") and not key.startswith("aws:principaltag/")) or is_claim(key)


def is_claim(key: str) -> bool:
    """Whether a condition key is a claim of a token, named after the issuer's host, or of a SAML assertion."""
    prefix = key.partition(":")[0]
    return "." in prefix or prefix == "saml"
