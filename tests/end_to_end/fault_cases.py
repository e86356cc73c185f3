"""The resources that the components make, each with the calls that make, change and delete it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "us-east-1"
OTHER_ACCOUNT = "777700000007"
"""The account of roles whose user is in the test's own one, which the profile `other` reaches."""
STATEMENT = {"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}
OTHER_STATEMENT = {"actions": ["s3:ListAllMyBuckets", "s3:GetObject"], "resources": ["*"]}
TAGS, OTHER_TAGS = {"tags": {"team": "web"}}, {"tags": {"team": "app"}}


@dataclass(frozen=True, eq=False)
class Resource:
    """One kind of resource inside a component.

    Attributes:
        type: Its type, such as `iam.User`.
        section: What the program's settings call the component, such as `users`.
        args: The component's arguments; `NAME` and `ACCOUNT` stand for the case's own.
        changed: What is changed of them, so that this resource changes.
        create: The call that makes it; None where another resource's calls do.
        update: The call that changes it; None if nothing is changed in place.
        delete: The call that deletes it.
    """

    type: str
    section: str
    args: Mapping[str, Any]
    changed: Mapping[str, Any]
    create: str | None
    update: str | None
    delete: str | None
    again: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What is changed next, by the same call; by default, back to what was there first."""
    adopt: Any = True
    """What `adopt` must be to take the resource in."""


_USER: dict[str, Any] = {
    "account_id": "ACCOUNT",
    "user_name": "NAME",
    "roles": ["arn:aws:iam::ACCOUNT:role/NAME"],
    "keys": {"secret": "outside"},
}
_KEYS: dict[str, Any] = {**_USER, "keys": {}}
_GROUP = {**_USER, "user_policy_mode": "group"}
_OTHER_ROLES = {"roles": ["arn:aws:iam::ACCOUNT:role/NAME", "arn:aws:iam::ACCOUNT:role/NAME-2"]}
_ROLE: dict[str, Any] = {
    "account_id": "ACCOUNT",
    "role_name": "NAME",
    "permissions": [STATEMENT],
    "trust": {"gitlab": [{"project_path": "acme/site", "branches": ["main"]}]},
}
_ATTACHED = {"managed_policies": {"audit": "arn:aws:iam::aws:policy/SecurityAudit"}}
_KMS = "arn:aws:kms:us-east-1:ACCOUNT:alias/keys"
_SECRET = {**_USER, "keys": {"secret": "secrets-manager", "kms_key_arn": _KMS, "store_name": "NAME"}}
_PARAMETER = {**_USER, "keys": {"secret": "parameter-store", "kms_key_arn": _KMS, "store_name": "NAME"}}
_WATCH: dict[str, Any] = {
    "account_id": "ACCOUNT",
    "watch_name": "NAME",
    "regions": [REGION],
    "role_arn": "arn:aws:iam::ACCOUNT:role/NAME",
    "queues": [f"arn:aws:sqs:{REGION}:ACCOUNT:NAME"],
}
_TRAIL: dict[str, Any] = {"account_id": "ACCOUNT", "trail_name": "NAME", "bucket_name": "NAME-ACCOUNT"}
_PROVIDER = {"account_id": "ACCOUNT", "issuer": "https://NAME.example.com", "audiences": ["sts.amazonaws.com"]}

_ACROSS: dict[str, Any] = {
    "account_id": "ACCOUNT",
    "user_name": "NAME",
    "role_name": "NAME",
    "permissions": [STATEMENT],
    "keys": {"secret": "outside"},
    "role_account": {"account_id": OTHER_ACCOUNT, "region": REGION, "profile": "other", "external_ids": ["acme-1"]},
}

RESOURCES = [
    Resource("iam.User", "users", _USER, TAGS, "CreateUser", "TagUser", "DeleteUser", OTHER_TAGS),
    Resource("iam.UserPolicy", "users", _USER, _OTHER_ROLES, "PutUserPolicy", "PutUserPolicy", "DeleteUserPolicy"),
    Resource(
        "iam.AccessKey", "users", _KEYS, {"suspended": "2026-11-25T16:30:00Z"},
        "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey",
    ),
    Resource("iam.Group", "users", _GROUP, {"path": "/ci/"}, "CreateGroup", "UpdateGroup", "DeleteGroup"),
    Resource("iam.GroupPolicy", "users", _GROUP, _OTHER_ROLES, "PutGroupPolicy", "PutGroupPolicy", "DeleteGroupPolicy"),
    Resource("iam.UserGroupMembership", "users", _GROUP, {}, "AddUserToGroup", None, "RemoveUserFromGroup"),
    Resource("iam.Role", "roles", _ROLE, {"max_session_duration": 7200}, "CreateRole", "UpdateRole", "DeleteRole"),
    Resource(
        "iam.RolePolicy", "roles", _ROLE, {"permissions": [OTHER_STATEMENT]},
        "PutRolePolicy", "PutRolePolicy", "DeleteRolePolicy",
    ),
    Resource(
        "iam.Policy", "roles", {**_ROLE, "generated_boundary": {}}, {"permissions": [OTHER_STATEMENT]},
        "CreatePolicy", "CreatePolicyVersion", "DeletePolicy",
    ),
    Resource(
        "iam.RolePolicyAttachment", "roles", {**_ROLE, **_ATTACHED}, {}, "AttachRolePolicy", None, "DetachRolePolicy",
    ),
    Resource(
        "iam.OpenIdConnectProvider", "providers", _PROVIDER, {"audiences": ["sts.amazonaws.com", "other"]},
        "CreateOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider",
        {"audiences": ["sts.amazonaws.com", "third"]},
    ),
    Resource(
        "secretsmanager.Secret", "users", _SECRET, TAGS, "CreateSecret", "TagResource", "DeleteSecret", OTHER_TAGS
    ),
    Resource("secretsmanager.SecretVersion", "users", _SECRET, {}, "PutSecretValue", None, None),
    Resource(
        "ssm.Parameter", "users", _PARAMETER, TAGS,
        "PutParameter", "AddTagsToResource", "DeleteParameter", OTHER_TAGS,
    ),
    Resource("sns.Topic", "watches", _WATCH, TAGS, "CreateTopic", "TagResource", "DeleteTopic", OTHER_TAGS),
    Resource("sns.TopicPolicy", "watches", _WATCH, {}, "SetTopicAttributes", None, None),
    Resource("sns.TopicSubscription", "watches", _WATCH, {}, "Subscribe", None, "Unsubscribe"),
    Resource(
        "cloudwatch.EventRule", "watches", _WATCH, {"session_names": ["job-*"]}, "PutRule", "PutRule", "DeleteRule",
        {"session_names": ["run-*"]},
    ),
    Resource("cloudwatch.EventTarget", "watches", _WATCH, {}, "PutTargets", None, "RemoveTargets"),
    Resource("s3.Bucket", "trails", _TRAIL, TAGS, "PUT", "PUT tagging", "DELETE", OTHER_TAGS),
    Resource(
        "s3.BucketPublicAccessBlock", "trails", _TRAIL, {}, "PUT publicAccessBlock", None, "DELETE publicAccessBlock"
    ),
    Resource("s3.BucketPolicy", "trails", _TRAIL, {}, "PUT policy", None, "DELETE policy"),
    Resource("cloudtrail.Trail", "trails", _TRAIL, {}, "CreateTrail", None, "DeleteTrail"),
    Resource(
        "iam.Role", "identities", _ACROSS, {"max_session_duration": 7200}, "CreateRole", "UpdateRole", "DeleteRole",
        adopt=["role"],
    ),
    Resource(
        "iam.RolePolicy", "identities", _ACROSS, {"permissions": [OTHER_STATEMENT]},
        "PutRolePolicy", "PutRolePolicy", "DeleteRolePolicy",
    ),
]  # fmt: skip


def written(value: Any, name: str, account: str) -> Any:
    """Arguments with the case's own name and account in them."""
    if isinstance(value, str):
        return value.replace("NAME", name).replace("ACCOUNT", account)
    if isinstance(value, dict):
        return {key: written(part, name, account) for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return [written(part, name, account) for part in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]
