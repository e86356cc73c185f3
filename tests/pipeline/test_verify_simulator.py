"""IAM's policy simulator as `verify` asks it; its answers here are written in the form of the IAM API reference.

The local AWS's own simulator is not fit, see `test_verify.py`; so these are the only tests of what a fit one says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.stub import Stubber
from iam_guardrails.evaluation import Policy
from pipeline_identity_cli.explain.gathered import as_session
from pipeline_identity_cli.verify.judging import Entity, rows
from pipeline_identity_cli.verify.probes import Probe
from pipeline_identity_cli.verify.rows import Row, State
from pipeline_identity_cli.verify.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "arn:aws:iam::111122223333:role/deployer"
BUCKET, OTHER = "arn:aws:s3:::site/x", "arn:aws:s3:::other/x"
READS = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}}
AT_HOME = {"Statement": {**READS["Statement"], "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}}}
PROBES = (Probe("s3:GetObject", BUCKET, allowed=True), Probe("s3:GetObject", OTHER, allowed=False))


@pytest.fixture
def iam() -> Iterator[tuple[Any, Stubber]]:
    client = cast("Any", boto3).client(
        "iam", aws_access_key_id="AKIA", aws_secret_access_key="none", region_name="eu-west-1"
    )
    with Stubber(client) as stubber:
        yield client, stubber


def single(resource: str, decision: str, *missing: str) -> dict[str, Any]:
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": decision,
        "MatchedStatements": [],
        "MissingContextValues": list(missing),
    }


def answers(*singles: dict[str, Any], **more: Any) -> dict[str, Any]:
    strictest = "implicitDeny" if any(one["EvalResourceDecision"] != "allowed" for one in singles) else "allowed"
    result = {"EvalActionName": "s3:GetObject", "EvalResourceName": "*", "EvalDecision": strictest, **more}
    return {"EvaluationResults": [{**result, "ResourceSpecificResults": list(singles)}], "IsTruncated": False}


def entity(document: dict[str, Any], *probes: Probe) -> Entity:
    role = {"Arn": ROLE, "RoleId": "AROAEXAMPLEEXAMPLE00"}
    policies = [Policy("own", document)]
    return Entity("site", "role", as_session(role, policies, None), policies, ROLE, None, None, "eu-west-1", probes)


def judged(iam: tuple[Any, Stubber], answer: dict[str, Any], document: dict[str, Any] = READS) -> dict[str, Row]:
    client, stubber = iam
    stubber.add_response("simulate_principal_policy", answer)
    return {row.check: row for row in rows(entity(document, *PROBES), Simulator(client), derived=False)}


MAY, MAY_NOT = PROBES[0].check, PROBES[1].check


def test_it_is_asked_once_for_all_and_answers_for_each_resource(iam: tuple[Any, Stubber]) -> None:
    client, stubber = iam
    stubber.add_response(
        "simulate_principal_policy",
        answers(single(BUCKET, "allowed"), single(OTHER, "implicitDeny")),
        {
            "PolicySourceArn": ROLE,
            "ActionNames": ["s3:GetObject"],
            "ResourceArns": sorted((BUCKET, OTHER)),
            "ContextEntries": [
                {
                    "ContextKeyName": "aws:principalaccount",
                    "ContextKeyValues": ["111122223333"],
                    "ContextKeyType": "string",
                },
                {"ContextKeyName": "aws:principalarn", "ContextKeyValues": [ROLE], "ContextKeyType": "string"},
                {
                    "ContextKeyName": "aws:principalisawsservice",
                    "ContextKeyValues": ["false"],
                    "ContextKeyType": "boolean",
                },
                {
                    "ContextKeyName": "aws:principaltype",
                    "ContextKeyValues": ["AssumedRole"],
                    "ContextKeyType": "string",
                },
                {"ContextKeyName": "aws:securetransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
                {"ContextKeyName": "aws:viaawsservice", "ContextKeyValues": ["false"], "ContextKeyType": "boolean"},
            ],
        },
    )
    found = list(rows(entity(READS, *PROBES), Simulator(client), derived=False))
    assert [(row.check, row.state, row.by) for row in found] == [
        (MAY, State.PASSED, "simulator"),
        (MAY_NOT, State.PASSED, "simulator"),
    ]
    stubber.assert_no_pending_responses()


def test_the_organisation_may_refuse_what_the_policies_allow(iam: tuple[Any, Stubber]) -> None:
    refused = answers(
        single(BUCKET, "implicitDeny"),
        single(OTHER, "implicitDeny"),
        OrganizationsDecisionDetail={"AllowedByOrganizations": False},
    )
    found = judged(iam, refused)
    assert (found[MAY].state, found[MAY].by) == (State.FAILED, "simulator")
    assert found[MAY].seen == found[MAY].cause == "implicitDeny, says IAM's simulator"
    assert found[MAY_NOT].state is State.PASSED


def test_where_the_two_disagree_nothing_is_proven(iam: tuple[Any, Stubber]) -> None:
    found = judged(iam, answers(single(BUCKET, "implicitDeny"), single(OTHER, "allowed")))
    assert {row.state for row in found.values()} == {State.UNKNOWN}
    assert found[MAY].seen.startswith("implicitDeny, says IAM's simulator, and our evaluator says allowed: ")


def test_where_only_the_simulator_can_tell_it_does(iam: tuple[Any, Stubber]) -> None:
    found = judged(iam, answers(single(BUCKET, "allowed"), single(OTHER, "implicitDeny")), AT_HOME)
    assert (found[MAY].state, found[MAY].by) == (State.PASSED, "simulator")


def test_an_answer_that_lacks_a_key_is_none(iam: tuple[Any, Stubber]) -> None:
    answer = answers(single(BUCKET, "implicitDeny", "aws:SourceVpc"), single(OTHER, "implicitDeny"))
    found = judged(iam, answer, AT_HOME)
    assert (found[MAY].state, found[MAY].by) == (State.UNKNOWN, "evaluator")
    assert found[MAY].seen == "cannot be told: not known: aws:sourcevpc"


def test_one_that_does_not_answer_for_all_is_not_asked_again(iam: tuple[Any, Stubber]) -> None:
    client, stubber = iam
    stubber.add_response("simulate_principal_policy", answers(single(BUCKET, "allowed")))
    simulator = Simulator(client)
    for _ in range(2):
        assert {row.by for row in rows(entity(READS, *PROBES), simulator, derived=False)} == {"evaluator"}
    assert simulator.unfit == f"it did not answer for s3:GetObject on {OTHER}"


def test_one_that_may_not_be_asked_leaves_it_to_the_evaluator(iam: tuple[Any, Stubber]) -> None:
    client, stubber = iam
    stubber.add_client_error("simulate_principal_policy", "AccessDenied", "not you")
    simulator = Simulator(client)
    found = list(rows(entity(READS, *PROBES), simulator, derived=False))
    assert {(row.state, row.by) for row in found} == {(State.PASSED, "evaluator")}
    assert simulator.unfit.startswith("AWS denies the call: AccessDenied: not you")
