"""A call that names a user and a thing finds the thing only where it is that user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name

from tests.sandbox.local_aws.conftest import Account, allow, document, error
from tests.support.second_factors import Device

if TYPE_CHECKING:
    from collections.abc import Callable

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Owned:
    """A kind of thing: how one is given to a user, and the calls about it, the last of which takes it away."""

    given: Callable[[Any, str], dict[str, Any]]
    calls: tuple[Call, ...]


def _key(iam: Any, user: str) -> dict[str, Any]:
    return {"AccessKeyId": iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]}


def _password(iam: Any, user: str) -> dict[str, Any]:
    iam.create_login_profile(UserName=user, Password="not-a-real-One-1")
    return {}


def _device(iam: Any, user: str) -> dict[str, Any]:
    return {"SerialNumber": Device(iam, user).serial_number}


def _inline_policy(iam: Any, user: str) -> dict[str, Any]:
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document(allow("s3:GetObject")))
    return {"PolicyName": "p"}


def _attached_policy(iam: Any, user: str) -> dict[str, Any]:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("s3:GetObject")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    return {"PolicyArn": policy}


def _membership(iam: Any, user: str) -> dict[str, Any]:
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName=user)
    return {"GroupName": "g"}


def _boundary(iam: Any, user: str) -> dict[str, Any]:
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
    return {}


KINDS = {
    "key": Owned(_key, (("update_access_key", {"Status": "Inactive"}), ("delete_access_key", {}))),
    "password": Owned(_password, (("get_login_profile", {}), ("delete_login_profile", {}))),
    "device": Owned(_device, (("deactivate_mfa_device", {}),)),
    "inline policy": Owned(_inline_policy, (("get_user_policy", {}), ("delete_user_policy", {}))),
    "attached policy": Owned(_attached_policy, (("detach_user_policy", {}),)),
    "membership": Owned(_membership, (("remove_user_from_group", {}),)),
    "boundary": Owned(_boundary, (("delete_user_permissions_boundary", {}),)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_of_one_user_is_not_found_through_another(account: Account, kind: str) -> None:
    iam, owned = account.client("iam"), KINDS[kind]
    for user in ("owner", "other"):
        iam.create_user(UserName=user)
    thing = owned.given(iam, "owner")
    for name, further in owned.calls:
        for wrong in ("other", "nobody"):
            assert error(getattr(iam, name), UserName=wrong, **thing, **further).startswith("NoSuchEntity: ")
        getattr(iam, name)(UserName="owner", **thing, **further)
    last, further = owned.calls[-1]
    assert error(getattr(iam, last), UserName="owner", **thing, **further).startswith("NoSuchEntity: ")


def test_the_key_of_another_user_stays_active_and_keeps_working(account: Account) -> None:
    iam = account.client("iam")
    credentials = account.user("owner", allow("s3:ListAllMyBuckets"))
    account.user("other")
    assert error(iam.delete_access_key, UserName="other", AccessKeyId=credentials[0]) == (
        f"NoSuchEntity: The Access Key with id {credentials[0]} cannot be found."
    )
    assert account.client("s3", credentials).list_buckets()["Buckets"] == []


def test_a_user_who_is_left_out_is_the_one_who_calls(account: Account) -> None:
    own = account.client("iam", account.user("owner", allow("iam:*")))
    theirs = account.user("other")[0]
    assert own.get_user()["User"]["UserName"] == "owner"
    second = own.create_access_key()["AccessKey"]
    assert second["UserName"] == "owner"
    assert second["AccessKeyId"] in [key["AccessKeyId"] for key in own.list_access_keys()["AccessKeyMetadata"]]
    own.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    own.delete_access_key(AccessKeyId=second["AccessKeyId"])
    assert error(own.delete_access_key, AccessKeyId=theirs).startswith("NoSuchEntity")
    assert error(account.client("iam").delete_access_key, AccessKeyId=theirs).startswith("NoSuchEntity")


# What a call needs besides the name of the entity, so that nothing but the entity can be missing.
_FURTHER: dict[str, Any] = {
    "AccessKeyId": "AKIA0000000000000000",
    "AssumeRolePolicyDocument": document(),
    "AuthenticationCode1": "000000",
    "AuthenticationCode2": "000001",
    "CertificateId": "A" * 24,
    "Description": "text",
    "Encoding": "SSH",
    "InstanceProfileName": "profile",
    "Password": "not-a-real-One-1",
    "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "PolicyDocument": document(allow("s3:GetObject")),
    "PolicyName": "p",
    "SSHPublicKeyId": "A" * 20,
    "SerialNumber": "arn:aws:iam::111122223333:mfa/device",
    "ServiceSpecificCredentialId": "A" * 20,
    "Status": "Active",
    "TagKeys": ["team"],
    "Tags": [{"Key": "team", "Value": "one"}],
}
_NAMES = ("UserName", "RoleName", "GroupName")
# Of what no job, component or test has: the local AWS knows no such call.
_NOT_THERE = frozenset(
    {"GetMFADevice", "UploadSSHPublicKey", "UploadSigningCertificate", "CreateServiceSpecificCredential"}
)


def _calls_on_entities() -> list[tuple[str, str]]:
    model = botocore.session.Session().get_service_model("iam")
    return [
        (operation, name)
        for operation in model.operation_names
        for name in _NAMES
        if name in getattr(model.operation_model(operation).input_shape, "members", {})
        and operation != f"Create{name.removesuffix('Name')}"
        and operation not in _NOT_THERE
    ]


def test_each_call_of_iam_says_that_the_entity_it_names_is_not_there(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="user")
    iam.create_group(GroupName="group")
    iam.create_instance_profile(InstanceProfileName="profile")
    model = iam.meta.service_model
    said: dict[tuple[str, str], str] = {}
    for operation, name in _calls_on_entities():
        required = model.operation_model(operation).input_shape.required_members
        given = {key: {"UserName": "user", "GroupName": "group", **_FURTHER}.get(key) for key in required}
        said[operation, name] = error(getattr(iam, xform_name(operation)), **{**given, name: "nobody"})
    assert said == {
        (operation, name): f"NoSuchEntity: The {name.removesuffix('Name').lower()} with name nobody cannot be found."
        for operation, name in said
    }
