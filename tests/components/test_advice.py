"""What is said beside an error of AWS, told by the error and by what was being done."""

from __future__ import annotations

import pytest
from pipeline_identity._life.advice import advice_on

POLICY = "urn:pulumi:dev::site::pipeline-identity:index:PipelineUser$aws:iam/userPolicy:UserPolicy::site-assume-roles"


@pytest.mark.parametrize("operation", ["create", "update"])
def test_what_misses_something_in_aws_is_told_to_look_there(operation: str) -> None:
    said = advice_on(POLICY, operation, "putting policy: NoSuchEntity: The user with name site cannot be found.", {})

    assert said
    assert "deploy with --refresh" in said


@pytest.mark.parametrize(("operation", "done"), [("update", "changed"), ("delete", "deleted")])
def test_what_may_have_taken_effect_is_told_to_look_before_going_back(operation: str, done: str) -> None:
    said = advice_on(POLICY, operation, "request send failed: connection reset by peer", {})

    assert said
    assert f"may be {done} all the same" in said
    assert "deploy with --refresh" in said


def test_what_may_have_been_made_is_told_to_be_looked_for() -> None:
    said = advice_on(POLICY, "create", "request send failed: connection reset by peer", {})

    assert said
    assert "may be made all the same" in said
    assert "delete it there" in said


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_a_denied_call_needs_no_advice(operation: str) -> None:
    assert advice_on(POLICY, operation, "AccessDenied: not authorized to perform this", {}) is None


def test_what_is_gone_already_needs_no_advice_when_it_is_deleted() -> None:
    assert advice_on(POLICY, "delete", "NoSuchEntity: The user with name site cannot be found.", {}) is None


def test_what_something_else_hangs_on_is_told_to_take_it_away() -> None:
    said = advice_on(POLICY, "delete", "DeleteConflict: Cannot delete entity, must delete access keys first.", {})

    assert said
    assert "has something that this stack did not give it" in said
