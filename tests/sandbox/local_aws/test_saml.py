"""Whose assertions are taken in exchange for a session."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.sandbox.local_aws.conftest import Account, document, error
from tests.support.saml import RECIPIENT, IdentityProvider

IDP = IdentityProvider("https://identity-provider.example.com")


class Trusting:
    """An account with an identity provider, and a role that trusts what the provider says of one subject."""

    def __init__(self, account: Account) -> None:
        iam = account.client("iam")
        made = iam.create_saml_provider(SAMLMetadataDocument=IDP.metadata(), Name="acme-idp")
        self.provider: str = made["SAMLProviderArn"]
        trust = {
            "Effect": "Allow",
            "Action": ["sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"],
            "Principal": {"Federated": self.provider},
            "Condition": {"StringEquals": {"SAML:sub": "build-server", "SAML:aud": RECIPIENT}},
        }
        made = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))
        self.role: str = made["Role"]["Arn"]
        self.sts = account.client("sts", config=Config(signature_version=UNSIGNED))

    def response(self, idp: IdentityProvider = IDP, subject: str = "build-server", **changed: Any) -> str:
        return idp.response(self.role, self.provider, subject=subject, **changed)

    def call(self, response: str) -> dict[str, str]:
        return {"RoleArn": self.role, "PrincipalArn": self.provider, "SAMLAssertion": response}


@pytest.fixture
def trusting(account: Account) -> Trusting:
    return Trusting(account)


def test_an_assertion_of_the_trusted_subject_is_taken(account: Account, trusting: Trusting) -> None:
    answer = trusting.sts.assume_role_with_saml(**trusting.call(trusting.response()))
    assert answer["Subject"] == "build-server"
    given = answer["Credentials"]
    inside = account.client("sts", (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))
    assert inside.get_caller_identity()["Arn"].endswith(":assumed-role/deploy/job")


def test_an_assertion_may_set_a_source_identity(trusting: Trusting) -> None:
    response = trusting.response(attributes={"SourceIdentity": "alice"})
    assert trusting.sts.assume_role_with_saml(**trusting.call(response))["SourceIdentity"] == "alice"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"subject": "somebody"}, "AccessDenied"),
        ({"recipient": "https://evil.example.com"}, "AccessDenied"),
        ({"attributes": {"PrincipalTag:team": "web"}}, "AccessDenied"),
        ({"attributes": {"Role": "arn:aws:iam::111122223333:role/other,arn:x"}}, "AccessDenied"),
        ({"audience": "https://evil.example.com"}, "InvalidIdentityToken"),
        ({"session_name": ""}, "InvalidIdentityToken"),
        ({"lasts": -1}, "ExpiredTokenException"),
        ({"idp": IdentityProvider("https://other.example.com", IDP.key)}, "InvalidIdentityToken"),
        ({"idp": IdentityProvider(IDP.entity_id)}, "InvalidIdentityToken"),
    ],
    ids=[
        "another subject",
        "another recipient",
        "tags that the role does not allow",
        "another role",
        "another audience",
        "no session name",
        "too late",
        "another issuer",
        "another key",
    ],
)
def test_another_assertion_is_not_taken(trusting: Trusting, changed: dict[str, Any], code: str) -> None:
    call = trusting.call(trusting.response(**changed))
    assert error(trusting.sts.assume_role_with_saml, **call).startswith(code)


def test_an_assertion_changed_after_it_was_signed_is_not_taken(trusting: Trusting) -> None:
    genuine = base64.b64decode(trusting.response(subject="somebody"))
    forged = base64.b64encode(genuine.replace(b"somebody", b"build-server")).decode()
    told = error(trusting.sts.assume_role_with_saml, **trusting.call(forged))
    assert told == "InvalidIdentityToken: Response signature invalid"


def test_an_assertion_beside_the_signed_one_is_not_looked_at(trusting: Trusting) -> None:
    genuine = base64.b64decode(trusting.response(subject="somebody"))
    start, end = genuine.index(b"<Assertion"), genuine.index(b"</Assertion>") + len(b"</Assertion>")
    signature = genuine.index(b"<ds:Signature"), genuine.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    unsigned = genuine[start : signature[0]] + genuine[signature[1] : end]
    forged = unsigned.replace(b"somebody", b"build-server").replace(b'ID="a1"', b'ID="a2"')
    wrapped = base64.b64encode(genuine[:start] + forged + genuine[start:]).decode()
    assert error(trusting.sts.assume_role_with_saml, **trusting.call(wrapped)).startswith("AccessDenied")


@pytest.mark.parametrize("given", ["no assertion", base64.b64encode(b"<Response/>").decode()])
def test_what_is_no_assertion_is_not_taken(trusting: Trusting, given: str) -> None:
    assert error(trusting.sts.assume_role_with_saml, **trusting.call(given)).startswith("InvalidIdentityToken")


def test_a_provider_that_the_account_does_not_have_is_not_believed(trusting: Trusting) -> None:
    call = trusting.call(trusting.response()) | {"PrincipalArn": f"{trusting.provider}-2"}
    assert "Specified provider doesn't exist" in error(trusting.sts.assume_role_with_saml, **call)
