"""Who a trust policy may name, and what becomes of it when they go."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.local_aws.conftest import Account, allow, document, error


def trusting(principal: object) -> str:
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}})


@pytest.mark.parametrize("principal", ["*", "111122223333", "arn:aws:iam::111122223333:root"])
def test_everybody_and_whole_accounts_may_be_named(account: Account, principal: str) -> None:
    assert account.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=trusting(principal))


def test_users_and_roles_of_any_account_may_be_named(account: Account, other_account: Account) -> None:
    account.user("deployer")
    other_account.user("deployer", path="/ci/")
    first = account.role("first", account.arn("user/deployer"), other_account.arn("user/ci/deployer"))
    assert account.role("second", first)


@pytest.mark.parametrize("resource", ["user/nobody", "role/nobody", "user/elsewhere/deployer", "user/*", "user/"])
def test_nobody_elses_name_may_be_named(account: Account, resource: str) -> None:
    account.user("deployer", path="/ci/")
    principal = account.arn(resource)
    told = _refusal(account, principal)
    assert told == f'MalformedPolicyDocument: Invalid principal in policy: "AWS":"{principal}"'


def test_a_change_of_trust_is_held_to_the_same_rule(account: Account) -> None:
    account.user("deployer")
    account.role("deploy", account.arn("user/deployer"))
    assert "Invalid principal in policy" in error(
        account.client("iam").update_assume_role_policy,
        RoleName="deploy",
        PolicyDocument=trusting([account.arn("user/deployer"), account.arn("user/nobody")]),
    )


@pytest.mark.parametrize("text", ["{", "[]", "{}", '"text"'])
def test_what_is_no_policy_is_refused(account: Account, text: str) -> None:
    assert error(account.client("iam").create_role, RoleName="deploy", AssumeRolePolicyDocument=text).startswith(
        "MalformedPolicyDocument"
    )


def test_a_trust_policy_of_2048_characters_is_accepted_and_one_more_is_not(account: Account) -> None:
    iam = account.client("iam")
    shortest = len(document({**_statement(), "Sid": ""}).replace(" ", ""))
    longest = {**_statement(), "Sid": "x" * (2048 - shortest)}
    assert iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(longest))
    longer = {**_statement(), "Sid": "x" * (2049 - shortest)}
    assert error(iam.create_role, RoleName="another", AssumeRolePolicyDocument=document(longer)) == (
        "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"
    )


def test_a_user_made_again_is_not_the_one_who_was_trusted(account: Account) -> None:
    iam = account.client("iam")
    key, *_ = account.user("deployer", allow("sts:AssumeRole"))
    role = account.role("deploy", account.arn("user/deployer"))
    unique_id = iam.get_user(UserName="deployer")["User"]["UserId"]
    iam.delete_access_key(UserName="deployer", AccessKeyId=key)
    iam.delete_user_policy(UserName="deployer", PolicyName="policy")
    iam.delete_user(UserName="deployer")
    again = account.client("sts", account.user("deployer", allow("sts:AssumeRole")))
    assert error(again.assume_role, RoleArn=role, RoleSessionName="job").startswith("AccessDenied")
    shown = iam.get_role(RoleName="deploy")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"] == {"AWS": [unique_id]}
    # Writing the policy again looks the name up again.
    iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=trusting(account.arn("user/deployer")))
    assert again.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]


def test_a_role_made_again_is_not_the_one_who_was_trusted(account: Account) -> None:
    iam = account.client("iam")
    account.role("first", account.id)
    account.role("second", account.arn("role/first"))
    iam.delete_role(RoleName="first")
    account.role("first", account.id)
    shown = json.dumps(iam.get_role(RoleName="second")["Role"]["AssumeRolePolicyDocument"])
    assert account.arn("role/first") not in shown


def test_the_id_of_somebody_who_is_no_more_may_not_be_named(account: Account) -> None:
    assert "Invalid principal" in _refusal(account, "AIDAEXAMPLEEXAMPLE")


def _statement() -> dict[str, object]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}


def _refusal(account: Account, principal: str) -> str:
    return error(account.client("iam").create_role, RoleName="deploy", AssumeRolePolicyDocument=trusting(principal))
