"""How long a session may last, what it may be called, and that it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sandbox.local_aws.conftest import Account, allow, document, error

if TYPE_CHECKING:
    from sandbox.local_aws import LocalAws


def assumable(account: Account, **role: Any) -> tuple[Any, str]:
    """STS as a user who may assume a role, and the role."""
    credentials = account.user("deployer", allow("sts:AssumeRole"))
    return account.client("sts", credentials), account.role("deploy", account.arn("user/deployer"), **role)


@pytest.mark.parametrize("seconds", [900, 3600, 7200])
def test_a_session_as_long_as_the_role_allows_is_given(account: Account, seconds: int) -> None:
    sts, role = assumable(account, MaxSessionDuration=7200)
    assert sts.assume_role(RoleArn=role, RoleSessionName="job", DurationSeconds=seconds)["Credentials"]


def test_a_session_longer_than_the_role_allows_is_refused(account: Account) -> None:
    sts, role = assumable(account, MaxSessionDuration=7200)
    assert "exceeds the MaxSessionDuration set for this role" in error(
        sts.assume_role, RoleArn=role, RoleSessionName="job", DurationSeconds=7201
    )


def test_a_session_of_more_than_twelve_hours_is_refused(account: Account) -> None:
    sts, role = assumable(account)
    assert "less than or equal to 43200" in error(
        sts.assume_role, RoleArn=role, RoleSessionName="job", DurationSeconds=43201
    )


def test_a_session_of_less_than_fifteen_minutes_is_refused(account: Account) -> None:
    credentials = account.user("deployer", allow("sts:AssumeRole"))
    role = account.role("deploy", account.arn("user/deployer"))
    sts = account.client("sts", credentials, config=Config(parameter_validation=False))
    assert "greater than or equal to 900" in error(
        sts.assume_role, RoleArn=role, RoleSessionName="job", DurationSeconds=899
    )


def test_a_role_that_assumes_a_role_gets_an_hour_at_most(account: Account) -> None:
    sts, first = assumable(account, MaxSessionDuration=43200)
    account.client("iam").put_role_policy(
        RoleName="deploy", PolicyName="on", PolicyDocument=document(allow("sts:AssumeRole"))
    )
    second = account.role("second", first, MaxSessionDuration=43200)
    session = sts.assume_role(RoleArn=first, RoleSessionName="job")["Credentials"]
    chained = account.client("sts", (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    assert chained.assume_role(RoleArn=second, RoleSessionName="job", DurationSeconds=3600)["Credentials"]
    assert "role chaining" in error(chained.assume_role, RoleArn=second, RoleSessionName="job", DurationSeconds=3601)


def test_somebody_who_is_not_trusted_is_not_told_the_maximum(account: Account) -> None:
    _, role = assumable(account)
    stranger = account.client("sts", account.user("stranger", allow("sts:AssumeRole")))
    assert error(stranger.assume_role, RoleArn=role, RoleSessionName="job", DurationSeconds=40000).startswith(
        "AccessDenied"
    )


@pytest.mark.parametrize("name", ["a b", "ä" * 3, "job/1"])
def test_a_session_name_with_other_characters_is_refused(account: Account, name: str) -> None:
    sts, role = assumable(account)
    assert "roleSessionName" in error(sts.assume_role, RoleArn=role, RoleSessionName=name)


def test_an_external_id_with_other_characters_is_refused(account: Account) -> None:
    sts, role = assumable(account)
    assert "externalId" in error(sts.assume_role, RoleArn=role, RoleSessionName="job", ExternalId="a b")


def test_a_session_ends_when_its_duration_says(account: Account, shared_local_aws: LocalAws) -> None:
    sts, role = assumable(account)
    session = sts.assume_role(RoleArn=role, RoleSessionName="job", DurationSeconds=900)["Credentials"]
    inside = account.client("sts", (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    shared_local_aws.forward(800)
    assert inside.get_caller_identity()["Arn"].endswith("assumed-role/deploy/job")
    shared_local_aws.forward(101)
    with pytest.raises(ClientError, match="ExpiredToken"):
        inside.get_caller_identity()


def test_a_session_opened_after_time_has_passed_lasts_as_long_as_any(
    account: Account, shared_local_aws: LocalAws
) -> None:
    sts, role = assumable(account)
    shared_local_aws.forward(3600)
    session = sts.assume_role(RoleArn=role, RoleSessionName="job", DurationSeconds=900)["Credentials"]
    inside = account.client("sts", (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    assert inside.get_caller_identity()["Arn"].endswith("assumed-role/deploy/job")
