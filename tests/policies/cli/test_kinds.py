"""What a document is attached to decides which rules it is judged by; a guess is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.cli.conftest import BUCKET, FINE, TRUST, Command
from tests.policies.golden import Golden, read_all


def guessed(command: Command, document: object) -> str:
    (one,) = command("check", "-", "--format", "json", stdin=json.dumps(document)).data["documents"]
    assert one["kind_guessed"]
    return str(one["kind"])


@pytest.mark.parametrize(("document", "kind"), [(FINE, "identity"), (TRUST, "trust"), (BUCKET, "resource")])
def test_the_kind_is_guessed_from_the_content_and_told(command: Command, document: Any, kind: str) -> None:
    assert guessed(command, document) == kind
    said = command("check", "-", stdin=json.dumps(document)).out
    assert f"standard input: {kind} policy, guessed from its content: " in said


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ({"Effect": "Allow", "Principal": "*", "Action": ["sts:TagSession"]}, "trust"),
        ({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}, "trust"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "trust"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}, "identity"),
        ({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}, "resource"),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "NotAction": "sts:*"}, "trust"),
        ({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, "identity"),
    ],
)
def test_the_guess_goes_by_principals_and_session_actions(command: Command, statement: Any, kind: str) -> None:
    assert guessed(command, {"Version": "2012-10-17", "Statement": statement}) == kind
    assert guessed(command, {"Version": "2012-10-17", "Statement": [statement]}) == kind


def test_a_kind_that_is_said_is_no_guess(command: Command) -> None:
    ran = command("check", "-", "--kind", "trust", stdin=json.dumps(FINE))
    assert ran.code == 1
    assert "standard input: trust policy: rejected" in ran.out


def test_a_kind_that_does_not_exist_is_refused_by_name(command: Command) -> None:
    ran = command("check", "-", "--kind", "user", stdin=json.dumps(FINE))
    assert (ran.code, ran.out) == (2, "")
    assert "Invalid value for '--kind': 'user' is not one of 'identity', 'trust', 'resource'" in ran.err


# Each of them is a fine document of another kind: only who knows what it is attached to can refuse it.
ELSEWHERE = {
    "well-formed-documents/rejected/principal-in-identity-policy",
    "well-formed-documents/rejected/principal-missing-in-bucket-policy",
}
ALONE = [
    one
    for one in read_all(side="rejected") + read_all(side="accepted")
    if not one.together and one.name not in ELSEWHERE
]


@pytest.mark.parametrize("kind", ["identity", "trust", "resource"])
def test_a_guess_never_lets_a_document_pass_that_its_own_kind_refuses(command: Command, kind: str) -> None:
    def code(golden: Golden, *flags: str) -> int:
        document = golden.documents[0]
        text = document if isinstance(document, str) else json.dumps(document)
        return command("check", "-", "--trusted-account", "111122223333", *flags, stdin=text).code

    documents = [one for one in ALONE if one.kind == kind]
    assert documents
    assert [one.name for one in documents if code(one) < code(one, "--kind", kind)] == []
