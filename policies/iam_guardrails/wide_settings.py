"""What in settings trusts more than it seems to: said as a note by the command and the policy pack.

A pattern is tried on names that nobody gives on purpose: whatever matches them matches every name.

    arn:aws:iam::444455556666:*oot       takes in root, so it trusts the account as a whole
    arn:aws:iam::444455556666:r*le/?*    takes in role/zq7k3w and role/b4x9tm, so it trusts every role
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from iam_guardrails.issuers import issuer_of
from iam_guardrails.language.patterns import matches

if TYPE_CHECKING:
    from iam_guardrails.settings import Settings, TrustedIdentityProvider, TrustZone

_NAMES = ("zq7k3w", "b4x9tm")
_OTHER = "444455556666"
_KINDS = ("role/{}", "user/{}", "assumed-role/{}/{}")
_GOOGLE = "accounts.google.com"
_WHOSE = frozenset(("enterprise_id", "repository", "repository_id", "repository_owner_id"))
"""The claims of GitHub's tokens that say whose a workflow run is."""


def takes_every_name(pattern: str, form: str = "{}") -> bool:
    """Whether a pattern (`*`, `?`) matches a form of text whatever name stands in it.

    Args:
        pattern: the pattern.
        form: the text, with `{}` for the name; by default the name alone.
    """
    return all(matches(pattern, form.replace("{}", name)) for name in _NAMES)


def remarks(settings: Settings) -> Iterator[str]:
    """What a careful reader of settings should know, in a sentence each."""
    yield from _of_trust("", settings)
    for number, zone in enumerate(settings.trust_zones):
        here = f"trust_zones[{number}]"
        yield from _of_trust(f"{here}.", zone)
        if all(any(map(takes_every_name, names)) or not names for names in _limits(zone)):
            yield f"{here} holds for every stack and resource: name the few that it is about"
    for pattern in settings.allowed_boundaries:
        account = next((one for one in pattern.split(":") if one.isdigit()), _OTHER)
        if takes_every_name(pattern, f"arn:aws:iam::{account}:policy/{{}}"):
            yield (
                f'allowed_boundaries: "{pattern}" takes every policy of the account for a boundary, one that allows'
                " everything too; name the boundaries"
            )
    if "/" in tuple(settings.allowed_paths):
        yield 'allowed_paths: "/" covers every path, so require-path has nothing to say; name the paths'


def _limits(zone: TrustZone) -> tuple[tuple[str, ...], ...]:
    return tuple(zone.stacks), tuple(zone.resources), tuple(zone.environments)


def _of_trust(where: str, trust: Settings | TrustZone) -> Iterator[str]:
    for text in trust.trusted_principals:
        yield from _of_principal(f"{where}trusted_principals", text)
    for provider in cast("Iterable[TrustedIdentityProvider]", trust.trusted_identity_providers):
        yield from _of_provider(f"{where}trusted_identity_providers", provider)
    for text in trust.trusted_saml_providers:
        if takes_every_name(text.partition("saml-provider/")[2]):
            yield f'{where}trusted_saml_providers: "{text}" trusts whichever provider is made there; name it'


def _of_principal(setting: str, text: str) -> Iterator[str]:
    head, _, resource = text.rpartition(":")
    account = text if text.isdigit() else head.split(":")[4] if head.count(":") > 3 else ""
    if text.isdigit() or (account and matches(resource, "root")):
        said = "" if text in (account, f"{head}:root") else f' by "{text}"'
        yield (
            f"{setting} trusts account {account} as a whole{said}: whoever administers it decides who gets in;"
            " name the roles that need access"
        )
    elif account.isdigit() and any(takes_every_name(resource, one) for one in _KINDS):
        yield f'{setting}: "{text}" trusts every role or user that account creates; name those that need access'


def _of_provider(setting: str, one: TrustedIdentityProvider) -> Iterator[str]:
    by_audience = issuer_of(one.provider).owner_part == "audiences"
    subjects, claims = tuple(one.subjects), cast("Mapping[str, tuple[str, ...]]", one.claims)
    says_nothing = (not subjects or any(map(takes_every_name, subjects))) and all(
        any(map(takes_every_name, values)) for values in claims.values()
    )
    if says_nothing and (one.provider == _GOOGLE or not by_audience):
        more = "; any Google service account can ask for any audience" if one.provider == _GOOGLE else ""
        yield (
            f'{setting}: subjects ["*"] of {one.provider} trusts everybody who gets a token with the audience{more};'
            " name the subjects"
        )
    if not by_audience and any(map(takes_every_name, one.audiences)):
        yield (
            f'{setting}: audiences ["*"] of {one.provider} accepts tokens that were made for somebody else to check;'
            ' name the audience that AWS is asked with, such as "sts.amazonaws.com"'
        )
    if "job_workflow_ref" in claims and not subjects and not _WHOSE & claims.keys():
        yield (
            f"{setting}: job_workflow_ref alone trusts each repository of {one.provider} that may call the workflow,"
            " everybody's if it is public; add repository_owner_id, repository_id or subjects"
        )
