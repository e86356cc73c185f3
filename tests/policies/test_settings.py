"""What settings take and reject: nothing in them may trust the world without saying so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from iam_guardrails import InvalidSetting, Settings, TrustedIdentityProvider, check_resource_policy, check_trust_policy
from iam_guardrails.settings import DECLARATIONS

ACCOUNT = "111122223333"
GITHUB = "token.actions.githubusercontent.com"
POOL = "eu-west-1:12345678-1234-4234-8234-123456789012"


def _rejected(**values: Any) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as rejected:
        Settings(**values)
    return rejected.value


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        "notanarn",
        "arn:aws:iam::*:root",
        "arn:aws:iam::*:user/*",
        "arn:aws:iam::*:role/ci-*",
        "arn:aws:iam::4444*:root",
        "arn:aws:iam::????55556666:role/ci",
        "arn:*:iam::444455556666:role/ci",
    ],
)
def test_a_principal_that_names_no_account_is_rejected(principal: str):
    assert _rejected(trusted_principals=[principal]).value == principal


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::444455556666:role/ci-*",
        "arn:aws:iam::444455556666:root",
        "444455556666",
        "arn:aws:sts::444455556666:assumed-role/ci/session",
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1234567890",
        "c4c1ede66af53448b93c283ce9448c4ad468c9432aa01d700d3878632f77d2d0",
    ],
)
def test_a_principal_of_one_account_is_accepted(principal: str):
    assert Settings(trusted_principals=[principal]).trusted_principals == (principal,)


PARTNER = "arn:aws:iam::999988887777:"


@pytest.mark.parametrize(
    "principal", ["999988887777", f"{PARTNER}root", f"{PARTNER}*oot", f"{PARTNER}*", f"{PARTNER}r??t"]
)
def test_a_principal_that_takes_in_the_root_of_an_account_is_said_to_trust_all_of_it(principal: str):
    assert "999988887777 as a whole" in Settings(trusted_principals=[principal]).remarks[0]


@pytest.mark.parametrize("name", ["role/*", "user/?*", "r*e/**", "assumed-role/*/*", "*/*"])
def test_a_principal_that_takes_in_every_role_or_user_is_said_to(name: str):
    (remark,) = Settings(trusted_principals=[PARTNER + name]).remarks
    assert "every role or user" in remark


@pytest.mark.parametrize("name", ["role/vendor", "role/ci-*", "role/vendor/*-audit", "user/z*"])
def test_a_principal_that_is_named_is_not_remarked_on(name: str):
    assert Settings(trusted_principals=[PARTNER + name]).remarks == ()


def _providers(provider: str, subjects: list[str], audiences: list[str]) -> tuple[str, ...]:
    return Settings(trusted_identity_providers=[TrustedIdentityProvider(provider, subjects, audiences)]).remarks


@pytest.mark.parametrize("wild", ["*", "**", "?*"])
def test_every_audience_and_every_subject_of_an_issuer_are_remarked_on(wild: str):
    sts, own = ["sts.amazonaws.com"], "token.example.com"
    assert "made for somebody else" in _providers(GITHUB, ["repo:acme/app:*"], [wild])[0]
    assert "trusts everybody" in _providers(own, [wild], sts)[0]
    assert "any Google service account" in _providers("accounts.google.com", [wild], ["a"])[0]
    assert _providers(GITHUB, ["repo:acme/app:*"], sts) == ()
    assert _providers(own, ["system:serviceaccount:app:*"], sts) == ()
    assert _providers("cognito-identity.amazonaws.com", [wild], [POOL]) == (), "the audience names the pool"


@pytest.mark.parametrize(
    "pattern", ["*", "arn:*", "arn:aws:iam::*", "arn:aws:iam::aws:policy/*", "*AdministratorAccess"]
)
def test_a_boundary_that_may_be_the_administrators_policy_is_rejected(pattern: str):
    assert "bounds nothing" in _rejected(allowed_boundaries=[pattern]).fix


def test_a_boundary_that_may_be_any_policy_of_the_account_is_remarked_on():
    any_of_ours = Settings(allowed_boundaries=[f"arn:aws:iam::{ACCOUNT}:policy/*"])
    assert "takes every policy of the account for a boundary" in any_of_ours.remarks[0]
    named = Settings(allowed_boundaries=[f"arn:aws:iam::{ACCOUNT}:policy/boundaries/*", "*:policy/boundary"])
    assert named.remarks == ()


def test_paths_zones_and_providers_that_limit_nothing_are_remarked_on():
    assert "covers every path" in Settings(allowed_paths=["/"]).remarks[0]
    assert Settings(allowed_paths=["/pipelines/"]).remarks == ()
    corp = f"arn:aws:iam::{ACCOUNT}:saml-provider/"
    assert "whichever provider" in Settings(trusted_saml_providers=[f"{corp}*"]).remarks[0]
    assert Settings(trusted_saml_providers=[f"{corp}corp"]).remarks == ()
    zone = {"stacks": ["*"], "trusted_principals": [f"{PARTNER}root"]}
    remarks = Settings.from_mapping({"trust_zones": [zone]}).remarks
    assert ["trust_zones[0]" in one for one in remarks] == [True, True]
    assert "as a whole" in remarks[0]
    assert "every stack and resource" in remarks[1]
    limited = {"stacks": ["*"], "resources": ["backup-*"], "trusted_principals": [f"{PARTNER}role/backup"]}
    assert Settings.from_mapping({"trust_zones": [limited]}).remarks == ()


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        (GITHUB, "*"),
        (GITHUB, "repo:*"),
        (GITHUB, "repo:acme*"),
        (GITHUB, "*:ref:refs/heads/main"),
        (GITHUB, "environment:prod"),
        ("gitlab.com", "project_path:*"),
        ("app.terraform.io", "organization:acme*"),
        ("agent.buildkite.com", "organization:*:pipeline:deploy:*"),
    ],
)
def test_a_subject_of_a_shared_issuer_that_names_no_owner_is_rejected(issuer: str, subject: str):
    with pytest.raises(InvalidSetting, match="serves everybody"):
        TrustedIdentityProvider(issuer, [subject])


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        (GITHUB, "repo:acme/*"),
        (GITHUB, "repo:acme@1234567/app@7654321:*"),
        (GITHUB, "repository_owner_id:1234567:*"),
        ("gitlab.com", "project_path:acme/*"),
        ("gitlab.com", "project_id:20:ref_type:branch:ref:main"),
        ("app.terraform.io", "organization:acme:project:infra:*"),
        ("oidc.circleci.com/org/0f9e8d7c-1111-4222-8333-444455556666", "*"),
    ],
)
def test_a_subject_that_names_its_owner_or_an_issuer_of_ones_own_is_accepted(issuer: str, subject: str):
    assert TrustedIdentityProvider(issuer, [subject]).subjects == (subject,)


def test_an_audience_names_the_owner_where_the_subject_does_not():
    cognito = "cognito-identity.amazonaws.com"
    assert TrustedIdentityProvider(cognito, ["*"], [POOL]).audiences == (POOL,)
    for audience in ("eu-west-1:*", "*"):
        with pytest.raises(InvalidSetting, match="audiences"):
            TrustedIdentityProvider(cognito, ["*"], [audience])


@pytest.mark.parametrize(
    "values",
    [
        {"trusted_services": ["lambda"]},
        {"trusted_services": ["*.amazonaws.com"]},
        {"trusted_saml_providers": ["*"]},
        {"trusted_saml_providers": ["arn:aws:iam::*:saml-provider/corp"]},
        {"trusted_vpc_endpoints": ["*"]},
        {"trusted_vpc_endpoints": ["vpc-0123456789abcdef0"]},
        {"trust_zones": [{"trusted_accounts": [ACCOUNT]}]},
        {"trust_zones": [{"stacks": ["prod"], "trusted_principals": ["*"]}]},
        {"levels": {"confused-deputy": "strict"}},
    ],
)
def test_other_values_that_trust_the_world_or_mean_nothing_are_rejected(values: dict[str, Any]):
    assert _rejected(**values).setting.startswith(next(iter(values)))


def test_everything_that_is_wrong_is_named_at_once():
    wrong = _rejected(trusted_accounts=["1"], max_key_age=0, on_unknown="maybe")
    assert [one.setting for one in wrong.all] == ["trusted_accounts", "max_key_age", "on_unknown"]
    assert all(one.setting in str(wrong) for one in wrong.all)


def test_a_zone_adds_to_what_is_trusted_where_all_that_it_names_holds():
    partner = "arn:aws:iam::999988887777:role/backup"
    zone = {"stacks": ["prod"], "resources": ["backup-*"], "trusted_principals": [partner]}
    settings = Settings.from_mapping({"trusted_accounts": [ACCOUNT], "trust_zones": [zone]})
    inside = settings.within("acme/app/prod", "", "backup-vault")
    assert inside.trusted_principals == (partner,)
    assert inside.trusted_accounts == (ACCOUNT,)
    for stack, resource in (
        ("acme/app/dev", "backup-vault"),
        ("acme/app/prod", "deploy"),
        ("acme/app/prod2", "backup-v"),
    ):
        assert settings.within(stack, "", resource).trusted_principals == ()
    by_tag = Settings(trust_zones=[{"environments": ["prod"], "trusted_accounts": [ACCOUNT]}])  # pyright: ignore[reportArgumentType]
    assert by_tag.within("any", "prod").trusted_accounts == (ACCOUNT,)
    assert by_tag.within("any", "dev").trusted_accounts is None


def test_a_name_that_does_not_exist_is_rejected_with_the_one_that_was_meant():
    with pytest.raises(InvalidSetting, match="did you mean trusted_accounts"):
        Settings.from_mapping({"trusted_acounts": []})
    with pytest.raises(InvalidSetting, match="is set by another name"):
        Settings.from_mapping({"max_key_age": 30, "oldestKey": 30})


def test_every_setting_describes_itself():
    for one in DECLARATIONS.values():
        assert one.description[0].isupper()
        assert not one.description.endswith(".")
        assert one.schema["type"] in {"array", "integer", "object", "string"}


def _private_api(endpoint: str) -> dict[str, Any]:
    invoke = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    only = {"StringNotEquals": {"aws:SourceVpce": endpoint}}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", **invoke}, {"Effect": "Deny", **invoke, "Condition": only}],
    }


def test_a_private_api_is_accepted_once_its_endpoint_is_trusted():
    endpoint = "vpce-0123456789abcdef0"
    trusted = Settings(trusted_accounts=[ACCOUNT], trusted_vpc_endpoints=[endpoint])
    assert check_resource_policy(_private_api(endpoint), trusted) == []
    assert check_resource_policy(_private_api("vpce-0aaaaaaaaaaaaaaaa"), trusted)
    assert check_resource_policy(_private_api(endpoint), Settings(trusted_accounts=[ACCOUNT]))


def test_an_issuer_keeps_the_slash_that_stands_at_its_end():
    issuer = "acme.eu.auth0.com/"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{issuer}:aud": "abc", f"{issuer}:sub": "client@clients"}},
            }
        ],
    }
    provider = TrustedIdentityProvider(f"https://{issuer}", ["client@clients"], ["abc"])
    assert provider.provider == issuer
    settings = Settings(trusted_accounts=[ACCOUNT], trusted_identity_providers=[provider])
    assert check_trust_policy(trust, settings) == []
    other = TrustedIdentityProvider("other.eu.auth0.com/", ["client@clients"], ["abc"])
    assert check_trust_policy(trust, Settings(trusted_accounts=[ACCOUNT], trusted_identity_providers=[other]))


def test_claims_are_trusted_beside_subjects_or_in_their_place():
    entry = TrustedIdentityProvider(GITHUB, claims={"repository_owner_id": ["1001"]})
    assert entry.claims == {"repository_owner_id": ("1001",)}
    assert entry.subjects == ()
    both = TrustedIdentityProvider(GITHUB, ["repo:*:environment:prod"], claims={"repository_id": ["7"], "//": "ours"})
    assert both.claims == {"repository_id": ("7",)}
    assert hash(entry) != hash(both)


@pytest.mark.parametrize(
    ("issuer", "claims", "problem"),
    [
        (GITHUB, {}, "subjects: [] cannot be used; it is empty; name at least one, or claims"),
        (GITHUB, {"environment": ["prod"]}, "claims: {'environment': ('prod',)} cannot be used; "),
        (GITHUB, {"repository_owner_id": ["10*"]}, "name your own in full by enterprise_id or job_workflow_ref or"),
        (GITHUB, {"repository": ["acme*"]}, "serves everybody"),
        (GITHUB, {"repository_owner": ["acme"]}, "claims.repository_owner: ['acme'] cannot be used; AWS STS reads no"),
        (GITHUB, {"repository-id": ["7"]}, "did you mean repository_id?"),
        (GITHUB, {"repository_id": []}, "it is empty; name at least one pattern, or leave the claim out"),
        (GITHUB, {"repository_id": "7"}, "claims.repository_id: '7' cannot be used; give a list"),
        (GITHUB, {"repository_id": [7]}, "claims.repository_id: 7 cannot be used; give texts: an id stands in quotes"),
        (
            GITHUB,
            {"sub": ["repo:acme/app:*"]},
            "claims.sub: ['repo:acme/app:*'] cannot be used; write it under subjects",
        ),
        (GITHUB, {"aud": ["sts"]}, "write it under audiences"),
        (GITHUB, ["repository_id"], "write claims and their patterns"),
        ("gitlab.example.com", {"project_id": ["7"]}, "there are amr, email, oaud"),
    ],
)
def test_claims_that_trust_the_world_or_that_aws_never_reads_are_rejected_by_name(
    issuer: str, claims: Any, problem: str
):
    with pytest.raises(InvalidSetting, match=re.escape(problem)):
        TrustedIdentityProvider(issuer, claims=claims)


def test_a_claim_that_names_the_owner_frees_the_subjects_from_doing_so():
    with pytest.raises(InvalidSetting, match="serves everybody"):
        TrustedIdentityProvider(GITHUB, ["*:environment:prod"], claims={"environment": ["prod"]})
    TrustedIdentityProvider(GITHUB, ["*:environment:prod"], claims={"repository_owner_id": ["1001"]})


def test_a_reusable_workflow_by_itself_is_trusted_with_a_remark():
    called = {"job_workflow_ref": ["acme/flows/.github/workflows/deploy.yml@refs/heads/main"]}
    alone = Settings(trusted_identity_providers=[TrustedIdentityProvider(GITHUB, claims=called)])
    assert "job_workflow_ref alone trusts each repository" in alone.remarks[0]
    owned = TrustedIdentityProvider(GITHUB, claims={**called, "repository_owner_id": ["1001"]})
    assert not Settings(trusted_identity_providers=[owned]).remarks


def test_claims_are_read_from_plain_values_as_files_hold_them():
    claims = {"repository_owner_id": ["1001"]}
    settings = Settings.from_mapping({"trustedIdentityProviders": [{"provider": GITHUB, "claims": claims}]})
    assert settings == Settings(trusted_identity_providers=[TrustedIdentityProvider(GITHUB, claims=claims)])
