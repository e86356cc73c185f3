"""The trust zone: which principals are the operator's own or have been declared trusted."""

from __future__ import annotations

from typing import NamedTuple

from iam_guardrails.iam import patterns
from iam_guardrails.iam.principals import Kind, Principal


class TokenTrust(NamedTuple):
    """Patterns of the subjects of one identity provider that are trusted when the audience is one of these."""

    subjects: tuple[str, ...]
    audiences: tuple[str, ...]

    @property
    def every_subject(self) -> bool:
        """Whether the subject tells nothing, so that only the audience does."""
        return any(set(subject) == {"*"} for subject in self.subjects)


class Zone(NamedTuple):
    """Who is trusted. Whatever is not in here is a stranger.

    Attributes:
        accounts: ids of the operator's own accounts; None where the operator has not said.
        partners: ids of the accounts of other owners that are trusted as a whole.
        organizations: ids of the trusted organizations.
        principals: patterns of ARNs (and canonical user ids) of trusted principals elsewhere.
        services: the trusted service principals; None for all of AWS's.
        providers: by issuer without scheme, whose tokens are trusted.
        saml_providers: patterns of ARNs of trusted SAML providers.
        known: verdicts reached before, by the principal's text.
    """

    accounts: tuple[str, ...] | None
    partners: tuple[str, ...]
    organizations: tuple[str, ...]
    principals: tuple[str, ...]
    services: frozenset[str] | None
    providers: dict[str, tuple[TokenTrust, ...]]
    saml_providers: tuple[str, ...]
    known: dict[str, bool]

    @property
    def inside(self) -> tuple[str, ...]:
        """The accounts all of whose principals are trusted."""
        return (self.accounts or ()) + self.partners

    def trusts(self, principal: Principal) -> bool:
        """Whether everybody whom `principal` names is inside; tokens of a provider are judged elsewhere."""
        verdict = self.known.get(principal.text)
        if verdict is None:
            if len(self.known) > 10_000:
                self.known.clear()
            verdict = self.known[principal.text] = self._judged(principal)
        return verdict

    def _judged(self, principal: Principal) -> bool:
        kind = principal.kind
        if kind is Kind.SERVICE:
            return self.services is None or principal.name in self.services
        if kind is Kind.SAML:
            return patterns.includes(self.saml_providers, principal.text)
        if kind in (Kind.EVERYONE, Kind.OIDC):
            return False
        if principal.account and principal.account in self.inside:
            return True
        return patterns.includes(self.principals, principal.text)
