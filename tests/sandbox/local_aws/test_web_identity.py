"""Whose tokens are taken in exchange for a session."""

from __future__ import annotations

import base64
import json
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config

from tests.sandbox.local_aws.conftest import Account, allow, document, error
from tests.support.tokens import TokenIssuer

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


def trusting(account: Account, issuer: str, tests: dict[str, Any], *, audience: str = "sts.amazonaws.com") -> Any:
    """A function that tells whether a token opens a session of a role that trusts the issuer under these conditions."""
    iam = account.client("iam")
    provider = iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=[audience])
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
        "Condition": tests,
    }
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    sts = account.client("sts", config=Config(signature_version=UNSIGNED))

    def answer(given: str) -> str:
        arguments = {"RoleArn": role, "RoleSessionName": "job", "WebIdentityToken": given}
        try:
            sts.assume_role_with_web_identity(**arguments)
        except sts.exceptions.ClientError as refused:
            return refused.response["Error"]["Code"]
        return "let in"

    return answer


def test_a_claim_that_aws_reads_of_the_issuer_can_be_compared(account: Account) -> None:
    answer = trusting(account, ISSUER, {"StringEquals": {f"{ISSUER}:repository_id": "4711"}})

    assert answer(token(repository_id="4711")) == "let in"
    assert answer(token(repository_id="4712")) == "AccessDenied"
    assert answer(token()) == "AccessDenied"


def test_a_claim_that_aws_does_not_read_is_never_there(account: Account) -> None:
    answer = trusting(account, ISSUER, {"StringEquals": {f"{ISSUER}:repository_owner": "acme"}})

    assert answer(token(repository_owner="acme")) == "AccessDenied"


def test_of_an_instance_of_ones_own_subject_and_audience_alone_are_read(account: Account) -> None:
    own = "gitlab.example.com"
    answer = trusting(account, own, {"StringEquals": {f"{own}:project_id": "7"}})

    assert answer(token(iss=f"https://{own}", project_id="7")) == "AccessDenied"


def test_of_gitlab_a_boolean_is_compared_as_text(account: Account) -> None:
    answer = trusting(account, "gitlab.com", {"StringEquals": {"gitlab.com:ref_protected": "true"}})

    assert answer(token(iss="https://gitlab.com", ref_protected="true")) == "let in"
    assert answer(token(iss="https://gitlab.com", ref_protected="false")) == "AccessDenied"


def test_a_slash_at_the_end_and_a_port_belong_to_an_issuers_name(account: Account) -> None:
    issuer = "acme.example.com:8443/oidc/"
    answer = trusting(account, issuer, {"StringEquals": {f"{issuer}:sub": SUBJECT}})

    assert answer(token(iss=f"https://{issuer}")) == "let in"
    assert answer(token(iss=f"https://{issuer}".rstrip("/"))) == "InvalidIdentityToken"


def test_a_token_with_roles_opens_no_other_role_whatever_the_trust_policy_says(account: Account) -> None:
    answer = trusting(account, ISSUER, {"StringEquals": {f"{ISSUER}:sub": SUBJECT}})
    this, other = (account.arn(f"role/{name}") for name in ("deploy", "other"))
    roles = "https://aws.amazon.com/roles"

    assert answer(token(**{roles: [other, this]})) == "let in"
    assert answer(token(**{roles: this})) == "let in"
    assert answer(token(**{roles: [other]})) == "InvalidIdentityToken"
    assert answer(token(**{roles: []})) == "InvalidIdentityToken"


def test_a_trust_policy_can_ask_for_tokens_with_roles(account: Account) -> None:
    answer = trusting(account, ISSUER, {"Bool": {"sts:RoleAuthorizedByIdp": "true"}})

    assert answer(token(**{"https://aws.amazon.com/roles": [account.arn("role/deploy")]})) == "let in"
    assert answer(token()) == "AccessDenied"


def test_a_token_of_a_known_issuer_must_be_signed_by_it(account: Account) -> None:
    answer = trusting(account, "ci.example.com", {"StringEquals": {"ci.example.com:sub": "job"}})
    issuer, somebody = (TokenIssuer("https://ci.example.com") for _ in range(2))
    account.aws.know_issuer(account.id, issuer.url, issuer.public_keys())
    claims = {"aud": "sts.amazonaws.com", "sub": "job"}

    assert answer(issuer.token(claims)) == "let in"
    assert answer(somebody.token(claims)) == "InvalidIdentityToken"
    assert answer(token(iss=issuer.url, **claims)) == "InvalidIdentityToken"


def test_the_audience_of_a_google_token_is_the_party_it_is_for_and_the_one_asked_for_stands_beside_it(
    account: Account,
) -> None:
    iam = account.client("iam")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "accounts.google.com"},
        "Condition": {
            "StringEquals": {"accounts.google.com:aud": "108", "accounts.google.com:oaud": "sts.amazonaws.com"},
            "NumericEquals": {"accounts.google.com:google/organization_number": "77"},
        },
    }
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    sts = account.client("sts", config=Config(signature_version=UNSIGNED))
    given = token(iss="https://accounts.google.com", azp="108", google={"organization_number": 77})

    call = sts.assume_role_with_web_identity
    assert call(RoleArn=role, RoleSessionName="job", WebIdentityToken=given)["Credentials"]
    other = token(iss="https://accounts.google.com", azp="108", google={"organization_number": 78})
    assert error(call, RoleArn=role, RoleSessionName="job", WebIdentityToken=other).startswith("AccessDenied")


def test_an_account_signs_tokens_for_others_only_while_that_is_switched_on(account: Account) -> None:
    iam, sts = account.client("iam"), account.client("sts")
    asked = {"Audience": ["https://api.example.com"], "SigningAlgorithm": "ES384", "DurationSeconds": 300}

    assert error(sts.get_web_identity_token, **asked).startswith("OutboundWebIdentityFederationDisabled")
    assert error(iam.get_outbound_web_identity_federation_info).startswith("FeatureDisabled")
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"] == issuer
    assert sts.get_web_identity_token(**asked)["WebIdentityToken"].count(".") == 2
    assert error(iam.enable_outbound_web_identity_federation).startswith("FeatureEnabled")
    iam.disable_outbound_web_identity_federation()
    assert error(sts.get_web_identity_token, **asked).startswith("OutboundWebIdentityFederationDisabled")
