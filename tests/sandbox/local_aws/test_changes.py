"""Calls that change what is there: renames, deletions, identity providers, policy versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.local_aws.conftest import Account, allow, document, error
from tests.support.second_factors import Device


def test_a_renamed_user_keeps_its_key_its_policies_its_groups_and_its_trust(account: Account) -> None:
    iam = account.client("iam")
    credentials = account.user("old", allow("sts:AssumeRole"))
    role = account.role("deploy", account.arn("user/old"))
    iam.create_group(GroupName="pipelines")
    iam.add_user_to_group(GroupName="pipelines", UserName="old")
    iam.update_user(UserName="old", NewUserName="new", NewPath="/ci/")
    sts = account.client("sts", credentials)
    assert sts.get_caller_identity()["Arn"] == account.arn("user/ci/new")
    assert sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="new")["Groups"]] == ["pipelines"]
    assert error(iam.get_user, UserName="old").startswith("NoSuchEntity")


def test_a_user_may_change_the_case_of_its_name_and_may_not_take_anothers(account: Account) -> None:
    iam = account.client("iam")
    account.user("deployer")
    account.user("other")
    iam.update_user(UserName="deployer", NewUserName="Deployer")
    assert error(iam.update_user, UserName="Deployer", NewUserName="OTHER").startswith("EntityAlreadyExists")


def test_a_renamed_group_keeps_its_users(account: Account) -> None:
    iam = account.client("iam")
    account.user("deployer")
    iam.create_group(GroupName="old")
    iam.add_user_to_group(GroupName="old", UserName="deployer")
    iam.update_group(GroupName="old", NewGroupName="new", NewPath="/ci/")
    group = iam.get_group(GroupName="new")
    assert group["Group"]["Arn"] == account.arn("group/ci/new")
    assert [user["UserName"] for user in group["Users"]] == ["deployer"]


def with_policy(account: Account) -> None:
    account.client("iam").put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document(allow("s3:Get*")))


def with_group(account: Account) -> None:
    account.client("iam").create_group(GroupName="g")
    account.client("iam").add_user_to_group(GroupName="g", UserName="u")


def with_password(account: Account) -> None:
    account.client("iam").create_login_profile(UserName="u", Password="not-a-real-One-1")


def with_device(account: Account) -> None:
    Device(account.client("iam"), "u")


@pytest.mark.parametrize(
    ("added", "first"),
    [
        (with_policy, "must delete policies first"),
        (with_group, "must remove users from group first"),
        (with_password, "must delete login profile first"),
        (with_device, "must delete MFA device first"),
    ],
)
def test_a_user_goes_only_when_bare(account: Account, added: Any, first: str) -> None:
    account.client("iam").create_user(UserName="u")
    added(account)
    assert error(account.client("iam").delete_user, UserName="u") == f"DeleteConflict: Cannot delete entity, {first}."


def test_a_bare_user_goes(account: Account) -> None:
    account.client("iam").create_user(UserName="u")
    account.client("iam").delete_user(UserName="u")
    assert account.client("iam").list_users()["Users"] == []


def test_a_group_goes_only_when_empty(account: Account) -> None:
    iam = account.client("iam")
    account.user("u")
    with_group(account)
    assert "must remove users from group first" in error(iam.delete_group, GroupName="g")
    iam.remove_user_from_group(GroupName="g", UserName="u")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=document(allow("s3:Get*")))
    assert "must delete policies first" in error(iam.delete_group, GroupName="g")
    iam.delete_group_policy(GroupName="g", PolicyName="p")
    iam.delete_group(GroupName="g")
    assert iam.list_groups()["Groups"] == []


@pytest.mark.parametrize(
    ("call", "listed"),
    [
        ("list_ssh_public_keys", "SSHPublicKeys"),
        ("list_signing_certificates", "Certificates"),
        ("list_service_specific_credentials", "ServiceSpecificCredentials"),
    ],
)
def test_kinds_of_credentials_that_cannot_be_made_are_none(account: Account, call: str, listed: str) -> None:
    iam = account.client("iam")
    account.user("deployer")
    assert getattr(iam, call)(UserName="deployer")[listed] == []
    assert error(getattr(iam, call), UserName="nobody").startswith("NoSuchEntity")


ISSUER = "https://token.actions.githubusercontent.com"


def test_an_oidc_provider_changes_in_place(account: Account) -> None:
    iam = account.client("iam")
    arn = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["one"])["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (provider["ClientIDList"], provider["ThumbprintList"]) == (["two"], ["a" * 40])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_an_oidc_provider_that_cannot_be_is_refused(account: Account) -> None:
    iam = account.client("iam")
    assert "Invalid Open ID Connect Provider URL" in error(
        iam.create_open_id_connect_provider, Url="http://example.com", ClientIDList=["one"]
    )
    assert "SHA-1" in error(
        iam.create_open_id_connect_provider, Url=ISSUER, ClientIDList=["one"], ThumbprintList=["z" * 40]
    )
    assert error(
        iam.add_client_id_to_open_id_connect_provider,
        OpenIDConnectProviderArn=account.arn("oidc-provider/nobody.example.com"),
        ClientID="one",
    ).startswith("NoSuchEntity")


@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_a_policy_that_is_not_there_cannot_be_attached(account: Account, kind: str) -> None:
    iam = account.client("iam")
    account.user("one")
    account.role("one", account.id)
    iam.create_group(GroupName="one")
    attach = getattr(iam, f"attach_{kind}_policy")
    name = {f"{kind.title()}Name": "one"}
    assert error(attach, **name, PolicyArn=account.arn("policy/missing")).startswith("NoSuchEntity")
    attach(**name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_another_version_of_a_policy_is_put_in_force(account: Account) -> None:
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("s3:GetObject")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:PutObject")))
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert error(iam.set_default_policy_version, PolicyArn=arn, VersionId="v9").startswith("NoSuchEntity")
