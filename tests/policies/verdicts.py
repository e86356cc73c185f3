"""The library under test, asked with the zone of the property tests, and its witnesses as requests for the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from iam_guardrails import Finding, Settings, TrustedIdentityProvider

from tests.policies import evaluator
from tests.policies.evaluator import Principal, Request
from tests.policies.strangers import Zone
from tests.policies.strategies import ZONE, many, statements_of


def settings_of(zone: Zone) -> Settings:
    """The zone in the library's words."""
    return Settings(
        trusted_accounts=sorted(zone.accounts),
        trusted_organizations=sorted(zone.organizations),
        trusted_principals=sorted(zone.principals),
        trusted_services=None if zone.services is None else sorted(zone.services),
        trusted_identity_providers=[
            TrustedIdentityProvider(host, one.subjects, one.audiences, one.claims)
            for host, trusted in zone.identity_providers.items()
            for one in trusted
        ],
        trusted_saml_providers=sorted(zone.saml_providers),
        # Rewritten documents are longer, and a quota is not what these tests are about.
        max_trust_policy_size=8192,
    )


SETTINGS = settings_of(ZONE)


def refusals(findings: list[Finding], *rules: str) -> list[Finding]:
    """The blocking findings; of these rules alone where some are named."""
    return [one for one in findings if one.blocking and (not rules or one.rule in rules)]


_CALLERS: Mapping[str, Callable[[str], Principal]] = {
    "user": evaluator.user,
    "role": evaluator.role_session,
    "federated-user": evaluator.federated_user,
    "oidc": evaluator.web_identity,
    "saml": evaluator.saml,
    "service": evaluator.service,
    "canonical-user": evaluator.canonical_user,
}


def witnesses(findings: list[Finding], document: Mapping[str, Any]) -> Iterator[tuple[Finding, list[Request]]]:
    """Each finding that shows a way in, with the requests that it may mean: one for each resource left open."""
    for finding in findings:
        witness = cast("dict[str, Any] | None", finding.evidence.get("witness"))
        if witness is None:
            continue
        context = cast("dict[str, list[str]]", witness["context"])
        caller = _caller(witness["kind"], witness["principal"], context)
        resources: list[str | None] = [witness["resource"]]
        if witness["resource"] == "*":
            entries = [entry for one in statements_of(dict(document)) for entry in many(one.get("Resource", []))]
            resources = [entry.replace("*", "x") for entry in entries] or [None]
        yield finding, [Request(caller, witness["action"], resource, context) for resource in resources]


def _caller(kind: str, name: str, context: Mapping[str, list[str]]) -> Principal:
    if kind == "everyone":
        return evaluator.ANONYMOUS
    if name.endswith(":root"):
        return evaluator.root_of(name.split(":")[4])
    if kind == "session":
        _, role, session = name.split("/")
        return evaluator.role_session(
            context.get("aws:principalarn", [f"{name.split('/')[0]}:role/{role}"])[0], session
        )
    return _CALLERS[kind](name)
