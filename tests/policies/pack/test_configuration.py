from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from iam_guardrails import TrustedIdentityProvider
from iam_guardrails.pack.configuration import (
    DEFAULT_LEVELS,
    FLOOR,
    Configuration,
    ConfigurationError,
    Level,
    accounts_of,
    configuration_from,
    floor_in,
    schema_of,
)
from iam_guardrails.rules import RULES
from iam_guardrails.settings import DECLARATIONS, Settings

from tests.policies.pack.stacks import PACK

PACK_NAME = "iam-guardrails"
MANDATORY, ADVISORY, DISABLED = Level.MANDATORY, Level.ADVISORY, Level.DISABLED


def _refusal(configs: dict[str, Any], levels: dict[str, Level] | None = None) -> str:
    with pytest.raises(ConfigurationError) as refused:
        configuration_from(configs, levels)
    return str(refused.value)


def test_without_settings_the_defaults_hold_and_the_provider_says_which_account_is_trusted():
    assert configuration_from({}).settings == Settings()
    assert accounts_of(Settings(), ("111122223333",)) == ("111122223333",)
    assert accounts_of(Settings(), ()) is None


def test_accounts_in_the_settings_replace_those_of_the_provider():
    settings = configuration_from({PACK_NAME: {"trusted_accounts": ["444455556666"]}}).settings
    assert accounts_of(settings, ("111122223333",)) == ("444455556666",)


def test_a_provider_that_names_several_accounts_makes_none_of_them_trusted():
    assert accounts_of(Settings(), ("111122223333", "999988887777")) == ()


_OLD = {
    PACK_NAME: {
        "//": "a comment",
        "trustedAccounts": ["111122223333"],
        "trustedOrganizations": ["o-a1b2c3d4e5"],
        "trustedPrincipals": ["arn:aws:iam::777788889999:role/audit"],
        "trustedServices": ["lambda.amazonaws.com"],
        "trustedIdentityProviders": [
            {"provider": "token.actions.githubusercontent.com", "subjects": ["repo:acme/app:*"], "audiences": ["x"]}
        ],
        "trustedSamlProviders": ["arn:aws:iam::111122223333:saml-provider/corp"],
        "readOnlyWildcards": "allow",
        "onUnknown": "block",
        "largestTrustPolicy": 4096.0,
    },
    "bounded-sessions": {"longestSession": 3600.0},
    "old-access-keys": {"oldestKey": 30.0},
    "two-keys-never-overlap-long": {"longestOverlap": 7.0},
    "require-boundary": {"boundaries": ["arn:aws:iam::*:policy/boundary"]},
    "require-path": {"paths": ["/pipelines/"]},
    "require-tags": {"tags": ["team"]},
}


def test_every_setting_has_one_name_and_the_names_of_earlier_versions_keep_working():
    by_one_name = {
        PACK_NAME: {
            "trusted_accounts": ["111122223333"],
            "trusted_organizations": ["o-a1b2c3d4e5"],
            "trusted_principals": ["arn:aws:iam::777788889999:role/audit"],
            "trusted_services": ["lambda.amazonaws.com"],
            "trusted_identity_providers": _OLD[PACK_NAME]["trustedIdentityProviders"],
            "trusted_saml_providers": ["arn:aws:iam::111122223333:saml-provider/corp"],
            "read_only_wildcards": "allow",
            "on_unknown": "block",
            "max_trust_policy_size": 4096,
            "max_session_duration": 3600,
            "max_key_age": 30,
            "max_key_overlap": 7,
            "allowed_boundaries": ["arn:aws:iam::*:policy/boundary"],
            "allowed_paths": ["/pipelines/"],
            "required_tags": ["team"],
        }
    }
    settings = configuration_from(_OLD).settings
    assert settings == configuration_from(by_one_name).settings == Settings.from_mapping(by_one_name[PACK_NAME])
    github = TrustedIdentityProvider("token.actions.githubusercontent.com", ["repo:acme/app:*"], ["x"])
    assert settings.trusted_identity_providers == (github,)
    assert (settings.on_unknown, settings.max_session_duration, settings.max_key_age) == ("block", 3600, 30)


def test_a_setting_may_be_written_once_only():
    twice = {PACK_NAME: {"max_key_age": 30}, "old-access-keys": {"oldestKey": 30}}
    assert "iam-guardrails.max_key_age sets the same, max_key_age; write it once" in _refusal(twice)


@pytest.mark.parametrize(
    ("configs", "named"),
    [
        ({"no-wildcards": {}}, ['"no-wildcards" is not a rule of this pack', "no-wildcard-actions"]),
        ({PACK_NAME: {"trustedAcounts": []}}, ["iam-guardrails.trustedAcounts", "trusted_accounts"]),
        ({"bounded-sessions": {"limit": 3600}}, ["bounded-sessions.limit", "max_session_duration"]),
        ({"bounded-sessions": {"trusted_accounts": []}}, ["bounded-sessions.trusted_accounts", "no such setting"]),
        ({PACK_NAME: {"trustedAccounts": ["1234"]}}, ["iam-guardrails.trustedAccounts", "'1234'", "12 digits"]),
        ({PACK_NAME: {"trusted_accounts": [111122223333.0]}}, ["trusted_accounts", "12 digits"]),
        ({PACK_NAME: {"trusted_accounts": "111122223333"}}, ["trusted_accounts", "give a list"]),
        ({PACK_NAME: {"trusted_organizations": ["acme"]}}, ["trusted_organizations", "acme"]),
        ({PACK_NAME: {"on_unknown": "ignore"}}, ["on_unknown", "'ignore'", "'report' or 'block'"]),
        ({"bounded-sessions": {"max_session_duration": 60}}, ["max_session_duration", "60", "900"]),
        ({"bounded-sessions": {"longestSession": 3600.5}}, ["bounded-sessions.longestSession", "3600.5"]),
        ({"old-access-keys": {"max_key_age": True}}, ["max_key_age", "True"]),
        ({PACK_NAME: {"levels": {"confused-deputy": "off"}}}, ["levels", "no such setting"]),
        (
            {PACK_NAME: {"trusted_identity_providers": [{"provider": "issuer.example"}]}},
            ["trusted_identity_providers[0]", "subjects must be set"],
        ),
        (
            {PACK_NAME: {"trust_zones": [{"stacks": ["prod"], "trusted_acounts": []}]}},
            ["trust_zones[0].trusted_acounts", "did you mean trusted_accounts?"],
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_rejected_with_its_name_and_value(configs: dict[str, Any], named: list[str]):
    refusal = _refusal(configs)
    for part in named:
        assert part in refusal


def test_all_mistakes_are_named_at_once():
    refusal = _refusal({"no-wildcards": {}, PACK_NAME: {"on_unknown": "ignore"}, "old-access-keys": {"oldestKey": 0}})
    for part in ("no-wildcards", "on_unknown", "oldestKey"):
        assert part in refusal


def _exception(**changed: Any) -> dict[str, Any]:
    whole = {
        "rule": "require-tags",
        "resource": "legacy",
        "finding": "0123456789",
        "owner": "web",
        "reason": "moving",
        "ends": "2027-03-31",
        **changed,
    }
    return {PACK_NAME: {"exceptions": [{name: value for name, value in whole.items() if value != "(left out)"}]}}


def test_an_exception_has_a_rule_a_resource_a_finding_an_owner_a_reason_and_an_end():
    (one,) = configuration_from(_exception()).settings.exceptions
    assert (one.ends, one.finding) == (date(2027, 3, 31), ("0123456789",))
    for part in ("rule", "resource", "finding", "owner", "reason", "ends"):
        assert f"{part} must be set" in _refusal(_exception(**{part: "(left out)"}))


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "*?*",
        "urn:*",
        "*p*",
        "*aws:*",
        "*iam*",
        "*:dev::*",
        "*Policy*",
        "*o*",
        "de*",
        "urn:pulumi:dev::app::*",
        "urn:pulumi:dev::app::aws:iam/*::deploy",
        "urn:pulumi:dev::*::aws:iam/role:Role::deploy",
        "urn:pulumi:dev::app::aws:iam/role:Role::*",
    ],
)
def test_an_exception_for_resources_that_have_nothing_in_common_is_rejected(resource: str):
    assert "exceptions[0].resource" in _refusal(_exception(resource=resource))


@pytest.mark.parametrize(
    "resource", ["deploy", "deploy-*", "r", "urn:pulumi:*::app::aws:iam/role:Role::deploy", "policies/deploy.json"]
)
def test_an_exception_for_one_resource_or_a_family_of_names_is_accepted(resource: str):
    assert configuration_from(_exception(resource=resource)).settings.exceptions


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"rule": "no-such-rule"}, "exceptions[0].rule"),
        ({"finding": "*"}, "exceptions[0].finding"),
        ({"finding": []}, "exceptions[0].finding"),
        ({"ends": "soon"}, "exceptions[0].ends"),
        ({"ends": "2027-02-30"}, "exceptions[0].ends"),
        ({"reason": " "}, "exceptions[0].reason"),
    ],
)
def test_an_exception_with_a_part_that_cannot_be_meant_is_rejected(changed: dict[str, Any], named: str):
    assert named in _refusal(_exception(**changed))


@pytest.mark.parametrize(("rule", "setting"), [("require-path", "allowed_paths"), ("require-tags", "required_tags")])
def test_a_rule_that_needs_a_setting_cannot_be_switched_on_without_it(rule: str, setting: str):
    assert f"{rule}.{setting} must be set" in _refusal({rule: {}}, {rule: MANDATORY})


def test_all_sets_the_level_of_every_rule_and_leaves_off_what_lacks_a_setting():
    levels = dict.fromkeys(RULES, MANDATORY)  # as the engine fills them in
    configuration = configuration_from({"all": {}}, levels)
    assert configuration.levels["confused-deputy"] is MANDATORY
    assert configuration.levels["require-boundary"] is MANDATORY
    assert configuration.idle == ("require-path", "require-tags")
    assert {"require-path", "require-tags"} == configuration.off
    with_paths = configuration_from({"all": {}, "require-path": {"allowed_paths": ["/a/"]}}, levels)
    assert with_paths.idle == ("require-tags",)


# The floor -----------------------------------------------------------------------------------------------------------


def _floor(folder: Path, written: Any) -> Path:
    (folder / FLOOR).write_text(written if isinstance(written, str) else json.dumps(written))
    return folder


def test_a_platform_team_locks_levels_that_nobody_lowers(tmp_path: Path):
    floor = floor_in(
        _floor(tmp_path, {"all": "advisory", "no-wildcard-actions": "mandatory", "require-boundary": "mandatory"})
    )
    lowered = {"no-wildcard-actions": DISABLED, "confused-deputy": DISABLED, "no-self-change": ADVISORY}
    levels = configuration_from({}, lowered, floor).levels
    assert levels["no-wildcard-actions"] is MANDATORY
    assert levels["confused-deputy"] is ADVISORY
    assert levels["no-self-change"] is ADVISORY
    assert levels["require-boundary"] is MANDATORY
    assert configuration_from({}, {"confused-deputy": MANDATORY}, floor).levels["confused-deputy"] is MANDATORY


def test_a_platform_team_locks_settings_that_nobody_changes(tmp_path: Path):
    locked = {PACK_NAME: {"trusted_accounts": ["111122223333"], "exceptions": []}}
    floor = floor_in(_floor(tmp_path, locked))
    assert configuration_from({}, {}, floor).settings.trusted_accounts == ("111122223333",)
    for other in ({"trustedAccounts": ["999988887777"]}, _exception()[PACK_NAME]):
        with pytest.raises(ConfigurationError, match=r"locked by .*policy-floor\.json"):
            configuration_from({PACK_NAME: other}, {}, floor)
    same = configuration_from({PACK_NAME: {"trusted_accounts": ["111122223333"]}}, {}, floor)
    assert same.settings.trusted_accounts == ("111122223333",)
    assert configuration_from({PACK_NAME: {"on_unknown": "block"}}, {}, floor).settings.on_unknown == "block"


@pytest.mark.parametrize(
    "written", ["", "{", "[]", {"no-such-rule": "mandatory"}, {"confused-deputy": "strict"}, {PACK_NAME: {"x": 1}}]
)
def test_a_floor_that_cannot_be_read_stops_everything(tmp_path: Path, written: Any):
    with pytest.raises(ConfigurationError, match=r"policy-floor\.json"):
        floor_in(_floor(tmp_path, written))


def test_a_folder_without_a_floor_locks_nothing(tmp_path: Path):
    assert configuration_from({}, {}, floor_in(tmp_path)).levels == DEFAULT_LEVELS


# What is derived -----------------------------------------------------------------------------------------------------


def test_the_schemas_name_every_setting_and_carry_no_default_that_the_engine_would_fill_in():
    named = {name for name in schema_of(PACK_NAME) if name in DECLARATIONS}
    assert named == DECLARATIONS.keys() - {"levels"}
    for rule in RULES.values():
        assert set(rule.settings) <= schema_of(rule.id).keys()
        for name, schema in schema_of(rule.id).items():
            assert schema["description"], (rule.id, name)
            assert "default" not in schema


def test_each_rule_and_each_setting_name_each_other():
    for one in DECLARATIONS.values():
        assert not one.rule or one.name in RULES[one.rule].settings
    for rule in RULES.values():
        assert all(DECLARATIONS[name].rule == rule.id for name in rule.settings)


def test_the_example_in_the_repository_is_accepted_and_shows_every_setting():
    example = json.loads((PACK / "policy-config.example.json").read_text())
    shown = {
        rule: {name: value for name, value in settings.items() if name != "enforcementLevel"}
        for rule, settings in example.items()
        if not isinstance(settings, str)
    }
    assert isinstance(configuration_from(shown, dict.fromkeys(example, MANDATORY)), Configuration)
    named = {name for settings in shown.values() for name in settings if name != "//"}
    assert named == DECLARATIONS.keys() - {"levels"}
    assert set(example) <= set(RULES)
