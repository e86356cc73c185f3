"""`verify`: what IAM has is what the stack declared, and nothing more; whatever differs is told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from pipeline_job.aws import Reach
from pipeline_job.iam import MayNotChange, client

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.pipeline.conftest import Command, Deployed, Ran

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
NAME = "orders-pipeline"


@pytest.fixture
def auditor(job: Command, deployed: Deployed) -> Command:
    """The command with credentials that may read IAM."""
    job.become((deployed.sandbox.account, "test"))
    return job


def verify(auditor: Command, deployed: Deployed, *arguments: str) -> Ran:
    return auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "--format", "json", *arguments)


def failures(ran: Ran) -> dict[tuple[str, str], str]:
    return {(row["who"], row["check"]): row["seen"] for row in ran.data["checks"] if row["state"] == "failed"}


def test_what_was_just_deployed_is_as_declared(auditor: Command, deployed: Deployed) -> None:
    ran = verify(auditor, deployed)
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert ran.data["summary"] == {"pipelines": 1, "passed": 9, "failed": 0, "open": 0}


@contextmanager
def role_policy(iam: Any, document: dict[str, Any]) -> Generator[None]:
    iam.put_role_policy(RoleName=NAME, PolicyName="more", PolicyDocument=json.dumps(document))
    yield
    iam.delete_role_policy(RoleName=NAME, PolicyName="more")


@contextmanager
def user_policy(iam: Any) -> Generator[None]:
    iam.put_user_policy(UserName=NAME, PolicyName="more", PolicyDocument=json.dumps(EVERYTHING))
    yield
    iam.delete_user_policy(UserName=NAME, PolicyName="more")


@contextmanager
def group(iam: Any) -> Generator[None]:
    iam.create_group(GroupName="admins")
    iam.put_group_policy(GroupName="admins", PolicyName="more", PolicyDocument=json.dumps(EVERYTHING))
    iam.add_user_to_group(GroupName="admins", UserName=NAME)
    yield
    iam.remove_user_from_group(GroupName="admins", UserName=NAME)
    iam.delete_group_policy(GroupName="admins", PolicyName="more")
    iam.delete_group(GroupName="admins")


@contextmanager
def managed_policy(iam: Any) -> Generator[None]:
    arn = iam.create_policy(PolicyName="more", PolicyDocument=json.dumps(EVERYTHING))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    yield
    iam.detach_role_policy(RoleName=NAME, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


@contextmanager
def no_policy(iam: Any) -> Generator[None]:
    name = iam.list_role_policies(RoleName=NAME)["PolicyNames"][0]
    document = iam.get_role_policy(RoleName=NAME, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=NAME, PolicyName=name)
    yield
    iam.put_role_policy(RoleName=NAME, PolicyName=name, PolicyDocument=json.dumps(document))


@contextmanager
def wider_trust(iam: Any) -> Generator[None]:
    role = iam.get_role(RoleName=NAME)["Role"]
    trust = role["AssumeRolePolicyDocument"]
    more = {"Effect": "Allow", "Principal": {"AWS": role["Arn"].split(":")[4]}, "Action": "sts:AssumeRole"}
    wider = {**trust, "Statement": [*trust["Statement"], more]}
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(wider))
    yield
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(trust))


@contextmanager
def second_key(iam: Any) -> Generator[None]:
    key = iam.create_access_key(UserName=NAME)["AccessKey"]["AccessKeyId"]
    yield
    iam.delete_access_key(UserName=NAME, AccessKeyId=key)


@contextmanager
def password(iam: Any) -> Generator[None]:
    iam.create_login_profile(UserName=NAME, Password="Not-a-real-1-password")
    yield
    iam.delete_login_profile(UserName=NAME)


@contextmanager
def longer_sessions(iam: Any) -> Generator[None]:
    iam.update_role(RoleName=NAME, MaxSessionDuration=43200)
    yield
    iam.update_role(RoleName=NAME, MaxSessionDuration=7200)


CHANGES: dict[str, tuple[Callable[[Any], Any], tuple[str, str], str]] = {
    "a policy more of the role": (
        lambda iam: role_policy(iam, EVERYTHING),
        ("role", "may do no more and no less"),
        "inline policy more was not declared",
    ),
    "a managed policy more": (managed_policy, ("role", "may do no more and no less"), "policy/more was not declared"),
    "a policy less": (no_policy, ("role", "may do no more and no less"), "is not there"),
    "a wider trust": (wider_trust, ("role", "trusts no more and no less"), "declared"),
    "longer sessions": (longer_sessions, ("role", "ends sessions after"), "declared 7200, seen 43200"),
    "a policy more of the user": (user_policy, ("user", "may do no more and no less"), "was not declared"),
    "a group": (group, ("user", "may do no more and no less"), "inline policy more of group admins was not declared"),
    "a second key": (second_key, ("user", "has these keys and no other"), "declared"),
    "a password": (password, ("user", "has no other credentials"), "a console password"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_somebody_changes_is_found(auditor: Command, deployed: Deployed, change: str) -> None:
    made, check, told = CHANGES[change]
    with made(deployed.sandbox.client("iam")):
        ran = verify(auditor, deployed)
    assert ran.code == 1
    assert list(failures(ran)) == [check]
    assert told in failures(ran)[check]
    assert verify(auditor, deployed).code == 0, "and is gone with the change"


def test_a_policy_that_only_denies_may_be_there(auditor: Command, deployed: Deployed) -> None:
    with role_policy(deployed.sandbox.client("iam"), NOTHING):
        assert verify(auditor, deployed).code == 0


def test_a_managed_policy_may_be_named_and_must_then_be_there(auditor: Command, deployed: Deployed) -> None:
    arn = f"arn:aws:iam::{deployed.sandbox.account}:policy/more"
    with managed_policy(deployed.sandbox.client("iam")):
        assert verify(auditor, deployed, "--managed-policy", arn).code == 0
    assert verify(auditor, deployed, "--managed-policy", arn).code == 1


def outputs(deployed: Deployed, name: str, **changed: object) -> str:
    """A file with one pipeline's outputs, changed; None leaves one out."""
    entry = {**deployed.pipelines["orders"], "secretAccessKey": None, **changed}
    Path(f"{name}.json").write_text(json.dumps({name: {key: one for key, one in entry.items() if one is not None}}))
    return f"{name}.json"


def test_a_role_that_is_not_there_fails(auditor: Command, deployed: Deployed) -> None:
    role = f"arn:aws:iam::{deployed.sandbox.account}:role/nobody"
    ran = auditor("verify", "--outputs", outputs(deployed, "gone", roleArn=role), "--format", "json")
    assert ran.code == 1
    assert failures(ran) == {("role", "is there"): f"{role} does not exist"}


def test_what_was_not_declared_in_the_outputs_is_not_taken_for_fine(auditor: Command, deployed: Deployed) -> None:
    ran = auditor("verify", "--outputs", outputs(deployed, "old", trustPolicy=None), "--format", "json")
    assert ran.code == 2
    assert ran.data["summary"]["open"] == 1
    assert "the stack's outputs do not say what was declared" in ran.out


def test_the_half_in_another_account_is_not_taken_for_fine(auditor: Command, deployed: Deployed) -> None:
    ran = auditor("verify", "--outputs", deployed.outputs)
    assert ran.code == 2
    assert "5 pipelines" in ran.out
    assert "and these credentials are of" in ran.out


def test_keys_from_outside_are_fine_only_when_that_is_said(auditor: Command, deployed: Deployed) -> None:
    arguments = ("verify", "--outputs", deployed.outputs, "--pipeline", "minted")
    assert auditor(*arguments).code == 2
    assert auditor(*arguments, "--keys-outside").code == 0


def test_a_pipelines_own_key_sees_nothing(job: Command, deployed: Deployed) -> None:
    ran = verify(job, deployed)
    assert ran.code == 2
    assert ran.data["summary"] == {"pipelines": 1, "passed": 0, "failed": 0, "open": 2}
    assert "AWS refused: AccessDenied" in ran.out


def test_the_table_tells_what_is_wrong_alone(auditor: Command, deployed: Deployed) -> None:
    with second_key(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs)
    rows = [line.split()[:3] for line in ran.out.splitlines() if line.startswith(("orders", "site"))]
    assert rows == [["site", "both", "all"], ["orders", "user", "has"]] or rows == [
        ["orders", "user", "has"],
        ["site", "both", "all"],
    ]
    assert "\x1b" not in ran.out


def test_junit_has_a_case_for_each_check(auditor: Command, deployed: Deployed) -> None:
    with second_key(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs, "--format", "junit")
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(ran.out)}  # noqa: S314 - it is our own
    assert {
        name: (suite.get("tests"), suite.get("failures"), suite.get("errors")) for name, suite in suites.items()
    } == {
        "site": ("9", "0", "0"),
        "orders": ("9", "1", "0"),
        "partner": ("5", "0", "1"),
        "minted": ("9", "0", "1"),
        "release": ("5", "0", "0"),
    }
    failed = [case.get("name") for case in suites["orders"] if case.find("failure") is not None]
    assert failed == ["user has these keys and no other"]


def test_many_are_verified_side_by_side_and_told_in_order(auditor: Command, deployed: Deployed) -> None:
    entry = {**deployed.pipelines["orders"], "secretAccessKey": None}
    wrong = {**entry, "maxSessionDuration": 3600}
    many = {f"p{number:02}": wrong if number == 7 else entry for number in range(20)}
    Path("many.json").write_text(json.dumps(many))
    ran = auditor("verify", "--outputs", "many.json", "--format", "json", "--workers", "4")
    assert ran.code == 1
    assert list(dict.fromkeys(row["pipeline"] for row in ran.data["checks"])) == sorted(many)
    assert [row["pipeline"] for row in ran.data["checks"] if row["state"] == "failed"] == ["p07"]


def test_it_can_change_nothing(auditor: Command, deployed: Deployed) -> None:
    iam, _ = client(Reach(region=deployed.sandbox.region), 1)
    with pytest.raises(MayNotChange):
        iam.create_user(UserName="by-mistake")
    with pytest.raises(MayNotChange):
        iam.delete_role(RoleName=NAME)
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    assert "by-mistake" not in names
    assert NAME in names
