"""The trust zone: which principals are the operator's own or have been declared trusted."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from iam_guardrails.language import patterns
from iam_guardrails.language.principals import Kind, Principal

_EVERYONE, _OIDC, _SAML, _SERVICE = Kind.EVERYONE, Kind.OIDC, Kind.SAML, Kind.SERVICE


Claims: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of claims, each with the patterns of which one has to match."""


class TokenTrust(NamedTuple):
    """The tokens of one identity provider that are trusted: those that match in each of these.

    Attributes:
        subjects: patterns of the subjects.
        audiences: patterns of the audiences.
        every_subject: whether the subject tells nothing.
        claims: patterns of further claims.
    """

    subjects: tuple[str, ...]
    audiences: tuple[str, ...]
    every_subject: bool
    claims: Claims = ()

    @classmethod
    def of(cls, subjects: tuple[str, ...], audiences: tuple[str, ...], claims: Claims = ()) -> TokenTrust:
        """The trust in tokens with these subjects, audiences and claims."""
        return cls(subjects, audiences, any(set(subject) == {"*"} for subject in subjects), claims)


class Zone(NamedTuple):
    """Who is trusted. Whoever is not in here is external.

    Attributes:
        accounts: ids of the operator's own accounts; None where the operator has not said.
        organizations: ids of the trusted organizations.
        principals: patterns of ARNs (and canonical user ids) of trusted principals elsewhere.
        services: the trusted service principals; None for all of AWS's.
        providers: by issuer without scheme, whose tokens are trusted.
        saml_providers: patterns of ARNs of trusted SAML providers.
        inside: the accounts all of whose principals are trusted: the operator's own, and those of other owners that
            are trusted as a whole.
        vpc_endpoints: ids of the trusted VPC endpoints.
    """

    accounts: tuple[str, ...] | None
    organizations: tuple[str, ...]
    principals: tuple[str, ...]
    services: frozenset[str] | None
    providers: dict[str, tuple[TokenTrust, ...]]
    saml_providers: tuple[str, ...]
    inside: frozenset[str]
    vpc_endpoints: tuple[str, ...] = ()

    @property
    def own_account(self) -> str:
        """The account that the operator's resources are in; one that nobody has, where the operator has not said."""
        return self.accounts[0] if self.accounts else "000000000000"

    @property
    def own_organization(self) -> str:
        """The organization that the operator's resources are in; one that nobody else has, where it is not known."""
        return self.organizations[0] if self.organizations else "o-0000000000"

    def tokens_of(self, issuer: str) -> tuple[TokenTrust, ...]:
        """Which tokens of an issuer are trusted; a slash at the end of an issuer makes it no other one."""
        found = self.providers.get(issuer)
        if found is None:
            plain = issuer.rstrip("/")
            found = next((trusts for one, trusts in self.providers.items() if one.rstrip("/") == plain), ())
        return found

    def trusts(self, principal: Principal) -> bool:
        """Whether everybody whom `principal` names is inside; tokens of a provider are looked at elsewhere."""
        kind = principal.kind
        if kind is _SERVICE:
            return self.services is None or principal.name in self.services
        if kind is _OIDC or kind is _EVERYONE:
            return False
        if kind is _SAML:
            return patterns.includes(self.saml_providers, principal.text)
        if principal.account in self.inside or patterns.includes(self.principals, principal.text):
            return True
        return kind is Kind.SESSION and self._trusts_role_of(principal)

    def _trusts_role_of(self, session: Principal) -> bool:
        """Whether a session's role is trusted. The session's ARN lacks the role's path, but names are unique."""
        role = session.name.partition("/")[0]
        partition = session.text.split(":")[1]
        plain = f"arn:{partition}:iam::{session.account}:role/{role}"
        in_path = re.compile(rf"arn:{partition}:iam::{session.account}:role/(?:[^*?]+/)?{re.escape(role)}")
        return patterns.includes(self.principals, plain) or any(in_path.fullmatch(one) for one in self.principals)
