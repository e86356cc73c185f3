"""Every type of IAM: what it is given, and what is to happen when that changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.sandbox.provider.cases import Case

if TYPE_CHECKING:
    from tests.sandbox.provider.conftest import Asked

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}],
    }
)
OTHER_TRUST = TRUST.replace("111122223333", "444455556666")


def permission(*actions: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    )


def owners(aws: Asked) -> None:
    """Users, roles and groups to hang things on."""
    iam = aws.client("iam")
    for name in ("one", "two"):
        iam.create_user(UserName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.create_group(GroupName=name)


def managed(aws: Asked) -> None:
    """Owners, and policies to attach to them."""
    owners(aws)
    for name in ("a", "b", "boundary"):
        aws.client("iam").create_policy(PolicyName=name, PolicyDocument=permission("s3:GetObject"))


def inline(aws: Asked) -> None:
    """Owners with two inline policies each."""
    owners(aws)
    for name in ("a", "b"):
        for kind in ("role", "user"):
            put = getattr(aws.client("iam"), f"put_{kind}_policy")
            put(**{f"{kind.title()}Name": "one"}, PolicyName=name, PolicyDocument=permission("s3:GetObject"))


def policy_arn(aws: Asked, name: str) -> str:
    return f"arn:aws:iam::{aws.account}:policy/{name}"


def _inline(owner: str) -> Case:
    return Case(
        f"aws:iam/{owner}Policy:{owner.title()}Policy",
        lambda _: {"name": "p", owner: "one", "policy": permission("s3:GetObject")},
        id=lambda _: "one:p",
        before=owners,
        in_place=[(lambda _: {"policy": permission("s3:PutObject")}, {"policy": "UPDATE"})],
        replaced=[
            (lambda _: {"name": "q"}, {"name": "UPDATE_REPLACE"}),
            (lambda _: {owner: "two"}, {owner: "UPDATE_REPLACE"}),
        ],
    )


def _exclusive(owner: str) -> list[Case]:
    kind = owner.title()
    return [
        Case(
            f"aws:iam/{owner}PoliciesExclusive:{kind}PoliciesExclusive",
            lambda _: {f"{owner}Name": "one", "policyNames": ["b", "a"]},
            id=lambda _: "one",
            before=inline,
            in_place=[(lambda _: {"policyNames": ["a"]}, {"policyNames": "UPDATE"})],
            replaced=[(lambda _: {f"{owner}Name": "two"}, {f"{owner}Name": "UPDATE_REPLACE"})],
            stays=True,
        ),
        Case(
            f"aws:iam/{owner}PolicyAttachmentsExclusive:{kind}PolicyAttachmentsExclusive",
            lambda aws: {f"{owner}Name": "one", "policyArns": [policy_arn(aws, "b"), policy_arn(aws, "a")]},
            id=lambda _: "one",
            before=managed,
            in_place=[(lambda _: {"policyArns": []}, {"policyArns": "UPDATE"})],
            stays=True,
        ),
    ]


IAM: list[Case] = [
    Case(
        "aws:iam/user:User",
        lambda aws: {
            "name": "deployer",
            "path": "/ci/",
            "permissionsBoundary": policy_arn(aws, "boundary"),
            "tags": {"a": "1", "b": "2"},
        },
        id=lambda _: "deployer",
        before=managed,
        in_place=[
            (lambda _: {"path": "/"}, {"path": "UPDATE"}),
            (lambda _: {"path": None}, {"path": "UPDATE"}),
            (lambda _: {"permissionsBoundary": None}, {"permissionsBoundary": "DELETE"}),
            (lambda aws: {"permissionsBoundary": policy_arn(aws, "a")}, {"permissionsBoundary": "UPDATE"}),
            (
                lambda _: {"tags": {"a": "9", "c": "3"}},
                {'tags["a"]': "UPDATE", 'tags["b"]': "DELETE", 'tags["c"]': "ADD"},
            ),
            (lambda _: {"forceDestroy": True}, {"forceDestroy": "UPDATE"}),
        ],
    ),
    Case(
        "aws:iam/role:Role",
        lambda aws: {
            "name": "deploy",
            "path": "/ci/",
            "assumeRolePolicy": TRUST,
            "description": "deploys",
            "maxSessionDuration": 7200,
            "permissionsBoundary": policy_arn(aws, "boundary"),
            "tags": {"a": "1"},
        },
        id=lambda _: "deploy",
        before=managed,
        in_place=[
            (lambda _: {"assumeRolePolicy": OTHER_TRUST}, {"assumeRolePolicy": "UPDATE"}),
            (lambda _: {"description": None}, {"description": "DELETE"}),
            (lambda _: {"maxSessionDuration": None}, {"maxSessionDuration": "UPDATE"}),
            (lambda _: {"permissionsBoundary": None}, {"permissionsBoundary": "DELETE"}),
            (lambda _: {"tags": None}, {'tags["a"]': "DELETE"}),
        ],
        replaced=[
            (lambda _: {"name": "other"}, {"name": "UPDATE_REPLACE"}),
            (lambda _: {"path": "/"}, {"path": "UPDATE_REPLACE"}),
        ],
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda _: {
            "name": "p",
            "path": "/ci/",
            "description": "d",
            "policy": permission("s3:GetObject"),
            "tags": {"a": "1"},
        },
        id=lambda aws: policy_arn(aws, "ci/p"),
        in_place=[
            (lambda _: {"policy": permission("s3:PutObject")}, {"policy": "UPDATE"}),
            (lambda _: {"tags": {"a": "2"}}, {'tags["a"]': "UPDATE"}),
        ],
        replaced=[
            (lambda _: {"description": "e"}, {"description": "UPDATE_REPLACE"}),
            (lambda _: {"path": "/"}, {"path": "UPDATE_REPLACE"}),
        ],
    ),
    Case(
        "aws:iam/group:Group",
        lambda _: {"name": "pipelines", "path": "/ci/"},
        id=lambda _: "pipelines",
        in_place=[(lambda _: {"path": "/"}, {"path": "UPDATE"})],
    ),
    Case(
        "aws:iam/userGroupMembership:UserGroupMembership",
        lambda _: {"user": "one", "groups": ["one", "two"]},
        import_id="one/one/two",
        before=owners,
        in_place=[(lambda _: {"groups": ["two"]}, {"groups": "UPDATE"})],
        replaced=[(lambda _: {"user": "two"}, {"user": "UPDATE_REPLACE"})],
        stays=True,
    ),
    Case(
        "aws:iam/accessKey:AccessKey",
        lambda _: {"user": "one"},
        before=owners,
        in_place=[(lambda _: {"status": "Inactive"}, {"status": "UPDATE"})],
        replaced=[(lambda _: {"user": "two"}, {"user": "UPDATE_REPLACE"})],
    ),
    Case(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        lambda _: {
            "url": "https://token.actions.githubusercontent.com",
            "clientIdLists": ["a", "b"],
            "tags": {"a": "1"},
        },
        id=lambda aws: f"arn:aws:iam::{aws.account}:oidc-provider/token.actions.githubusercontent.com",
        in_place=[
            (lambda _: {"clientIdLists": ["b", "c"]}, {"clientIdLists": "UPDATE"}),
            (lambda _: {"thumbprintLists": ["a" * 40]}, {"thumbprintLists": "UPDATE"}),
            (lambda _: {"tags": {"b": "1"}}, {'tags["a"]': "DELETE", 'tags["b"]': "ADD"}),
        ],
        replaced=[(lambda _: {"url": "https://gitlab.com"}, {"url": "UPDATE_REPLACE"})],
    ),
    Case("aws:iam/outboundWebIdentityFederation:OutboundWebIdentityFederation", lambda _: {}),
    Case(
        "aws:iam/userLoginProfile:UserLoginProfile",
        lambda _: {"user": "one"},
        id=lambda _: "one",
        before=owners,
        replaced=[(lambda _: {"passwordLength": 30}, {"passwordLength": "UPDATE_REPLACE"})],
    ),
    _inline("role"),
    _inline("user"),
    _inline("group"),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda aws: {"role": "one", "policyArn": policy_arn(aws, "a")},
        id=lambda aws: f"one/{policy_arn(aws, 'a')}",
        before=managed,
        replaced=[(lambda aws: {"policyArn": policy_arn(aws, "b")}, {"policyArn": "UPDATE_REPLACE"})],
    ),
    *_exclusive("role"),
    *_exclusive("user"),
]

__all__ = ["IAM", "TRUST", "permission", "policy_arn"]
