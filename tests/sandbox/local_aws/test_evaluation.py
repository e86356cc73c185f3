"""Who may do what, where ministack alone would say something else than AWS."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.sandbox.local_aws.conftest import Account, Credentials, allow, allowed, document

OLD, NEW = "2008-10-17", "2012-10-17"


def may_read(account: Account, credentials: Credentials, user: str) -> bool:
    return allowed(account.client("iam", credentials).get_user, UserName=user)


def written(account: Account, user: str, version: str, *statements: dict[str, Any]) -> Credentials:
    credentials = account.user(user)
    policy = json.dumps({"Version": version, "Statement": list(statements)})
    account.client("iam").put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    return credentials


class TestVariables:
    @pytest.mark.parametrize(("version", "allowed"), [(NEW, True), (OLD, False)])
    def test_they_are_variables_in_the_newer_version_alone(self, account: Account, version: str, allowed: bool) -> None:
        own = allow("iam:GetUser", account.arn("user/${aws:username}"))
        assert may_read(account, written(account, "one", version, own), "one") == allowed

    @pytest.mark.parametrize(("version", "allowed"), [(NEW, True), (OLD, False)])
    def test_so_they_are_in_conditions(self, account: Account, version: str, allowed: bool) -> None:
        same = allow("iam:GetUser", Condition={"StringEquals": {"aws:username": "${aws:username}"}})
        assert may_read(account, written(account, "one", version, same), "one") == allowed

    @pytest.mark.parametrize("plain", ["${*}", "${?}"])
    def test_a_wildcard_in_braces_is_the_character_itself(self, account: Account, plain: str) -> None:
        other = plain[2]
        named = written(account, "one", NEW, allow("iam:GetUser", account.arn(f"user/on{plain}")))
        assert not may_read(account, named, "one")
        wild = written(account, "two", NEW, allow("iam:GetUser", account.arn(f"user/on{other}")))
        assert may_read(account, wild, "one")

    @pytest.mark.parametrize("operator", ["StringLike", "StringEquals", "ArnLike"])
    def test_so_it_is_in_conditions(self, account: Account, operator: str) -> None:
        key, value = ("aws:PrincipalArn", account.arn("user/on")) if operator == "ArnLike" else ("aws:username", "on")
        compared = allow("iam:GetUser", Condition={operator: {key: value + "${*}"}})
        assert not may_read(account, written(account, "one", NEW, compared), "one")

    def test_a_variable_has_the_value_of_its_tag(self, account: Account) -> None:
        same = allow("iam:GetUser", account.arn("user/${aws:PrincipalTag/friend}"))
        credentials = written(account, "one", NEW, same)
        account.user("two")
        assert not may_read(account, credentials, "two")
        account.client("iam").tag_user(UserName="one", Tags=[{"Key": "friend", "Value": "two"}])
        assert may_read(account, credentials, "two")


def assumed(account: Account, credentials: Credentials, role: str) -> bool:
    return allowed(account.client("sts", credentials).assume_role, RoleArn=role, RoleSessionName="job")


class TestTrust:
    def test_naming_a_user_of_the_same_account_suffices(self, account: Account) -> None:
        named, other = account.user("named"), account.user("other")
        role = account.role("deploy", account.arn("user/named"))
        assert assumed(account, named, role)
        assert not assumed(account, other, role)

    def test_naming_a_role_of_the_same_account_suffices(self, account: Account) -> None:
        account.user("named")
        first = account.role("first", account.arn("user/named"))
        second = account.role("second", first)
        made = account.client("sts", account.user("next", allow("sts:AssumeRole")))
        assert not assumed(account, account.user("another"), second)
        account.client("iam").update_assume_role_policy(
            RoleName="first",
            PolicyDocument=document(
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account.arn("user/next")}}
            ),
        )
        session = made.assume_role(RoleArn=first, RoleSessionName="job")["Credentials"]
        keys = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        assert assumed(account, keys, second)

    def test_naming_the_account_leaves_it_to_the_users_own_policies(self, account: Account) -> None:
        role = account.role("deploy", account.id)
        assert not assumed(account, account.user("without"), role)
        assert assumed(account, account.user("with", allow("sts:AssumeRole", role)), role)

    def test_naming_a_user_of_another_account_needs_both(self, account: Account, other_account: Account) -> None:
        without = other_account.user("without")
        role = account.role("deploy", other_account.arn("user/without"))
        assert not assumed(account, without, role)
        other_account.client("iam").put_user_policy(
            UserName="without", PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole", role))
        )
        assert assumed(account, without, role)

    def test_a_deny_of_the_users_own_wins(self, account: Account) -> None:
        denied = account.user("denied", {**allow("sts:AssumeRole"), "Effect": "Deny"})
        assert not assumed(account, denied, account.role("deploy", account.arn("user/denied")))

    def test_conditions_of_the_trust_hold_for_the_named_user(self, account: Account) -> None:
        named = account.user("named")
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": account.arn("user/named")},
            "Condition": {"StringEquals": {"sts:ExternalId": "right"}},
        }
        made = account.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))
        sts, role = account.client("sts", named), made["Role"]["Arn"]
        assert not assumed(account, named, role)
        assert sts.assume_role(RoleArn=role, RoleSessionName="job", ExternalId="right")["Credentials"]


class TestBuckets:
    def readable(self, account: Account, statement: dict[str, Any], credentials: Credentials) -> bool:
        s3, bucket = account.client("s3", region="us-east-1"), f"bucket-{account.id}"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="one", Body=b"1")
        s3.delete_public_access_block(Bucket=bucket)
        s3.put_bucket_policy(
            Bucket=bucket,
            Policy=document({"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*", **statement}),
        )
        return allowed(account.client("s3", credentials, "us-east-1").get_object, Bucket=bucket, Key="one")

    @pytest.mark.parametrize("everyone", ["*", {"AWS": "*"}])
    def test_one_for_everyone_is_for_users_of_the_account_too(self, account: Account, everyone: Any) -> None:
        assert self.readable(account, {"Effect": "Allow", "Principal": everyone}, account.user("one"))

    def test_one_for_the_account_is_not(self, account: Account) -> None:
        assert not self.readable(account, {"Effect": "Allow", "Principal": {"AWS": account.id}}, account.user("one"))

    @pytest.mark.parametrize(
        ("excepted", "allowed"),
        [
            (("root",), False),
            (("user/one",), False),
            (("root", "user/other"), False),
            (("root", "user/one"), True),
        ],
    )
    def test_a_deny_for_all_but_some_spares_whom_it_names_with_their_account(
        self, account: Account, excepted: tuple[str, ...], allowed: bool
    ) -> None:
        credentials = account.user("one", allow("s3:*"))
        account.user("other")
        spared = {"AWS": [account.arn(who) for who in excepted]}
        assert self.readable(account, {"Effect": "Deny", "NotPrincipal": spared}, credentials) == allowed


def test_keys_and_secrets_have_the_form_of_aws(account: Account) -> None:
    keys = [account.user(f"user-{number}") for number in range(20)]
    for key_id, secret, _ in keys:
        assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key_id)
        assert re.fullmatch(r"[A-Za-z0-9+/]{40}", secret)
    # Some of twenty have what a hexadecimal one never has.
    assert any("+" in secret or "/" in secret for _, secret, _ in keys)
    session = account.client("sts", keys[0]).get_session_token()["Credentials"]
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", session["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", session["SecretAccessKey"])
