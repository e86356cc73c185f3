"""The probes that `verify` derives from a declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from iam_guardrails.evaluation import Policy
from pipeline_identity_cli.explain.gathered import as_session, as_user
from pipeline_identity_cli.verify.judging import Entity, rows
from pipeline_identity_cli.verify.rows import State
from pipeline_identity_cli.verify.simulator import Simulator

if TYPE_CHECKING:
    from pipeline_identity_cli.verify.rows import Row

OURS = "111122223333"
ROLE, USER = f"arn:aws:iam::{OURS}:role/deployer", f"arn:aws:iam::{OURS}:user/deployer"
BUCKET = "arn:aws:s3:::site/*"


class Nobody:
    """In the place of a client: the simulator may not be asked."""

    def get_paginator(self, name: str) -> Any:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, name)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = BUCKET, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def probed(*statements: dict[str, Any], found: list[dict[str, Any]] | None = None) -> list[Row]:
    """The rows of a role, without those of dangerous calls."""
    declared = [Policy("own", document(*statements))]
    has = declared if found is None else [Policy("own", document(*found))]
    gathered = as_session({"Arn": ROLE, "RoleId": "AROAEXAMPLEEXAMPLE00"}, has, None)
    entity = Entity("site", "role", gathered, declared, ROLE, None, None, "eu-west-1")
    return [row for row in rows(entity, Simulator(Nobody()), derived=True) if not row.check.startswith("may not ")]


def told(*statements: dict[str, Any]) -> list[str]:
    """What is probed; it must pass, as IAM has what was declared."""
    found = probed(*statements)
    assert {row.state for row in found} <= {State.PASSED}, found
    return [row.check for row in found]


def test_each_action_and_each_resource_is_probed_once() -> None:
    other = "arn:aws:s3:::other"
    assert told(allow(["s3:GetObject", "s3:PutObject"], [BUCKET, other])) == [
        "may s3:GetObject on arn:aws:s3:::site/probe",
        "may s3:PutObject on arn:aws:s3:::site/probe",
        f"may s3:GetObject on {other}",
    ]


def test_a_wildcard_in_an_action_is_filled_in() -> None:
    assert told(allow("s3:Get*", "*")) == ["may s3:Getprobe"]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"s3:ExistingObjectTag/team": "orders"}},
        {"StringLike": {"s3:prefix": ["public/*"]}},
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
        {"NumericLessThan": {"s3:max-keys": "10"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"s3:x-amz-acl": "true"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}},
        {"StringEquals": {"aws:PrincipalAccount": OURS}},
        {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}},
    ],
)
def test_circumstances_are_made_up_as_the_declaration_asks_for_them(condition: dict[str, Any]) -> None:
    assert told(allow("s3:GetObject", Condition=condition)) == ["may s3:GetObject on arn:aws:s3:::site/probe"]


def test_a_deny_that_was_declared_is_kept_out_of_the_way() -> None:
    elsewhere = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    denies = {**allow("*", "*", Condition=elsewhere), "Effect": "Deny"}
    assert told(allow("s3:GetObject"), denies) == ["may s3:GetObject on arn:aws:s3:::site/probe"]


def test_what_a_declared_deny_takes_away_is_not_probed() -> None:
    assert told(allow(["s3:GetObject", "s3:PutObject"]), {**allow("s3:PutObject"), "Effect": "Deny"}) == [
        "may s3:GetObject on arn:aws:s3:::site/probe"
    ]


@pytest.mark.parametrize("action", ["kms:Decrypt", "sqs:SendMessage"])
def test_what_the_resource_must_allow_too_is_told_as_far_as_it_is_seen(action: str) -> None:
    account = OURS if action.startswith("kms") else "999999999999"
    arn = f"arn:aws:{action.partition(':')[0]}:eu-west-1:{account}:key/0b0b"
    assert told(allow(action, arn)) == [f"may {action} on {arn}, as far as its own policies go"]
    lost = probed(allow(action, arn), found=[allow("s3:GetObject")])
    assert {row.state for row in lost} == {State.FAILED}


def test_what_cannot_be_met_is_open_and_not_passed() -> None:
    never = {"StringEquals": {"s3:prefix": "a"}, "StringNotEquals": {"s3:prefix": "a"}}
    (row,) = probed(allow("s3:GetObject", Condition=never))
    assert (row.state, row.seen) == (State.UNKNOWN, "cannot be told: not known: s3:prefix")


def of_user(trust: dict[str, Any], *, declared: dict[str, Any]) -> Row:
    """The probe of a user for the session of its role."""
    own = [Policy("own", document(allow("sts:AssumeRole", ROLE)))]
    user = {"Arn": USER, "UserId": "AIDAEXAMPLEEXAMPLE00", "UserName": "deployer"}
    trusts = [Policy("trust", document(one)) for one in (trust, declared)]
    entity = Entity("site", "user", as_user(user, own, None), own, ROLE, trusts[0], trusts[1], "eu-west-1")
    (row,) = (
        row for row in rows(entity, Simulator(Nobody()), derived=True) if row.check == f"may sts:AssumeRole on {ROLE}"
    )
    return row


def trusting(principal: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}


def test_a_user_gets_its_session_in_the_circumstances_that_the_trust_asks_for() -> None:
    asks = {
        "StringEquals": {"sts:ExternalId": "acme-4711"},
        "StringLike": {"sts:RoleSessionName": "orders-*"},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
    }
    trust = trusting(USER, Condition=asks)
    assert of_user(trust, declared=trust).state is State.PASSED
    assert of_user(trusting(USER), declared=trust).state is State.PASSED
    other = trusting(USER, Condition={"StringEquals": {"sts:ExternalId": "acme-4712"}})
    assert of_user(other, declared=trust).state is State.FAILED
    assert of_user(trusting(f"{USER}2"), declared=trust).state is State.FAILED
