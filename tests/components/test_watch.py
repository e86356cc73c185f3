"""The alarms: which records of CloudTrail set which of them off, and what is made for them."""

from __future__ import annotations

import ipaddress
import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_guardrails import Settings, check_resource_policy
from pipeline_identity import (
    ArgumentError,
    PipelineIdentity,
    PipelineTrail,
    PipelineTrailArgs,
    PipelineWatch,
    PipelineWatchArgs,
)
from pipeline_identity.watch.alarms import LARGEST_PATTERN, alarms
from pipeline_identity.watch.outside import everywhere_but

from tests.components.cases import ACCOUNT, ROLE_ARN, USER_ARN, identity_args
from tests.components.event_patterns import matches
from tests.components.recording import Recording, assert_golden, declare, golden, record

RULE, TARGET, TOPIC = (
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:sns/topic:Topic",
)
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/pipelines/site-publisher-boundary"
JOBS = "203.0.113.0/24"
EVERYTHING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def watch_args(**changes: Any) -> PipelineWatchArgs:
    args = {
        "account_id": ACCOUNT,
        "watch_name": "site",
        "regions": ["eu-west-1"],
        "user_arn": USER_ARN,
        "role_arn": ROLE_ARN,
        "policy_arns": [BOUNDARY],
        "source_ips": [JOBS],
        "vpc_endpoints": ["vpce-0123456789abcdef0"],
        "session_names": ["site-*", "nightly"],
        **changes,
    }
    return cast("PipelineWatchArgs", cast("object", args))


def declared(**changes: Any) -> Recording:
    return declare(lambda: PipelineWatch("site", watch_args(**changes)))


def rules(region: str = "us-east-1", **changes: Any) -> dict[str, Any]:
    made = [one for one in declared(**changes).resources if one.type == RULE and one.inputs["region"] == region]
    patterns = {one.inputs["name"].removeprefix("site-"): one.document("eventPattern") for one in made}
    # The order in which resources are registered is nobody's promise.
    return dict(sorted(patterns.items()))


def set_off(record: dict[str, Any], **changes: Any) -> set[str]:
    """The alarms that a record sets off."""
    event = {"detail-type": "AWS API Call via CloudTrail", "source": "aws.x", "detail": record}
    return {name for name, pattern in rules(**changes).items() if matches(pattern, event)}


def by_user(call: str, service: str = "sts", **further: Any) -> dict[str, Any]:
    """The record of a call with the user's key, in the shape of CloudTrail's."""
    identity = {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": USER_ARN,
        "accountId": ACCOUNT,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": "site-pipeline",
    }
    return _record(call, service, identity, further)


def by_role(call: str, service: str, **further: Any) -> dict[str, Any]:
    """The record of a call with a session of the role."""
    issuer = {"type": "Role", "arn": ROLE_ARN, "accountId": ACCOUNT, "userName": "site-publisher"}
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/site-publisher/site-1",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": issuer, "attributes": {"mfaAuthenticated": "false"}},
    }
    return _record(call, service, identity, further)


def by_admin(call: str, **parameters: Any) -> dict[str, Any]:
    """The record of a call of IAM by somebody else."""
    identity = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me", "accountId": ACCOUNT}
    return _record(call, "iam", identity, {"requestParameters": parameters, "sourceIPAddress": "198.51.100.7"})


def _record(call: str, service: str, identity: dict[str, Any], further: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": "2026-11-25T16:30:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.9",
        "requestParameters": None,
        "responseElements": None,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        **further,
    }


def assumed(name: str = "site-42", role: str = ROLE_ARN) -> dict[str, Any]:
    return {"requestParameters": {"roleArn": role, "roleSessionName": name}}


DENIED = {
    "errorCode": "AccessDenied",
    "errorMessage": f"User: x is not authorized to perform: sts:AssumeRole on resource: {ROLE_ARN}",
}
FROM_ELSEWHERE = {"sourceIPAddress": "192.0.2.1"}
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/admin"
STRANGER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory", "userName": "mallory"}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (by_user("GetCallerIdentity"), {"key-used-elsewhere"}),
        (by_user("ListBuckets", "s3"), {"key-used-elsewhere"}),
        (by_user("AssumeRole", **DENIED, **assumed(role=OTHER_ROLE)), {"assume-role-denied"}),
        (_record("AssumeRole", "sts", STRANGER, DENIED), {"assume-role-denied"}),
        (_record("AssumeRole", "sts", STRANGER, {"errorCode": "AccessDenied", **assumed()}), {"assume-role-denied"}),
        (by_admin("CreateAccessKey", userName="site-pipeline"), {"new-key"}),
        (by_admin("UpdateAccessKey", userName="site-pipeline", status="Active"), {"new-key"}),
        (by_admin("CreateLoginProfile", userName="Site-Pipeline"), {"user-changed"}),
        (by_admin("PutUserPolicy", userName="site-pipeline", policyName="x"), {"user-changed"}),
        (by_admin("PutGroupPolicy", groupName="site-pipeline", policyName="x"), {"user-changed"}),
        (by_admin("DeleteUserPermissionsBoundary", userName="site-pipeline"), {"user-changed"}),
        (by_admin("UpdateAssumeRolePolicy", roleName="site-publisher"), {"role-changed"}),
        (by_admin("AttachRolePolicy", roleName="site-publisher"), {"role-changed"}),
        (by_admin("DeleteRolePermissionsBoundary", roleName="site-publisher"), {"role-changed"}),
        (by_admin("CreatePolicyVersion", policyArn=BOUNDARY), {"policy-changed"}),
        (
            by_admin(
                "AttachUserPolicy",
                userName="site-pipeline",
                policyArn="arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
            ),
            {"user-changed", "key-quarantined"},
        ),
        (by_user("AssumeRole", **assumed(), **FROM_ELSEWHERE), {"key-outside-networks"}),
        (by_role("DescribeTable", "dynamodb", **FROM_ELSEWHERE), {"role-outside-networks"}),
        (by_role("DescribeTable", "dynamodb", sourceIPAddress="2001:db8::1"), {"role-outside-networks"}),
        (
            by_role("DescribeTable", "dynamodb", sourceIPAddress="10.0.0.1", vpcEndpointId="vpce-00000000000000001"),
            {"role-outside-networks"},
        ),
        (by_user("AssumeRole", **assumed("mallory")), {"unknown-session-name"}),
    ],
)  # fmt: skip
def test_what_nobody_expects_sets_an_alarm_off(record: dict[str, Any], expected: set[str]) -> None:
    assert set_off(record) == expected


@pytest.mark.parametrize(
    "record",
    [
        by_user("AssumeRole", **assumed()),
        by_user("AssumeRole", **assumed("nightly")),
        by_role("DescribeTable", "dynamodb"),
        by_role("DescribeTable", "dynamodb", sourceIPAddress="10.0.0.1", vpcEndpointId="vpce-0123456789abcdef0"),
        by_role("Decrypt", "kms", sourceIPAddress="secretsmanager.amazonaws.com"),
        by_admin("CreateAccessKey", userName="other-pipeline"),
        by_admin("UpdateAccessKey", userName="site-pipeline", status="Inactive"),
        by_admin("GetUser", userName="site-pipeline"),
        by_admin("PutRolePolicy", roleName="other-publisher"),
        by_admin("TagRole", roleName="site-publisher"),
        by_admin("CreatePolicyVersion", policyArn=f"arn:aws:iam::{ACCOUNT}:policy/other"),
        _record("AssumeRole", "sts", STRANGER, {"errorCode": "AccessDenied", **assumed(role=OTHER_ROLE)}),
        _record("ListBuckets", "s3", STRANGER, FROM_ELSEWHERE),
    ],
)  # fmt: skip
def test_an_ordinary_run_and_what_others_do_sets_nothing_off(record: dict[str, Any]) -> None:
    assert set_off(record) == set()


def test_a_call_that_jobs_make_is_no_alarm_when_it_is_expected() -> None:
    assert set_off(by_user("GetCallerIdentity"), expected_calls=["GetCallerIdentity"]) == set()
    assert set_off(by_user("ListUsers"), expected_calls=["GetCallerIdentity"]) == {"key-used-elsewhere"}


def test_the_patterns_are_those_that_people_have_read() -> None:
    assert_golden("watch/patterns", json.dumps(rules()))


def test_iam_is_listened_to_where_its_events_are_and_everything_else_in_every_region() -> None:
    of_iam = {alarm.name for alarm in alarms() if not alarm.in_every_region}

    assert set(rules("eu-west-1")) == {alarm.name for alarm in alarms()} - of_iam
    assert set(rules("us-east-1")) == {alarm.name for alarm in alarms()}
    assert (
        "cn-north-1"
        in declared(
            partition="aws-cn",
            regions=["cn-northwest-1"],
            role_arn=ROLE_ARN.replace("arn:aws:", "arn:aws-cn:"),
            user_arn=None,
            policy_arns=[],
        ).outputs["topic_arns"]
    )


def test_calls_that_only_read_are_asked_for_where_they_matter() -> None:
    states = {one.inputs["name"]: one.inputs["state"] for one in declared().resources if one.type == RULE}

    assert states["site-key-used-elsewhere"] == states["site-role-outside-networks"] == EVERYTHING
    assert states["site-role-changed"] == "ENABLED"


def test_without_a_user_networks_or_names_there_are_no_alarms_about_them() -> None:
    few = rules(user_arn=None, source_ips=[], vpc_endpoints=[], session_names=[], policy_arns=[])

    assert set(few) == {"assume-role-denied", "role-changed"}
    assert set(rules(role_arn=None, source_ips=[], vpc_endpoints=[], policy_arns=[])) == {
        "key-used-elsewhere", "assume-role-denied", "new-key", "user-changed", "key-quarantined",
    }  # fmt: skip


def test_every_rule_sends_to_the_topic_of_its_region_with_what_has_happened() -> None:
    recording = declared()
    targets = [one for one in recording.resources if one.type == TARGET]

    assert len(targets) == len([one for one in recording.resources if one.type == RULE])
    for target in targets:
        assert target.inputs["arn"] == recording.outputs["topic_arns"][target.inputs["region"]]
        template = target.inputs["inputTransformer"]["inputTemplate"]
        message = json.loads(template.replace("<aws.events.event.json>", "{}"))
        assert set(message) == {"alarm", "watch", "meaning", "event"}


def test_only_eventbridge_may_publish_to_a_topic() -> None:
    recording = declared()
    (policy,) = [
        one
        for one in recording.resources
        if one.type == "aws:sns/topicPolicy:TopicPolicy" and one.inputs["region"] == "eu-west-1"
    ]

    assert_golden("watch/topic-policy", policy.inputs["policy"])


@pytest.mark.parametrize("document", ["topic-policy", "trail-bucket-policy"])
def test_the_judge_accepts_the_policies_of_topics_and_buckets(document: str) -> None:
    text = golden("watch", document)
    public = json.loads(text)
    for statement in public["Statement"]:
        statement["Principal"] = {"AWS": "*"}
        statement.pop("Condition", None)
    operator = Settings(trusted_accounts=[ACCOUNT])

    assert not [finding for finding in check_resource_policy(text, operator) if finding.blocking]
    assert [finding for finding in check_resource_policy(public, operator) if finding.blocking]


def test_everybody_who_is_to_be_told_is_subscribed_in_every_region() -> None:
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:alarms"
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"
    recording = declared(emails=["ops@example.com"], queues=[queue], kms_keys={"eu-west-1": key}, tags={"team": "web"})
    told = [one.inputs for one in recording.resources if one.type == "aws:sns/topicSubscription:TopicSubscription"]
    topics = {one.inputs["region"]: one.inputs for one in recording.resources if one.type == TOPIC}

    assert {(one["region"], one["protocol"], one["endpoint"]) for one in told} == {
        (region, *who)
        for region in ("eu-west-1", "us-east-1")
        for who in (("email", "ops@example.com"), ("sqs", queue))
    }
    assert topics["eu-west-1"]["kmsMasterKeyId"] == key
    assert "kmsMasterKeyId" not in topics["us-east-1"]
    assert topics["eu-west-1"]["tags"] == {"team": "web"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"regions": []}, "regions: is missing or empty; list the regions that the pipeline calls"),
        ({"regions": ["Ireland"]}, "regions[0]: 'Ireland' is not the name of a region; write it like eu-west-1"),
        ({"user_arn": None, "role_arn": None}, "role_arn: and user_arn are missing; name what is to be watched"),
        ({"role_arn": "arn:aws:iam::444455556666:role/x"}, "is of another account; watch it there"),
        ({"watch_name": "the site"}, "watch_name: 'the site' is not a name for rules and topics"),
        ({"emails": ["ops"]}, "emails[0]: 'ops' is not an e-mail address"),
        ({"queues": ["alarms"]}, "queues[0]: 'alarms' is not the ARN of a queue"),
        ({"kms_keys": {"eu-west-1": "alias/aws/sns"}}, "is not the ARN of a KMS key"),
        ({"expected_calls": ["sts:GetCallerIdentity"]}, "is not the name of a call; write it as CloudTrail does"),
        ({"source_ips": [f"203.{n}.113.7" for n in range(9)]}, "make an event pattern of"),
        ({"policy_arns": [f"{BOUNDARY}-{n}" for n in range(40)]}, "policy_arns: make an event pattern of"),
    ],
)
def test_what_cannot_be_watched_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        declared(**changes)
    assert message in str(error.value)


def test_no_pattern_is_longer_than_aws_takes() -> None:
    assert all(len(json.dumps(pattern, separators=(",", ":"))) <= LARGEST_PATTERN for pattern in rules().values())


@given(st.lists(st.ip_addresses(v=4).map(lambda address: f"{address}/24"), max_size=3), st.ip_addresses())
def test_an_address_is_in_exactly_one_of_the_given_networks_and_everywhere_else(
    given_: list[str], address: Any
) -> None:
    networks = [str(ipaddress.ip_network(network, strict=False)) for network in given_]
    inside = any(address in ipaddress.ip_network(network) for network in networks)

    assert sum(address in ipaddress.ip_network(network) for network in everywhere_but(networks)) == (0 if inside else 1)


def test_a_trail_is_made_with_a_bucket_that_only_it_may_fill() -> None:
    args = {"account_id": ACCOUNT, "trail_name": "pipelines", "bucket_name": "example-trail-dev"}
    recording = declare(lambda: PipelineTrail("trail", cast("PipelineTrailArgs", cast("object", args))))
    trail = recording.one("aws:cloudtrail/trail:Trail")
    policy = recording.one("aws:s3/bucketPolicy:BucketPolicy")
    shield = recording.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs

    assert trail.inputs["isMultiRegionTrail"] is trail.inputs["includeGlobalServiceEvents"] is True
    assert trail.inputs["region"] == "us-east-1"
    assert policy.urn in trail.request.dependencies
    assert all(shield[name] for name in shield if name.startswith(("block", "ignore", "restrict")))
    assert_golden("watch/trail-bucket-policy", policy.inputs["policy"])
    assert recording.outputs["trail_arn"] == f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/pipelines"


def test_the_watch_of_an_identity_knows_whom_it_watches_and_was_a_component_of_its_own_before() -> None:
    args = identity_args(generated_boundary={}, watch={"regions": ["eu-west-1"]}, tags={"team": "web"})
    recording = record(lambda: PipelineIdentity("site", args))

    watch = recording.one("pipeline-identity:index:PipelineWatch")
    assert watch.name == "site"
    (former,) = cast("list[Any]", watch.request.aliases)
    assert former.spec.noParent
    rules = {one.inputs["name"]: one.inputs for one in recording.resources if one.type.endswith(":EventRule")}
    assert "site-policy-changed" in rules, "the boundary is watched"
    assert {rule["tags"]["team"] for rule in rules.values()} == {"web"}
    boundary = recording.one("aws:iam/policy:Policy").inputs["policy"]
    assert "arn:aws:events:*:111122223333:rule/site-*" in boundary
    assert "arn:aws:sns:*:111122223333:site-alarms" in boundary


def test_the_watch_of_an_identity_says_where_the_alarms_go() -> None:
    topics = declare(lambda: PipelineIdentity("site", identity_args(watch={"regions": ["eu-west-1"]}))).outputs

    assert set(topics["alarm_topics"]) == {"eu-west-1", "us-east-1"}
    assert declare(lambda: PipelineIdentity("site", identity_args())).outputs["alarm_topics"] is None


HARDENED = {
    "account_id": ACCOUNT,
    "trail_name": "pipelines",
    "bucket_name": "example-trail-dev",
    "kms_key_arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    "tls_only": True,
    "versioning": True,
    "log_group_arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*",
    "log_group_role_arn": f"arn:aws:iam::{ACCOUNT}:role/trail-to-logs",
}


def test_a_hardened_trail_encrypts_logs_keeps_and_takes_calls_over_tls_alone() -> None:
    recording = declare(lambda: PipelineTrail("trail", cast("PipelineTrailArgs", cast("object", HARDENED))))
    trail, bucket = recording.one("aws:cloudtrail/trail:Trail"), recording.one("aws:s3/bucketPolicy:BucketPolicy")
    versioning = recording.one("aws:s3/bucketVersioning:BucketVersioning")

    assert trail.inputs["kmsKeyId"] == HARDENED["kms_key_arn"]
    assert trail.inputs["cloudWatchLogsGroupArn"] == HARDENED["log_group_arn"]
    assert trail.inputs["cloudWatchLogsRoleArn"] == HARDENED["log_group_role_arn"]
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert versioning.urn in trail.request.dependencies
    document = bucket.inputs["policy"]
    assert_golden("watch/trail-bucket-policy-over-tls", document)
    assert check_resource_policy(document, settings=Settings(trusted_accounts=[ACCOUNT])) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kms_key_arn": "alias/x"}, "kms_key_arn: 'alias/x' is not the ARN of a KMS key"),
        ({"log_group_arn": "trail"}, "log_group_arn: 'trail' is not the ARN of a log group"),
        ({"log_group_role_arn": None}, "log_group_role_arn: is missing; set both, or neither"),
        ({"log_group_arn": None}, "log_group_arn: is missing; set both, or neither"),
    ],
)
def test_a_trail_that_cannot_be_hardened_so_is_refused(changes: dict[str, Any], message: str) -> None:
    args = cast("PipelineTrailArgs", cast("object", {**HARDENED, **changes}))

    with pytest.raises(ArgumentError) as refused:
        declare(lambda: PipelineTrail("trail", args))
    assert message in str(refused.value)
