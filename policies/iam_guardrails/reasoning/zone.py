"""The trust zone: which principals are the operator's own or have been declared trusted."""

from __future__ import annotations

from typing import NamedTuple

from iam_guardrails.language import patterns
from iam_guardrails.language.principals import Kind, Principal

_EVERYONE, _OIDC, _SAML, _SERVICE = Kind.EVERYONE, Kind.OIDC, Kind.SAML, Kind.SERVICE


class TokenTrust(NamedTuple):
    """Patterns of the subjects of one identity provider that are trusted when the audience is one of these.

    Attributes:
        subjects: the patterns.
        audiences: patterns of the audiences.
        every_subject: whether the subject tells nothing, so that only the audience does.
    """

    subjects: tuple[str, ...]
    audiences: tuple[str, ...]
    every_subject: bool

    @classmethod
    def of(cls, subjects: tuple[str, ...], audiences: tuple[str, ...]) -> TokenTrust:
        """The trust in these subjects and audiences."""
        return cls(subjects, audiences, any(set(subject) == {"*"} for subject in subjects))


class Zone(NamedTuple):
    """Who is trusted. Whatever is not in here is a stranger.

    Attributes:
        accounts: ids of the operator's own accounts; None where the operator has not said.
        organizations: ids of the trusted organizations.
        principals: patterns of ARNs (and canonical user ids) of trusted principals elsewhere.
        services: the trusted service principals; None for all of AWS's.
        providers: by issuer without scheme, whose tokens are trusted.
        saml_providers: patterns of ARNs of trusted SAML providers.
        inside: the accounts all of whose principals are trusted: the operator's own, and those of other owners that
            are trusted as a whole.
    """

    accounts: tuple[str, ...] | None
    organizations: tuple[str, ...]
    principals: tuple[str, ...]
    services: frozenset[str] | None
    providers: dict[str, tuple[TokenTrust, ...]]
    saml_providers: tuple[str, ...]
    inside: frozenset[str]

    def trusts(self, principal: Principal) -> bool:
        """Whether everybody whom `principal` names is inside; tokens of a provider are judged elsewhere."""
        kind = principal.kind
        if kind is _SERVICE:
            return self.services is None or principal.name in self.services
        if kind is _OIDC or kind is _EVERYONE:
            return False
        if kind is _SAML:
            return patterns.includes(self.saml_providers, principal.text)
        return principal.account in self.inside or patterns.includes(self.principals, principal.text)
