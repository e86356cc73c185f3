"""An identity that may rewrite what decides what it may do, by its own ARN, is as good as an administrator."""

from __future__ import annotations

from typing import Any

import pytest
from iam_guardrails import Settings, check_identity

from tests.policies.verdicts import refusals

ACCOUNT = "arn:aws:iam::111122223333"
ROLE, USER = f"{ACCOUNT}:role/deploy", f"{ACCOUNT}:user/ann"
POLICY, GROUP = f"{ACCOUNT}:policy/deploy", f"{ACCOUNT}:group/deployers"


def may(*actions: str, on: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": on}]}


def is_rejected(policies: Any, **known: Any) -> bool:
    findings = check_identity(policies, Settings(trusted_accounts=["111122223333"]), **known)
    return "no-privilege-escalation" in {one.rule for one in refusals(findings)}


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("iam:PutRolePolicy", ROLE),
        ("iam:AttachRolePolicy", ROLE),
        ("iam:DeleteRolePolicy", ROLE),
        ("iam:PutRolePermissionsBoundary", ROLE),
        ("iam:DeleteRolePermissionsBoundary", ROLE),
        ("iam:UpdateAssumeRolePolicy", ROLE),
        ("iam:PutUserPolicy", USER),
        ("iam:AttachUserPolicy", USER),
        ("iam:DeleteUserPermissionsBoundary", USER),
    ],
)
def test_what_may_change_itself_is_rejected_and_what_may_change_another_is_not(action: str, arn: str) -> None:
    assert is_rejected([may(action, on=arn)], arn=arn)
    assert is_rejected([may(action, on=arn.replace("111122223333", "*"))], arn=arn)
    assert not is_rejected([may(action, on=arn + "-2")], arn=arn)
    assert not is_rejected([may(action, on=arn)])


@pytest.mark.parametrize("action", ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"])
def test_what_may_rewrite_a_policy_that_it_holds_is_rejected(action: str) -> None:
    rewriting = may(action, on=POLICY)
    assert is_rejected({POLICY: rewriting})
    assert is_rejected({"policy/deploy": rewriting})
    assert is_rejected([rewriting], managed_policy_arns=[POLICY])
    assert not is_rejected({f"{POLICY}-2": rewriting})


def test_an_arn_that_is_none_of_an_identity_is_no_way_to_be_found_fine() -> None:
    changing = may("iam:PutRolePolicy", on=ROLE)
    assert is_rejected([changing], arn="arn:aws:iam::*:role/deploy")
    for wrong in ("deploy", "arn:aws:sts::111122223333:assumed-role/deploy/s1", f"{ACCOUNT}:policy/deploy"):
        with pytest.raises(ValueError, match="is no ARN of a user or role"):
            check_identity([changing], arn=wrong)


def test_what_may_rewrite_its_boundary_is_rejected() -> None:
    rewriting = may("iam:CreatePolicyVersion", on=POLICY)
    assert is_rejected([rewriting], boundary=POLICY)
    assert not is_rejected([rewriting], boundary=f"{ACCOUNT}:policy/other")


def test_a_deny_or_a_boundary_keeps_it_from_itself() -> None:
    changing = may("iam:PutRolePolicy", on=ROLE)
    deny = {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": ROLE}
    denied = {**changing, "Statement": [*changing["Statement"], deny]}
    assert not is_rejected([denied], arn=ROLE)
    assert not is_rejected([changing], arn=ROLE, boundary=may("s3:GetObject", on="*"))


def test_making_keys_for_oneself_gives_nothing_new() -> None:
    assert not is_rejected([may("iam:CreateAccessKey", on=USER)], arn=USER)


def test_a_policy_of_aws_is_rewritten_by_nobody() -> None:
    aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    assert not is_rejected([may("iam:CreatePolicyVersion", on=aws)], managed_policy_arns=[aws])


def test_a_variable_for_the_own_name_is_the_own_user_but_not_its_policy() -> None:
    assert is_rejected([may("iam:PutUserPolicy", on=f"{ACCOUNT}:user/${{aws:username}}")])
    findings = check_identity([may("iam:CreatePolicyVersion", on=f"{ACCOUNT}:policy/${{aws:username}}")])
    assert [(one.rule, one.blocking) for one in findings] == [("no-privilege-escalation", False)]


def test_attached_policies_of_aws_count_with_their_documents() -> None:
    passing = may("iam:PassRole", on="*")
    assert is_rejected([passing], managed_policy_arns=["arn:aws:iam::aws:policy/AmazonEC2FullAccess"])
    assert not is_rejected([passing], managed_policy_arns=["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"])
    # What a policy of AWS opens by itself is said of its attachment.
    assert not is_rejected([], managed_policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"])
    assert not is_rejected([passing])


def trusting(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("service", "runs_code"),
    [("states.amazonaws.com", False), ("events.amazonaws.com", False), ("lambda.amazonaws.com", True)],
)
def test_a_role_that_only_orchestrating_services_assume_gets_a_note(service: str, runs_code: bool) -> None:
    starting = may("ecs:RunTask", "iam:PassRole", on="*")
    assert is_rejected([starting], trust=trusting(service)) is runs_code
    findings = check_identity([starting], Settings(trusted_accounts=["111122223333"]), trust=trusting(service))
    assert "no-privilege-escalation" in {one.rule for one in findings}


def test_a_role_that_somebody_else_assumes_too_is_no_role_of_services() -> None:
    starting = may("ecs:RunTask", "iam:PassRole", on="*")
    trust = trusting("states.amazonaws.com")
    trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"})
    assert is_rejected([starting], trust=trust)
