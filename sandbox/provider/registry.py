"""The resource types the sandbox knows, and in which module each is written."""

from __future__ import annotations

import difflib
import importlib
import json
from functools import cache
from typing import TYPE_CHECKING, cast

from sandbox.provider.configuration import SETTINGS
from sandbox.provider.schema import Kind

if TYPE_CHECKING:
    from sandbox.provider.resource import Resource

# The class has the name of the type. Modules are loaded when the first resource of theirs is met.
_TYPES = {
    "aws:cloudtrail/trail:Trail": "cloudtrail",
    "aws:cloudwatch/eventRule:EventRule": "events",
    "aws:cloudwatch/eventTarget:EventTarget": "events",
    "aws:iam/accessKey:AccessKey": "iam.access_key",
    "aws:iam/group:Group": "iam.group",
    "aws:iam/groupMembership:GroupMembership": "iam.group",
    "aws:iam/groupPolicy:GroupPolicy": "iam.inline_policies",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "iam.attachments",
    "aws:iam/instanceProfile:InstanceProfile": "iam.instance_profile",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "iam.identity_providers",
    "aws:iam/policy:Policy": "iam.policy",
    "aws:iam/role:Role": "iam.role",
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": "iam.exclusive",
    "aws:iam/rolePolicy:RolePolicy": "iam.inline_policies",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "iam.attachments",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "iam.exclusive",
    "aws:iam/samlProvider:SamlProvider": "iam.identity_providers",
    "aws:iam/user:User": "iam.user",
    "aws:iam/userGroupMembership:UserGroupMembership": "iam.group",
    "aws:iam/userLoginProfile:UserLoginProfile": "iam.login_profile",
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": "iam.exclusive",
    "aws:iam/userPolicy:UserPolicy": "iam.inline_policies",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "iam.attachments",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "iam.exclusive",
    "aws:kms/alias:Alias": "kms",
    "aws:kms/key:Key": "kms",
    "aws:s3/bucket:Bucket": "s3",
    "aws:s3/bucketPolicy:BucketPolicy": "s3",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "s3",
    "aws:secretsmanager/secret:Secret": "secretsmanager",
    "aws:secretsmanager/secretVersion:SecretVersion": "secretsmanager",
    "aws:sns/topic:Topic": "sns",
    "aws:sns/topicPolicy:TopicPolicy": "sns",
    "aws:sns/topicSubscription:TopicSubscription": "sns",
    "aws:sqs/queue:Queue": "sqs",
    "aws:sqs/queuePolicy:QueuePolicy": "sqs",
    "aws:ssm/parameter:Parameter": "ssm",
}

_ANY = {"$ref": "pulumi.json#/Any"}
_TEXT = {"type": "string"}
# Documents may be given as objects too, and objects alone where there can be one.
_SCHEMAS = {
    Kind.TEXT: _TEXT,
    Kind.NUMBER: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
    Kind.DOCUMENT: _ANY,
    Kind.TEXTS: {"type": "array", "items": _TEXT},
    Kind.OBJECTS: _ANY,
    Kind.MAP: {"type": "object", "additionalProperties": _TEXT},
}


class UnknownTypeError(Exception):
    """A type or function of the package that the sandbox does not know."""


@cache
def resource(token: str) -> Resource:
    """The resource type of a token.

    Args:
        token: For example ``aws:iam/user:User``.

    Raises:
        UnknownTypeError: The sandbox does not know it; the message says what it knows.
    """
    if token not in _TYPES:
        near = difflib.get_close_matches(token, _TYPES, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UnknownTypeError(
            f"The sandbox's AWS provider does not know the resource type {token}.{hint} It knows "
            f"{', '.join(sorted(_TYPES))}. Deploy this resource with the real provider."
        )
    module = importlib.import_module(f"sandbox.provider.{_TYPES[token]}")
    return cast("Resource", getattr(module, token.rpartition(":")[2])())


def tokens() -> list[str]:
    """The tokens of all types the sandbox knows."""
    return sorted(_TYPES)


def schema(version: str) -> str:
    """A schema of the package, as JSON, with the types, inputs and outputs the sandbox knows."""
    return json.dumps(
        {
            "name": "aws",
            "version": version,
            "provider": {"inputProperties": dict.fromkeys(SETTINGS, _ANY)},
            "resources": {token: _described(resource(token)) for token in tokens()},
        }
    )


def _described(kind: Resource) -> dict[str, object]:
    return {
        "inputProperties": {name: _SCHEMAS[rule.kind] for name, rule in kind.properties.items()},
        "requiredInputs": [name for name, rule in kind.properties.items() if rule.required],
        "properties": {
            **dict.fromkeys(kind.outputs, _ANY),
            **{name: _SCHEMAS[rule.kind] for name, rule in kind.properties.items()},
        },
    }
