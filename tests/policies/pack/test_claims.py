"""Trust by claims through the pack: its configuration, the documents of the corpus, and what is proven."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from iam_guardrails import Settings
from iam_guardrails.pack.configuration import Configuration, configuration_from

from tests.policies.golden import read_all
from tests.policies.pack.resources import ACCOUNT, proven_of, role, rules_of, said_of, trusting
from tests.policies.pack.stacks import stack_of, with_pack

if TYPE_CHECKING:
    from tests.policies.golden import Golden
    from tests.support.sandboxes import Sandbox

PACK_NAME = "iam-guardrails"
GITHUB = "token.actions.githubusercontent.com"
OF_TOKENS = [
    one
    for one in read_all()
    if one.kind == "trust" and any("claims" in entry for entry in one.settings.get("trusted_identity_providers", ()))
]
"""The documents of the corpus that are checked with trusted claims."""
RULES = {"trusted-principals-only", "well-formed-documents"}


def configured_by(settings: dict[str, Any]) -> Configuration:
    return configuration_from({PACK_NAME: settings})


def blocking(golden: Golden) -> set[str]:
    said = said_of(role(trust=json.dumps(golden.documents[0])), configured_by(golden.settings))
    return {one.rule for one in said if one.blocking} & RULES


def test_the_corpus_has_such_documents_of_many_issuers() -> None:
    issuers = {entry["provider"] for one in OF_TOKENS for entry in one.settings["trusted_identity_providers"]}
    assert len(issuers) >= 13
    assert len(OF_TOKENS) > 300


@pytest.mark.parametrize("side", ["rejected", "accepted"])
def test_the_pack_gives_the_verdicts_of_the_library(side: str) -> None:
    for golden in (one for one in OF_TOKENS if one.path.stem == side):
        assert blocking(golden) == ({golden.rule} if golden.expect else set()), golden.name


CLAIMS = {"repository_owner_id": ["1001"]}
OURS = {"trusted_identity_providers": [{"provider": GITHUB, "claims": CLAIMS}]}


def trust_of(**claims: str) -> str:
    tests = {f"{GITHUB}:{name}": value for name, value in {"aud": "sts.amazonaws.com", **claims}.items()}
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"}
    condition = {"StringEquals": tests, "StringLike": {f"{GITHUB}:sub": "repo:*"}}
    return trusting(provider, "sts:AssumeRoleWithWebIdentity", Condition=condition)


@pytest.mark.parametrize("name", ["trusted_identity_providers", "trustedIdentityProviders"])
def test_claims_are_configured_by_both_names_of_the_setting(name: str) -> None:
    configuration = configured_by({name: OURS["trusted_identity_providers"]})
    assert configuration.settings == Settings.from_mapping(OURS)
    assert rules_of(said_of(role(trust=trust_of(repository_owner_id="1001")), configuration)) == []
    assert rules_of(said_of(role(trust=trust_of(repository_owner_id="2002")), configuration)) == [
        "trusted-principals-only"
    ]


def test_claims_of_a_zone_are_trusted_in_its_stacks_alone() -> None:
    zones = {"trust_zones": [{"resources": ["deploy*"], **OURS}]}
    trusted = trust_of(repository_owner_id="1001")
    assert rules_of(said_of(role("deploy-site", trusted), configured_by(zones))) == []
    assert rules_of(said_of(role("site", trusted), configured_by(zones))) == ["trusted-principals-only"]


def test_a_role_is_proven_with_the_claims_that_its_tokens_have() -> None:
    (proof,) = proven_of([role(trust=trust_of(repository_owner_id="1001", environment="prod"))], configured_by(OURS))
    assert f"takes only tokens of {GITHUB} whose subject is repo:* and environment is prod" in proof
    assert "and repository_owner_id is 1001" in proof


@pytest.mark.long
def test_claims_that_are_trusted_pass_in_the_engine_and_others_are_rejected(sandbox: Sandbox) -> None:
    def declared(name: str, trust: str) -> dict[str, Any]:
        properties = {"name": name, "path": "/pipelines/", "assumeRolePolicy": trust}
        return {"type": "aws:iam/role:Role", "name": name, "provider": "here", "properties": properties}

    resources = [
        {"type": "pulumi:providers:aws", "name": "here", "properties": {"allowedAccountIds": json.dumps([ACCOUNT])}},
        declared("ours", trust_of(repository_owner_id="1001")),
        declared("theirs", trust_of(repository_owner_id="2002")),
        declared("anybody", trust_of(environment="prod")),
    ]
    preview = stack_of(sandbox, resources).preview(*with_pack(sandbox, {PACK_NAME: OURS}))
    assert not preview.succeeded
    rejected = {one["resourceUrn"].rpartition("::")[2] for one in preview.violations}
    assert rejected == {"theirs", "anybody"}
