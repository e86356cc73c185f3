"""Values of calls are held to the services' own models, and AWS's words tell what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from tests.sandbox.local_aws.conftest import Account, document, error

TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}})
UNCHECKED = Config(parameter_validation=False)


@pytest.mark.parametrize(
    ("call", "given", "said"),
    [
        ("create_user", {}, "1 validation error detected: Value null at 'userName' failed to satisfy constraint"),
        ("create_user", {"UserName": "u" * 65}, "at 'userName' failed.*length less than or equal to 64"),
        ("create_user", {"UserName": "a b"}, "specified value for userName is invalid. It must contain only alphanum"),
        ("create_user", {"UserName": "u", "Path": "ci"}, "specified value for path is invalid. It must begin and end"),
        ("create_user", {"UserName": "u", "Tags": [{"Key": "k", "Value": "v"}] * 51}, "at 'tags' failed.*equal to 50"),
        ("create_user", {"UserName": "u", "Tags": [{"Key": "k" * 129, "Value": ""}]}, "tags.1.member.key.*to 128"),
        (
            "create_user",
            {"UserName": "u", "Tags": [{"Key": "k!", "Value": ""}]},
            "tags.1.member.key.*expression pattern",
        ),
        ("update_access_key", {"AccessKeyId": "A" * 20, "Status": "Off"}, r"enum value set: \[Active, Inactive"),
        ("delete_access_key", {"AccessKeyId": "short"}, "accessKeyId.*length greater than or equal to 16"),
        (
            "put_user_policy",
            {"UserName": "u", "PolicyName": "p", "PolicyDocument": "\u2014"},
            "specified value for policyDocument is invalid. It must contain only printable ASCII",
        ),
        (
            "create_role",
            {
                "RoleName": "r",
                "AssumeRolePolicyDocument": TRUST,
                "MaxSessionDuration": 43201,
                "Description": "x" * 1001,
            },
            "2 validation errors detected",
        ),
    ],
)
def test_iam_takes_no_other_values(account: Account, call: str, given: dict[str, Any], said: str) -> None:
    iam = account.client("iam", config=UNCHECKED)
    with pytest.raises(iam.exceptions.ClientError, match=said) as refused:
        getattr(iam, call)(**given)
    assert refused.value.response.get("Error", {}).get("Code") == "ValidationError"


def test_a_password_is_not_in_the_message_about_it(account: Account) -> None:
    iam = account.client("iam", config=UNCHECKED)
    iam.create_user(UserName="u")
    assert "secret-" not in error(iam.create_login_profile, UserName="u", Password="secret-" * 40)


def test_values_at_the_limits_and_of_other_scripts_are_taken(account: Account) -> None:
    iam = account.client("iam")
    made = iam.create_user(
        UserName="u" * 64, Path="/" + "x" * 510 + "/", Tags=[{"Key": "\u00e9quipe", "Value": "\u5f00 + @"}]
    )
    assert made["User"]["UserName"] == "u" * 64
