"""CloudTrail's records on EventBridge: which calls get there, and what the records say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.local_aws.conftest import Account, allow, document, error
from tests.support.origins import comes_from, comes_through
from tests.support.second_factors import Device

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYTHING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def trail(account: Account, region: str = "us-east-1", *, everywhere: bool = True) -> None:
    account.client("s3", region="us-east-1").create_bucket(Bucket=f"trail-{account.id}-{region}")
    cloudtrail = account.client("cloudtrail", region=region)
    cloudtrail.create_trail(Name="trail", S3BucketName=f"trail-{account.id}-{region}", IsMultiRegionTrail=everywhere)
    cloudtrail.start_logging(Name="trail")


def listen(account: Account, region: str, state: str = "ENABLED") -> Callable[[], list[dict[str, Any]]]:
    """A rule for every record, with a queue as its target; the records that arrive, oldest first."""
    sqs, events = account.client("sqs", region=region), account.client("events", region=region)
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", State=state, EventPattern='{"detail-type": ["AWS API Call via CloudTrail"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn}])

    def received() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        # A record is put on the bus after the answer is sent: the queue is waited for, and is empty when it says so.
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"])["detail"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return received


def names(records: list[dict[str, Any]]) -> list[str]:
    return [
        record["eventName"] for record in records if record["eventSource"] in ("iam.amazonaws.com", "sts.amazonaws.com")
    ]


def test_a_call_of_iam_is_recorded_in_us_east_1_with_who_what_and_how(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    account.client("iam").create_user(UserName="deployer", Tags=[{"Key": "team", "Value": "a"}])
    (record,) = [one for one in received() if one["eventName"] == "CreateUser"]
    assert record["eventSource"] == "iam.amazonaws.com"
    assert record["awsRegion"] == "us-east-1"
    assert record["recipientAccountId"] == account.id
    assert record["userIdentity"]["type"] == "Root"
    assert record["requestParameters"] == {"userName": "deployer", "tags": [{"key": "team", "value": "a"}]}
    assert record["responseElements"]["user"]["arn"] == account.arn("user/deployer")
    assert record["readOnly"] is False
    assert "errorCode" not in record


def test_nothing_arrives_without_a_trail(account: Account) -> None:
    received = listen(account, "us-east-1")
    account.client("iam").create_user(UserName="deployer")
    assert received() == []


def test_nothing_arrives_from_a_region_the_trail_is_not_for(account: Account) -> None:
    trail(account, "us-east-1", everywhere=False)
    received = listen(account, "eu-central-1")
    account.client("sts", account.user("deployer"), region="eu-central-1").get_session_token()
    assert received() == []


def test_a_session_is_recorded_in_the_region_that_was_asked(account: Account) -> None:
    trail(account)
    received = listen(account, "eu-central-1")
    credentials = account.user("deployer", allow("sts:AssumeRole"))
    role = account.role("deploy", account.arn("user/deployer"))
    account.client("sts", credentials).assume_role(RoleArn=role, RoleSessionName="job")
    (record,) = [one for one in received() if one["eventName"] == "AssumeRole"]
    assert record["awsRegion"] == "eu-central-1"
    assert record["userIdentity"]["type"] == "IAMUser"
    assert record["userIdentity"]["userName"] == "deployer"
    assert record["userIdentity"]["accessKeyId"] == credentials[0]
    assert record["requestParameters"]["roleArn"] == role
    assert record["responseElements"]["assumedRoleUser"]["arn"].endswith("assumed-role/deploy/job")


def test_a_denied_call_is_recorded_with_its_error(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    error(account.client("iam", account.user("deployer")).create_user, UserName="other")
    (record,) = [one for one in received() if one["userIdentity"]["type"] == "IAMUser"]
    assert (record["eventName"], record["errorCode"]) == ("CreateUser", "AccessDenied")
    assert record["responseElements"] is None


def test_what_a_role_does_is_recorded_with_its_issuer(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    sts = account.client("sts", account.user("deployer", allow("sts:AssumeRole")))
    role = account.role("deploy", account.arn("user/deployer"), Path="/ci/")
    session = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
    inside = account.client("iam", (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    error(inside.create_user, UserName="other")
    (record,) = [one for one in received() if one["userIdentity"]["type"] == "AssumedRole"]
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role


def test_both_accounts_record_a_role_assumed_across_them(account: Account, other_account: Account) -> None:
    for one in (account, other_account):
        trail(one)
    mine, theirs = listen(account, "eu-central-1"), listen(other_account, "eu-central-1")
    credentials = account.user("deployer", allow("sts:AssumeRole"))
    role = other_account.role("deploy", account.arn("user/deployer"))
    account.client("sts", credentials).assume_role(RoleArn=role, RoleSessionName="job")
    assert names(mine()) == names(theirs()) == ["AssumeRole"]


def test_calls_that_only_read_reach_only_the_rules_that_ask_for_everything(account: Account) -> None:
    trail(account)
    account.user("deployer")
    enabled = listen(account, "us-east-1")
    account.client("iam").get_user(UserName="deployer")
    account.client("iam").tag_user(UserName="deployer", Tags=[{"Key": "a", "Value": "b"}])
    assert names(enabled()) == ["TagUser"]
    account.client("events", region="us-east-1").put_rule(
        Name="all", State=EVERYTHING, EventPattern='{"detail-type": ["AWS API Call via CloudTrail"]}'
    )
    account.client("iam").get_user(UserName="deployer")
    assert names(enabled()) == ["GetUser"]


def test_a_call_of_any_service_with_a_stolen_key_is_recorded(account: Account) -> None:
    trail(account)
    received = listen(account, "eu-central-1", EVERYTHING)
    credentials = account.user("deployer")
    error(account.client("s3", credentials).list_buckets)
    error(account.client("dynamodb", credentials).list_tables)
    found = {(one["eventSource"], one["eventName"]) for one in received() if one["userIdentity"]["type"] == "IAMUser"}
    assert found == {("s3.amazonaws.com", "ListBuckets"), ("dynamodb.amazonaws.com", "ListTables")}


def test_what_is_done_with_the_contents_of_a_resource_is_not_recorded(account: Account) -> None:
    trail(account)
    received = listen(account, "eu-central-1", EVERYTHING)
    s3 = account.client("s3")
    s3.create_bucket(Bucket=f"b-{account.id}", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=f"b-{account.id}", Key="k", Body=b"x")
    s3.get_object(Bucket=f"b-{account.id}", Key="k")
    assert [one["eventName"] for one in received() if one["eventSource"] == "s3.amazonaws.com"] == ["CreateBucket"]


def test_no_secret_is_in_a_record(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    iam = account.client("iam")
    iam.create_user(UserName="deployer")
    secret = iam.create_access_key(UserName="deployer")["AccessKey"]["SecretAccessKey"]
    iam.create_login_profile(UserName="deployer", Password="not-a-real-One-1")
    text = json.dumps(received())
    assert "CreateAccessKey" in text
    assert "CreateLoginProfile" in text
    assert secret not in text
    assert "not-a-real-One-1" not in text


def test_a_request_with_a_bad_signature_is_nobodys(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    key, *_ = account.user("deployer")
    error(account.client("iam", (key, "wrong", "")).create_user, UserName="other")
    assert "other" not in json.dumps(received())


@pytest.mark.parametrize("source", ["aws.iam", "aws.sts"])
def test_nobody_can_put_a_record_there_themselves(account: Account, source: str) -> None:
    entry = {"Source": source, "DetailType": "AWS API Call via CloudTrail", "Detail": document()}
    answer = account.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 1


def test_a_record_says_where_a_call_came_from(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    comes_from(account.client("iam"), "203.0.113.9").create_user(UserName="first")
    comes_through(account.client("iam"), "vpce-0123456789abcdef0").create_user(UserName="second")
    first, second = [one for one in received() if one["eventName"] == "CreateUser"]
    assert first["sourceIPAddress"] == "203.0.113.9"
    assert "vpcEndpointId" not in first
    assert second["vpcEndpointId"] == "vpce-0123456789abcdef0"


def test_a_record_of_a_session_tells_its_source_identity_and_second_factor(account: Account) -> None:
    trail(account)
    received = listen(account, "us-east-1")
    credentials = account.user("deployer", allow(["sts:AssumeRole", "sts:SetSourceIdentity"]))
    trust = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Principal": {"AWS": account.id}}
    iam = account.client("iam")
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=document(allow("iam:CreateUser")))
    device = Device(iam, "deployer")
    given = account.client("sts", credentials).assume_role(
        RoleArn=role,
        RoleSessionName="job",
        SourceIdentity="alice",
        SerialNumber=device.serial_number,
        TokenCode=device.code(),
    )["Credentials"]
    inside = account.client("iam", (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))
    inside.create_user(UserName="made")
    (record,) = [one for one in received() if one["requestParameters"] == {"userName": "made"}]
    context = record["userIdentity"]["sessionContext"]
    assert context["sourceIdentity"] == "alice"
    assert context["attributes"]["mfaAuthenticated"] == "true"
