"""What the operator says about their own world: whom they trust, and how strict to be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from iam_guardrails.language import patterns, principals
from iam_guardrails.reasoning.zone import TokenTrust, Zone

_ACCOUNT = re.compile(r"[0-9]{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[^\s*?]*)?")


class InvalidSetting(ValueError):
    """A setting has a value that cannot be meant; the text names the setting, the value and the fix."""

    def __init__(self, setting: str, value: object, fix: str) -> None:
        super().__init__(f"{setting}: {value!r} cannot be used; {fix}")
        self.setting = setting
        self.value = value
        self.fix = fix


def _texts(setting: str, values: object, pattern: re.Pattern[str] | None, fix: str) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidSetting(setting, values, "give a list")
    texts: list[str] = []
    for value in cast("Iterable[object]", values):
        if not isinstance(value, str) or not value or (pattern and not pattern.fullmatch(value)):
            raise InvalidSetting(setting, value, fix)
        texts.append(value)
    return tuple(texts)


def _whole_account(principal: str) -> str:
    """The account that a trusted principal stands for as a whole, or ""."""
    read = principals.read("AWS", principal)
    return read.account if isinstance(read, principals.Principal) and read.kind is principals.Kind.ACCOUNT else ""


@dataclass(frozen=True)
class TrustedIdentityProvider:
    """A web identity provider (OIDC), and whose tokens of it are trusted.

    Attributes:
        provider: the issuer without `https://`, such as "token.actions.githubusercontent.com", as it stands in the ARN
            of the provider in IAM.
        subjects: patterns (`*`, `?`) of the `sub` claims that are trusted. ["*"] trusts every subject, as for Cognito,
            where the audience names the identity pool; the audience must then be checked.
        audiences: patterns of the `aud` claims that are trusted. Default: what AWS STS expects, "sts.amazonaws.com".

    Raises:
        InvalidSetting: a value is empty, no text, or the provider is no host with an optional path.
    """

    provider: str
    subjects: Iterable[str]
    audiences: Iterable[str] = ("sts.amazonaws.com",)

    def __post_init__(self) -> None:
        provider = self.provider.removeprefix("https://").rstrip("/")
        if not _HOST.fullmatch(provider):
            raise InvalidSetting(
                "trusted_identity_providers.provider",
                self.provider,
                "give the issuer's host, and its path if it has one",
            )
        object.__setattr__(self, "provider", provider)
        for name in ("subjects", "audiences"):
            values = _texts(f"trusted_identity_providers.{name}", getattr(self, name), None, "give texts")
            object.__setattr__(self, name, values)


@dataclass(frozen=True)
class Settings:
    """The trust zone, and how strict the rules are.

    Attributes:
        trusted_accounts: ids (12 digits) of the accounts whose principals are trusted. Required to judge trust and
            resource policies: without it they are refused. An empty list trusts no account.
        trusted_organizations: ids ("o-...") of the AWS Organizations whose members are trusted.
        trusted_principals: ARNs of principals of other owners that are trusted, wildcards allowed; the ARN of an
            account's root stands for the whole account. S3 canonical user ids too.
        trusted_services: service principals that are trusted, such as "lambda.amazonaws.com". None: all of AWS's, as
            IAM Access Analyzer has it.
        trusted_identity_providers: web identity providers and their trusted subjects and audiences.
        trusted_saml_providers: ARNs of the trusted SAML providers.
        read_only_wildcards: "block" refuses wildcards in actions also where all they match only reads; "allow" lets
            those pass.
        max_session_duration: seconds that a role's session may last before it is remarked on (900 to 43,200).
        max_trust_policy_size: characters that the account allows a trust policy (2,048 unless its quota was raised).

    Raises:
        InvalidSetting: names the setting, its value and the fix.
    """

    trusted_accounts: Iterable[str] | None = None
    trusted_organizations: Iterable[str] = ()
    trusted_principals: Iterable[str] = ()
    trusted_services: Iterable[str] | None = None
    trusted_identity_providers: Iterable[TrustedIdentityProvider] = ()
    trusted_saml_providers: Iterable[str] = ()
    read_only_wildcards: str = "block"
    max_session_duration: int = 14_400
    max_trust_policy_size: int = 2048

    def __post_init__(self) -> None:
        def keep(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        if self.trusted_accounts is not None:
            accounts = self.trusted_accounts
            keep(
                "trusted_accounts",
                _texts("trusted_accounts", accounts, _ACCOUNT, "an account id has 12 digits, as text"),
            )
        organizations = self.trusted_organizations
        fix = 'an organization id looks like "o-a1b2c3d4e5"'
        keep("trusted_organizations", _texts("trusted_organizations", organizations, _ORGANIZATION, fix))
        keep("trusted_principals", _texts("trusted_principals", self.trusted_principals, None, "give ARNs"))
        for principal in _texts("trusted_principals", self.trusted_principals, None, "give ARNs"):
            if patterns.includes((principal,), "arn:aws:iam::*:role/x"):
                raise InvalidSetting(
                    "trusted_principals", principal, "name an account in the ARN, or it trusts everyone"
                )
        if self.trusted_services is not None:
            keep("trusted_services", _texts("trusted_services", self.trusted_services, None, "give service principals"))
        providers = tuple(self.trusted_identity_providers)
        for provider in providers:
            if not isinstance(provider, TrustedIdentityProvider):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise InvalidSetting("trusted_identity_providers", provider, "give TrustedIdentityProvider objects")
        keep("trusted_identity_providers", providers)
        keep("trusted_saml_providers", _texts("trusted_saml_providers", self.trusted_saml_providers, None, "give ARNs"))
        self._check_limits()

    @property
    def zone(self) -> Zone:
        """The trust zone that these settings describe."""
        known: Zone | None = self.__dict__.get("_zone")
        if known is None:
            known = self._zone_of()
            object.__setattr__(self, "_zone", known)
        return known

    def _zone_of(self) -> Zone:
        providers: dict[str, tuple[TokenTrust, ...]] = {}
        for one in self.trusted_identity_providers:
            trust = TokenTrust.of(tuple(one.subjects), tuple(one.audiences))
            providers[one.provider] = (*providers.get(one.provider, ()), trust)
        accounts = tuple(self.trusted_accounts or ())
        partners = tuple(account for account in map(_whole_account, self.trusted_principals) if account)
        return Zone(
            accounts=None if self.trusted_accounts is None else accounts,
            organizations=tuple(self.trusted_organizations),
            principals=tuple(self.trusted_principals),
            services=None if self.trusted_services is None else frozenset(self.trusted_services),
            providers=providers,
            saml_providers=tuple(self.trusted_saml_providers),
            inside=frozenset(accounts + partners),
        )

    def _check_limits(self) -> None:
        if self.read_only_wildcards not in ("block", "allow"):
            raise InvalidSetting("read_only_wildcards", self.read_only_wildcards, 'write "block" or "allow"')
        for name, least, most in (("max_session_duration", 900, 43_200), ("max_trust_policy_size", 2048, 8192)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise InvalidSetting(name, value, f"give a whole number from {least:,} to {most:,}")
