"""Whose tokens are taken in exchange for a session."""

from __future__ import annotations

import base64
import json
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config

from tests.sandbox.local_aws.conftest import Account, allow, document, error

ISSUER = "token.actions.githubusercontent.com"
SUBJECT = "repo:acme/app:ref:refs/heads/main"


def token(**claims: Any) -> str:
    said = {"iss": f"https://{ISSUER}", "aud": "sts.amazonaws.com", "sub": SUBJECT, **claims}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, said)]
    return ".".join([*parts, "signature"])


def exchange(account: Account, given: str, *, provider: bool = True) -> Any:
    """The exchange of a token, and its arguments, for a role that trusts one subject of one issuer."""
    iam = account.client("iam")
    if provider:
        iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": account.arn(f"oidc-provider/{ISSUER}")},
        "Condition": {"StringEquals": {f"{ISSUER}:sub": SUBJECT, f"{ISSUER}:aud": "sts.amazonaws.com"}},
    }
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    sts = account.client("sts", config=Config(signature_version=UNSIGNED))
    return sts.assume_role_with_web_identity, {"RoleArn": role, "RoleSessionName": "job", "WebIdentityToken": given}


def test_a_token_of_the_trusted_subject_is_taken(account: Account) -> None:
    call, arguments = exchange(account, token())
    assert call(**arguments)["Credentials"]


def test_a_token_of_another_subject_is_not_taken(account: Account) -> None:
    call, arguments = exchange(account, token(sub="repo:acme/other:ref:refs/heads/main"))
    assert error(call, **arguments).startswith("AccessDenied")


def test_a_token_of_an_issuer_the_account_does_not_have_is_not_taken(account: Account) -> None:
    call, arguments = exchange(account, token(), provider=False)
    assert f"No OpenIDConnect provider found in your account for https://{ISSUER}" in error(call, **arguments)


def test_a_token_for_another_audience_is_not_taken(account: Account) -> None:
    call, arguments = exchange(account, token(aud="somebody-else"))
    assert error(call, **arguments) == "InvalidIdentityToken: Incorrect token audience"


def test_a_token_that_has_expired_is_not_taken(account: Account) -> None:
    call, arguments = exchange(account, token(exp=1))
    assert "Token expired" in error(call, **arguments)


def test_a_token_brings_tags_and_a_source_identity_and_its_sender_cannot_add_any(account: Account) -> None:
    call, arguments = exchange(account, token())
    iam = account.client("iam")
    trust = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
        "Principal": {"Federated": account.arn(f"oidc-provider/{ISSUER}")},
        "Condition": {"StringEquals": {"aws:RequestTag/team": "web", "sts:SourceIdentity": "alice"}},
    }
    iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=document(trust))
    own = allow("iam:GetRole", Condition={"StringEquals": {"aws:PrincipalTag/team": "web"}})
    iam.put_role_policy(RoleName="deploy", PolicyName="own", PolicyDocument=document(own))

    def add(params: Any, **_: Any) -> None:
        params["body"] |= {"Tags.member.1.Key": "team", "Tags.member.1.Value": "web", "SourceIdentity": "alice"}

    call.__self__.meta.events.register("before-call.sts", add)
    assert error(call, **arguments).startswith("AccessDenied")
    brought = token(
        **{
            "https://aws.amazon.com/tags": {"principal_tags": {"team": ["web"]}},
            "https://aws.amazon.com/source_identity": "alice",
        }
    )
    given = call(**{**arguments, "WebIdentityToken": brought})
    assert given["SourceIdentity"] == "alice"
    session = given["Credentials"]
    inside = account.client("iam", (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    assert inside.get_role(RoleName="deploy")["Role"]["RoleName"] == "deploy"


def test_what_is_no_token_is_not_taken(account: Account) -> None:
    call, arguments = exchange(account, "no token")
    assert error(call, **arguments).startswith("InvalidIdentityToken")
