"""What the graph says of an account of the local AWS is what the local AWS does: keys, passwords, trusts and roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from iam_guardrails.model import join
from iam_guardrails.reach import How, Reach, reach
from iam_guardrails.sources import read

from tests.sandbox.local_aws.conftest import Account, Credentials, allow, allowed, document

pytestmark = pytest.mark.long


@pytest.fixture
def account(shared_local_aws: Any) -> Account:
    import random

    return Account(f"{random.SystemRandom().randrange(10**11, 10**12)}", shared_local_aws)


def deny(action: str, resource: str = "*") -> dict[str, Any]:
    return {**allow(action, resource), "Effect": "Deny"}


@pytest.fixture
def people(account: Account) -> dict[str, Credentials]:
    """Users of which each may do something else to the users and roles of the account, with a key of each."""
    iam = account.client("iam")
    iam.create_user(UserName="boss")
    iam.create_user(UserName="intern")
    root = f"arn:aws:iam::{account.id}:root"
    account.role("open", root)
    account.role("shut", account.arn("user/boss"))
    limits = document(allow("s3:*"))
    boundary = iam.create_policy(PolicyName="limits", PolicyDocument=limits)["Policy"]["Arn"]
    found = {
        "assumes-all": account.user("assumes-all", allow("sts:AssumeRole")),
        "assumes-open": account.user("assumes-open", allow("sts:AssumeRole", account.arn("role/open"))),
        "assumes-other": account.user("assumes-other", allow("sts:AssumeRole", account.arn("role/else"))),
        "denied": account.user("denied", allow("*"), deny("sts:*"), deny("iam:*")),
        "bounded": account.user("bounded", allow("sts:AssumeRole")),
        "keys": account.user("keys", allow("iam:CreateAccessKey", account.arn("user/boss"))),
        "passwords": account.user("passwords", allow("iam:CreateLoginProfile", account.arn("user/intern"))),
        "trusts": account.user("trusts", allow("iam:UpdateAssumeRolePolicy", account.arn("role/shut"))),
        "trusts-but-denied": account.user(
            "trusts-but-denied", allow("iam:UpdateAssumeRolePolicy"), deny("sts:AssumeRole")
        ),
        "nobody": account.user("nobody"),
    }
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=boundary)
    account.role("names-nobody", account.arn("user/nobody"))
    return found


def graph_of(account: Account) -> Reach:
    """The graph of what `aws iam get-account-authorization-details` says."""
    pages = account.client("iam").get_paginator("get_account_authorization_details").paginate()
    whole: dict[str, list[Any]] = {}
    for page in pages:
        for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
            whole.setdefault(name, []).extend(page.get(name, []))
    for one in whole["UserDetailList"]:
        # The local AWS leaves out of this answer what it says of each user.
        user = account.client("iam").get_user(UserName=one["UserName"])["User"]
        if "PermissionsBoundary" in user:
            one["PermissionsBoundary"] = user["PermissionsBoundary"]
    sources = read(json.dumps(whole, default=str), "account.json", None)
    return reach(join([part for source in sources for part in source.parts[0]]))


def done(account: Account, name: str, credentials: Credentials) -> Iterator[tuple[str, How]]:
    """Whom a user becomes when it tries, and how; whatever it changes is put back."""
    mine, iam = account.client("iam", credentials), account.client("iam")
    for user in [one["UserName"] for one in iam.list_users()["Users"] if one["UserName"] != name]:
        if allowed(mine.create_access_key, UserName=user):
            yield account.arn(f"user/{user}"), How.CREDENTIALS
            made = [one["AccessKeyId"] for one in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
            iam.delete_access_key(UserName=user, AccessKeyId=made[-1])
        if allowed(mine.create_login_profile, UserName=user, Password="Long-Enough-4-Anybody"):
            yield account.arn(f"user/{user}"), How.LOGIN
            iam.delete_login_profile(UserName=user)
    for role in iam.list_roles()["Roles"]:
        arn, before = role["Arn"], json.dumps(role["AssumeRolePolicyDocument"])
        assumes = account.client("sts", credentials).assume_role
        if allowed(assumes, RoleArn=arn, RoleSessionName="tried"):
            yield arn, How.ASSUME
        me = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account.arn(f"user/{name}")}}
        if allowed(mine.update_assume_role_policy, RoleName=role["RoleName"], PolicyDocument=document(me)):
            if allowed(assumes, RoleArn=arn, RoleSessionName="tried"):
                yield arn, How.TRUST
            iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=before)


def test_every_edge_can_be_gone_and_no_other(account: Account, people: dict[str, Credentials]) -> None:
    graph = graph_of(account)
    for name, credentials in people.items():
        said = {(one.target, one.how) for one in graph.edges if one.source == account.arn(f"user/{name}")}
        assert said == set(done(account, name, credentials)), name


def test_the_account_has_edges_of_each_kind(account: Account, people: dict[str, Credentials]) -> None:
    assert people
    hows = {one.how for one in graph_of(account).edges if one.source.endswith(tuple(people))}
    assert hows == {How.ASSUME, How.CREDENTIALS, How.LOGIN, How.TRUST}
