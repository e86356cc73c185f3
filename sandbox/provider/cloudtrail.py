"""The type of CloudTrail: a trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property, matching
from sandbox.provider.values import Properties

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws


_TEXTS = {
    "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
    "cloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "kmsKeyId": "KmsKeyId",
    "s3BucketName": "S3BucketName",
    "s3KeyPrefix": "S3KeyPrefix",
    "snsTopicName": "SnsTopicName",
}
_FLAGS = {
    "includeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "isMultiRegionTrail": "IsMultiRegionTrail",
    "isOrganizationTrail": "IsOrganizationTrail",
}


class Trail(Resource):
    """A trail. Its id is its ARN."""

    token = "aws:cloudtrail/trail:Trail"  # noqa: S105 - a type, no secret
    named = "name"
    gone = ("TrailNotFoundException",)
    properties = {  # noqa: RUF012 - never changed
        "cloudWatchLogsGroupArn": Property(),
        "cloudWatchLogsRoleArn": Property(),
        "enableLogFileValidation": Property(Kind.FLAG, default=False),
        "enableLogging": Property(Kind.FLAG, default=True),
        "includeGlobalServiceEvents": Property(Kind.FLAG, default=True),
        "isMultiRegionTrail": Property(Kind.FLAG, default=False),
        "isOrganizationTrail": Property(Kind.FLAG, default=False),
        "kmsKeyId": Property(),
        "name": Property(replaces=True, limit=matching(r"[A-Za-z0-9][\w.-]*", "letters, digits and . _ -", 128)),
        "region": REGION,
        "s3BucketName": Property(required=True),
        "s3KeyPrefix": Property(),
        "snsTopicName": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "homeRegion", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the trail and let it log."""
        client = aws.client("cloudtrail", aws.region_of(new))
        arn = client.create_trail(**_given(new, Properties()))["TrailARN"]
        if new.map("tags"):
            client.add_tags(ResourceId=arn, TagsList=tagging.to_aws(new.map("tags")))
        if new.flag("enableLogging"):
            client.start_logging(Name=arn)
        return Created(arn)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the trail."""
        region = aws.region_of(state)
        client = aws.client("cloudtrail", region)
        trail = client.get_trail(Name=resource_id)["Trail"]
        tags = client.list_tags(ResourceIdList=[resource_id])["ResourceTagList"]
        return {
            **{name: trail.get(told) for name, told in _TEXTS.items()},
            **{name: bool(trail.get(told)) for name, told in _FLAGS.items()},
            "arn": trail["TrailARN"],
            "enableLogFileValidation": bool(trail.get("LogFileValidationEnabled")),
            "enableLogging": client.get_trail_status(Name=resource_id)["IsLogging"],
            "homeRegion": trail.get("HomeRegion"),
            "name": trail["Name"],
            "region": region,
            "tags": tagging.from_aws(tags[0].get("TagsList") if tags else None),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change what differs."""
        client = aws.client("cloudtrail", aws.region_of(new))
        client.update_trail(**{**_given(new, old), "Name": resource_id})
        if old.flag("enableLogging") != new.flag("enableLogging"):
            turn = client.start_logging if new.flag("enableLogging") else client.stop_logging
            turn(Name=resource_id)
        tagging.change(
            old,
            new,
            lambda added: client.add_tags(ResourceId=resource_id, TagsList=tagging.to_aws(added)),
            lambda removed: client.remove_tags(ResourceId=resource_id, TagsList=[{"Key": key} for key in removed]),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the trail."""
        aws.client("cloudtrail", aws.region_of(state)).delete_trail(Name=resource_id)


def _given(new: Properties, old: Properties) -> dict[str, Any]:
    given: dict[str, Any] = {"Name": new.text("name")}
    # A text that is taken away is set to nothing; one that never was is not mentioned.
    given |= {told: new.text(name) for name, told in _TEXTS.items() if new.text(name) or old.text(name)}
    given |= {told: new.flag(name) for name, told in _FLAGS.items()}
    given["EnableLogFileValidation"] = new.flag("enableLogFileValidation")
    return given
