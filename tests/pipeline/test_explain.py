"""`explain`: why a call would be allowed or refused, held against what the local AWS does with the same call."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.pipeline.conftest import EXTERNAL_ID

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.pipeline.conftest import Command, Deployed, Ran

ALLOWED, REFUSED, UNKNOWN = 0, 1, 2
VERDICTS = {ALLOWED: "allowed", REFUSED: "denied", UNKNOWN: "unknown"}
USER, ROLE = "orders-pipeline", "orders-pipeline"


@pytest.fixture
def auditor(job: Command, deployed: Deployed) -> Command:
    """The command with credentials that may read IAM."""
    job.become((deployed.sandbox.account, "test"))
    return job


@pytest.fixture
def user(deployed: Deployed) -> str:
    return deployed.pipelines["orders"]["userArn"]


@pytest.fixture
def role(deployed: Deployed) -> str:
    return deployed.pipelines["orders"]["roleArn"]


def explain(auditor: Command, *arguments: str) -> Ran:
    ran = auditor("explain", *arguments, "--format", "json")
    if ran.out:
        assert ran.data["verdict"] == VERDICTS[ran.code]
    return ran


def statements(ran: Ran) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["effect"], one["applies"]) for one in ran.data["statements"]]


def document(*written: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(written)})


def file(name: str, *written: dict[str, Any]) -> str:
    Path(name).write_text(document(*written))
    return name


ANY: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NONE: dict[str, Any] = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def test_the_user_may_assume_its_role_and_both_ends_say_so(auditor: Command, user: str, role: str) -> None:
    ran = explain(auditor, "sts:AssumeRole", role, "--principal-arn", user)
    assert ran.code == ALLOWED, ran.out
    assert statements(ran) == [("trust policy", "Allow", "yes"), ("identity policy", "Allow", "yes")]
    assert ran.data["request"]["context"]["aws:principalarn"] == [user]


def test_the_user_may_nothing_else_and_the_first_reason_is_told(auditor: Command, user: str, role: str) -> None:
    ran = explain(auditor, "s3:ListAllMyBuckets", "--principal-arn", user)
    assert ran.code == REFUSED
    assert ran.data["reason"] == "no Allow applies in: identity policy"
    assert [one["reason"] for one in ran.data["statements"]] == ['Action is "sts:AssumeRole"']
    other = explain(auditor, "sts:TagSession", role, "--principal-arn", user)
    assert other.code == REFUSED


def test_the_role_may_what_was_declared_and_not_what_lies_beside(auditor: Command, deployed: Deployed) -> None:
    role = deployed.pipelines["orders"]["roleArn"]
    (declared,) = deployed.pipelines["orders"]["permissionsPolicies"].values()
    table = next(one for one in re.findall(r'"(arn:[^"*]+)"', declared) if ":table/" in one)
    assert explain(auditor, "dynamodb:PutItem", table, "--principal-arn", role).code == ALLOWED
    beside = explain(auditor, "dynamodb:PutItem", f"{table}-elsewhere", "--principal-arn", role)
    assert beside.code == REFUSED
    assert any(one["reason"].startswith("Resource is ") for one in beside.data["statements"])


def test_somebody_elses_policy_is_not_enough_without_trust(auditor: Command, deployed: Deployed, role: str) -> None:
    site = deployed.pipelines["site"].get("userArn") or deployed.pipelines["minted"]["userArn"]
    ran = explain(auditor, "sts:AssumeRole", role, "--principal-arn", site)
    assert ran.code == REFUSED
    assert "trust policy" in ran.data["reason"]


@contextmanager
def made(deployed: Deployed, name: str, *written: dict[str, Any], **more: Any) -> Generator[str]:
    """A user of its own, with one policy."""
    iam = deployed.sandbox.client("iam")
    arn = iam.create_user(UserName=name, Path="/explained/", **more)["User"]["Arn"]
    if written:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*written))
    yield arn
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    for group in iam.list_groups_for_user(UserName=name)["Groups"]:
        iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


CASES: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "nothing said": ([], False),
    "allowed": ([{**ANY, "Action": "iam:ListRoles"}], True),
    "allowed by a wildcard and in another case": ([{**ANY, "Action": "IAM:list*"}], True),
    "another action": ([{**ANY, "Action": "iam:ListUsers"}], False),
    "everything but it": ([{"Effect": "Allow", "NotAction": "iam:List*", "Resource": "*"}], False),
    "everything but something else": ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], True),
    "a Deny beside it": ([ANY, {**NONE, "Action": "iam:ListRoles"}], False),
    "a Deny of something else": ([ANY, {**NONE, "Action": "iam:ListUsers"}], True),
    "a key that a lasting key lacks": ([{**ANY, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], False),
    "the same, if it exists": (
        [{**ANY, "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}],
        True,
    ),
    "its own account": ([{**ANY, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "000000000000"}}}], True),
}


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_the_local_aws_does(auditor: Command, deployed: Deployed, case: str) -> None:
    written, allowed = CASES[case]
    with made(deployed, "explained", *written) as arn:
        key = deployed.sandbox.client("iam").create_access_key(UserName="explained")["AccessKey"]
        client = deployed.sandbox.client("iam", (key["AccessKeyId"], key["SecretAccessKey"]))
        try:
            client.list_roles()
            seen = True
        except ClientError as refused:
            assert "AccessDenied" in str(refused)  # noqa: PT017 - both ways are expected
            seen = False
        ran = explain(auditor, "iam:ListRoles", "--principal-arn", arn)
    assert seen is allowed
    assert ran.code == (ALLOWED if allowed else REFUSED), ran.out


def test_groups_and_managed_policies_count(auditor: Command, deployed: Deployed) -> None:
    iam = deployed.sandbox.client("iam")
    managed = iam.create_policy(PolicyName="lists", PolicyDocument=document({**ANY, "Action": "iam:ListRoles"}))
    managed_arn = managed["Policy"]["Arn"]
    iam.create_group(GroupName="explained")
    iam.attach_group_policy(GroupName="explained", PolicyArn=managed_arn)
    with made(deployed, "explained") as arn:
        iam.add_user_to_group(GroupName="explained", UserName="explained")
        ran = explain(auditor, "iam:ListRoles", "--principal-arn", arn)
    iam.detach_group_policy(GroupName="explained", PolicyArn=managed_arn)
    iam.delete_group(GroupName="explained")
    iam.delete_policy(PolicyArn=managed_arn)
    assert ran.code == ALLOWED
    assert ran.data["statements"][0]["policy"] == f"managed policy {managed_arn} of group explained"


def test_a_boundary_limits_it(auditor: Command, deployed: Deployed) -> None:
    iam = deployed.sandbox.client("iam")
    cap = iam.create_policy(PolicyName="cap", PolicyDocument=document({**ANY, "Action": "s3:*"}))["Policy"]["Arn"]
    with made(deployed, "explained", ANY, PermissionsBoundary=cap) as arn:
        inside = explain(auditor, "s3:ListAllMyBuckets", "--principal-arn", arn)
        outside = explain(auditor, "iam:ListRoles", "--principal-arn", arn)
    iam.delete_policy(PolicyArn=cap)
    assert inside.code == ALLOWED
    assert (outside.code, outside.data["reason"]) == (REFUSED, "no Allow applies in: permissions boundary")


def test_what_depends_on_a_key_that_was_not_given_cannot_be_told(auditor: Command, deployed: Deployed) -> None:
    at_home = {**ANY, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    with made(deployed, "explained", at_home) as arn:
        asked = ("iam:ListRoles", "--principal-arn", arn)
        unsaid = explain(auditor, *asked)
        assert explain(auditor, *asked, "--context", "aws:SourceIp=203.0.113.7").code == ALLOWED
        assert explain(auditor, *asked, "--context", "AWS:sourceip=198.51.100.7").code == REFUSED
        absent = explain(auditor, *asked, "--absent", "aws:SourceIp")
        people = auditor("explain", *asked)
    assert (unsaid.code, unsaid.data["unknown"]) == (UNKNOWN, ["aws:sourceip"])
    assert absent.code == REFUSED
    assert absent.data["statements"][0]["reason"] == "IpAddress aws:sourceip: the request lacks this key"
    assert people.code == UNKNOWN
    assert people.out.splitlines()[0] == f"unknown: iam:ListRoles by {arn}"
    assert "--context aws:sourceip=VALUE, or --absent aws:sourceip" in people.out


def test_tags_of_the_user_are_known_and_others_are_absent(auditor: Command, deployed: Deployed) -> None:
    tagged = {**ANY, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "orders"}}}
    for tags, expected in (("orders", ALLOWED), ("other", REFUSED), (None, REFUSED)):
        more = {"Tags": [{"Key": "Team", "Value": tags}]} if tags else {}
        with made(deployed, "explained", tagged, **more) as arn:
            assert explain(auditor, "iam:ListRoles", "--principal-arn", arn).code == expected


def test_an_external_id_is_asked_for_and_never_shown(auditor: Command, deployed: Deployed) -> None:
    partner = deployed.pipelines["partner"]
    its_role, account = partner["roleArn"], partner["roleArn"].split(":")[4]
    asked = ("sts:AssumeRole", its_role, "--principal-arn", partner["userArn"])
    unread = explain(auditor, *asked)
    assert unread.code == UNKNOWN
    assert f"it is in account {account}; hand it over with --resource-policy FILE" in unread.data["reason"]
    trust = deployed.sandbox.client("iam", (account, "test")).get_role(RoleName=partner["roleName"])["Role"]
    Path("trust.json").write_text(json.dumps(trust["AssumeRolePolicyDocument"]))
    asked += ("--resource-policy", "trust.json")
    right = explain(auditor, *asked, "--context", f"sts:ExternalId={EXTERNAL_ID}")
    wrong = explain(auditor, *asked, "--context", "sts:ExternalId=acme-4712")
    without = explain(auditor, *asked, "--absent", "sts:ExternalId")
    unsaid = explain(auditor, *asked)
    assert [one.code for one in (right, wrong, without, unsaid)] == [ALLOWED, REFUSED, REFUSED, UNKNOWN]
    assert unsaid.data["unknown"] == ["sts:externalid"]
    assert not any(secret in one.out for secret in (EXTERNAL_ID, "acme-4712") for one in (right, wrong))


def test_files_take_part_for_what_iam_does_not_tell(auditor: Command, user: str, role: str) -> None:
    asked = ("sts:AssumeRole", role, "--principal-arn", user)
    everything, nothing = file("all.json", ANY), file("none.json", NONE)
    some = file("some.json", {**ANY, "Action": "s3:*"})
    Path("level").mkdir()
    file("level/one.json", {**ANY, "Action": "s3:*"})
    assert explain(auditor, *asked, "--scp", everything).code == ALLOWED
    assert explain(auditor, *asked, "--scp", everything, "--scp", some).code == REFUSED
    assert explain(auditor, *asked, "--scp", everything, "--scp", "level").code == REFUSED
    file("level/two.json", ANY)
    assert explain(auditor, *asked, "--scp", everything, "--scp", "level").code == ALLOWED
    assert explain(auditor, *asked, "--session-policy", some).code == ALLOWED, "the trust names the user itself"
    assert explain(auditor, *asked, "--session-policy", nothing).code == REFUSED


def test_a_resources_policy_may_deny_and_may_allow(auditor: Command, user: str) -> None:
    queue = f"arn:aws:sqs:eu-west-1:{user.split(':')[4]}:jobs"
    asked = ("sqs:SendMessage", queue, "--principal-arn", user)
    lets = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sqs:SendMessage", "Resource": queue}
    assert explain(auditor, *asked).code == REFUSED
    assert explain(auditor, *asked, "--resource-policy", file("lets.json", lets)).code == ALLOWED
    denies = {**lets, "Effect": "Deny"}
    ran = explain(auditor, *asked, "--resource-policy", file("denies.json", lets, denies))
    assert (ran.code, ran.data["reason"]) == (REFUSED, "denied by resource policy denies.json, statement 1")


def test_the_account_of_a_bucket_may_be_said(auditor: Command, deployed: Deployed) -> None:
    with made(deployed, "explained", ANY) as arn:
        asked = ("s3:GetObject", "arn:aws:s3:::site/index.html", "--principal-arn", arn)
        assert explain(auditor, *asked).code == ALLOWED
        other = explain(auditor, *asked, "--resource-account", "999999999999")
    assert other.code == UNKNOWN
    assert "the policy of the resource, which must allow it" in other.data["reason"]


def test_a_session_is_its_role_with_what_iam_cannot_tell_unknown(job: Command, deployed: Deployed, role: str) -> None:
    session = f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/{role.rpartition('/')[2]}"
    job.become((deployed.sandbox.account, "test"))
    ran = explain(job, "s3:ListAllMyBuckets", "--principal-arn", f"{session}/run-7")
    assert ran.code == REFUSED
    assert ran.data["request"]["context"]["aws:userid"][0].endswith(":run-7")
    assert "the session's own policy (--session-policy)" in ran.data["not_looked_at"]


def test_credentials_that_cannot_read_iam_leave_it_open(job: Command, user: str, role: str) -> None:
    ran = explain(job, "sts:AssumeRole", role)
    assert ran.code == UNKNOWN
    assert ran.data["request"]["principal"] == user
    assert "AccessDenied" in ran.data["reason"]


def test_the_credentials_here_are_the_caller_by_default(auditor: Command) -> None:
    ran = explain(auditor, "s3:ListAllMyBuckets")
    assert ran.code == ALLOWED
    assert ran.data["request"]["principal"].endswith(":root")


def test_a_caller_with_another_path_is_not_there(auditor: Command, user: str, role: str) -> None:
    """IAM finds both by name alone."""
    for arn in (user, role):
        other = arn.replace("/pipelines/", "/")
        ran = auditor("explain", "s3:GetObject", "arn:aws:s3:::site/a", "--principal-arn", other)
        assert ran.stopped == 2
        assert f"there is no {other}; name one that is there, such as {arn}" in ran.err
        assert explain(auditor, "s3:GetObject", "arn:aws:s3:::site/a", "--principal-arn", arn).code == REFUSED


def test_it_can_change_nothing(auditor: Command, deployed: Deployed, user: str) -> None:
    """The calls that leave are counted by the local AWS's own record of them."""
    names: list[str] = []
    import boto3

    boto3.DEFAULT_SESSION = None
    from pipeline_identity_cli import iam

    seen = iam.only_reads

    def remembering(model: Any, **more: object) -> None:
        names.append(model.name)
        seen(model, **more)

    auditor.monkeypatch.setattr(iam, "only_reads", remembering)
    explain(auditor, "sts:AssumeRole", deployed.pipelines["orders"]["roleArn"], "--principal-arn", user)
    assert names
    assert all(name.startswith(("Get", "List")) for name in names)


GONE = "arn:aws:iam::{account}:{kind}/gone"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("s3:*",), 2, "is no single action; write it like s3:GetObject, without wildcards"),
        (("GetObject",), 2, "is no single action"),
        (("s3:GetObject", "bucket/key"), 2, "is no single resource; write an ARN without wildcards"),
        (("s3:GetObject", "arn:aws:s3:::site/*"), 2, "is no single resource"),
        (("sts:AssumeRole",), 2, "sts:AssumeRole is asked of a role; name its ARN as RESOURCE"),
        (("s3:GetObject", "--context", "aws:SourceIp"), 2, "has no value; write KEY=VALUE, or --absent KEY"),
        (("s3:GetObject", "--context", "SourceIp=1"), 2, "is no condition key; write it like aws:SourceIp"),
        (("s3:GetObject", "--absent", "SourceIp"), 2, "is no condition key"),
        (("s3:GetObject", "--context", "a:b=c", "--absent", "A:B"), 2, "a:b is both given and absent"),
        (("s3:GetObject", "--resource-account", "1"), 2, "is no account; write its 12 digits"),
        (("s3:GetObject", "--scp", "nowhere.json"), 2, "--scp nowhere.json cannot be read: No such file"),
        (("s3:GetObject", "--scp", "."), 2, "--scp . has no .json file"),
        (("s3:GetObject", "--session-policy", "nowhere.json"), 2, "--session-policy nowhere.json cannot be read"),
        (("s3:ListAllMyBuckets", "--principal-arn", "ann"), 2, "is no ARN of a user, role, session"),
        (
            ("s3:ListAllMyBuckets", "--principal-arn", "arn:aws:iam::999999999999:user/x"),
            2,
            "is in account 999999999999",
        ),
        (("s3:ListAllMyBuckets", "--principal-arn", GONE.replace("{kind}", "user")), 2, "gone; name one that is there"),
        (("s3:ListAllMyBuckets", "--principal-arn", GONE.replace("{kind}", "role")), 2, "gone; name one that is there"),
        (("sts:AssumeRole", GONE.replace("{kind}", "role")), 1, "gone; AWS refuses such a call"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_fix(
    auditor: Command, deployed: Deployed, arguments: tuple[str, ...], code: int, told: str
) -> None:
    filled = [one.replace("{account}", deployed.sandbox.account) for one in arguments]
    ran = auditor("explain", *filled)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1
