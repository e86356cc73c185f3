"""The types of Secrets Manager: secrets, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.resource import REGION, TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_GONE = ("ResourceNotFoundException",)
_CURRENT = "AWSCURRENT"


class Secret(Resource):
    """A secret, without what is in it. Deleted, it can be had back for a while, and counts as gone."""

    token = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type, no secret
    named = "name"
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "description": Property(),
        "kmsKeyId": Property(),
        "name": Property(replaces=True),
        "policy": Property(Kind.DOCUMENT, computed=True),
        "recoveryWindowInDays": Property(Kind.NUMBER, default=30, least=0, most=30, kept=True),
        "region": REGION,
        "tags": TAGS,
    }
    outputs = ("arn", "tagsAll")

    def problems(self, new: Properties) -> dict[str, str]:
        """A window is none at all, or a week at least."""
        days = new.number("recoveryWindowInDays") if "recoveryWindowInDays" in new else 30
        if days == 0 or days >= 7:
            return {}
        return {"recoveryWindowInDays": f"recoveryWindowInDays of {self.token}: {days} is neither 0 nor from 7 to 30."}

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the secret."""
        client = aws.client("secretsmanager", aws.region_of(new))
        arguments: dict[str, Any] = {"Name": new.text("name")}
        for name, told in (("description", "Description"), ("kmsKeyId", "KmsKeyId")):
            if new.text(name):
                arguments[told] = new.text(name)
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        arn = client.create_secret(**arguments)["ARN"]
        if new.text("policy"):
            client.put_resource_policy(SecretId=arn, ResourcePolicy=new.text("policy"))
        return Created(arn)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the secret."""
        region = aws.region_of(state)
        client = aws.client("secretsmanager", region)
        secret = client.describe_secret(SecretId=resource_id)
        if secret.get("DeletedDate"):
            return None
        return {
            "arn": secret["ARN"],
            "description": secret.get("Description"),
            "kmsKeyId": secret.get("KmsKeyId"),
            "name": secret["Name"],
            "policy": client.get_resource_policy(SecretId=resource_id).get("ResourcePolicy"),
            "region": region,
            "tags": tagging.from_aws(secret.get("Tags")),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change what differs."""
        client = aws.client("secretsmanager", aws.region_of(new))
        if any(old.text(name) != new.text(name) for name in ("description", "kmsKeyId")):
            further = {"KmsKeyId": new.text("kmsKeyId")} if new.text("kmsKeyId") else {}
            client.update_secret(SecretId=resource_id, Description=new.text("description"), **further)
        if "policy" in new and old.text("policy") != new.text("policy"):
            client.put_resource_policy(SecretId=resource_id, ResourcePolicy=new.text("policy"))
        tagging.change(
            old,
            new,
            lambda added: client.tag_resource(SecretId=resource_id, Tags=tagging.to_aws(added)),
            lambda removed: client.untag_resource(SecretId=resource_id, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the secret: for good at once with a window of 0 days, else after the window."""
        days = state.number("recoveryWindowInDays")
        window: dict[str, Any] = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        aws.client("secretsmanager", aws.region_of(state)).delete_secret(SecretId=resource_id, **window)


class SecretVersion(Resource):
    """What is in a secret. Its id is the secret's, a bar, and the version's."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105 - a type, no secret
    gone = _GONE
    properties = {  # noqa: RUF012 - never changed
        "region": REGION,
        "secretId": Property(required=True, replaces=True),
        "secretString": Property(replaces=True, secret=True),
        "versionStages": Property(Kind.TEXTS, computed=True),
    }
    outputs = ("arn", "versionId")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put a version in."""
        stages = {"VersionStages": new.texts("versionStages")} if new.texts("versionStages") else {}
        made = aws.client("secretsmanager", aws.region_of(new)).put_secret_value(
            SecretId=new.text("secretId"), SecretString=new.text("secretString"), **stages
        )
        return Created(f"{new.text('secretId')}|{made['VersionId']}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the version."""
        region = aws.region_of(state)
        secret_id, _, version = resource_id.rpartition("|")
        found = aws.client("secretsmanager", region).get_secret_value(SecretId=secret_id, VersionId=version)
        return {
            "arn": found["ARN"],
            "region": region,
            "secretId": secret_id,
            "secretString": found.get("SecretString"),
            "versionId": found["VersionId"],
            "versionStages": [*found.get("VersionStages", [])],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Move the stages."""
        client = aws.client("secretsmanager", aws.region_of(new))
        secret_id, _, version = resource_id.rpartition("|")
        before, after = set(old.texts("versionStages")), set(new.texts("versionStages"))
        for stage in sorted(after - before):
            client.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, MoveToVersionId=version)
        for stage in sorted(before - after - {_CURRENT}):
            client.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, RemoveFromVersionId=version)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the stages away. The current one goes only with its secret: AWS leaves no secret empty."""
        secret_id, _, version = resource_id.rpartition("|")
        for stage in state.texts("versionStages"):
            if stage != _CURRENT:
                aws.client("secretsmanager", aws.region_of(state)).update_secret_version_stage(
                    SecretId=secret_id, VersionStage=stage, RemoveFromVersionId=version
                )
