"""The types of KMS: keys and their other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property, matching

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_GONE = ("NotFoundException",)
_ALIAS = matching(r"alias/[\w/-]+", "alias/ and then letters, digits and / _ -", 256)
_ON_THE_WAY_OUT = ("PendingDeletion", "PendingReplicaDeletion")


class Key(Resource):
    """A key. Deleted, it waits for its deletion, and counts as gone."""

    token = "aws:kms/key:Key"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "customerMasterKeySpec": Property(default="SYMMETRIC_DEFAULT", replaces=True),
        "deletionWindowInDays": Property(Kind.NUMBER, least=7, most=30, kept=True),
        "description": Property(computed=True),
        "enableKeyRotation": Property(Kind.FLAG, default=False),
        "isEnabled": Property(Kind.FLAG, default=True),
        "keyUsage": Property(default="ENCRYPT_DECRYPT", replaces=True),
        "policy": Property(Kind.DOCUMENT, computed=True),
        "region": REGION,
        "tags": TAGS,
    }
    outputs = ("arn", "keyId", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the key."""
        kms = aws.client("kms", aws.region_of(new))
        arguments: dict[str, Any] = {
            "KeySpec": new.text("customerMasterKeySpec"),
            "KeyUsage": new.text("keyUsage"),
            "Description": new.text("description"),
            "Tags": tagging.to_aws(new.map("tags"), "TagKey", "TagValue"),
        }
        if new.text("policy"):
            arguments["Policy"] = new.text("policy")
        key_id = kms.create_key(**arguments)["KeyMetadata"]["KeyId"]
        if new.flag("enableKeyRotation"):
            kms.enable_key_rotation(KeyId=key_id)
        if not new.flag("isEnabled"):
            kms.disable_key(KeyId=key_id)
        return Created(key_id)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the key."""
        region = aws.region_of(state)
        kms = aws.client("kms", region)
        key = kms.describe_key(KeyId=resource_id)["KeyMetadata"]
        if key["KeyState"] in _ON_THE_WAY_OUT:
            return None
        tags = kms.list_resource_tags(KeyId=resource_id)["Tags"]
        return {
            "arn": key["Arn"],
            "customerMasterKeySpec": key.get("KeySpec", key.get("CustomerMasterKeySpec")),
            "description": key.get("Description"),
            "enableKeyRotation": kms.get_key_rotation_status(KeyId=resource_id)["KeyRotationEnabled"],
            "isEnabled": key["KeyState"] != "Disabled",
            "keyId": key["KeyId"],
            "keyUsage": key["KeyUsage"],
            "policy": kms.get_key_policy(KeyId=resource_id, PolicyName="default")["Policy"],
            "region": region,
            "tags": tagging.from_aws(tags, "TagKey", "TagValue"),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change what differs."""
        kms = aws.client("kms", aws.region_of(new))
        # A key that is switched off takes no changes: it goes on first, and off last.
        if new.flag("isEnabled") and not old.flag("isEnabled"):
            kms.enable_key(KeyId=resource_id)
        if "description" in new and old.text("description") != new.text("description"):
            kms.update_key_description(KeyId=resource_id, Description=new.text("description"))
        if "policy" in new and old.text("policy") != new.text("policy"):
            kms.put_key_policy(KeyId=resource_id, PolicyName="default", Policy=new.text("policy"))
        if old.flag("enableKeyRotation") != new.flag("enableKeyRotation"):
            turn = kms.enable_key_rotation if new.flag("enableKeyRotation") else kms.disable_key_rotation
            turn(KeyId=resource_id)
        tagging.change(
            old,
            new,
            lambda added: kms.tag_resource(KeyId=resource_id, Tags=tagging.to_aws(added, "TagKey", "TagValue")),
            lambda removed: kms.untag_resource(KeyId=resource_id, TagKeys=removed),
        )
        if old.flag("isEnabled") and not new.flag("isEnabled"):
            kms.disable_key(KeyId=resource_id)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Schedule the deletion, in 30 days unless told otherwise."""
        kms = aws.client("kms", aws.region_of(state))
        if kms.describe_key(KeyId=resource_id)["KeyMetadata"]["KeyState"] not in _ON_THE_WAY_OUT:
            kms.schedule_key_deletion(KeyId=resource_id, PendingWindowInDays=state.number("deletionWindowInDays") or 30)


class Alias(Resource):
    """Another name of a key, which changes in place which key it is of."""

    token = "aws:kms/alias:Alias"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "name": Property(required=True, replaces=True, limit=_ALIAS),
        "region": REGION,
        # KMS tells the id, and takes the ARN too.
        "targetKeyId": Property(required=True, form=lambda key: key.rpartition("/")[2]),
    }
    outputs = ("arn", "targetKeyArn")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the alias."""
        aws.client("kms", aws.region_of(new)).create_alias(
            AliasName=new.text("name"), TargetKeyId=new.text("targetKeyId")
        )
        return Created(new.text("name"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Look for the alias."""
        region = aws.region_of(state)
        pages = aws.client("kms", region).get_paginator("list_aliases").paginate()
        for alias in (alias for page in pages for alias in page["Aliases"]):
            if alias["AliasName"] == resource_id:
                arn, key_id = str(alias["AliasArn"]), str(alias["TargetKeyId"])
                return {
                    "arn": arn,
                    "name": resource_id,
                    "region": region,
                    "targetKeyArn": f"{arn.rpartition(':')[0]}:key/{key_id}",
                    "targetKeyId": key_id,
                }
        return None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Let it be the name of another key."""
        aws.client("kms", aws.region_of(new)).update_alias(AliasName=resource_id, TargetKeyId=new.text("targetKeyId"))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the alias."""
        aws.client("kms", aws.region_of(state)).delete_alias(AliasName=resource_id)
