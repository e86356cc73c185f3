"""Secrets are cut out of what is shown, whoever wrote the text; what is no secret stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline_identity_cli.outcome import one_line, shown
from pipeline_identity_cli.redaction import remember, remember_environment, without_known

from tests.pipeline.test_assume import refusal

if TYPE_CHECKING:
    from tests.pipeline.ci_systems import System
    from tests.pipeline.conftest import Command

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETKEY9"
ROLE = "arn:aws:iam::111122223333:role/site"
TOKEN = "IQoJb3JpZ2luX2VjEA" + "aB3/" * 60


@pytest.mark.parametrize(
    "secret",
    [
        SECRET,
        TOKEN,
        "AKIAQWERTYUIOPASDFGH",
        "ASIAQWERTYUIOPASDFGH",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "pul-0123456789abcdef0123456789abcdef01234567",
    ],
)
@pytest.mark.parametrize("around", ["{}", "got '{}/20261130/eu-west-1/sts/aws4_request'", "Credential={},", '"{}"'])
def test_what_looks_like_a_secret_is_cut_out(secret: str, around: str) -> None:
    for text in (one_line(around.format(secret)), shown(around.format(secret), 1000)):
        assert secret not in text
        assert "[hidden]" in text


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111122223333:role/pipelines/production/eu/orders-pipeline-with-a-long-name",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf",
        "3a2ae8f0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6",
        "repo:acme/shop:ref:refs/heads/release/1.2",
        "https://token.actions.githubusercontent.com",
        "arn:aws:sts::111122223333:assumed-role/site/ci@example.com",
        "the role is not there",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    "address", ["http://bob:p@ss/w#rd@127.0.0.1:x", "htt***://***:p@ss/w#rd@127.0.0.1", "https://bob:pw@proxy.example"]
)
def test_passwords_in_addresses_are_cut_out(address: str) -> None:
    text = one_line(f"Invalid endpoint: {address}")
    assert "pw@" not in text
    assert "ss/w#rd" not in text
    assert text.endswith(address.rpartition("@")[2])


def test_values_that_are_known_are_cut_out_in_each_of_their_forms() -> None:
    remember("plain/word+of=no+kind")
    for text in ("plain/word+of=no+kind", "plain%2Fword%2Bof%3Dno%2Bkind", r"plain\/word+of=no+kind"):
        assert without_known(f"<{text}>") == "<[hidden]>"


def test_a_secret_that_was_broken_over_lines_is_known_by_its_parts() -> None:
    remember(f"{SECRET[:20]}\n{SECRET[20:]}")
    assert without_known(f"{SECRET[:20]} {SECRET[20:]}") == "[hidden] [hidden]"


def test_words_that_stand_where_a_secret_should_be_are_cut_out_only_together() -> None:
    remember("correct horse battery staple")
    assert without_known("correct horse battery staple") == "[hidden]"
    assert without_known("the battery is correct") == "the battery is correct"


def test_secrets_of_the_environment_are_known() -> None:
    remember_environment({"CI_JOB_TOKEN": "opaque-value-1", "DB_PASSWORD": "opaque-value-2", "HOME": "/home/opaque"})
    assert without_known("opaque-value-1 opaque-value-2 /home/opaque") == "[hidden] [hidden] /home/opaque"


def test_what_is_about_a_secret_and_holds_none_is_shown() -> None:
    """The name of a secret store in a variable of `rotate` would be missing from every line of it."""
    names = ("PIPELINE_IDENTITY_ROTATE_SECRET", "PIPELINE_IDENTITY_ASSUME_TOKEN_FROM", "DB_SECRET_ARN", "TOKEN_ISSUER")
    remember_environment({name: f"prod/orders-{name}" for name in names})
    for name in names:
        assert without_known(f"prod/orders-{name}") == f"prod/orders-{name}"


def test_a_password_that_is_a_word_is_cut_out_of_foreign_texts_alone(command: Command) -> None:
    Path("outputs.json").write_text(json.dumps({"production": {"roleArn": ROLE}, "site": {"roleArn": ROLE}}))
    command.environment({"DB_PASSWORD": "production", "API_TOKEN": "exit_code", "OTHER_TOKEN": "Passw0rd-1"})
    ran = command("assume", "--format", "json", "--outputs", "outputs.json")
    assert (ran.code, ran.data["exit_code"]) == (2, 2)
    assert "name one with --pipeline: production, site" in ran.err
    assert one_line("the proxy said production, Passw0rd-1") == "the proxy said [hidden], [hidden]"
    assert without_known("production Passw0rd-1", words=False) == "production [hidden]"


def test_aws_repeats_a_secret_and_we_do_not(command: Command, asked_system: System) -> None:
    """A local AWS takes any name for a key id, so the swapped pair reaches it."""
    told = f"'{SECRET}' must have exactly 5 slash-delimited elements, got '{SECRET}/20261130/eu-west-1/sts'"
    asked_system.answers = [(400, refusal("IncompleteSignature", told))]
    command.environment({"AWS_ENDPOINT_URL": asked_system.url, "AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1"})
    command.environment({"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "something"})
    ran = command("whoami")
    assert ran.code == 2
    assert "IncompleteSignature" in ran.err
    assert SECRET not in ran.err
    assert "look for white space, quotes and line breaks in AWS_ACCESS_KEY_ID" in ran.err
