from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from iam_guardrails import TrustedIdentityProvider
from iam_guardrails.pack.configuration import SCHEMAS, Configuration, ConfigurationError, configuration_from
from iam_guardrails.pack.guardrails import GUARDRAILS

from tests.policies.pack.stacks import PACK

PACK_NAME = "iam-guardrails"


def _read(configs: dict[str, Any], enabled: tuple[str, ...] = ()) -> Configuration:
    return configuration_from(configs, GUARDRAILS, enabled)


def _refusal(configs: dict[str, Any], enabled: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as refused:
        _read(configs, enabled)
    return str(refused.value)


def test_without_settings_the_defaults_hold_and_the_provider_says_which_accounts_are_trusted():
    configuration = _read({})
    assert configuration == Configuration()
    assert configuration.trust_zone(("111122223333",)).trusted_accounts == ("111122223333",)
    assert configuration.trust_zone(()).trusted_accounts is None


def test_accounts_in_the_settings_replace_those_of_the_provider():
    configuration = _read({PACK_NAME: {"trustedAccounts": ["444455556666"]}})
    assert configuration.trust_zone(("111122223333",)).trusted_accounts == ("444455556666",)


def test_every_setting_arrives_as_a_typed_value():
    configuration = _read(
        {
            PACK_NAME: {
                "//": "a comment",
                "trustedAccounts": ["111122223333"],
                "trustedOrganizations": ["o-a1b2c3d4e5"],
                "trustedPrincipals": ["arn:aws:iam::777788889999:role/audit"],
                "trustedServices": ["lambda.amazonaws.com"],
                "trustedIdentityProviders": [
                    {
                        "provider": "token.actions.githubusercontent.com",
                        "subjects": ["repo:acme/app:*"],
                        "audiences": ["x"],
                    }
                ],
                "trustedSamlProviders": ["arn:aws:iam::111122223333:saml-provider/corp"],
                "readOnlyWildcards": "allow",
                "onUnknown": "block",
                "largestTrustPolicy": 4096.0,
                "exceptions": [
                    {
                        "rule": "require-tags",
                        "resource": "legacy-*",
                        "owner": "web",
                        "reason": "moving",
                        "ends": "2027-03-31",
                    }
                ],
            },
            "bounded-sessions": {"longestSession": 3600.0},
            "old-access-keys": {"oldestKey": 30.0},
            "two-keys-never-overlap-long": {"longestOverlap": 7.0},
            "require-boundary": {"boundaries": ["arn:aws:iam::*:policy/boundary"]},
            "require-path": {"paths": ["/pipelines/"]},
            "require-tags": {"tags": ["team"]},
        }
    )
    assert configuration.trusted_identity_providers == (
        TrustedIdentityProvider("token.actions.githubusercontent.com", ["repo:acme/app:*"], ["x"]),
    )
    assert configuration.exceptions[0].ends == date(2027, 3, 31)
    assert (configuration.on_unknown, configuration.longest_session, configuration.oldest_key) == ("block", 3600, 30)
    zone = configuration.trust_zone(())
    assert (zone.read_only_wildcards, zone.max_session_duration, zone.max_trust_policy_size) == ("allow", 3600, 4096)


def test_a_provider_without_audiences_is_trusted_with_that_of_sts():
    provider = {"provider": "token.actions.githubusercontent.com", "subjects": ["repo:acme/app:*"]}
    read = _read({PACK_NAME: {"trustedIdentityProviders": [provider]}})
    assert read.trusted_identity_providers == (
        TrustedIdentityProvider("token.actions.githubusercontent.com", ["repo:acme/app:*"], ["sts.amazonaws.com"]),
    )


@pytest.mark.parametrize(
    ("configs", "named"),
    [
        ({"no-wildcards": {}}, ['"no-wildcards" is no rule of this pack', "no-wildcard-actions"]),
        ({PACK_NAME: {"trustedAcounts": []}}, ["iam-guardrails.trustedAcounts", "trustedAccounts"]),
        ({"bounded-sessions": {"limit": 3600}}, ["bounded-sessions.limit", "longestSession"]),
        ({PACK_NAME: {"trustedAccounts": ["1234"]}}, ["iam-guardrails.trustedAccounts", "'1234'", "12 digits"]),
        ({PACK_NAME: {"trustedAccounts": [111122223333.0]}}, ["trustedAccounts", "12 digits in quotes"]),
        ({PACK_NAME: {"trustedAccounts": []}}, ["trustedAccounts", "empty"]),
        ({PACK_NAME: {"trustedAccounts": "111122223333"}}, ["trustedAccounts", "not a list"]),
        ({PACK_NAME: {"trustedOrganizations": ["acme"]}}, ["trusted_organizations", "acme"]),
        (
            {PACK_NAME: {"trustedPrincipals": ["arn:aws:iam::*:role/x"]}},
            ["trusted_principals", "arn:aws:iam::*:role/x"],
        ),
        ({PACK_NAME: {"onUnknown": "ignore"}}, ["onUnknown", "'ignore'", "report, block"]),
        ({"bounded-sessions": {"longestSession": 60}}, ["longestSession", "60", "3600"]),
        ({"bounded-sessions": {"longestSession": 3600.5}}, ["longestSession", "3600.5"]),
        ({"old-access-keys": {"oldestKey": True}}, ["oldestKey", "True"]),
        (
            {PACK_NAME: {"trustedIdentityProviders": [{"provider": "issuer.example"}]}},
            ["trustedIdentityProviders", "subjects must be set"],
        ),
        (
            {
                PACK_NAME: {
                    "trustedIdentityProviders": [{"provider": "a.example", "subjects": ["x"], "audience": ["y"]}]
                }
            },
            ["trustedIdentityProviders", "audience"],
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_with_its_name_and_value(configs: dict[str, Any], named: list[str]):
    refusal = _refusal(configs)
    for part in named:
        assert part in refusal


def _exception(**changed: str) -> dict[str, Any]:
    whole = {
        "rule": "require-tags",
        "resource": "legacy",
        "owner": "web",
        "reason": "moving",
        "ends": "2027-03-31",
        **changed,
    }
    return {PACK_NAME: {"exceptions": [{name: value for name, value in whole.items() if value != "(left out)"}]}}


@pytest.mark.parametrize("part", ["rule", "resource", "owner", "reason", "ends"])
def test_an_exception_without_all_its_parts_is_refused(part: str):
    assert f"{part} must be set" in _refusal(_exception(**{part: "(left out)"}))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"rule": "no-such-rule"}, "exceptions[0].rule"),
        ({"resource": "*"}, "covers every resource"),
        ({"resource": "*?*"}, "covers every resource"),
        ({"resource": "*::*"}, "covers every resource"),
        ({"resource": "urn:*"}, "covers every resource"),
        ({"ends": "soon"}, '"soon" is not a day'),
        ({"ends": "2027-02-30"}, '"2027-02-30" is not a day'),
        ({"reason": " "}, "' ' is not a text"),
    ],
)
def test_an_exception_that_waives_too_much_or_nothing_is_refused(changed: dict[str, str], named: str):
    assert named in _refusal(_exception(**changed))


def test_all_mistakes_are_told_at_once():
    refusal = _refusal({"no-wildcards": {}, PACK_NAME: {"onUnknown": "ignore"}, "old-access-keys": {"oldestKey": 0}})
    for part in ("no-wildcards", "onUnknown", "oldestKey"):
        assert part in refusal


@pytest.mark.parametrize(("rule", "setting"), [("require-path", "paths"), ("require-tags", "tags")])
def test_a_rule_that_needs_a_setting_cannot_be_switched_on_without_it(rule: str, setting: str):
    assert f"{rule}.{setting} must be set" in _refusal({rule: {}}, enabled=(rule,))


def test_the_schemas_say_what_the_reader_accepts():
    for policy, settings in SCHEMAS.items():
        for setting, schema in settings.items():
            assert schema["type"] in {"array", "string", "integer"}, (policy, setting)
            assert schema["description"], (policy, setting)
            if "default" in schema:
                _read({policy: {setting: schema["default"]}})


def test_the_example_in_the_repository_is_accepted_and_shows_every_setting():
    example = json.loads((PACK / "policy-config.example.json").read_text())
    shown = {
        policy: {name: value for name, value in settings.items() if name != "enforcementLevel"}
        for policy, settings in example.items()
        if not isinstance(settings, str)
    }
    _read(shown, enabled=tuple(example))
    assert {(policy, name) for policy, settings in shown.items() for name in settings if name != "//"} == {
        (policy, name) for policy, settings in SCHEMAS.items() for name in settings
    }
    assert set(example) <= set(GUARDRAILS)


def test_every_rule_has_a_page_and_says_how_to_get_past_it():
    for guardrail in GUARDRAILS.values():
        assert guardrail.remediation, guardrail.name
        assert guardrail.references or guardrail.name == PACK_NAME, guardrail.name
        assert re.fullmatch(r"docs/[a-z/-]+\.md(#[a-z-]+)?", guardrail.docs), guardrail.name
