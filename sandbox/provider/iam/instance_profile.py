"""``aws:iam/instanceProfile:InstanceProfile``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.provider import tagging
from sandbox.provider.iam.limits import NAME, PATH
from sandbox.provider.resource import TAGS, Created, Found, HalfCreatedError, Resource
from sandbox.provider.schema import Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class InstanceProfile(Resource):
    """A profile that gives a role to machines. Its role changes in place."""

    token = "aws:iam/instanceProfile:InstanceProfile"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "name": Property(replaces=True, limit=NAME),
        "path": Property(default="/", replaces=True, limit=PATH),
        "role": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "tagsAll", "uniqueId")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the profile, then put its role in."""
        arguments: dict[str, Any] = {"InstanceProfileName": new.text("name"), "Path": new.text("path")}
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        created = Created(aws.iam.create_instance_profile(**arguments)["InstanceProfile"]["InstanceProfileName"])
        try:
            if new.text("role"):
                aws.iam.add_role_to_instance_profile(InstanceProfileName=created.id, RoleName=new.text("role"))
        except ClientError as error:
            raise HalfCreatedError(created, error) from error
        return created

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the profile."""
        profile = aws.iam.get_instance_profile(InstanceProfileName=resource_id)["InstanceProfile"]
        return {
            "arn": profile["Arn"],
            "createDate": profile["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "name": profile["InstanceProfileName"],
            "path": profile["Path"],
            "role": profile["Roles"][0]["RoleName"] if profile["Roles"] else None,
            "tags": tagging.from_aws(profile.get("Tags", [])),
            "uniqueId": profile["InstanceProfileId"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Put another role in."""
        if old.text("role") != new.text("role"):
            if old.text("role"):
                aws.iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=old.text("role"))
            if new.text("role"):
                aws.iam.add_role_to_instance_profile(InstanceProfileName=resource_id, RoleName=new.text("role"))
        tagging.change(
            old,
            new,
            lambda added: aws.iam.tag_instance_profile(InstanceProfileName=resource_id, Tags=tagging.to_aws(added)),
            lambda removed: aws.iam.untag_instance_profile(InstanceProfileName=resource_id, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the role out and delete the profile."""
        if state.text("role"):
            aws.iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=state.text("role"))
        aws.iam.delete_instance_profile(InstanceProfileName=resource_id)
