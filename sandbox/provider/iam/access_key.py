"""``aws:iam/accessKey:AccessKey``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Property
from sandbox.provider.values import Secret

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class AccessKey(Resource):
    """A key of a user. Only its status changes in place; its secret is told once, when it is made."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "status": Property(default="Active", only=("Active", "Inactive")),
        "user": Property(required=True, replaces=True),
    }
    outputs = ("createDate", "secret")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the key; an inactive one is made active and switched off at once."""
        key = aws.iam.create_access_key(UserName=new.text("user"))["AccessKey"]
        created = Created(key["AccessKeyId"], {"secret": Secret(key["SecretAccessKey"])})
        if new.text("status") == "Inactive":
            aws.iam.update_access_key(UserName=new.text("user"), AccessKeyId=created.id, Status="Inactive")
        return created

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the key. An imported one is looked for by its id, as its user is not known."""
        user = state.text("user") or aws.iam.get_access_key_last_used(AccessKeyId=resource_id)["UserName"]
        for key in aws.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            if key.get("AccessKeyId") == resource_id:
                created = key.get("CreateDate")
                return {
                    "createDate": created.strftime("%Y-%m-%dT%H:%M:%SZ") if created else None,
                    "secret": Secret(state.text("secret")) if state.text("secret") else None,
                    "status": key.get("Status"),
                    "user": user,
                }
        return None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Switch the key on or off."""
        status = "Inactive" if new.text("status") == "Inactive" else "Active"
        aws.iam.update_access_key(UserName=new.text("user"), AccessKeyId=resource_id, Status=status)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the key."""
        aws.iam.delete_access_key(UserName=state.text("user"), AccessKeyId=resource_id)
