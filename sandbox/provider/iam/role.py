"""``aws:iam/role:Role``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.provider import tagging
from sandbox.provider.iam.limits import ARN, ENTITY_NAME, PATH
from sandbox.provider.resource import TAGS, Created, Found, HalfCreatedError, Resource
from sandbox.provider.schema import Kind, Property, at_most

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties, Value


class Role(Resource):
    """A role, with the policies in it when the program gives them."""

    token = "aws:iam/role:Role"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "assumeRolePolicy": Property(Kind.DOCUMENT, required=True),
        "description": Property(limit=at_most(1000)),
        "forceDetachPolicies": Property(Kind.FLAG, default=False, kept=True),
        "inlinePolicies": Property(Kind.OBJECTS, computed=True),
        "managedPolicyArns": Property(Kind.TEXTS, computed=True),
        "maxSessionDuration": Property(Kind.NUMBER, default=3600, least=3600, most=43200),
        "name": Property(replaces=True, limit=ENTITY_NAME),
        "path": Property(default="/", replaces=True, limit=PATH),
        "permissionsBoundary": Property(limit=ARN),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "uniqueId", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the role, then put its policies in it."""
        arguments: dict[str, Any] = {
            "AssumeRolePolicyDocument": new.text("assumeRolePolicy"),
            "MaxSessionDuration": new.number("maxSessionDuration"),
            "Path": new.text("path"),
            "RoleName": new.text("name"),
        }
        if new.text("description"):
            arguments["Description"] = new.text("description")
        if new.text("permissionsBoundary"):
            arguments["PermissionsBoundary"] = new.text("permissionsBoundary")
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        created = Created(aws.iam.create_role(**arguments)["Role"]["RoleName"])
        try:
            _put_policies(aws.iam, created.id, _inline(new))
            _attach(aws.iam, created.id, new.texts("managedPolicyArns"))
        except ClientError as error:
            raise HalfCreatedError(created, error) from error
        return created

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the role and the policies in it."""
        role = aws.iam.get_role(RoleName=resource_id)["Role"]
        return {
            "arn": role["Arn"],
            "assumeRolePolicy": document(role.get("AssumeRolePolicyDocument")),
            "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": role.get("Description"),
            "inlinePolicies": _inline_policies(aws.iam, resource_id),
            "managedPolicyArns": [*_attached(aws.iam, resource_id)],
            "maxSessionDuration": role.get("MaxSessionDuration"),
            "name": role["RoleName"],
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": tagging.from_aws(role.get("Tags", [])),
            "uniqueId": role["RoleId"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change what differs, one call each."""
        iam, name = aws.iam, resource_id
        if old.text("assumeRolePolicy") != new.text("assumeRolePolicy"):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=new.text("assumeRolePolicy"))
        if old.text("description") != new.text("description"):
            iam.update_role_description(RoleName=name, Description=new.text("description"))
        if old.number("maxSessionDuration") != new.number("maxSessionDuration"):
            iam.update_role(RoleName=name, MaxSessionDuration=new.number("maxSessionDuration"))
        _change_boundary(iam, name, old.text("permissionsBoundary"), new.text("permissionsBoundary"))
        if "inlinePolicies" in new:
            before, after = _inline(old), _inline(new)
            for gone in sorted(set(before) - set(after)):
                iam.delete_role_policy(RoleName=name, PolicyName=gone)
            _put_policies(iam, name, {key: text for key, text in after.items() if before.get(key) != text})
        if "managedPolicyArns" in new:
            attached = set(old.texts("managedPolicyArns"))
            for gone in sorted(attached - set(new.texts("managedPolicyArns"))):
                iam.detach_role_policy(RoleName=name, PolicyArn=gone)
            _attach(iam, name, [arn for arn in new.texts("managedPolicyArns") if arn not in attached])
        tagging.change(
            old,
            new,
            lambda added: iam.tag_role(RoleName=name, Tags=tagging.to_aws(added)),
            lambda removed: iam.untag_role(RoleName=name, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the role: with the policies it was declared with, and with ``forceDetachPolicies`` any others."""
        iam, force = aws.iam, state.flag("forceDetachPolicies")
        for profile in iam.list_instance_profiles_for_role(RoleName=resource_id)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=resource_id
            )
        for arn in _attached(iam, resource_id) if force or state.texts("managedPolicyArns") else []:
            iam.detach_role_policy(RoleName=resource_id, PolicyArn=arn)
        for name in iam.list_role_policies(RoleName=resource_id)["PolicyNames"] if force or _inline(state) else []:
            iam.delete_role_policy(RoleName=resource_id, PolicyName=name)
        iam.delete_role(RoleName=resource_id)


def document(value: object) -> str:
    """A policy document as text: botocore has parsed it already."""
    return value if isinstance(value, str) else json.dumps(value)


def _inline(properties: Properties) -> dict[str, str]:
    return {policy.text("name"): policy.text("policy") for policy in properties.objects("inlinePolicies") if policy}


def _inline_policies(iam: IAMClient, role: str) -> list[Value]:
    return [
        {"name": name, "policy": document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])}
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]


def _attached(iam: IAMClient, role: str) -> list[str]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [policy.get("PolicyArn", "") for page in pages for policy in page["AttachedPolicies"]]


def _put_policies(iam: IAMClient, role: str, policies: dict[str, str]) -> None:
    for name, text in policies.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)


def _attach(iam: IAMClient, role: str, arns: list[str]) -> None:
    for arn in arns:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def _change_boundary(iam: IAMClient, role: str, old: str, new: str) -> None:
    if new and new != old:
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=new)
    elif old and not new:
        iam.delete_role_permissions_boundary(RoleName=role)
