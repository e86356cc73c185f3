"""Every error that AWS's own models declare for the calls in use is provoked here, or is one that is not modelled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name

from sandbox.folders import CHECKOUT
from tests.sandbox.local_aws.conftest import Account, allow, document, error

if TYPE_CHECKING:
    from collections.abc import Callable

    Provoke = Callable[[Any, Account], dict[str, Any]]

NOT_MODELLED = {
    "ServiceFailure": "AWS fails for reasons of its own",
    "ConcurrentModification": "two calls at once change one entity",
    "EntityTemporarilyUnmodifiable": "a name or a login profile was changed a moment ago",
    "UnmodifiableEntity": "a role that is linked to a service",
    "PolicyNotAttachable": "a managed policy for services alone",
    "PasswordPolicyViolation": "the account's password policy",
    "OpenIdIdpCommunicationError": "the issuer does not answer when IAM fetches its thumbprint",
    "NotSupportedService": "credentials for other services",
    "PolicyEvaluation": "the simulator meets a policy it cannot evaluate",
    "RegionDisabledException": "a region that the account has not enabled",
    "PackedPolicyTooLarge": "session policies and tags together",
    "IDPRejectedClaim": "the issuer rejects the token",
    "IDPCommunicationError": "the issuer does not answer when STS checks a token",
    "SessionDurationEscalationException": "a token that would outlive the session that asks for it",
    "JWTPayloadSizeExceededException": "a token with too much in it",
    "InvalidAuthorizationMessageException": "encoded messages of denials",
    "InvalidInput": "said as ValidationError, or not looked for: what neither pattern nor length tells",
    "LimitExceeded": "quotas of the account (users, roles, groups, policies, providers), and of calls a second",
}
"""Errors and when AWS answers with them; for calls with a row in `PROVOKED`, the local AWS does, too."""

TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}})
READ = document(allow("s3:GetObject"))
LONG = document(*[allow(f"s3:Get{number:04}", "arn:aws:s3:::" + "x" * 200) for number in range(50)])
ISSUER = "https://gitlab.example.com"


def _user(iam: Any, account: Account) -> dict[str, Any]:
    iam.create_user(UserName="one")
    return {"UserName": "one"}


def _role(iam: Any, account: Account) -> dict[str, Any]:
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
    return {"RoleName": "one"}


def _group(iam: Any, account: Account) -> dict[str, Any]:
    iam.create_group(GroupName="one")
    return {"GroupName": "one"}


def _policy(iam: Any, account: Account) -> dict[str, Any]:
    return {"PolicyArn": iam.create_policy(PolicyName="one", PolicyDocument=READ)["Policy"]["Arn"]}


def _device(iam: Any, account: Account) -> dict[str, Any]:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="one")["VirtualMFADevice"]
    return {**_user(iam, account), "SerialNumber": made["SerialNumber"]}


def _with(before: Provoke, /, **given: Any) -> Provoke:
    return lambda iam, account: {**before(iam, account), **given}


def _after(before: Provoke, call: str, /, times: int = 1, **given: Any) -> Provoke:
    """The same call, or another one before it, has been made already."""

    def provoke(iam: Any, account: Account) -> dict[str, Any]:
        named = before(iam, account)
        for _ in range(times):
            getattr(iam, call)(**named, **given)
        return {**named, **given}

    return provoke


def _only(*names: str, of: Provoke) -> Provoke:
    return lambda iam, account: {name: value for name, value in of(iam, account).items() if name in names}


def _nothing(iam: Any, account: Account) -> dict[str, Any]:
    return {}


def _missing_policy(before: Provoke) -> Provoke:
    return lambda iam, account: {**before(iam, account), "PolicyArn": account.arn("policy/missing")}


def _missing_provider(iam: Any, account: Account) -> dict[str, Any]:
    return {"OpenIDConnectProviderArn": account.arn("oidc-provider/missing.example.com")}


CODES = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
INLINE: dict[str, Any] = {"PolicyName": "p", "PolicyDocument": READ}
BAD: dict[str, Any] = {"PolicyDocument": '{"Statement": [{}]}'}

PROVOKED: dict[tuple[str, str], Provoke] = {
    ("CreateUser", "EntityAlreadyExists"): _user,
    ("CreateRole", "EntityAlreadyExists"): _with(_role, AssumeRolePolicyDocument=TRUST),
    ("CreateGroup", "EntityAlreadyExists"): _group,
    ("CreatePolicy", "EntityAlreadyExists"): _after(_nothing, "create_policy", **INLINE),
    ("CreateLoginProfile", "EntityAlreadyExists"): _after(_user, "create_login_profile", Password="not-a-real-One-1"),
    ("CreateOpenIDConnectProvider", "EntityAlreadyExists"): _after(
        _nothing, "create_open_id_connect_provider", Url=ISSUER, ClientIDList=["a"]
    ),
    ("CreateVirtualMFADevice", "EntityAlreadyExists"): _after(
        _nothing, "create_virtual_mfa_device", VirtualMFADeviceName="one"
    ),
    ("UpdateUser", "EntityAlreadyExists"): _with(_after(_user, "create_access_key"), NewUserName="ONE2"),
    ("DeleteUser", "DeleteConflict"): _after(_user, "create_access_key"),
    ("DeleteGroup", "DeleteConflict"): _only("GroupName", of=_after(_group, "put_group_policy", **INLINE)),
    ("DeleteRole", "DeleteConflict"): _only("RoleName", of=_after(_role, "put_role_policy", **INLINE)),
    ("DeletePolicyVersion", "DeleteConflict"): _with(_policy, VersionId="v1"),
    ("CreateAccessKey", "LimitExceeded"): _after(_user, "create_access_key", times=2),
    ("CreatePolicyVersion", "LimitExceeded"): _after(_policy, "create_policy_version", times=4, PolicyDocument=READ),
    ("PutUserPolicy", "LimitExceeded"): _with(_user, PolicyName="p", PolicyDocument=LONG),
    ("PutRolePolicy", "LimitExceeded"): _with(_role, PolicyName="p", PolicyDocument=LONG),
    ("PutGroupPolicy", "LimitExceeded"): _with(_group, PolicyName="p", PolicyDocument=LONG),
    ("CreatePolicy", "LimitExceeded"): _with(_nothing, PolicyName="p", PolicyDocument=LONG),
    ("PutUserPolicy", "MalformedPolicyDocument"): _with(_user, PolicyName="p", **BAD),
    ("PutRolePolicy", "MalformedPolicyDocument"): _with(_role, PolicyName="p", **BAD),
    ("PutGroupPolicy", "MalformedPolicyDocument"): _with(_group, PolicyName="p", **BAD),
    ("CreatePolicy", "MalformedPolicyDocument"): _with(_nothing, PolicyName="p", **BAD),
    ("CreatePolicyVersion", "MalformedPolicyDocument"): _with(_policy, **BAD),
    ("CreateRole", "MalformedPolicyDocument"): _with(_nothing, RoleName="r", AssumeRolePolicyDocument="{"),
    ("UpdateAssumeRolePolicy", "MalformedPolicyDocument"): _with(_role, PolicyDocument="{"),
    ("EnableMFADevice", "InvalidAuthenticationCode"): _with(_device, **CODES),
    ("EnableOutboundWebIdentityFederation", "FeatureEnabled"): _after(
        _nothing, "enable_outbound_web_identity_federation"
    ),
    ("DisableOutboundWebIdentityFederation", "FeatureDisabled"): _nothing,
    ("GetOutboundWebIdentityFederationInfo", "FeatureDisabled"): _nothing,
    **{
        (f"Attach{kind}Policy", "NoSuchEntity"): _missing_policy(before)
        for kind, before in (("User", _user), ("Role", _role), ("Group", _group))
    },
    **{
        (call, "NoSuchEntity"): _missing_policy(_nothing)
        for call in ("DeletePolicy", "GetPolicy", "ListPolicyVersions")
    },
    ("GetPolicyVersion", "NoSuchEntity"): _with(_policy, VersionId="v9"),
    ("DeletePolicyVersion", "NoSuchEntity"): _with(_policy, VersionId="v9"),
    ("SetDefaultPolicyVersion", "NoSuchEntity"): _with(_policy, VersionId="v9"),
    ("CreatePolicyVersion", "NoSuchEntity"): _with(_missing_policy(_nothing), PolicyDocument=READ),
    ("GetOpenIDConnectProvider", "NoSuchEntity"): _missing_provider,
    ("DeleteOpenIDConnectProvider", "NoSuchEntity"): _missing_provider,
    ("AddClientIDToOpenIDConnectProvider", "NoSuchEntity"): _with(_missing_provider, ClientID="b"),
    ("RemoveClientIDFromOpenIDConnectProvider", "NoSuchEntity"): _with(_missing_provider, ClientID="b"),
}


@pytest.mark.parametrize(("call", "code"), PROVOKED, ids="-".join)
def test_the_local_aws_answers_with_the_error(account: Account, call: str, code: str) -> None:
    iam = account.client("iam")
    if call == "UpdateUser":
        iam.create_user(UserName="one2")
    given = PROVOKED[call, code](iam, account)
    assert error(getattr(iam, xform_name(call)), **given).startswith(f"{code}: ")


def test_what_is_not_modelled_is_told_in_the_documentation() -> None:
    page = (CHECKOUT / "docs" / "sandbox.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert {code: told.get(code) for code in NOT_MODELLED} == NOT_MODELLED


def _in_use() -> set[tuple[str, str]]:
    """The calls of IAM and STS that components, commands, sandbox and tests make, and the errors declared for them."""
    folders = ("components", "pipeline", "sandbox", "tests")
    files = [
        file for folder in folders for file in (Path(CHECKOUT) / folder).rglob("*.py") if "layer" not in file.parts
    ]
    words = {word for file in files for word in re.findall(r"[a-z_]+", file.read_text())}
    declared: set[tuple[str, str]] = set()
    for service in ("iam", "sts"):
        model = botocore.session.Session().get_service_model(service)
        for name in model.operation_names:
            if xform_name(name) in words:
                shapes = model.operation_model(name).error_shapes
                declared |= {(name, shape.metadata.get("error", {}).get("code", shape.name)) for shape in shapes}
    return declared


def test_every_error_that_is_declared_is_provoked_or_known_as_not_modelled() -> None:
    # Where an entity is named, tests/sandbox/local_aws/test_belongings.py asks every call for one that is not there;
    # tokens and session policies have tests of their own beside it.
    elsewhere = {
        "NoSuchEntity",
        "ExpiredTokenException",
        "InvalidIdentityToken",
        "OutboundWebIdentityFederationDisabledException",
        "DeleteConflict",
        "EntityAlreadyExists",
    }
    left = {(call, code) for call, code in _in_use() - PROVOKED.keys() if code not in NOT_MODELLED}
    assert {code for _, code in left} <= elsewhere | {"MalformedPolicyDocument"}
