"""Statements: grouped, named, limited in size; boundaries, Pulumi's own needs, and what CloudTrail saw."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deploy_permissions import (
    MANAGED_LIMIT,
    InvalidUrl,
    Need,
    NotReadable,
    Place,
    covers,
    made_identities,
    policy,
    read_events,
    role_boundary,
    secrets_needs,
    size,
    split,
    state_needs,
    statements,
    used_by,
    with_boundary,
)

from tests.pipeline.deploy_permissions.compact import PLACE, deployment, step

ROLE = "arn:aws:iam::111122223333:role/pipeline"


def need(action: str, *resources: str, by: str = "urn:pulumi:a::b::aws:sqs/queue:Queue::q", **more: Any) -> Need:
    return Need(action, resources, by, "create", **more)


def test_actions_on_the_same_resources_are_one_statement() -> None:
    (one,) = statements([need("sqs:CreateQueue", "arn:a"), need("sqs:DeleteQueue", "arn:a")])
    assert one.document() == {
        "Sid": "QueueQ", "Effect": "Allow", "Action": ["sqs:CreateQueue", "sqs:DeleteQueue"], "Resource": "arn:a"
    }  # fmt: skip


def test_resources_of_the_same_actions_are_one_statement() -> None:
    (one,) = statements([need("sqs:CreateQueue", "arn:a"), need("sqs:CreateQueue", "arn:b")])
    assert one.resources == ("arn:a", "arn:b")


def test_no_action_comes_to_a_resource_that_did_not_ask_for_it() -> None:
    found = statements([need("sqs:CreateQueue", "arn:a", "arn:b"), need("sqs:DeleteQueue", "arn:a")])
    assert {(one.actions, one.resources) for one in found} == {
        (("sqs:CreateQueue",), ("arn:b",)),
        (("sqs:CreateQueue", "sqs:DeleteQueue"), ("arn:a",)),
    }


def test_a_resource_that_another_takes_in_is_not_repeated() -> None:
    (one,) = statements([need("sqs:CreateQueue", "arn:a-*"), need("sqs:CreateQueue", "arn:a-1")])
    assert one.resources == ("arn:a-*",)
    assert not covers("arn:a-*", "arn:b-1")
    assert not covers("arn:*:x", "arn:a")


def test_conditions_keep_statements_apart() -> None:
    lambda_ = (("StringEquals", "iam:PassedToService", ("lambda.amazonaws.com",)),)
    found = statements([need("iam:PassRole", "arn:r", conditions=lambda_), need("iam:PassRole", "arn:r")])
    assert len(found) == 2


def test_a_sid_says_who_asks_and_stands_once() -> None:
    other = "urn:pulumi:a::b::acme:x:App$aws:sqs/queue:Queue::dead letters"
    found = statements([need("sqs:CreateQueue", "arn:a", by=other), need("sns:Publish", "arn:a-*", by=other)])
    assert [one.sid for one in found] == ["QueueDeadLetters", "QueueDeadLettersV2"]


def test_policies_are_split_at_iams_limit_and_nothing_is_lost() -> None:
    many = [
        need("sqs:CreateQueue", f"arn:aws:sqs:eu-west-1:111122223333:queue-number-{number:04}") for number in range(400)
    ]
    (one,) = statements(many)
    parts = split((one,))
    assert len(parts) > 1
    assert all(size(part) <= MANAGED_LIMIT for part in parts)
    listed = [resource for part in parts for statement in part["Statement"] for resource in statement["Resource"]]
    assert sorted(listed) == sorted(resource for one in many for resource in one.resources)
    sids = [statement["Sid"] for part in parts for statement in part["Statement"]]
    assert len(set(sids)) == len(sids)


def test_roles_are_made_only_with_the_boundary() -> None:
    limited = with_boundary(
        [need("iam:CreateRole", "arn:r"), need("iam:DeleteRolePermissionsBoundary", "arn:r")], "arn:b"
    )
    (statement,) = policy(statements(limited))["Statement"]
    assert statement["Action"] == "iam:CreateRole"
    assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": "arn:b"}}


def test_the_boundary_of_what_the_stack_makes_allows_what_its_policies_say() -> None:
    role = step("aws:iam/role:Role", "r", {"name": "r"})
    allowed = json.dumps(
        {"Statement": {"Effect": "Allow", "Action": ["s3:GetObject", "iam:CreateUser"], "Resource": "*"}}
    )
    found = deployment(role, step("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": allowed}))
    assert list(made_identities(found).values()) == [""]
    allow, deny = role_boundary(found)["Statement"]
    assert allow["Action"] == "s3:*"
    assert deny["Effect"] == "Deny"
    assert "iam:*" in deny["Action"]


def test_the_state_is_read_by_a_preview_and_written_by_an_update() -> None:
    found = {
        one.action: (one.resources, one.only_reads)
        for one in state_needs("s3://acme-state/team?region=eu-west-1", PLACE)
    }
    assert found["s3:GetObject"] == (("arn:aws:s3:::acme-state/team/.pulumi/*",), True)
    assert found["s3:PutObject"] == (("arn:aws:s3:::acme-state/team/.pulumi/*",), False)
    assert found["s3:ListBucket"][0] == ("arn:aws:s3:::acme-state",)


@pytest.mark.parametrize(
    ("url", "resource", "alias"),
    [
        ("awskms://1a2b?region=us-east-1", "arn:aws:kms:us-east-1:111122223333:key/1a2b", ""),
        ("awskms:///arn:aws:kms:us-east-1:444455556666:key/1a2b", "arn:aws:kms:us-east-1:444455556666:key/1a2b", ""),
        ("awskms://alias/pulumi", "arn:aws:kms:eu-west-1:111122223333:key/*", "alias/pulumi"),
    ],
)
def test_secrets_are_kept_under_one_key(url: str, resource: str, alias: str) -> None:
    decrypt, encrypt = secrets_needs(url, PLACE)
    assert (decrypt.action, encrypt.action) == ("kms:Decrypt", "kms:Encrypt")
    assert decrypt.resources == (resource,)
    assert [values for _, _, values in decrypt.conditions] == ([(alias,)] if alias else [])


@pytest.mark.parametrize("url", ["gs://bucket", "s3://", "file:///state"])
def test_a_state_that_is_elsewhere_is_rejected(url: str) -> None:
    with pytest.raises(InvalidUrl, match="s3://"):
        list(state_needs(url, Place()))
    with pytest.raises(InvalidUrl, match="awskms://"):
        list(secrets_needs(url, Place()))


def record(source: str, name: str, **more: Any) -> dict[str, Any]:
    issuer = {
        "sessionContext": {"sessionIssuer": {"arn": more.pop("role", ROLE)}},
        "arn": "arn:aws:sts::111122223333:assumed-role/pipeline/job",
    }
    fixed = {"userIdentity": issuer, "awsRegion": "eu-west-1", "recipientAccountId": "111122223333"}
    return {**fixed, "eventSource": f"{source}.amazonaws.com", "eventName": name, **more}


@pytest.mark.parametrize(
    ("event", "action", "resource"),
    [
        (
            record("s3", "GetBucketEncryption", requestParameters={"bucketName": "b"}),
            "s3:GetEncryptionConfiguration",
            "arn:aws:s3:::b",
        ),
        (
            record("lambda", "GetFunction20150331v2", requestParameters={"functionName": "f"}),
            "lambda:GetFunction",
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
        ),
        (
            record("monitoring", "PutMetricAlarm", requestParameters={"alarmName": "a"}),
            "cloudwatch:PutMetricAlarm",
            "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
        ),
        (record("apigateway", "CreateRestApi"), "apigateway:POST", "*"),
        (
            record("iam", "GetRole", requestParameters={"roleName": "r"}),
            "iam:GetRole",
            "arn:aws:iam::111122223333:role/r",
        ),
        (record("ec2", "DescribeVpcs"), "ec2:DescribeVpcs", "*"),
        (record("cloudfront", "CreateDistribution2020_05_31"), "cloudfront:CreateDistribution", "*"),
        (
            record("sns", "CreateTopic", resources=[{"ARN": "arn:aws:sns:eu-west-1:111122223333:t"}]),
            "sns:CreateTopic",
            "arn:aws:sns:eu-west-1:111122223333:t",
        ),
    ],
)
def test_an_event_is_an_action_on_a_resource(event: dict[str, Any], action: str, resource: str) -> None:
    (used,) = used_by([event]).needs
    assert used.action == action
    if resource != "*":
        assert used.resources == (resource,)


def test_events_are_read_from_trails_lookups_lines_and_event_buses() -> None:
    event = record("sqs", "CreateQueue")
    looked_up = {"Events": [{"CloudTrailEvent": json.dumps(event), "EventName": "CreateQueue"}]}
    for document in ({"Records": [event]}, looked_up, [event], {"detail-type": "AWS API Call", "detail": event}, event):
        assert read_events(json.dumps(document)) == [event]
    assert read_events(f"{json.dumps(event)}\n{json.dumps(event)}\n") == [event, event]
    assert read_events('{"Records": []}') == []
    with pytest.raises(NotReadable, match="lookup-events"):
        read_events("no JSON")


def test_only_the_roles_sessions_count_and_denials_are_kept_apart() -> None:
    events = [
        record("sqs", "CreateQueue"),
        record("sqs", "DeleteQueue", role="arn:aws:iam::111122223333:role/other"),
        record("sns", "CreateTopic", errorCode="AccessDenied"),
        record("made-up", "DoIt"),
    ]
    used = used_by(events, ROLE)
    assert [one.action for one in used.needs] == ["sqs:CreateQueue"]
    assert [one.action for one in used.denied] == ["sns:CreateTopic"]
    assert used.unknown == ("made-up.amazonaws.com:DoIt",)
    assert used.events == 3
