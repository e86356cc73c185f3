"""What somebody changes or deletes by hand, of each resource that the components make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.end_to_end.fault_cases import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.sandboxes import Sandbox

_DENIAL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]})
_TAG = [{"Key": "hand", "Value": "made"}]


class Hand:
    """Somebody with the account's console, who works on what belongs to one case.

    Args:
        sandbox: The account.
        name: The case's name, from which all names come.
    """

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.name, self.account = name, sandbox.account
        self.iam: Any = sandbox.client("iam")
        self.secrets: Any = sandbox.client("secretsmanager", region=REGION)
        self.ssm: Any = sandbox.client("ssm", region=REGION)
        self.sns: Any = sandbox.client("sns", region=REGION)
        self.events: Any = sandbox.client("events", region=REGION)
        self.s3: Any = sandbox.client("s3", region=REGION)
        self.cloudtrail: Any = sandbox.client("cloudtrail", region=REGION)

    @property
    def policy(self) -> str:
        """The ARN of the managed policy that is made for the role."""
        return f"arn:aws:iam::{self.account}:policy/{self.name}-boundary"

    @property
    def provider(self) -> str:
        """The ARN of the identity provider."""
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.name}.example.com"

    @property
    def topic(self) -> str:
        """The ARN of the watch's topic."""
        topics = [topic["TopicArn"] for topic in self.sns.list_topics()["Topics"]]
        return next(topic for topic in topics if self.name in topic)

    @property
    def rule(self) -> str:
        """The name of the watch's first rule."""
        return self.events.list_rules(NamePrefix=self.name)["Rules"][0]["Name"]

    @property
    def bucket(self) -> str:
        """The name of the trail's bucket."""
        return f"{self.name}-{self.account}"

    @property
    def key(self) -> str:
        """The id of the user's access key."""
        return self.iam.list_access_keys(UserName=self.name)["AccessKeyMetadata"][0]["AccessKeyId"]

    def delete_user(self) -> None:
        """Deletes the user, and first what stands in the way."""
        self.iam.delete_user_policy(UserName=self.name, PolicyName="assume-roles")
        self.iam.delete_user(UserName=self.name)

    def delete_group(self) -> None:
        """Deletes the group, and first what stands in the way."""
        self.iam.remove_user_from_group(UserName=self.name, GroupName=self.name)
        self.iam.delete_group_policy(GroupName=self.name, PolicyName="assume-roles")
        self.iam.delete_group(GroupName=self.name)

    def delete_role(self) -> None:
        """Deletes the role, and first what stands in the way."""
        self.iam.delete_role_policy(RoleName=self.name, PolicyName="permissions")
        self.iam.delete_role(RoleName=self.name)

    def delete_rule(self) -> None:
        """Deletes a rule, and first its target."""
        self.events.remove_targets(Rule=self.rule, Ids=["alarms"])
        self.events.delete_rule(Name=self.rule)

    def unsubscribe(self) -> None:
        """Deletes the topic's subscription."""
        (subscription,) = self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        self.sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    def widen_topic(self) -> None:
        """Lets the whole account publish to the topic."""
        anybody = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sns:Publish", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=policy)


ACTS: dict[str, tuple[Callable[[Hand], object] | None, Callable[[Hand], object] | None]] = {
    "iam.User": (lambda by: by.iam.tag_user(UserName=by.name, Tags=_TAG), Hand.delete_user),
    "iam.UserPolicy": (
        lambda by: by.iam.put_user_policy(UserName=by.name, PolicyName="assume-roles", PolicyDocument=_DENIAL),
        lambda by: by.iam.delete_user_policy(UserName=by.name, PolicyName="assume-roles"),
    ),
    "iam.AccessKey": (
        lambda by: by.iam.update_access_key(UserName=by.name, AccessKeyId=by.key, Status="Inactive"),
        lambda by: by.iam.delete_access_key(UserName=by.name, AccessKeyId=by.key),
    ),
    "iam.Group": (lambda by: by.iam.update_group(GroupName=by.name, NewPath="/hand/"), Hand.delete_group),
    "iam.GroupPolicy": (
        lambda by: by.iam.put_group_policy(GroupName=by.name, PolicyName="assume-roles", PolicyDocument=_DENIAL),
        lambda by: by.iam.delete_group_policy(GroupName=by.name, PolicyName="assume-roles"),
    ),
    "iam.UserGroupMembership": (
        None,
        lambda by: by.iam.remove_user_from_group(UserName=by.name, GroupName=by.name),
    ),
    "iam.Role": (lambda by: by.iam.update_role(RoleName=by.name, MaxSessionDuration=43_200), Hand.delete_role),
    "iam.RolePolicy": (
        lambda by: by.iam.put_role_policy(RoleName=by.name, PolicyName="permissions", PolicyDocument=_DENIAL),
        lambda by: by.iam.delete_role_policy(RoleName=by.name, PolicyName="permissions"),
    ),
    "iam.Policy": (
        lambda by: by.iam.create_policy_version(PolicyArn=by.policy, PolicyDocument=_DENIAL, SetAsDefault=True),
        None,
    ),
    "iam.RolePolicyAttachment": (
        None,
        lambda by: by.iam.detach_role_policy(RoleName=by.name, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit"),
    ),
    "iam.OpenIdConnectProvider": (
        lambda by: by.iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=by.provider, ClientID="hand"
        ),
        lambda by: by.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=by.provider),
    ),
    "secretsmanager.Secret": (
        lambda by: by.secrets.tag_resource(SecretId=by.name, Tags=_TAG),
        lambda by: by.secrets.delete_secret(SecretId=by.name, ForceDeleteWithoutRecovery=True),
    ),
    "secretsmanager.SecretVersion": (
        lambda by: by.secrets.put_secret_value(SecretId=by.name, SecretString="by hand"),
        None,
    ),
    "ssm.Parameter": (
        lambda by: by.ssm.put_parameter(Name=by.name, Value="by hand", Type="SecureString", Overwrite=True),
        lambda by: by.ssm.delete_parameter(Name=by.name),
    ),
    "sns.Topic": (
        lambda by: by.sns.tag_resource(ResourceArn=by.topic, Tags=_TAG),
        lambda by: by.sns.delete_topic(TopicArn=by.topic),
    ),
    "sns.TopicPolicy": (Hand.widen_topic, None),
    "sns.TopicSubscription": (None, Hand.unsubscribe),
    "cloudwatch.EventRule": (lambda by: by.events.disable_rule(Name=by.rule), Hand.delete_rule),
    "cloudwatch.EventTarget": (
        lambda by: by.events.put_targets(Rule=by.rule, Targets=[{"Id": "alarms", "Arn": by.topic, "Input": "{}"}]),
        lambda by: by.events.remove_targets(Rule=by.rule, Ids=["alarms"]),
    ),
    "s3.Bucket": (
        lambda by: by.s3.put_bucket_tagging(Bucket=by.bucket, Tagging={"TagSet": _TAG}),
        None,
    ),
    "s3.BucketPublicAccessBlock": (
        lambda by: by.s3.put_public_access_block(
            Bucket=by.bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
        ),
        lambda by: by.s3.delete_public_access_block(Bucket=by.bucket),
    ),
    "s3.BucketPolicy": (None, lambda by: by.s3.delete_bucket_policy(Bucket=by.bucket)),
    "cloudtrail.Trail": (
        lambda by: by.cloudtrail.update_trail(Name=by.name, IsMultiRegionTrail=False),
        lambda by: by.cloudtrail.delete_trail(Name=by.name),
    ),
}
"""How somebody changes each resource, and how somebody deletes it; None where the table has no such row."""
