"""``aws:iam/policy:Policy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.iam.limits import NAME, PATH
from sandbox.provider.iam.role import document
from sandbox.provider.resource import TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_MOST_VERSIONS = 5


class Policy(Resource):
    """A managed policy. A new document is a new version, of which IAM keeps five."""

    token = "aws:iam/policy:Policy"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "description": Property(replaces=True),
        "name": Property(replaces=True, limit=NAME),
        "path": Property(default="/", replaces=True, limit=PATH),
        "policy": Property(Kind.DOCUMENT, required=True),
        "tags": TAGS,
    }
    outputs = ("arn", "attachmentCount", "policyId", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the policy."""
        arguments: dict[str, Any] = {
            "Description": new.text("description"),
            "Path": new.text("path"),
            "PolicyDocument": new.text("policy"),
            "PolicyName": new.text("name"),
        }
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        return Created(aws.iam.create_policy(**arguments)["Policy"].get("Arn", ""))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the policy and its version in force."""
        policy = aws.iam.get_policy(PolicyArn=resource_id)["Policy"]
        version = aws.iam.get_policy_version(PolicyArn=resource_id, VersionId=policy.get("DefaultVersionId", ""))
        return {
            "arn": policy.get("Arn"),
            "attachmentCount": policy.get("AttachmentCount"),
            "description": policy.get("Description"),
            "name": policy.get("PolicyName"),
            "path": policy.get("Path"),
            "policy": document(version["PolicyVersion"].get("Document")),
            "policyId": policy.get("PolicyId"),
            "tags": tagging.from_aws(policy.get("Tags", [])),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Put a new version in force, after the oldest one went when there is no room for it."""
        if old.text("policy") != new.text("policy"):
            versions = _versions(aws.iam, resource_id)
            spare = [version for version, in_force in versions if not in_force]
            if len(versions) >= _MOST_VERSIONS and spare:
                aws.iam.delete_policy_version(PolicyArn=resource_id, VersionId=spare[0])
            aws.iam.create_policy_version(PolicyArn=resource_id, PolicyDocument=new.text("policy"), SetAsDefault=True)
        tagging.change(
            old,
            new,
            lambda added: aws.iam.tag_policy(PolicyArn=resource_id, Tags=tagging.to_aws(added)),
            lambda removed: aws.iam.untag_policy(PolicyArn=resource_id, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the policy with all its versions."""
        for version, in_force in _versions(aws.iam, resource_id):
            if not in_force:
                aws.iam.delete_policy_version(PolicyArn=resource_id, VersionId=version)
        aws.iam.delete_policy(PolicyArn=resource_id)


def _versions(iam: IAMClient, arn: str) -> list[tuple[str, bool]]:
    """The versions of a policy, oldest first, each with whether it is in force."""
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    found = [(version.get("VersionId", ""), bool(version.get("IsDefaultVersion"))) for version in versions]
    return sorted(found, key=lambda version: int(version[0].removeprefix("v")))
