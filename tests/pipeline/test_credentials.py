"""Credentials as people paste them: what can never work is found before AWS is asked, and never shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pipeline.ci_systems import System
    from tests.pipeline.conftest import Command

KEY = "AKIAQWERTYUIOPASDFGH"
SECRET = "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"
SESSION_KEY = "ASIAQWERTYUIOPASDFGH"
TOKEN = "IQoJb3JpZ2luX2VjEA" + "aB3/" * 60
ROLE = "role_arn = arn:aws:iam::111122223333:role/x"
SSO = "sso_start_url = https://x.example\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = x"
COMMANDS = ["whoami", "doctor", "assume --format json --role-arn arn:aws:iam::111122223333:role/site"]


@pytest.fixture
def asked(command: Command, asked_system: System, tmp_path: Path) -> Command:
    """The command beside an AWS that repeats what it was sent, as AWS does, and no configuration files."""
    asked_system.answers = [(400, "unexpected")]
    command.environment(
        {
            "AWS_ENDPOINT_URL_STS": "",
            "HTTPS_PROXY": asked_system.url,
            "AWS_REGION": "eu-west-1",
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )
    return command


MISTAKES = [
    ({"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": KEY}, "are swapped"),
    ({"AWS_ACCESS_KEY_ID": f'"{SECRET}"', "AWS_SECRET_ACCESS_KEY": f'"{KEY}"'}, "are swapped"),
    ({"AWS_ACCESS_KEY_ID": SECRET}, "AWS_ACCESS_KEY_ID is not a key id"),
    ({"AWS_ACCESS_KEY_ID": f"{KEY}\r"}, "AWS_ACCESS_KEY_ID holds a carriage return"),
    ({"AWS_ACCESS_KEY_ID": f"{KEY}\n"}, "AWS_ACCESS_KEY_ID holds a line break"),
    ({"AWS_ACCESS_KEY_ID": f" {KEY}"}, "AWS_ACCESS_KEY_ID holds white space"),
    ({"AWS_ACCESS_KEY_ID": f"'{KEY}'"}, "AWS_ACCESS_KEY_ID stands in quotes"),
    ({"AWS_ACCESS_KEY_ID": f"AWS_ACCESS_KEY_ID={KEY}"}, "AWS_ACCESS_KEY_ID has its own name before it"),
    ({"AWS_ACCESS_KEY_ID": "${{ secrets.KEY }}"}, "AWS_ACCESS_KEY_ID"),
    ({"AWS_ACCESS_KEY_ID": "***"}, "AWS_ACCESS_KEY_ID is a placeholder"),
    ({"AWS_ACCESS_KEY_ID": f"\ufeff{KEY}"}, "AWS_ACCESS_KEY_ID holds a character that nobody can see"),
    ({"AWS_SECRET_ACCESS_KEY": f'"{SECRET}"'}, "AWS_SECRET_ACCESS_KEY stands in quotes"),
    ({"AWS_SECRET_ACCESS_KEY": f"{SECRET[:20]}\n{SECRET[20:]}"}, "AWS_SECRET_ACCESS_KEY holds a line break"),
    ({"AWS_SECRET_ACCESS_KEY": f"{SECRET}\r\n"}, "AWS_SECRET_ACCESS_KEY holds a carriage return"),
    ({"AWS_SECRET_ACCESS_KEY": f"{SECRET}  "}, "AWS_SECRET_ACCESS_KEY holds white space"),
    ({"AWS_SECRET_ACCESS_KEY": SECRET.replace("/", "%2F")}, "a character that AWS's secrets never have"),
    ({"AWS_SECRET_ACCESS_KEY": f"{SECRET}\u00fc"}, "a character that AWS's credentials never have"),
    ({"AWS_SESSION_TOKEN": f"{TOKEN}\n"}, "AWS_SESSION_TOKEN holds a line break"),
    ({"AWS_SESSION_TOKEN": TOKEN}, "AWS_SESSION_TOKEN is set beside the key of a user"),
    ({"AWS_ACCESS_KEY_ID": SESSION_KEY}, "is of a session, and AWS_SESSION_TOKEN is not set"),
]


@pytest.mark.parametrize(("variables", "told"), MISTAKES)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_can_never_work_is_named_and_not_sent(
    asked: Command, asked_system: System, name: str, variables: dict[str, str], told: str
) -> None:
    asked.environment({"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, **variables})
    ran = asked(*name.split())
    shown = ran.out + ran.err
    assert ran.code == 2
    assert told in shown
    assert not asked_system.asked
    for secret in (KEY, SECRET, SECRET.replace("/", "%2F"), TOKEN, SECRET[:20], SESSION_KEY):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'aws_access_key_id = "{KEY}"\naws_secret_access_key = {SECRET}', "aws_access_key_id of the profile default"),
        (f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET} # ours", "holds white space"),
        (f"aws_access_key_id = {SECRET}\naws_secret_access_key = {KEY}", "are swapped"),
    ],
)
def test_the_keys_of_a_profile_are_looked_at_alike(asked: Command, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "credentials").write_text(f"[default]\n{text}\n")
    ran = asked("whoami")
    assert ran.code == 2
    assert told in ran.err
    assert KEY not in ran.err
    assert SECRET not in ran.err


def test_the_keys_that_a_profile_starts_from_are_looked_at(asked: Command, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile site]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = k\n"
    )
    (tmp_path / "credentials").write_text(f"[k]\naws_access_key_id = {SECRET}\naws_secret_access_key = {KEY}\n")
    ran = asked("whoami", "--profile", "site")
    assert "aws_access_key_id of the profile k and aws_secret_access_key of the profile k are swapped" in ran.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("credential_process = sh -c 'echo {secret} >&2; exit 3'", "the profile's credential_process failed"),
        ("credential_process = echo {secret}", "does not write them as JSON"),
        ("credential_process = /no/such/program {secret}", "/no/such/program: No such file or directory"),
        (f"{ROLE}\nweb_identity_token_file = /no/such/token", "/no/such/token"),
        (f"{ROLE}\nsource_profile = nobody", "nobody"),
        (f"{ROLE}\nsource_profile = default", "AWS could not be asked"),
        (f"{ROLE}\ncredential_source = Environment", "AWS could not be asked"),
        (
            SSO,
            "sso",
        ),
        ("this is no setting", "AWS could not be asked"),
    ],
)
def test_everyday_mistakes_in_a_profile_are_no_internal_errors(
    asked: Command, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "config").write_text(f"[default]\n{text.format(secret=SECRET)}\n")
    ran = asked("whoami")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "internal error" not in ran.err
    assert SECRET not in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}, "has expired; open a new one"),
        ({"AWS_ENDPOINT_URL": "127.0.0.1:4566"}, "write AWS_ENDPOINT_URL like https://host:port"),
        ({"AWS_ENDPOINT_URL": "bob:pa55word@host"}, "write AWS_ENDPOINT_URL like https://host:port"),
        ({"HTTPS_PROXY": "http://bob:p@ss/w#rd@127.0.0.1:x"}, "HTTPS_PROXY"),
        ({"AWS_PROFILE": "nobody"}, "name a profile"),
        ({"AWS_REGION": "nowhere at all"}, "region"),
    ],
)
def test_everyday_mistakes_in_variables_are_no_internal_errors(
    asked: Command, variables: dict[str, str], told: str
) -> None:
    asked.environment({"AWS_ACCESS_KEY_ID": SESSION_KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN})
    asked.environment(variables)
    ran = asked("whoami", "--retry-for", "0")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "internal error" not in ran.err
    for secret in ("pa55word", "ss/w#rd", SECRET, TOKEN):
        assert secret not in ran.err


def test_an_empty_profile_is_none(asked: Command) -> None:
    asked.environment({"AWS_PROFILE": "", "AWS_DEFAULT_PROFILE": ""})
    assert "Unable to locate credentials" in asked("whoami").err


def test_a_secret_that_the_job_did_not_get_is_named(asked: Command) -> None:
    asked.environment({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""})
    told = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set to nothing: does this job get the secret?"
    assert told in asked("whoami").err
