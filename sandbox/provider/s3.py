"""The types of S3 that hold state and logs: buckets, their policies, and the shield against the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.errors import unless
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property, matching

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_GONE = ("NoSuchBucket", "404", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration")
_BUCKET = matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 small letters, digits and . -")
_WITHOUT_CONSTRAINT = "us-east-1"
_SHIELD = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class Bucket(Resource):
    """A bucket."""

    token = "aws:s3/bucket:Bucket"  # noqa: S105 - a type, no secret
    named = "bucket"
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "bucket": Property(replaces=True, limit=_BUCKET),
        "forceDestroy": Property(Kind.FLAG, default=False, kept=True),
        "region": REGION,
        "tags": TAGS,
    }
    outputs = ("arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the bucket."""
        name, region = new.text("bucket"), aws.region_of(new)
        where = {} if region == _WITHOUT_CONSTRAINT else {"LocationConstraint": region}
        arguments: dict[str, Any] = {"CreateBucketConfiguration": where} if where else {}
        s3 = aws.client("s3", region)
        s3.create_bucket(Bucket=name, **arguments)
        if new.map("tags"):
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tagging.to_aws(new.map("tags"))})
        return Created(name)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the bucket."""
        s3 = aws.client("s3", aws.region_of(state))
        s3.head_bucket(Bucket=resource_id)
        region = s3.get_bucket_location(Bucket=resource_id).get("LocationConstraint") or _WITHOUT_CONSTRAINT
        return {
            "arn": f"arn:aws:s3:::{resource_id}",
            "bucket": resource_id,
            "bucketDomainName": f"{resource_id}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{resource_id}.s3.{region}.amazonaws.com",
            "region": region,
            "tags": tagging.from_aws(_tags(s3, resource_id)),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change the tags, which S3 takes as a whole."""
        s3 = aws.client("s3", aws.region_of(new))
        if old.map("tagsAll") != new.map("tags"):
            if new.map("tags"):
                s3.put_bucket_tagging(Bucket=resource_id, Tagging={"TagSet": tagging.to_aws(new.map("tags"))})
            else:
                s3.delete_bucket_tagging(Bucket=resource_id)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the bucket; with ``forceDestroy``, what is in it first."""
        s3 = aws.client("s3", aws.region_of(state))
        if state.flag("forceDestroy"):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource_id):
                for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    s3.delete_object(Bucket=resource_id, Key=item["Key"], VersionId=item["VersionId"])
        s3.delete_bucket(Bucket=resource_id)


class BucketPolicy(Resource):
    """The policy of a bucket."""

    token = "aws:s3/bucketPolicy:BucketPolicy"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "bucket": Property(required=True, replaces=True),
        "policy": Property(Kind.DOCUMENT, required=True),
        "region": REGION,
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Set the policy."""
        self.update(aws, new.text("bucket"), new, new)
        return Created(new.text("bucket"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the policy."""
        region = aws.region_of(state)
        policy = aws.client("s3", region).get_bucket_policy(Bucket=resource_id)["Policy"]
        return {"bucket": resource_id, "policy": policy, "region": region}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Set the policy."""
        aws.client("s3", aws.region_of(new)).put_bucket_policy(Bucket=resource_id, Policy=new.text("policy"))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the policy away."""
        aws.client("s3", aws.region_of(state)).delete_bucket_policy(Bucket=resource_id)


class BucketPublicAccessBlock(Resource):
    """What keeps a bucket from the public, whatever its policy says."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        **{name: Property(Kind.FLAG, default=False) for name in _SHIELD},
        "bucket": Property(required=True, replaces=True),
        "region": REGION,
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the shield up."""
        self.update(aws, new.text("bucket"), new, new)
        return Created(new.text("bucket"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the shield."""
        region = aws.region_of(state)
        answer = aws.client("s3", region).get_public_access_block(Bucket=resource_id)
        shield = answer["PublicAccessBlockConfiguration"]
        return {
            **{name: bool(shield.get(told)) for name, told in _SHIELD.items()},
            "bucket": resource_id,
            "region": region,
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put the shield up anew."""
        shield = {told: new.flag(name) for name, told in _SHIELD.items()}
        aws.client("s3", aws.region_of(new)).put_public_access_block(
            Bucket=resource_id, PublicAccessBlockConfiguration=shield
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the shield down."""
        aws.client("s3", aws.region_of(state)).delete_public_access_block(Bucket=resource_id)


def _tags(s3: Any, bucket: str) -> list[dict[str, str]]:
    with unless("NoSuchTagSet"):
        return s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    return []
