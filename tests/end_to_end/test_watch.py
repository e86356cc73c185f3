"""The alarms, end to end: real calls, CloudTrail's records, EventBridge's rules, SNS, and a queue that is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.sandboxes import Finished, Sandbox, Stack

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "components"
HERE = "127.0.0.0/8"
ELSEWHERE = "203.0.113.0/24"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"


class Watched:
    """A pipeline with alarms on it, and a queue at which they arrive."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.iam: Any = sandbox.client("iam")
        self.sqs: Any = sandbox.client("sqs")
        self.queue = f"arn:aws:sqs:{sandbox.region}:{sandbox.account}:alarms"
        self.url: str = self.sqs.create_queue(QueueName="alarms", Attributes={"Policy": self._queue_policy()})[
            "QueueUrl"
        ]
        self.stack: Stack = sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region})

    def _queue_policy(self) -> str:
        """Lets the topics send, as docs/watch.md says."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.queue,
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{self.sandbox.account}:site-alarms"}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def up(self, **changes: Any) -> Finished:
        account = self.sandbox.account
        identity = {
            "account_id": account,
            "user_name": "site-pipeline",
            "role_name": "site-publisher",
            "permissions": [
                {"actions": ["s3:ListAllMyBuckets", "iam:CreateAccessKey", "sns:DeleteTopic"], "resources": ["*"]}
            ],
            "generated_boundary": {
                "protected_resources": [
                    f"arn:aws:events:*:{account}:rule/site-*",
                    f"arn:aws:sns:*:{account}:site-alarms",
                ]
            },
        }
        watch = {
            "account_id": account,
            "watch_name": "site",
            "regions": [self.sandbox.region],
            "user_arn": f"arn:aws:iam::{account}:user/site-pipeline",
            "role_arn": self.role,
            "policy_arns": [f"arn:aws:iam::{account}:policy/site-publisher-boundary"],
            "source_ips": [HERE],
            "session_names": ["site-*"],
            "queues": [self.queue],
            **changes,
        }
        trail = {"account_id": account, "trail_name": "all", "bucket_name": f"trail-{account}", "force_destroy": True}
        self.stack.configure(
            {
                "components:identities": {"site": identity},
                "components:watches": {"watch": watch},
                "components:trails": {"trail": trail},
            }
        )
        finished = self.stack.up()
        assert finished.succeeded, finished.output
        return finished

    @property
    def role(self) -> str:
        return f"arn:aws:iam::{self.sandbox.account}:role/site-publisher"

    @property
    def key(self) -> tuple[str, str]:
        outputs = self.stack.outputs()["site"]
        return outputs["access_key_id"], outputs["secret_access_key"]

    def session(self, name: str = "site-42") -> tuple[str, str, str]:
        made = self.sandbox.client("sts", self.key).assume_role(RoleArn=self.role, RoleSessionName=name)["Credentials"]
        return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]

    def messages(self) -> list[dict[str, Any]]:
        """What has arrived at the queue since it was asked last."""
        found: list[dict[str, Any]] = []
        while told := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get(
            "Messages"
        ):
            for message in told:
                found.append(json.loads(json.loads(message["Body"])["Message"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def alarms(self) -> set[tuple[str, str]]:
        """The alarms that have arrived, each with the call that set it off."""
        return {(one["alarm"], one["event"]["detail"]["eventName"]) for one in self.messages()}


def denied(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        response: Any = error.response
        return response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
    return False


@pytest.fixture
def watched(sandbox: Sandbox) -> Watched:
    return Watched(sandbox)


def _raise_alarms_with_the_key(watched: Watched) -> set[tuple[str, str]]:
    sandbox = watched.sandbox
    sandbox.client("sts", watched.key).get_caller_identity()
    assert denied(sandbox.client("s3", watched.key).list_buckets)
    assert denied(
        sandbox.client("sts", watched.key).assume_role,
        RoleArn=watched.role.replace("site-publisher", "admin"),
        RoleSessionName="site-x",
    )
    watched.iam.create_user(UserName="mallory")
    made = watched.iam.create_access_key(UserName="mallory")["AccessKey"]
    stranger = sandbox.client("sts", (made["AccessKeyId"], made["SecretAccessKey"]))
    assert denied(stranger.assume_role, RoleArn=watched.role, RoleSessionName="site-x")
    watched.session("mallory")
    return {
        ("key-used-elsewhere", "GetCallerIdentity"),
        ("key-used-elsewhere", "ListBuckets"),
        ("assume-role-denied", "AssumeRole"),
        ("unknown-session-name", "AssumeRole"),
    }


def _raise_alarms_in_iam(watched: Watched) -> set[tuple[str, str]]:
    iam, user, role = watched.iam, {"UserName": "site-pipeline"}, {"RoleName": "site-publisher"}
    nothing = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}]}
    )
    boundary = f"arn:aws:iam::{watched.sandbox.account}:policy/site-publisher-boundary"
    trust = iam.get_role(**role)["Role"]["AssumeRolePolicyDocument"]
    iam.create_access_key(**user)
    iam.create_login_profile(**user, Password="Correct-horse-1")
    iam.put_user_policy(**user, PolicyName="x", PolicyDocument=nothing)
    iam.attach_user_policy(**user, PolicyArn=QUARANTINE)
    iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(trust))
    iam.put_role_policy(**role, PolicyName="x", PolicyDocument=nothing)
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=nothing)
    iam.delete_role_permissions_boundary(**role)
    return {
        ("new-key", "CreateAccessKey"),
        ("user-changed", "CreateLoginProfile"),
        ("user-changed", "PutUserPolicy"),
        ("user-changed", "AttachUserPolicy"),
        ("key-quarantined", "AttachUserPolicy"),
        ("role-changed", "UpdateAssumeRolePolicy"),
        ("role-changed", "PutRolePolicy"),
        ("role-changed", "DeleteRolePermissionsBoundary"),
        ("policy-changed", "CreatePolicyVersion"),
    }


def test_every_alarm_arrives_and_an_ordinary_run_sets_none_off(watched: Watched) -> None:
    watched.up()
    watched.messages()

    session = watched.session()
    watched.sandbox.client("s3", session).list_buckets()
    assert watched.messages() == [], "an ordinary run"

    expected = _raise_alarms_with_the_key(watched)
    assert watched.alarms() == expected
    expected = _raise_alarms_in_iam(watched)
    assert watched.alarms() == expected


def test_use_from_elsewhere_sets_alarms_off_and_the_boundary_keeps_the_pipeline_off_them(watched: Watched) -> None:
    watched.up(source_ips=[ELSEWHERE])
    watched.messages()
    session = watched.session()
    watched.sandbox.client("s3", session).list_buckets()
    assert watched.alarms() == {("key-outside-networks", "AssumeRole"), ("role-outside-networks", "ListBuckets")}

    topic = watched.stack.outputs()["watch"]["topic_arns"][watched.sandbox.region]
    assert denied(watched.sandbox.client("sns", session).delete_topic, TopicArn=topic)
    assert watched.stack.preview().changes == {}
    destroyed = watched.stack.destroy()
    assert destroyed.succeeded, destroyed.output
