"""A named role is as good as all roles where its name is known to be powerful, told part by part of the ARN."""

from __future__ import annotations

import pytest
from iam_guardrails import check_identity_policy

from tests.policies.verdicts import refusals


def is_powerful(resource: str, action: str = "sts:AssumeRole") -> bool:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    findings = check_identity_policy({"Version": "2012-10-17", "Statement": [statement]})
    assert [one.rule for one in findings] == ["no-privilege-escalation"], "a named object is at least a note"
    return bool(refusals(findings))


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole",
        "arn:aws:iam::*:role/OrganizationAccountAccessRole",
        "arn:*:iam::444455556666:role/OrganizationAccountAccessRole",
        "arn:aws-cn:iam::111122223333:role/AWSControlTowerExecution",
        "arn:aws:iam::1111????3333:role/Admin",
        "arn:aws:iam::111122223333:role/Adm*",
        "arn:aws:iam::111122223333:role/*AccessRole",
        "arn:aws:iam::111122223333:role/Organization?ccountAccessRole",
        "arn:aws:iam::111122223333:role/admin",
        "arn:aws:iam::111122223333:role/ADMINISTRATOR",
        "arn:aws:iam::111122223333:role/ci/Admin",
        "arn:aws:iam::111122223333:role/*admin*",
        "arn:aws:iam::111122223333:role/*ministrator",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_0123456789abcdef",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Administrator*",
        "arn:aws:iam::111122223333:role/aws-reserved/*",
        "arn:aws:iam::111122223333:role/*AWSReservedSSO_AdministratorAccess_*",
    ],
)
def test_a_name_that_is_powerful_or_may_be_is_refused(resource: str) -> None:
    assert is_powerful(resource)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:iam::111122223333:role/site",
        "arn:aws:iam::111122223333:role/OrganizationAccountAccessRoleOfOurs",
        "arn:aws:iam::111122223333:role/site/OrganizationAccountAccessRole",
        "arn:aws:iam::111122223333:role/administrator-of-nothing",
        "arn:aws:iam::111122223333:role/admin/site",
        "arn:aws:iam::111122223333:role/*-site",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ViewOnlyAccess_0123456789abcdef",
        "arn:aws:iam::111122223333:role/site-*",
        "arn:aws:iam::*:role/site",
        "arn:aws:iam::1111????3333:role/deploy-?",
        "arn:aws:iam::111122223333:role/cdk-hnb659fds-deploy-role-*",
    ],
)
def test_a_name_that_nobody_knows_is_a_note(resource: str) -> None:
    assert not is_powerful(resource)


def test_a_star_in_the_account_does_not_reach_into_the_name() -> None:
    assert not is_powerful("arn:aws:iam::*:role/deploy")
    assert is_powerful("arn:aws:iam::*:role/Admin")


def test_a_name_counts_for_its_own_kind() -> None:
    assert is_powerful("arn:aws:iam::111122223333:group/Admins", "iam:AddUserToGroup")
    assert not is_powerful("arn:aws:iam::111122223333:group/OrganizationAccountAccessRole", "iam:AddUserToGroup")
    assert is_powerful("arn:aws:iam::111122223333:user/Administrator", "iam:CreateAccessKey")
    assert not is_powerful("arn:aws:iam::111122223333:user/AWSControlTowerExecution", "iam:CreateAccessKey")
