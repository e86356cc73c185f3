"""The type of Parameter Store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class Parameter(Resource):
    """A parameter. Its value is a secret whatever its type."""

    token = "aws:ssm/parameter:Parameter"  # noqa: S105 - a type, no secret
    named = "name"
    gone = ("ParameterNotFound",)
    properties = {  # noqa: RUF012 - never changed
        "dataType": Property(computed=True, replaces=True),
        "description": Property(),
        "keyId": Property(computed=True),
        "name": Property(replaces=True),
        "overwrite": Property(Kind.FLAG, kept=True),
        "region": REGION,
        "tags": TAGS,
        "tier": Property(computed=True, only=("Standard", "Advanced", "Intelligent-Tiering")),
        "type": Property(required=True, only=("String", "StringList", "SecureString")),
        "value": Property(required=True, secret=True),
    }
    outputs = ("arn", "tagsAll", "version")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the parameter."""
        overwrite = new.flag("overwrite")
        client = aws.client("ssm", aws.region_of(new))
        # AWS takes no tags when a parameter may be one that is there.
        tags = tagging.to_aws(new.map("tags"))
        client.put_parameter(**_given(new), Overwrite=overwrite, **({} if overwrite or not tags else {"Tags": tags}))
        if overwrite and tags:
            client.add_tags_to_resource(ResourceType="Parameter", ResourceId=new.text("name"), Tags=tags)
        return Created(new.text("name"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the parameter."""
        region = aws.region_of(state)
        client = aws.client("ssm", region)
        parameter = client.get_parameter(Name=resource_id, WithDecryption=True)["Parameter"]
        named = [{"Key": "Name", "Option": "Equals", "Values": [resource_id]}]
        listed: list[dict[str, Any]] = client.describe_parameters(ParameterFilters=named)["Parameters"]
        described = listed[0] if listed else {}
        tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=resource_id)["TagList"]
        return {
            "arn": parameter["ARN"],
            "dataType": parameter.get("DataType"),
            "description": described.get("Description"),
            "keyId": described.get("KeyId"),
            "name": resource_id,
            "region": region,
            "tags": tagging.from_aws(tags),
            "tier": described.get("Tier"),
            "type": parameter["Type"],
            "value": parameter["Value"],
            "version": parameter["Version"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Put a new version."""
        client = aws.client("ssm", aws.region_of(new))
        if any(old.text(name) != new.text(name) for name in ("type", "value", "description")) or any(
            name in new and old.text(name) != new.text(name) for name in ("keyId", "tier")
        ):
            client.put_parameter(**{"Description": "", **_given(new)}, Overwrite=True)
        tagging.change(
            old,
            new,
            lambda added: client.add_tags_to_resource(
                ResourceType="Parameter", ResourceId=resource_id, Tags=tagging.to_aws(added)
            ),
            lambda removed: client.remove_tags_from_resource(
                ResourceType="Parameter", ResourceId=resource_id, TagKeys=removed
            ),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the parameter."""
        aws.client("ssm", aws.region_of(state)).delete_parameter(Name=resource_id)


def _given(new: Properties) -> dict[str, Any]:
    given = {"Name": new.text("name"), "Type": new.text("type"), "Value": new.text("value")}
    for name, told in (("description", "Description"), ("dataType", "DataType"), ("keyId", "KeyId"), ("tier", "Tier")):
        if new.text(name):
            given[told] = new.text(name)
    return given
