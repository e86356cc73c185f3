"""What the judge is told of a call: where it comes from, who the caller belongs to, what the caller has proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.local_aws.conftest import Account, Credentials, allow, document, error
from tests.support.origins import comes_from, comes_through
from tests.support.second_factors import Device

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws import LocalAws

ENDPOINT = "vpce-0123456789abcdef0"
EVERYTHING = allow(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"])


def role_for(account: Account, condition: dict[str, Any], *also: str) -> str:
    """A role for everybody in the account whom the condition lets in."""
    trust = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", *also],
        "Principal": {"AWS": account.id},
        "Condition": condition,
    }
    iam = account.client("iam")
    return iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]


def refused(client: Any, role: str, **further: Any) -> bool:
    told = error(client.assume_role, RoleArn=role, RoleSessionName="job", **further)
    return told.startswith("AccessDenied")


def let_in(client: Any, role: str, **further: Any) -> Credentials:
    given = client.assume_role(RoleArn=role, RoleSessionName="job", **further)["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


@pytest.fixture
def sts(account: Account) -> Callable[[], Any]:
    """Makes clients of one user who may assume any role."""
    credentials = account.user("deployer", EVERYTHING)
    return lambda: account.client("sts", credentials)


@pytest.mark.parametrize("network", ["203.0.113.0/24", "2001:db8::/32"])
def test_a_call_comes_from_the_address_that_it_says(account: Account, sts: Callable[[], Any], network: str) -> None:
    role = role_for(account, {"IpAddress": {"aws:SourceIp": network}})
    address = network.partition("/")[0]
    let_in(comes_from(sts(), address), role)
    assert refused(comes_from(sts(), "198.51.100.7"), role)
    assert refused(sts(), role)


def test_a_call_that_does_not_say_comes_from_this_machine(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, {"IpAddress": {"aws:SourceIp": "127.0.0.1"}})
    let_in(sts(), role)
    assert refused(comes_from(sts(), "203.0.113.9"), role)


def test_a_call_from_what_is_no_address_is_refused(sts: Callable[[], Any]) -> None:
    assert "no IP address" in error(comes_from(sts(), "somewhere").get_caller_identity)


def test_a_forwarded_address_is_not_believed_as_in_aws(account: Account, sts: Callable[[], Any]) -> None:
    def forwarded(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-For"] = "203.0.113.9"

    client = sts()
    client.meta.events.register("before-sign", forwarded)
    assert refused(client, role_for(account, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))


def test_the_name_that_is_called_tells_the_vpc_endpoint(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, {"StringEquals": {"aws:SourceVpce": ENDPOINT}})
    let_in(comes_through(sts(), ENDPOINT), role)
    assert refused(comes_through(sts(), "vpce-0000000000000000f"), role)
    assert refused(sts(), role)


def test_a_call_through_an_endpoint_has_no_source_address(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
    let_in(sts(), role)
    assert refused(comes_through(sts(), ENDPOINT), role)


def test_a_session_is_known_by_its_roles_arn(account: Account, sts: Callable[[], Any]) -> None:
    iam = account.client("iam")
    first = iam.create_role(
        RoleName="build",
        Path="/ci/",
        AssumeRolePolicyDocument=document(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account.id}}
        ),
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="build", PolicyName="on", PolicyDocument=document(EVERYTHING))
    role = role_for(account, {"ArnEquals": {"aws:PrincipalArn": account.arn("role/ci/build")}})
    let_in(account.client("sts", let_in(sts(), first)), role)
    assert refused(sts(), role)


def test_a_star_in_an_arn_does_not_reach_over_a_colon(account: Account, sts: Callable[[], Any]) -> None:
    assert refused(sts(), role_for(account, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*deployer"}}))


def test_a_star_stands_for_any_account(account: Account, sts: Callable[[], Any]) -> None:
    let_in(sts(), role_for(account, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/deploy??"}}))


SECOND_FACTOR = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}


def test_a_code_with_the_call_is_a_second_factor(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, SECOND_FACTOR)
    device = Device(account.client("iam"), "deployer")
    code = device.code()
    assert refused(sts(), role)
    let_in(sts(), role, SerialNumber=device.serial_number, TokenCode=code)
    assert refused(sts(), role, SerialNumber=device.serial_number, TokenCode=code), "a code is good once"


def test_a_session_with_a_second_factor_keeps_it_and_its_age(
    account: Account, sts: Callable[[], Any], shared_local_aws: LocalAws
) -> None:
    role = role_for(account, SECOND_FACTOR)
    device = Device(account.client("iam"), "deployer")
    given = sts().get_session_token(SerialNumber=device.serial_number, TokenCode=device.code())["Credentials"]
    inside = account.client("sts", (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))
    let_in(inside, role)
    shared_local_aws.forward(3601)
    assert refused(inside, role)


def test_a_session_without_a_second_factor_has_none(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, {"Bool": {"aws:MultiFactorAuthPresent": "false"}})
    given = sts().get_session_token()["Credentials"]
    inside = account.client("sts", (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))
    let_in(inside, role)
    assert refused(sts(), role), "a key that lasts says neither yes nor no"


def test_somebody_elses_device_and_wrong_codes_are_refused(account: Account, sts: Callable[[], Any]) -> None:
    account.user("other")
    device = Device(account.client("iam"), "other")
    call = sts().get_session_token
    assert "MultiFactorAuthentication failed" in error(call, SerialNumber=device.serial_number, TokenCode=device.code())
    own = Device(account.client("iam"), "deployer")
    wrong = f"{(int(own.code()) + 1) % 10**6:06}"
    assert "MultiFactorAuthentication failed" in error(call, SerialNumber=own.serial_number, TokenCode=wrong)


def test_a_device_is_enabled_with_two_of_its_codes_only(account: Account) -> None:
    iam = account.client("iam")
    account.user("deployer")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]["SerialNumber"]
    assert error(
        iam.enable_mfa_device,
        UserName="deployer",
        SerialNumber=serial,
        AuthenticationCode1="123456",
        AuthenticationCode2="123456",
    ).startswith("InvalidAuthenticationCode")


SOURCE_IDENTITY = {"StringEquals": {"sts:SourceIdentity": "alice"}}


def test_a_source_identity_is_checked_told_and_kept(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, SOURCE_IDENTITY, "sts:SetSourceIdentity")
    client = sts()
    answer = client.assume_role(RoleArn=role, RoleSessionName="job", SourceIdentity="alice")
    assert answer["SourceIdentity"] == "alice"
    assert refused(client, role, SourceIdentity="bob")
    assert refused(client, role)


def test_a_source_identity_needs_the_permission_of_both_ends(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, SOURCE_IDENTITY)
    assert refused(sts(), role, SourceIdentity="alice"), "the role does not allow it"
    account.client("iam").update_assume_role_policy(
        RoleName="deploy",
        PolicyDocument=document(
            {
                "Effect": "Allow",
                "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
                "Principal": {"AWS": account.id},
            }
        ),
    )
    without = account.client("sts", account.user("without", allow("sts:AssumeRole")))
    assert refused(without, role, SourceIdentity="alice"), "the user does not"
    let_in(sts(), role, SourceIdentity="alice")


def test_a_session_hands_its_source_identity_on_and_cannot_change_it(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, SOURCE_IDENTITY, "sts:SetSourceIdentity")
    account.client("iam").put_role_policy(RoleName="deploy", PolicyName="on", PolicyDocument=document(EVERYTHING))
    inside = account.client("sts", let_in(sts(), role, SourceIdentity="alice"))
    let_in(inside, role)
    assert refused(inside, role, SourceIdentity="bob")


def test_session_tags_need_the_permission_of_the_user_too(account: Account, sts: Callable[[], Any]) -> None:
    role = role_for(account, {}, "sts:TagSession")
    tags = [{"Key": "team", "Value": "web"}]
    let_in(sts(), role, Tags=tags)
    assert refused(account.client("sts", account.user("without", allow("sts:AssumeRole"))), role, Tags=tags)


def test_a_member_of_an_organization_is_known_by_it_and_by_its_place(account: Account, other_account: Account) -> None:
    organizations = account.client("organizations")
    organization = organizations.describe_organization()["Organization"]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="ci")["OrganizationalUnit"]["Id"]
    made = organizations.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]
    member = Account(made["AccountId"], account.aws)
    organizations.move_account(AccountId=member.id, SourceParentId=root, DestinationParentId=unit)
    path = f"{organization}/{root}/{unit}/"
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": "*"},
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": organization},
            "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [f"{path}*"]},
        },
    }
    iam = account.client("iam")
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    let_in(member.client("sts", member.user("deployer", EVERYTHING)), role)
    assert refused(other_account.client("sts", other_account.user("deployer", EVERYTHING)), role)
    organizations.move_account(AccountId=member.id, SourceParentId=unit, DestinationParentId=root)
    assert refused(member.client("sts", member.user("other", EVERYTHING)), role)


@pytest.mark.parametrize("condition", [{"StringMatches": {"aws:PrincipalArn": "x"}}, {"StringLike": "x"}, "x"])
def test_a_condition_that_nobody_would_hold_is_refused(account: Account, condition: Any) -> None:
    account.user("deployer")
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    iam = account.client("iam")
    assert error(iam.put_user_policy, UserName="deployer", PolicyName="p", PolicyDocument=document(deny)).startswith(
        "MalformedPolicyDocument"
    )


def test_operators_for_sets_and_for_missing_keys_are_known(account: Account) -> None:
    account.user("deployer")
    condition = {
        "ForAllValues:StringLikeIfExists": {"aws:TagKeys": "a*"},
        "Null": {"aws:MultiFactorAuthAge": "true"},
        "NotIpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"},
    }
    policy = document(allow("s3:GetObject", Condition=condition))
    account.client("iam").put_user_policy(UserName="deployer", PolicyName="p", PolicyDocument=policy)
