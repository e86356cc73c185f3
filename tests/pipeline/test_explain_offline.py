"""`explain` from what people have: policies in files, an error text, an event of CloudTrail; AWS is not asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from pipeline_identity_cli.aws import Reach
from pipeline_identity_cli.explain import resources

from tests.pipeline.ci_systems import SUBJECT, refusal, token

if TYPE_CHECKING:
    from tests.pipeline.ci_systems import System
    from tests.pipeline.conftest import Command, Ran

OURS = "111122223333"
USER, ROLE = f"arn:aws:iam::{OURS}:user/ann", f"arn:aws:iam::{OURS}:role/deployer"
SESSION = f"arn:aws:sts::{OURS}:assumed-role/deployer/build-7"
OBJECT = "arn:aws:s3:::site/index.html"
READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
DENIES = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def file(name: str, *statements: dict[str, Any]) -> str:
    Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return name


@pytest.fixture
def offline(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command where no call may leave."""

    def refuse(_: object, operation: str, __: object) -> Any:
        raise AssertionError(f"{operation} was called")

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    return command


def explain(command: Command, *arguments: str) -> Ran:
    return command("explain", *arguments, "--format", "json")


def of_user(*more: str, policy: str = "policy.json") -> tuple[str, ...]:
    return (*more, "--principal-arn", USER, "--identity-policy", policy)


def test_policies_from_files_are_enough(offline: Command) -> None:
    file("policy.json", READS)
    ran = explain(offline, *of_user("s3:GetObject", OBJECT))
    assert (ran.code, ran.data["verdict"], ran.data["format"], ran.data["exit_code"]) == (0, "allowed", 1, 0)
    assert explain(offline, *of_user("s3:GetObject", "arn:aws:s3:::other/x")).code == 1
    file("boundary.json", {**READS, "Resource": "arn:aws:s3:::other/*"})
    assert explain(offline, *of_user("s3:GetObject", OBJECT), "--boundary", "boundary.json").code == 1
    missing = offline("explain", "s3:GetObject", OBJECT, "--identity-policy", "policy.json")
    assert (missing.code, "name who has these policies with --principal-arn" in missing.err) == (2, True)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("s3:GetObjects", "AWS has no such action; did you mean s3:GetObject"),
        ("s33:GetObject", "AWS has no service 's33'; did you mean s3:GetObject"),
        ("nonsense:Whatever", "AWS has no service 'nonsense'"),
        ("s3:GetObject", "is allowed or denied on a resource (accesspointobject or object), and none is named"),
    ],
)
def test_a_call_that_aws_does_not_have_is_no_denial(offline: Command, action: str, told: str) -> None:
    file("policy.json", READS)
    ran = offline("explain", *of_user(action))
    assert (ran.code, ran.out, told in ran.err) == (2, "", True), ran.err


def test_an_action_newer_than_the_catalogue_may_be_asked_about(offline: Command) -> None:
    file("policy.json", {"Effect": "Allow", "Action": "s3:GetHologram", "Resource": "*"})
    assert explain(offline, *of_user("s3:GetHologram", OBJECT), "--new-action").code == 0


def test_an_action_without_resources_needs_none_and_takes_none(offline: Command) -> None:
    file("policy.json", {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    assert explain(offline, *of_user("s3:listallmybuckets")).code == 0
    ran = offline("explain", *of_user("s3:ListAllMyBuckets", OBJECT))
    assert (ran.code, "s3:ListAllMyBuckets has no resource; leave RESOURCE out" in ran.err) == (2, True)


def test_calls_that_need_no_permission_are_known(offline: Command) -> None:
    file("policy.json", {"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert explain(offline, *of_user("sts:GetCallerIdentity")).code == 0
    assert explain(offline, *of_user("sts:GetSessionToken")).code == 0
    ran = explain(offline, "sts:GetSessionToken", "--principal-arn", ROLE, "--identity-policy", "policy.json")
    assert (ran.code, "only a user" in ran.data["reason"]) == (1, True)


def test_a_resource_of_another_partition_is_out_of_reach(offline: Command) -> None:
    file("policy.json", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    assert explain(offline, *of_user("s3:GetObject", "arn:aws-cn:s3:::site/x")).code == 1
    assert explain(offline, *of_user("s3:GetObject", "arn:aws:s3:::site/x")).code == 0


def test_the_region_of_an_arn_is_the_region_of_the_call(offline: Command) -> None:
    at_home = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    file("policy.json", {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": at_home})
    assert explain(offline, *of_user("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OURS}:q")).code == 0
    assert explain(offline, *of_user("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OURS}:q")).code == 1


def test_session_tags_need_a_permission_of_their_own(offline: Command) -> None:
    policy = file("policy.json", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE})
    trust = file("trust.json", {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"})
    asked = (*of_user("sts:AssumeRole", ROLE, policy=policy), "--resource-policy", trust)
    assert explain(offline, *asked).code == 0
    ran = explain(offline, *asked, "--context", "aws:RequestTag/team=a")
    assert (ran.code, "the call needs sts:TagSession, too" in ran.data["reason"]) == (1, True)
    both = {"Action": ["sts:AssumeRole", "sts:TagSession"]}
    file("policy.json", {"Effect": "Allow", "Resource": ROLE, **both})
    file("trust.json", {"Effect": "Allow", "Principal": {"AWS": USER}, **both})
    assert explain(offline, *asked, "--context", "aws:RequestTag/team=a").code == 0


def test_a_resource_control_policy_denies_where_it_holds(offline: Command) -> None:
    file("policy.json", READS, {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"})
    rcp = ("--rcp", file("rcp.json", {**DENIES, "Action": ["s3:*", "sns:*"]}))
    asked = of_user("s3:GetObject", OBJECT)
    assert explain(offline, *asked, *rcp).code == 1
    elsewhere = {"StringNotEquals": {"aws:PrincipalAccount": OURS}}
    file("rcp.json", {**DENIES, "Condition": elsewhere})
    assert explain(offline, *asked, *rcp).code == 0
    file("rcp.json", {**DENIES, "Action": ["s3:*", "sns:*"]})
    topic = of_user("sns:Publish", f"arn:aws:sns:eu-west-1:{OURS}:t")
    assert explain(offline, *topic, *rcp).code == 0, "RCPs do not hold for SNS"
    file("rcp.json", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    ran = offline("explain", *asked, *rcp)
    assert (ran.code, "--rcp rcp.json is no resource control policy" in ran.err) == (2, True)


FAILED = "An error occurred (AccessDenied) when calling the GetObject operation:"
LINE = f"{FAILED} User: {SESSION} is not authorized to perform: "


@pytest.mark.parametrize(
    "text",
    [
        f'{LINE}s3:GetObject on resource: "{OBJECT}" because no identity-based policy allows the s3:GetObject action',
        f"Error: {LINE}s3:GetObject on resource: {OBJECT} with an explicit deny in a service control policy",
        f"2026-11-30 12:00:01 {LINE}s3:GetObject\n on resource: {OBJECT}\n\nmore lines",
    ],
)
def test_a_pasted_error_is_a_question(offline: Command, text: str) -> None:
    file("policy.json", READS)
    ran = explain(offline, "--error", text, "--identity-policy", "policy.json")
    assert ran.code == 0, ran.err
    assert ran.data["request"]["action"] == "s3:GetObject"
    assert ran.data["request"]["resource"] == OBJECT
    assert ran.data["request"]["principal"] == SESSION
    if "because" in text:
        assert ran.data["aws_said"].startswith("because no identity-based policy allows")


@pytest.mark.parametrize("text", ["nothing of the kind", "AccessDenied", f"User: {USER} is not authorized"])
def test_a_text_that_names_no_call_is_rejected(offline: Command, text: str) -> None:
    ran = offline("explain", "--error", text)
    assert (ran.code, "the text names no call that AWS denied" in ran.err) == (2, True)


DECODED: dict[str, Any] = {
    "allowed": False,
    "explicitDeny": False,
    "context": {
        "principal": {"id": "AIDAEXAMPLE", "arn": USER},
        "action": "ec2:TerminateInstances",
        "resource": f"arn:aws:ec2:eu-west-1:{OURS}:instance/i-00000000000000000",
        "conditions": {"items": [{"key": "ec2:Region", "values": {"items": [{"value": "eu-west-1"}]}}]},
    },
}
ENCODED = f"You are not authorized to perform this operation. Encoded authorization failure message: {'a' * 300}"


def decoding(message: object) -> tuple[int, str]:
    """What STS answers, with this as the message that was decoded."""
    text = f"<DecodedMessage>{escape(json.dumps(message))}</DecodedMessage>"
    result = f"<DecodeAuthorizationMessageResult>{text}</DecodeAuthorizationMessageResult>"
    space = "https://sts.amazonaws.com/doc/2011-06-15/"
    return 200, f'<DecodeAuthorizationMessageResponse xmlns="{space}">{result}</DecodeAuthorizationMessageResponse>'


@pytest.fixture
def asking(command: Command, asked_system: System) -> Command:
    """The command beside an STS that answers what a test has it answer."""
    command.become(("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    command.environment({"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": asked_system.url, "NO_PROXY": "127.0.0.1"})
    return command


@pytest.mark.parametrize("text", [ENCODED, "a" * 300, f"An error: {ENCODED}\n\nmore lines"])
def test_an_encoded_message_is_decoded_by_aws(asking: Command, asked_system: System, text: str) -> None:
    asked_system.answers = [decoding(DECODED)]
    at_home = {"StringEquals": {"ec2:Region": "eu-west-1"}}
    file("policy.json", {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": at_home})
    ran = explain(asking, "--error", text, "--identity-policy", "policy.json")
    assert ran.code == 0, ran.err
    (sent,) = asked_system.sent
    assert (sent["Action"], sent["EncodedMessage"]) == (["DecodeAuthorizationMessage"], ["a" * 300])
    assert ran.data["aws_said"] == "no policy allows it"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((400, refusal("InvalidAuthorizationMessageException", "")), "InvalidAuthorizationMessageException"),
        (
            (
                403,
                refusal("AccessDenied", f"User: {USER} is not authorized to perform: sts:DecodeAuthorizationMessage"),
            ),
            "(decoding needs sts:DecodeAuthorizationMessage)",
        ),
        (decoding({"allowed": False}), "does not name the call that was denied"),
        (decoding([]), "does not name the call that was denied"),
        (decoding({**DECODED, "context": {**DECODED["context"], "conditions": {"items": ["x"]}}}), "does not name"),
    ],
)
def test_a_message_that_is_not_decoded_gives_no_verdict(
    asking: Command, asked_system: System, answer: tuple[int, str], told: str
) -> None:
    asked_system.answers = [answer]
    ran = explain(asking, "--error", ENCODED)
    assert (ran.stopped, ran.data["exit_code"]) == (2, 2)
    assert told in ran.err


EVENT = {
    "eventSource": "s3.amazonaws.com",
    "eventName": "HeadObject",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "203.0.113.7",
    "userIdentity": {"type": "IAMUser", "arn": USER},
    "errorCode": "AccessDenied",
    "errorMessage": "Access Denied",
    "requestParameters": {"bucketName": "site", "key": "index.html"},
    "resources": [{"ARN": "arn:aws:s3:::site"}],
}
FINE = {**EVENT, "errorCode": None}


@pytest.mark.parametrize(
    "content",
    [EVENT, {"Records": [FINE, EVENT]}, {"detail": EVENT}, {"Events": [{"CloudTrailEvent": json.dumps(EVENT)}]}],
    ids=["itself", "file", "EventBridge", "lookup-events"],
)
def test_an_event_of_cloudtrail_is_a_question(offline: Command, content: object) -> None:
    file("policy.json", {**READS, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}})
    Path("event.json").write_text(json.dumps(content))
    ran = explain(offline, "--event", "event.json", "--identity-policy", "policy.json")
    assert ran.code == 0, ran.out + ran.err
    assert (ran.data["request"]["action"], ran.data["request"]["resource"]) == ("s3:GetObject", OBJECT)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "7",
        json.dumps({"Records": [EVENT, EVENT]}),
        json.dumps([FINE, FINE]),
        json.dumps({"Events": [{"CloudTrailEvent": "{"}]}),
        "[" * 400 + "]" * 400,
    ],
)
def test_what_is_not_one_denied_event_is_rejected(offline: Command, content: str) -> None:
    Path("event.json").write_text(content)
    ran = offline("explain", "--event", "event.json")
    assert (ran.code, ran.out) == (2, "")
    assert "--event event.json" in ran.err


@pytest.mark.parametrize("odd", [{"resources": "x"}, {"resources": ["x", None]}, {"userIdentity": "x"}])
def test_an_event_with_fields_that_are_not_as_they_should_be_is_still_read(offline: Command, odd: object) -> None:
    file("policy.json", READS)
    Path("event.json").write_text(json.dumps(EVENT | odd))  # pyright: ignore[reportOperatorIssue]
    arguments = ("--event", "event.json", "--identity-policy", "policy.json", "--principal-arn", USER)
    assert explain(offline, *arguments).code == 0


def test_the_call_that_was_denied_and_the_one_that_is_named_must_be_the_same(offline: Command) -> None:
    """The denied call says who called, and with what; another action would be judged with that."""
    file("policy.json", READS)
    text = f"{LINE}s3:GetObject because no identity-based policy allows the s3:GetObject action"
    of_policy = ("--identity-policy", "policy.json")
    ran = explain(offline, "--error", text, *of_policy, "s3:getobject", OBJECT)
    assert (ran.code, ran.data["request"]["principal"]) == (0, SESSION), "the text does not say which object"
    ran = explain(offline, "--error", text, *of_policy, "s3:PutObject", OBJECT)
    assert ran.stopped == 2
    assert "ACTION is 's3:PutObject', and the call that AWS denied is 's3:GetObject'; leave ACTION out" in ran.err


@pytest.mark.parametrize("arguments", [(), ("--error", "a", "--event", "b")])
def test_a_question_is_needed(offline: Command, arguments: tuple[str, ...]) -> None:
    assert offline("explain", *arguments).code == 2


@pytest.mark.parametrize(
    ("arn", "operation", "answer"),
    [
        (OBJECT, "GetBucketPolicy", {"Policy": "{}"}),
        (f"arn:aws:kms:eu-west-1:{OURS}:key/1", "GetKeyPolicy", {"Policy": "{}"}),
        (f"arn:aws:sqs:eu-west-1:{OURS}:q", "GetQueueAttributes", {"Attributes": {"Policy": "{}"}}),
        (f"arn:aws:sns:eu-west-1:{OURS}:t", "GetTopicAttributes", {"Attributes": {"Policy": "{}"}}),
        (f"arn:aws:lambda:eu-west-1:{OURS}:function:f", "GetPolicy", {"Policy": "{}"}),
        (f"arn:aws:secretsmanager:eu-west-1:{OURS}:secret:s-AbCdEf", "GetResourcePolicy", {"ResourcePolicy": "{}"}),
        (f"arn:aws:ecr:eu-west-1:{OURS}:repository/shop/web", "GetRepositoryPolicy", {"policyText": "{}"}),
        (f"arn:aws:dynamodb:eu-west-1:{OURS}:table/t", "GetResourcePolicy", {"Policy": "{}"}),
    ],
)
def test_the_policies_of_resources_are_read_where_that_is_allowed(
    command: Command, monkeypatch: pytest.MonkeyPatch, arn: str, operation: str, answer: dict[str, Any]
) -> None:
    command.become(("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    codes: list[str] = []

    def call(_: object, name: str, __: object) -> Any:
        if name == operation and codes:
            raise ClientError({"Error": {"Code": codes[0], "Message": ""}}, name)
        return {"QueueUrl": "https://example.com/q"} if name == "GetQueueUrl" else answer

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    reach = Reach(None, "eu-west-1")
    found, why = resources.policy(arn, reach)
    assert found is not None
    assert (found.name, found.document, why) == (f"of {arn}", {}, "")
    codes.append("AccessDenied")
    assert resources.policy(arn, reach) == (None, "the policy of the resource (--resource-policy), as AccessDenied")
    codes[0] = "ResourceNotFoundException"
    assert resources.policy(arn, reach) == (None, "")


def test_lines_for_people_name_secrets_by_their_whole_arns(offline: Command) -> None:
    """Some libraries for terminals make a picture of `:secret:`."""
    secret = f"arn:aws:secretsmanager:eu-west-1:{OURS}:secret:prod/db-AbCdEf"
    file("policy.json", {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret})
    ran = offline("explain", *of_user("secretsmanager:GetSecretValue", secret))
    assert ran.code == 0
    assert ran.out.startswith(f"allowed: secretsmanager:GetSecretValue on {secret} by {USER}\n")
    assert "✓ Allow applies: identity policy policy.json, statement 0" in ran.out


GITHUB = "token.actions.githubusercontent.com"
DEPLOY = "arn:aws:iam::111122223333:role/deploy"


def shows_token(command: Command, *arguments: str, trust: dict[str, str], **claims: Any) -> Ran:
    """What is explained of a token that is shown to a role, without AWS."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{GITHUB}:{name}": value for name, value in trust.items()}},
    }
    Path("trust.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    Path("token").write_text(token(**claims))
    call = ("explain", "sts:AssumeRoleWithWebIdentity", *(arguments or (DEPLOY,)))
    return command(*call, "--token-file", "token", "--resource-policy", "trust.json", "--format", "json")


@pytest.mark.parametrize(
    ("trust", "claims", "code", "told"),
    [
        ({"sub": SUBJECT, "aud": "acme"}, {}, 0, ""),
        ({"repository_id": "34"}, {"repository_id": "34"}, 0, ""),
        ({"repository_id": "34"}, {"repository_id": "35"}, 1, "repository_id"),
        ({"environment": "production"}, {}, 1, "environment"),
        ({"repository_owner": "acme"}, {"repository_owner": "acme"}, 1, "repository_owner"),
        ({"sub": SUBJECT}, {"https://aws.amazon.com/tags": {"principal_tags": {"a": ["b"]}}}, 1, "sts:TagSession"),
    ],
)
def test_a_token_is_explained_by_the_claims_that_aws_reads_of_it(
    command: Command, trust: dict[str, str], claims: dict[str, Any], code: int, told: str
) -> None:
    ran = shows_token(command, trust=trust, **claims)

    assert ran.code == code, ran.out + ran.err
    assert told in ran.out


def test_a_token_is_shown_to_a_role(command: Command) -> None:
    assert "--token-file is shown to a role; name the role's ARN as RESOURCE" in shows_token(command, "*", trust={}).err
