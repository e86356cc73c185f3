"""``aws:iam/user:User``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.errors import unless
from sandbox.provider.iam.limits import ARN, ENTITY_NAME, PATH
from sandbox.provider.resource import TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_iam import IAMClient

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class User(Resource):
    """A user. Its name and path change in place: IAM can rename."""

    token = "aws:iam/user:User"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "name": Property(limit=ENTITY_NAME),
        "path": Property(default="/", limit=PATH),
        "permissionsBoundary": Property(limit=ARN),
        "forceDestroy": Property(Kind.FLAG, default=False, kept=True),
        "tags": TAGS,
    }
    outputs = ("arn", "uniqueId", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the user."""
        arguments: dict[str, Any] = {"UserName": new.text("name"), "Path": new.text("path")}
        if new.text("permissionsBoundary"):
            arguments["PermissionsBoundary"] = new.text("permissionsBoundary")
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        return Created(aws.iam.create_user(**arguments)["User"]["UserName"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the user."""
        user = aws.iam.get_user(UserName=resource_id)["User"]
        return {
            "arn": user["Arn"],
            "name": user["UserName"],
            "path": user["Path"],
            "permissionsBoundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": tagging.from_aws(user.get("Tags", [])),
            "uniqueId": user["UserId"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Rename, move, tag, bound."""
        name = new.text("name")
        if (old.text("name"), old.text("path")) != (name, new.text("path")):
            aws.iam.update_user(UserName=resource_id, NewUserName=name, NewPath=new.text("path"))
        boundary = new.text("permissionsBoundary")
        if boundary and boundary != old.text("permissionsBoundary"):
            aws.iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
        elif not boundary and old.text("permissionsBoundary"):
            aws.iam.delete_user_permissions_boundary(UserName=name)
        tagging.change(
            old,
            new,
            lambda added: aws.iam.tag_user(UserName=name, Tags=tagging.to_aws(added)),
            lambda removed: aws.iam.untag_user(UserName=name, TagKeys=removed),
        )

    def id_after_update(self, resource_id: str, new: Properties) -> str:  # noqa: ARG002
        """Follow the name."""
        return new.text("name")

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the user out of its groups and delete it; with ``forceDestroy``, all credentials of it first."""
        for group in aws.iam.list_groups_for_user(UserName=resource_id)["Groups"]:
            aws.iam.remove_user_from_group(GroupName=group["GroupName"], UserName=resource_id)
        if state.flag("forceDestroy"):
            for remove in _CREDENTIALS:
                remove(aws.iam, resource_id)
        aws.iam.delete_user(UserName=resource_id)


def _remove_access_keys(iam: IAMClient, user: str) -> None:
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=user, AccessKeyId=key.get("AccessKeyId", ""))


def _remove_ssh_keys(iam: IAMClient, user: str) -> None:
    for key in iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]:
        iam.delete_ssh_public_key(UserName=user, SSHPublicKeyId=key["SSHPublicKeyId"])


def _remove_mfa_devices(iam: IAMClient, user: str) -> None:
    for device in iam.list_mfa_devices(UserName=user)["MFADevices"]:
        iam.deactivate_mfa_device(UserName=user, SerialNumber=device["SerialNumber"])
        if ":mfa/" in device["SerialNumber"]:
            iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])


def _remove_login_profile(iam: IAMClient, user: str) -> None:
    with unless("NoSuchEntity"):
        iam.delete_login_profile(UserName=user)


def _remove_signing_certificates(iam: IAMClient, user: str) -> None:
    for certificate in iam.list_signing_certificates(UserName=user)["Certificates"]:
        iam.delete_signing_certificate(UserName=user, CertificateId=certificate["CertificateId"])


def _remove_service_credentials(iam: IAMClient, user: str) -> None:
    for credential in iam.list_service_specific_credentials(UserName=user).get("ServiceSpecificCredentials", []):
        iam.delete_service_specific_credential(
            UserName=user, ServiceSpecificCredentialId=credential["ServiceSpecificCredentialId"]
        )


_CREDENTIALS: tuple[Callable[[IAMClient, str], None], ...] = (
    _remove_access_keys,
    _remove_ssh_keys,
    _remove_mfa_devices,
    _remove_login_profile,
    _remove_signing_certificates,
    _remove_service_credentials,
)
