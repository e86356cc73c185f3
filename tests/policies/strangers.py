"""Who is a stranger, and what AWS itself says of a caller in each request.

`Zone` is the tests' own picture of what an operator trusts; `facts` are the condition keys that a caller cannot choose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.policies.evaluator import Kind, Principal, Request, glob_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Facts = dict[str, list[str]]

SESSION_ACTIONS: Mapping[Kind, str] = {
    Kind.ROOT: "sts:AssumeRole",
    Kind.USER: "sts:AssumeRole",
    Kind.ROLE_SESSION: "sts:AssumeRole",
    Kind.SERVICE: "sts:AssumeRole",
    Kind.WEB_IDENTITY: "sts:AssumeRoleWithWebIdentity",
    Kind.SAML: "sts:AssumeRoleWithSAML",
}
"""The one call by which each kind of caller gets a role's session; other kinds get none.

The root user may be named in a trust policy but cannot assume roles (`id_credentials_temp_control-access_assumerole`
bars it at the door, not in the policy); it stands here for its account, which can make any user it likes.
"""


@dataclass(frozen=True)
class Tokens:
    """Tokens that the operator trusts: those that match in the subject and in each claim; all of them patterns."""

    subjects: tuple[str, ...]
    audiences: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])


@dataclass(frozen=True)
class Zone:
    """What the operator trusts.

    principals: patterns of ARNs. identity_providers: host (and path) of an OpenID Connect provider -> its tokens that
    are trusted, any of them.
    services: None trusts every AWS service.
    """

    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    principals: frozenset[str] = frozenset()
    services: frozenset[str] | None = None
    identity_providers: Mapping[str, tuple[Tokens, ...]] = field(default_factory=dict[str, tuple[Tokens, ...]])
    saml_providers: frozenset[str] = frozenset()


def host_of(provider: str) -> str:
    """The issuer without scheme, which prefixes its condition keys: what follows `oidc-provider/` in its ARN."""
    return provider.partition(":oidc-provider/")[2] or provider


def facts(principal: Principal, organization: str | None = None, path: str = "r-ab12/ou-ab12-11111111/") -> Facts:
    """The keys AWS fills in for a caller (`reference_policies_condition-keys`, "properties of the principal")."""
    if principal.kind is Kind.SERVICE:
        return {"aws:PrincipalServiceName": sorted(principal.names["Service"]), "aws:PrincipalIsAWSService": ["true"]}
    if principal.kind is Kind.ANONYMOUS:
        return {
            "aws:PrincipalAccount": ["anonymous"],
            "aws:PrincipalType": ["Anonymous"],
            "aws:userid": ["anonymous"],
        }
    if principal.account is None or principal.arn is None:
        return {}
    types = {Kind.ROOT: "Account", Kind.USER: "User", Kind.ROLE_SESSION: "AssumedRole"}
    known: Facts = {
        "aws:PrincipalAccount": [principal.account],
        "aws:PrincipalArn": [principal_arn(principal)],
        "aws:PrincipalType": [types.get(principal.kind, "FederatedUser")],
        "aws:PrincipalIsAWSService": ["false"],
    }
    if principal.kind is Kind.USER:
        known["aws:username"] = [principal.arn.rsplit("/", 1)[-1]]
    if organization is not None:
        known["aws:PrincipalOrgID"] = [organization]
        known["aws:PrincipalOrgPaths"] = [f"{organization}/{path}"]
    return known


def principal_arn(principal: Principal) -> str:
    """What `aws:PrincipalArn` holds: of a session, the ARN of its role, not its own."""
    assert principal.arn is not None
    roles = [name for name in principal.names["AWS"] if ":role/" in name]
    return roles[0] if roles else principal.arn


def is_stranger(request: Request, zone: Zone) -> bool:
    """Whether the caller lies outside the zone, judged by who it is and never by a value it chose."""
    principal = request.principal
    match principal.kind:
        case Kind.SERVICE:
            return zone.services is not None and not principal.names["Service"] & zone.services
        case Kind.SAML:
            return not principal.names["Federated"] & zone.saml_providers
        case Kind.WEB_IDENTITY:
            return _is_strange_token(request, zone)
        case Kind.CANONICAL_USER | Kind.ANONYMOUS:
            return True
        case _:
            names = principal.names["AWS"]
            in_zone = (
                names & zone.accounts
                or _values(request, "aws:PrincipalOrgID") & zone.organizations
                or _any_matches(zone.principals, names)
            )
            return not in_zone


def _is_strange_token(request: Request, zone: Zone) -> bool:
    """A token is ours by its subject and claims; where every token is trusted by these, by its audience."""
    (provider,) = request.principal.names["Federated"]
    host = host_of(provider)
    return not any(_is_one_of(request, host, trusted) for trusted in zone.identity_providers.get(host, ()))


def _is_one_of(request: Request, host: str, trusted: Tokens) -> bool:
    every_subject = "*" in trusted.subjects
    if every_subject and not trusted.claims:
        return _any_matches(trusted.audiences, _values(request, f"{host}:aud"))
    return (every_subject or _any_matches(trusted.subjects, _values(request, f"{host}:sub"))) and all(
        _any_matches(values, _values(request, f"{host}:{claim}")) for claim, values in trusted.claims.items()
    )


def _any_matches(patterns: Iterable[str], values: Iterable[str]) -> bool:
    return any(glob_matches(pattern, value) for pattern in patterns for value in values)


def has_untrusted_audience(request: Request, zone: Zone) -> bool:
    """Whether a token was made for somebody else than those the operator expects, be its subject trusted or not."""
    if request.principal.kind is not Kind.WEB_IDENTITY:
        return False
    (provider,) = request.principal.names["Federated"]
    host = host_of(provider)
    audiences = [one for trusted in zone.identity_providers.get(host, ()) for one in trusted.audiences]
    return not _any_matches(audiences, _values(request, f"{host}:aud"))


def acts_for_a_stranger(request: Request, zone: Zone) -> bool:
    """Whether a service says that it acts for an account or an organization outside the zone."""
    if request.principal.kind is not Kind.SERVICE:
        return False
    arns = [arn for arn in _values(request, "aws:SourceArn") if not _any_matches(zone.principals, [arn])]
    accounts = _values(request, "aws:SourceAccount") | {arn.split(":")[4] for arn in arns if arn.count(":") >= 5}
    organizations = {path.split("/")[0] for path in _values(request, "aws:SourceOrgPaths")}
    organizations |= _values(request, "aws:SourceOrgID")
    return bool(accounts - zone.accounts - {""} or organizations - zone.organizations)


def contradictions(request: Request) -> list[str]:
    """What in a request could never come from this caller: the reasons to disbelieve a witness."""
    found: list[str] = []
    organization = next(iter(_values(request, "aws:PrincipalOrgID")), None)
    for key, truth in facts(request.principal, organization).items():
        given = _values(request, key)
        if key not in _NOT_FOLLOWED and given and given != set(truth):
            found.append(f"{key} is {sorted(given)}, the caller's is {truth}")
    if request.principal.account is None:
        said = {key.lower() for key in facts(request.principal)}
        claimed = [key for key in request.context if key.lower() in _ACCOUNT_KEYS - said]
        found += [f"{key} is claimed by a caller without an account" for key in claimed]
    if principal_is_token(request):
        (provider,) = request.principal.names["Federated"]
        host = host_of(provider)
        for subject in _values(request, f"{host}:sub"):
            for claim, value in said_by_subject(subject).items():
                given = _values(request, f"{host}:{claim}")
                found += [f"{claim} is {sorted(given)}, the subject says {value}"] if given - {value} else []
    if any(not values for values in request.context.values()):
        found.append("a key without a value")
    return found


def principal_is_token(request: Request) -> bool:
    """Whether the caller shows a web identity token."""
    return request.principal.kind is Kind.WEB_IDENTITY


_NAMES = re.compile(r"repo:([^:/@]+)/([^:/@]+)(?::.*)?")
_IDS = re.compile(r"repo:([^:/@]+)@(\d+)/([^:/@]+)@(\d+)(?::.*)?")


def said_by_subject(subject: str) -> dict[str, str]:
    """The claims that a subject of GitHub's holds as well: GitHub writes both from the same repository.

    Source: GitHub docs, "OpenID Connect reference", the examples of subjects with and without ids.
    """
    ids = _IDS.fullmatch(subject)
    if ids:
        owner, owner_id, name, repository_id = ids.groups()
        return {"repository": f"{owner}/{name}", "repository_owner_id": owner_id, "repository_id": repository_id}
    names = _NAMES.fullmatch(subject)
    return {"repository": f"{names[1]}/{names[2]}"} if names else {}


_NOT_FOLLOWED = frozenset({"aws:PrincipalOrgPaths", "aws:PrincipalType", "aws:username"})
"""Keys a reasoner may take for free: to think that a stranger can have any name or type is over-strict at worst."""

_ACCOUNT_KEYS = frozenset({"aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"})


def _values(request: Request, key: str) -> set[str]:
    found: Iterable[str] = next((v for name, v in request.context.items() if name.lower() == key.lower()), ())
    return set(found)
