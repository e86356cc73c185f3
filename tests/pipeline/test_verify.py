"""`verify`: what IAM has is what the stack declared, and nothing more; whatever differs is told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree

import pytest
import yaml
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from pipeline_identity_cli.aws import Reach
from pipeline_identity_cli.iam import MayNotChange, client
from pipeline_identity_cli.verify.live import SessionsOnly
from pipeline_identity_cli.verify.report import Report
from pipeline_identity_cli.verify.rows import Row, State

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.pipeline.conftest import Command, Deployed, Ran

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
LESS = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
EVERYTHING_OF_SQS = {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
NAME = "orders-pipeline"


@pytest.fixture
def auditor(job: Command, deployed: Deployed) -> Command:
    """The command with credentials that may read IAM."""
    job.become((deployed.sandbox.account, "test"))
    return job


def verify(auditor: Command, deployed: Deployed, *arguments: str) -> Ran:
    return auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "--format", "json", *arguments)


def failures(ran: Ran) -> dict[tuple[str, str], str]:
    """What failed, without probes."""
    return {
        (row["who"], row["check"]): row["seen"]
        for row in ran.data["checks"]
        if row["state"] == "failed" and not row["by"]
    }


def probes(ran: Ran, state: str) -> list[str]:
    """The probes that ended so."""
    return [f"{row['who']} {row['check']}" for row in ran.data["checks"] if row["by"] and row["state"] == state]


def test_what_was_just_deployed_is_as_declared(auditor: Command, deployed: Deployed) -> None:
    ran = verify(auditor, deployed)
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert len([row for row in ran.data["checks"] if not row["by"]]) == 9
    assert ran.data["summary"]["failed"] == ran.data["summary"]["unknown"] == 0


def test_user_and_role_are_probed_for_what_it_may_and_may_not(auditor: Command, deployed: Deployed) -> None:
    entry = deployed.pipelines["orders"]
    passed = probes(verify(auditor, deployed), "passed")
    declared = json.loads(next(iter(entry["permissionsPolicies"].values())))["Statement"]
    for action in (action for statement in declared for action in _many(statement["Action"])):
        assert any(one.startswith(f"role may {action} on arn:") for one in passed), action
    assert f"user may sts:AssumeRole on {entry['roleArn']}" in passed
    assert f"user may not iam:PutUserPolicy on {entry['userArn']}" in passed
    assert f"role may not iam:PutRolePolicy on {entry['roleArn']}" in passed
    assert not any("iam:PutRolePolicy" in one for one in passed if one.startswith("user"))


def _many(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def test_it_says_that_the_local_simulator_is_not_fit_and_who_answered(auditor: Command, deployed: Deployed) -> None:
    """The local AWS's simulator looks at the first resource alone, and finds no role that has a path."""
    ran = verify(auditor, deployed)
    assert ran.data["simulator"].startswith("it did not answer for ")
    assert {row["by"] for row in ran.data["checks"]} == {"", "evaluator"}
    people = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders")
    assert "simulator" not in people.out, "nobody can do anything about it"
    people = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "-v")
    assert "IAM's simulator was not used: it did not answer for" in people.out
    assert " by evaluator." in people.out


@contextmanager
def role_policy(iam: Any, document: dict[str, Any]) -> Generator[None]:
    iam.put_role_policy(RoleName=NAME, PolicyName="more", PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
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
        ("role", "policies"),
        "inline policy more was not declared",
    ),
    "a managed policy more": (managed_policy, ("role", "policies"), "policy/more was not declared"),
    "a policy less": (no_policy, ("role", "policies"), "does not exist"),
    "a wider trust": (wider_trust, ("role", "trust policy"), "differs from what was declared"),
    "longer sessions": (longer_sessions, ("role", "longest session"), "43200 s, and 7200 s was declared"),
    "a policy more of the user": (user_policy, ("user", "policies"), "was not declared"),
    "a group": (group, ("user", "policies"), "inline policy more of group admins was not declared"),
    "a second key": (second_key, ("user", "access keys"), "was not declared (active)"),
    "a password": (password, ("user", "other credentials"), "a console password"),
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


@pytest.mark.parametrize("change", ["a policy more of the role", "a managed policy more", "a policy more of the user"])
def test_what_a_change_lets_in_is_found_by_the_probes(auditor: Command, deployed: Deployed, change: str) -> None:
    made, (who, _), _ = CHANGES[change]
    with made(deployed.sandbox.client("iam")):
        ran = verify(auditor, deployed)
    failed = probes(ran, "failed")
    assert all(one.startswith(f"{who} may not ") for one in failed)
    assert not [one for one in probes(ran, "passed") if one.startswith(f"{who} may not ")]
    seen = next(
        row["seen"] for row in ran.data["checks"] if row["check"].startswith("may not iam:CreateUser") and row["seen"]
    )
    assert seen.startswith("allowed: allowed by identity policy ")


def test_what_the_role_lost_is_found_by_the_probes(auditor: Command, deployed: Deployed) -> None:
    with no_policy(deployed.sandbox.client("iam")):
        failed = probes(verify(auditor, deployed), "failed")
    assert failed
    assert all(one.startswith("role may ") and not one.startswith("role may not ") for one in failed)


def test_a_boundary_that_leaves_nothing_is_found_by_the_probes(auditor: Command, deployed: Deployed) -> None:
    iam = deployed.sandbox.client("iam")
    arn = iam.create_policy(PolicyName="cap", PolicyDocument=json.dumps(LESS | EVERYTHING_OF_SQS))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=arn)
    try:
        ran = verify(auditor, deployed)
    finally:
        iam.delete_role_permissions_boundary(RoleName=NAME)
        iam.delete_policy(PolicyArn=arn)
    assert list(failures(ran)) == [("role", "permissions boundary")]
    assert all(one.startswith("role may ") for one in probes(ran, "failed"))
    assert "refused: no Allow applies in: permissions boundary" in {row["seen"] for row in ran.data["checks"]}


def test_a_policy_that_only_denies_may_be_there(auditor: Command, deployed: Deployed) -> None:
    with role_policy(deployed.sandbox.client("iam"), LESS):
        assert verify(auditor, deployed).code == 0


def test_a_policy_that_denies_what_was_declared_is_told_by_the_probes(auditor: Command, deployed: Deployed) -> None:
    with role_policy(deployed.sandbox.client("iam"), NOTHING):
        ran = verify(auditor, deployed)
    assert ran.code == 1
    assert failures(ran) == {}
    assert {row["seen"] for row in ran.data["checks"] if row["state"] == "failed"} == {
        "refused: denied by identity policy inline policy more, statement 0"
    }


def test_a_managed_policy_may_be_named_and_must_then_be_there(auditor: Command, deployed: Deployed) -> None:
    arn = f"arn:aws:iam::{deployed.sandbox.account}:policy/more"
    with managed_policy(deployed.sandbox.client("iam")):
        assert verify(auditor, deployed, "--managed-policy", arn).code == 0
    assert verify(auditor, deployed, "--managed-policy", arn).code == 1


def outputs(deployed: Deployed, name: str, of: str = "orders", **changed: object) -> str:
    """A file with one pipeline's outputs, changed; None leaves one out."""
    entry = {**deployed.pipelines[of], "secretAccessKey": None, **changed}
    Path(f"{name}.json").write_text(json.dumps({name: {key: one for key, one in entry.items() if one is not None}}))
    return f"{name}.json"


def test_a_role_that_is_not_there_fails(auditor: Command, deployed: Deployed) -> None:
    role = f"arn:aws:iam::{deployed.sandbox.account}:role/nobody"
    ran = auditor("verify", "--outputs", outputs(deployed, "gone", roleArn=role), "--format", "json")
    assert ran.code == 1
    assert failures(ran) == {("role", "ARN"): f"{role} does not exist"}


def test_what_was_not_declared_in_the_outputs_is_not_taken_for_fine(auditor: Command, deployed: Deployed) -> None:
    ran = auditor("verify", "--outputs", outputs(deployed, "old", trustPolicy=None), "--format", "json")
    assert ran.code == 2
    assert ran.data["summary"]["unknown"] == 1
    assert "the stack's outputs do not say what was declared" in ran.out


def test_what_the_outputs_hide_as_a_whole_is_not_taken_for_fine(auditor: Command, deployed: Deployed) -> None:
    """Neither is a boundary of which they say nothing."""
    entry = deployed.pipelines["orders"]
    shown = {name: value for name, value in entry.items() if name != "secretAccessKey"}
    Path("outputs.json").write_text(json.dumps({"orders": shown, "site": "[secret]"}))
    ran = auditor("verify", "--outputs", "outputs.json", "--format", "json")
    told = [(row["pipeline"], row["check"]) for row in ran.data["checks"] if row["state"] == "unknown"]
    assert (ran.code, told) == (2, [("site", "everything")])
    assert auditor("verify", "--outputs", "outputs.json", "--pipeline", "orders").code == 0
    Path("outputs.json").write_text(json.dumps({"orders": {"roleArn": entry["roleArn"]}}))
    ran = auditor("verify", "--outputs", "outputs.json", "--format", "json")
    assert "permissions boundary" in [row["check"] for row in ran.data["checks"] if row["state"] == "unknown"]


def test_the_role_in_another_account_is_not_taken_for_fine(auditor: Command, deployed: Deployed) -> None:
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
    assert ran.data["summary"] == {"pipelines": 1, "passed": 0, "failed": 0, "unknown": 2}
    assert "AWS denies the call: AccessDenied" in ran.out


def test_people_are_told_what_is_wrong_alone_and_each_mark_in_words(auditor: Command, deployed: Deployed) -> None:
    with second_key(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs)
    lines = [line for line in ran.out.splitlines() if "orders" in line or "site" in line]
    assert "✓ PASS  site" in lines
    (orders,) = [line for line in lines if "orders" in line]
    assert orders.startswith("✗ FAIL  orders: user access keys: AKIA")
    assert any(line.startswith("? UNKNOWN  partner: ") for line in ran.out.splitlines())
    assert "\x1b" not in ran.out


def test_one_policy_too_many_is_one_line_with_what_it_lets_in(auditor: Command, deployed: Deployed) -> None:
    with managed_policy(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders")
    failed = [line for line in ran.out.splitlines() if "FAIL" in line]
    assert len(failed) == 1, ran.out
    assert "policy/more was not declared" in failed[0]
    below = ran.out.splitlines()[1]
    assert below.startswith("    may iam:CreateUser on arn:aws:iam::")
    assert below.endswith(" calls more (--format json names all), and must not")


def test_a_document_that_differs_is_shown_as_a_difference(auditor: Command, deployed: Deployed) -> None:
    with wider_trust(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders")
        document = verify(auditor, deployed)
    added = [line.strip() for line in ran.out.splitlines() if line.startswith("    +")]
    assert '+      "Action": "sts:AssumeRole",' in added
    assert not [line for line in ran.out.splitlines() if line.startswith("    -") and "---" not in line]
    (row,) = [row for row in document.data["checks"] if row["id"] == "trust"]
    assert row["difference"].startswith("--- declared\n+++ seen\n")


@contextmanager
def same_trust_in_other_words(iam: Any) -> Generator[None]:
    trust = iam.get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"]
    other = {"Statement": [{**one, "Action": _many(one["Action"]), "Sid": "Other"} for one in trust["Statement"][::-1]]}
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps({"Version": trust["Version"], **other}))
    yield
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(trust))


def test_the_same_in_other_words_is_no_difference(auditor: Command, deployed: Deployed) -> None:
    with same_trust_in_other_words(deployed.sandbox.client("iam")):
        assert verify(auditor, deployed).code == 0


def test_markdown_is_for_the_summary_of_a_job(auditor: Command, deployed: Deployed) -> None:
    with wider_trust(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "--format", "markdown")
    assert ran.code == 1
    assert ran.out.startswith("### pipeline-identity verify: not as declared\n")
    assert "| ✗ FAIL | orders | role trust policy: " in ran.out
    assert "\n```diff\n--- declared\n+++ seen\n" in ran.out


def test_programs_get_ids_that_stay_and_the_exit_code(auditor: Command, deployed: Deployed) -> None:
    ran = verify(auditor, deployed)
    assert (ran.data["format"], ran.data["exit_code"]) == (1, 0)
    assert {row["id"] for row in ran.data["checks"]} == {
        "exists",
        "policies",
        "keys",
        "other-credentials",
        "trust",
        "boundary",
        "session-duration",
        "probe-allowed",
        "probe-denied",
    }


def test_lines_for_a_terminal_are_folded_and_arns_stay_whole() -> None:
    arn = "arn:aws:iam::111122223333:role/pipelines/a-name-that-is-rather-long-and-goes-on/orders-pipeline"
    row = Row("orders", "role", "policies", State.FAILED, f"managed policy {arn} was not declared")
    lines = Report([row]).text(color=False, width=80, verbose=False).splitlines()
    assert [line for line in lines if len(line) > 80] == [f"    {arn}"]
    assert any(arn in line for line in lines)


@pytest.mark.parametrize("operation", ["GetUser", "GetRole", "ListRolePolicies", "ListAccessKeys"])
def test_a_busy_aws_is_no_difference(
    auditor: Command, deployed: Deployed, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = vars(BaseClient)["_make_api_call"]

    def busy(self: object, name: str, arguments: object) -> Any:
        if name == operation:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, name)
        return original(self, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", busy)
    for form in ("json", "junit", "markdown", "text"):
        ran = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "--format", form)
        assert ran.code == 2, "nothing is known"
        assert "Throttling" in ran.out
        assert "FAIL" not in ran.out
        assert 'failures="1"' not in ran.out


def test_junit_has_a_case_for_each_check(auditor: Command, deployed: Deployed) -> None:
    with second_key(deployed.sandbox.client("iam")):
        ran = auditor("verify", "--outputs", deployed.outputs, "--format", "junit")
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(ran.out)}  # noqa: S314 - it is our own
    assert {name: (suite.get("failures"), suite.get("errors")) for name, suite in suites.items()} == {
        "site": ("0", "0"),
        "orders": ("1", "0"),
        "partner": ("0", "1"),
        "minted": ("0", "1"),
        "release": ("0", "0"),
    }
    assert all(suite.get("tests") == str(len(suite.findall("testcase"))) for suite in suites.values())
    for suite in suites.values():
        own = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
        assert own == {"format": "1", "exit_code": "1"}
    told = {one.get("value") for one in suites["orders"].iter("property") if one.get("name") == "answered by"}
    assert told == {"evaluator"}
    failed = [case.get("name") for case in suites["orders"] if case.find("failure") is not None]
    assert failed == ["user access keys"]


def test_many_are_verified_side_by_side_and_told_in_order(auditor: Command, deployed: Deployed) -> None:
    entry = {**deployed.pipelines["orders"], "secretAccessKey": None}
    wrong = {**entry, "maxSessionDuration": 3600}
    many = {f"p{number:02}": wrong if number == 7 else entry for number in range(20)}
    Path("many.json").write_text(json.dumps(many))
    ran = auditor("verify", "--outputs", "many.json", "--format", "json", "--workers", "4")
    assert ran.code == 1
    assert list(dict.fromkeys(row["pipeline"] for row in ran.data["checks"])) == sorted(many)
    assert [row["pipeline"] for row in ran.data["checks"] if row["state"] == "failed"] == ["p07"]
    assert len([row for row in ran.data["checks"] if row["by"]]) == 20 * len(
        probes(verify(auditor, deployed), "passed")
    )


def test_it_can_change_nothing(auditor: Command, deployed: Deployed) -> None:
    iam, _ = client(Reach(region=deployed.sandbox.region), 1)
    with pytest.raises(MayNotChange):
        iam.create_user(UserName="by-mistake")
    with pytest.raises(MayNotChange):
        iam.delete_role(RoleName=NAME)
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    assert "by-mistake" not in names
    assert NAME in names


def test_neither_can_what_is_tried_live(auditor: Command, deployed: Deployed) -> None:
    sts = SessionsOnly(Reach(region=deployed.sandbox.region)).client(*deployed.key("orders"))
    with pytest.raises(MayNotChange):
        sts.get_session_token()
    with pytest.raises(MayNotChange):
        sts.get_federation_token(Name="by-mistake")
    assert sts.get_caller_identity()["Arn"] == deployed.pipelines["orders"]["userArn"]


def shown(deployed: Deployed, name: str = "orders", **changed: object) -> str:
    """The outputs of one pipeline with its secret."""
    return outputs(deployed, name, of=name, secretAccessKey=deployed.pipelines[name]["secretAccessKey"], **changed)


def live(auditor: Command, file: str) -> tuple[int, dict[str, tuple[str, str]]]:
    ran = auditor("verify", "--outputs", file, "--format", "json", "--live")
    rows = {row["check"]: (row["state"], row["seen"]) for row in ran.data["checks"] if row["by"] == "live"}
    return ran.code, rows


def test_live_the_key_opens_a_session_of_its_role(auditor: Command, deployed: Deployed) -> None:
    assert live(auditor, shown(deployed)) == (
        0,
        {"key, tried": ("passed", ""), "session of the role, tried": ("passed", "")},
    )


def test_live_the_external_id_is_asked_for(auditor: Command, deployed: Deployed) -> None:
    code, rows = live(auditor, shown(deployed, "partner"))
    assert code == 2, "the role is in another account"
    assert {state for state, _ in rows.values()} == {"passed"}
    assert set(rows) >= {"session without the external id, tried", "session with another external id, tried"}


def test_live_a_trust_that_asks_for_no_external_id_is_found(auditor: Command, deployed: Deployed) -> None:
    profile = "[profile orders]\nexternal_id = acme-4711\n"
    code, rows = live(auditor, shown(deployed, profile=profile))
    assert code == 1
    assert rows["session without the external id, tried"] == ("failed", "AWS opened one, and must not")


def test_live_a_key_that_does_not_work_is_found(auditor: Command, deployed: Deployed) -> None:
    iam = deployed.sandbox.client("iam")
    key = deployed.key("orders")[0]
    iam.update_access_key(UserName=NAME, AccessKeyId=key, Status="Inactive")
    try:
        code, rows = live(auditor, shown(deployed))
    finally:
        iam.update_access_key(UserName=NAME, AccessKeyId=key, Status="Active")
    assert code == 1
    assert {state for state, _ in rows.values()} == {"failed"}


def test_live_without_the_secret_nothing_is_proven(auditor: Command, deployed: Deployed) -> None:
    code, rows = live(auditor, outputs(deployed, "hidden"))
    assert code == 2
    assert "--show-secrets" in rows["session of the role, tried"][1]


PROBES = """
[[probes]]
pipeline = "orders"
who = "role"
action = "s3:GetObject"
resource = "arn:aws:s3:::example-releases-dev/orders/1.2.3"
expect = "allowed"

[[probes]]
pipeline = "*"
who = "role"
action = "s3:GetObject"
resource = "arn:aws:s3:::example-releases-dev/other/1.2.3"
context = { "aws:SourceIp" = "203.0.113.7", "aws:TagKeys" = ["a", "b"] }
absent = ["aws:SourceVpc"]
expect = "denied"
"""


def test_probes_of_ones_own_are_judged(auditor: Command, deployed: Deployed) -> None:
    Path("probes.toml").write_text(PROBES)
    ran = verify(auditor, deployed, "--probes", "probes.toml")
    assert ran.code == 0
    passed = probes(ran, "passed")
    assert "role may s3:GetObject on arn:aws:s3:::example-releases-dev/orders/1.2.3" in passed
    assert "role may not s3:GetObject on arn:aws:s3:::example-releases-dev/other/1.2.3" in passed
    Path("probes.toml").write_text(PROBES.replace('"allowed"', '"denied"').replace("other/1.2.3", "orders/1"))
    ran = verify(auditor, deployed, "--probes", "probes.toml")
    assert ran.code == 1
    assert probes(ran, "failed") == [
        "role may not s3:GetObject on arn:aws:s3:::example-releases-dev/orders/1.2.3",
        "role may not s3:GetObject on arn:aws:s3:::example-releases-dev/orders/1",
    ]


def test_probes_may_be_yaml(auditor: Command, deployed: Deployed) -> None:
    probe = {"pipeline": "orders", "who": "user", "action": "s3:ListAllMyBuckets", "expect": "denied"}
    Path("probes.yaml").write_text(yaml.safe_dump({"probes": [probe]}))
    ran = verify(auditor, deployed, "--probes", "probes.yaml")
    assert ran.code == 0
    assert probes(ran, "passed").count("user may not s3:ListAllMyBuckets") == 2, "it is among the dangerous ones too"


def test_a_denial_without_a_resource_proves_nothing_where_some_resource_is_allowed(
    auditor: Command, deployed: Deployed
) -> None:
    probe = {"pipeline": "orders", "who": "role", "action": "s3:GetObject", "expect": "denied"}
    named = {**probe, "resource": "arn:aws:s3:::other/[/red] 1"}
    others = [{**probe, "action": "s3:ListAllMyBuckets"}, {**probe, "resource": "*"}, named]
    Path("probes.yaml").write_text(yaml.safe_dump({"probes": [probe, *others]}))
    ran = verify(auditor, deployed, "--probes", "probes.yaml")
    assert (ran.code, probes(ran, "unknown")) == (2, ["role may not s3:GetObject"])
    Path("probes.yaml").write_text(yaml.safe_dump({"probes": others}))
    assert verify(auditor, deployed, "--probes", "probes.yaml").code == 0
    Path("probes.yaml").write_text(yaml.safe_dump({"probes": [{**named, "expect": "allowed"}]}))
    ran = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "--probes", "probes.yaml")
    assert (ran.code, "may not s3:GetObject on arn:aws:s3:::other/[/red] 1, and must" in ran.out) == (1, True)


def test_a_probe_that_depends_on_what_it_does_not_say_is_not_proven(auditor: Command, deployed: Deployed) -> None:
    lets = {
        "Effect": "Allow",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "v"}},
    }
    probe = {"pipeline": "orders", "who": "role", "action": "sqs:ListQueues", "expect": "denied"}
    with role_policy(deployed.sandbox.client("iam"), {"Version": "2012-10-17", "Statement": [lets]}):
        Path("probes.yaml").write_text(yaml.safe_dump({"probes": [probe]}))
        assert probes(verify(auditor, deployed, "--probes", "probes.yaml"), "unknown") == [
            "role may not sqs:ListQueues"
        ]
        Path("probes.yaml").write_text(yaml.safe_dump({"probes": [{**probe, "absent": ["aws:SourceVpc"]}]}))
        assert "role may not sqs:ListQueues" in probes(verify(auditor, deployed, "--probes", "probes.yaml"), "passed")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (
            "p.toml",
            ('"allowed"', '"alowed"'),
            "p.toml, line 2, expect: 'alowed' is not one of ['allowed', 'denied']; write",
        ),
        (
            "p.toml",
            ('expect = "denied"', ""),
            "p.toml, line 9: 'expect' is a required property; write pipeline, who, acti",
        ),
        ("p.toml", ("who =", "hwo ="), "p.toml, line 2: "),
        ("p.toml", ("s3:GetObject", "s3:Get*"), "p.toml, line 2, action: "),
        ("p.toml", ("releases-dev/orders/1.2.3", "*"), "line 2, resource: "),
        ("p.toml", ('"203.0.113.7"', "7"), "p.toml, line 9, context.aws:SourceIp: "),
        (
            "p.toml",
            ('pipeline = "orders"', 'pipeline = "ordres"'),
            "line 2, pipeline: 'ordres' is none of the stack's; choose one of minted, orders",
        ),
        ("p.toml", ("[[probes]]", "[[probe]]"), "p.toml: "),
        (
            "p.toml",
            ("s3:GetObject", "s3:GetObjects"),
            "p.toml, line 2, action 's3:GetObjects': AWS has no such action; did you mean s3:GetObject",
        ),
        (
            "p.toml",
            ("s3:GetObject", "s33:GetObject"),
            "p.toml, line 2, action 's33:GetObject': AWS has no service 's33'; did you mean s3:GetObject",
        ),
        ("p.toml", ("s3:GetObject", "s3:GetObject\\n"), "p.toml, line 2, action: "),
        ("p.toml", ("orders/1.2.3", "orders/1.2.3\\n"), "p.toml, line 2, resource: "),
        ("p.toml", ("who =", "who"), "p.toml is no TOML: "),
        ("p.yaml", ("", ""), "p.yaml is no YAML: "),
    ],
)
def test_a_file_of_probes_that_cannot_be_meant_is_refused_with_line_field_and_fix(
    auditor: Command, deployed: Deployed, name: str, change: tuple[str, str], told: str
) -> None:
    Path(name).write_text(PROBES.replace(*change) if change[0] else "probes: [")
    ran = auditor("verify", "--outputs", deployed.outputs, "--pipeline", "orders", "--probes", name)
    assert ran.stopped == 2
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_yaml_tells_the_line_too(auditor: Command, deployed: Deployed) -> None:
    Path("p.yaml").write_text(
        "probes:\n  - {pipeline: orders, who: user, action: s3:ListBuckets, expect: denied}\n  - 7\n"
    )
    ran = auditor("verify", "--outputs", deployed.outputs, "--probes", "p.yaml")
    assert "p.yaml, line 3: 7 is not of type 'object'; write each probe as a table" in ran.err


def test_of_two_fields_with_one_name_none_is_passed_over(auditor: Command, deployed: Deployed) -> None:
    probe = "  - {pipeline: orders, who: user, action: s3:ListAllMyBuckets, expect: denied, context: &c {aws:a: b}"
    Path("p.yaml").write_text(f"probes:\n{probe}, expect: allowed}}\n")
    ran = auditor("verify", "--outputs", deployed.outputs, "--probes", "p.yaml")
    assert ran.stopped == 2
    assert "p.yaml, line 2: 'expect' stands twice; keep one of the two" in ran.err
    Path("p.yaml").write_text(f"probes:\n{probe}}}\n{probe.replace('&c {aws:a: b}', '*c')}}}\n")
    assert verify(auditor, deployed, "--probes", "p.yaml").code == 0


def test_yaml_whose_top_is_a_list_is_named(auditor: Command, deployed: Deployed) -> None:
    Path("p.yaml").write_text("- pipeline: orders\n")
    ran = auditor("verify", "--outputs", deployed.outputs, "--probes", "p.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "p.yaml: " in ran.err
    assert "internal" not in ran.err


def test_a_file_of_probes_that_is_not_there_is_refused(auditor: Command, deployed: Deployed) -> None:
    ran = auditor("verify", "--outputs", deployed.outputs, "--probes", "nowhere.toml")
    assert "--probes nowhere.toml cannot be read: No such file or directory; name a file of probes" in ran.err
