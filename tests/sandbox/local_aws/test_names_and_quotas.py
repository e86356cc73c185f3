"""Names, paths, sizes and numbers: the most that is accepted, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from tests.sandbox.local_aws.conftest import Account, allow, document, error

TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}})


def make(account: Account, kind: str, name: str, path: str = "/") -> Any:
    iam = account.client("iam")
    if kind == "user":
        return iam.create_user(UserName=name, Path=path)
    if kind == "role":
        return iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)
    return iam.create_group(GroupName=name, Path=path)


KINDS = [("user", 64), ("role", 64), ("group", 128)]


@pytest.mark.parametrize(("kind", "longest"), KINDS)
def test_the_longest_name_is_accepted_and_a_longer_one_refused(account: Account, kind: str, longest: int) -> None:
    assert make(account, kind, "x" * longest)
    assert f"less than or equal to {longest}" in error(make, account=account, kind=kind, name="x" * (longest + 1))


@pytest.mark.parametrize(("kind", "_longest"), KINDS)
def test_a_name_with_other_characters_is_refused(account: Account, kind: str, _longest: int) -> None:
    assert make(account, kind, "aA0+=,.@_-")
    assert "must contain only alphanumeric" in error(make, account=account, kind=kind, name="with space")


@pytest.mark.parametrize(("kind", "_longest"), KINDS)
def test_names_that_differ_in_case_alone_are_the_same(account: Account, kind: str, _longest: int) -> None:
    make(account, kind, "Deployer")
    assert error(make, account=account, kind=kind, name="deployer").startswith("EntityAlreadyExists")


@pytest.mark.parametrize("path", ["/", "/ci/", "/ci/team-1/"])
def test_a_path_between_slashes_is_accepted(account: Account, path: str) -> None:
    assert make(account, "user", "deployer", path)["User"]["Path"] == path


@pytest.mark.parametrize("path", ["ci", "/ci", "ci/", "/with space/", "/" + "x" * 511 + "/"])
def test_any_other_path_is_refused(account: Account, path: str) -> None:
    assert error(make, account=account, kind="user", name="deployer", path=path).startswith("ValidationError")


@pytest.mark.parametrize(("seconds", "accepted"), [(3600, True), (43200, True), (3599, False), (43201, False)])
def test_a_roles_maximum_session_is_one_to_twelve_hours(account: Account, seconds: int, accepted: bool) -> None:
    iam = account.client("iam", config=Config(parameter_validation=False))
    arguments = {"RoleName": "deploy", "AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": seconds}
    if accepted:
        assert iam.create_role(**arguments)["Role"]["MaxSessionDuration"] == seconds
    else:
        assert "maxSessionDuration" in error(iam.create_role, **arguments)


def test_a_changed_maximum_session_is_held_to_the_same_rule(account: Account) -> None:
    make(account, "role", "deploy")
    assert "maxSessionDuration" in error(account.client("iam").update_role, RoleName="deploy", MaxSessionDuration=50000)


def test_a_user_has_two_keys_at_most_inactive_ones_counted(account: Account) -> None:
    iam = account.client("iam")
    make(account, "user", "deployer")
    first = iam.create_access_key(UserName="deployer")["AccessKey"]["AccessKeyId"]
    assert iam.create_access_key(UserName="deployer")
    iam.update_access_key(UserName="deployer", AccessKeyId=first, Status="Inactive")
    assert error(iam.create_access_key, UserName="deployer") == (
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"
    )
    iam.delete_access_key(UserName="deployer", AccessKeyId=first)
    assert iam.create_access_key(UserName="deployer")


def test_a_user_is_in_ten_groups_at_most(account: Account) -> None:
    iam = account.client("iam")
    make(account, "user", "deployer")
    for number in range(11):
        make(account, "group", f"group-{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"group-{number}", UserName="deployer")
    iam.add_user_to_group(GroupName="group-0", UserName="deployer")
    assert "GroupsPerUser" in error(iam.add_user_to_group, GroupName="group-10", UserName="deployer")


@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_ten_managed_policies_may_be_attached(account: Account, kind: str) -> None:
    iam = account.client("iam")
    make(account, kind, "somebody")
    attach = getattr(iam, f"attach_{kind}_policy")
    name = {f"{kind.title()}Name": "somebody"}
    arns = [
        iam.create_policy(PolicyName=f"policy-{number}", PolicyDocument=document(allow("s3:GetObject")))["Policy"][
            "Arn"
        ]
        for number in range(11)
    ]
    for arn in arns[:10]:
        attach(**name, PolicyArn=arn)
    assert f"PoliciesPer{kind.title()}" in error(attach, **name, PolicyArn=arns[10])


def sized(size: int) -> str:
    """A policy of exactly so many characters that count."""
    smallest = len(document(allow("s3:GetObject", Sid="")).replace(" ", ""))
    return document(allow("s3:GetObject", Sid="x" * (size - smallest)))


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("role", 10240), ("group", 5120)])
def test_inline_policies_are_counted_together(account: Account, kind: str, most: int) -> None:
    make(account, kind, "somebody")
    put = getattr(account.client("iam"), f"put_{kind}_policy")
    name = {f"{kind.title()}Name": "somebody"}
    put(**name, PolicyName="first", PolicyDocument=sized(most - 200))
    put(**name, PolicyName="second", PolicyDocument=sized(200))
    assert error(put, **name, PolicyName="second", PolicyDocument=sized(201)) == (
        f"LimitExceeded: Maximum policy size of {most} bytes exceeded for {kind} somebody"
    )


def test_a_managed_policy_has_6144_characters_at_most(account: Account) -> None:
    iam = account.client("iam")
    assert iam.create_policy(PolicyName="most", PolicyDocument=sized(6144))
    assert "PolicySize: 6144" in error(iam.create_policy, PolicyName="more", PolicyDocument=sized(6145))


def test_a_document_with_other_characters_is_refused(account: Account) -> None:
    make(account, "user", "deployer")
    text = '{"Version":"2012-10-17","Statement":[{"Sid":"\u2603","Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}'
    assert error(
        account.client("iam").put_user_policy, UserName="deployer", PolicyName="p", PolicyDocument=text
    ).startswith("ValidationError")
