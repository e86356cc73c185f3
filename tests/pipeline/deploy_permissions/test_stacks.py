"""Ordinary stacks: everything known, scoped, supported by a source, fit for IAM, and accepted by the guardrails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_permissions import (
    INLINE_LIMIT,
    MANAGED_LIMIT,
    Answer,
    Need,
    action_facts,
    boundary,
    covers,
    every_handler,
    policy,
    read,
    required,
    size,
    split,
    statements,
    terraform_type,
)
from deploy_permissions.actions import actions
from deploy_permissions.statements import actions_of
from deploy_permissions.tables import cloudformation, terraform
from deploy_permissions.types import native_of
from iam_guardrails import check_identity_policy
from iam_guardrails.evaluation import Caller, Policies, Policy, Request, Verdict, evaluate

from tests.pipeline.deploy_permissions.compact import PLACE, STACKS

ROLE = "arn:aws:iam::111122223333:role/pipeline"


def answer(stack: Path) -> Answer:
    return required(every_handler(read(stack.read_text())), PLACE)


each_stack = pytest.mark.parametrize("stack", STACKS, ids=lambda one: one.stem)


def supported(type_: str) -> set[str]:
    """Every action that either source lists for a type, whatever the handler."""
    name = terraform_type(type_) or ""
    of_terraform = (one for operations in terraform().get(name, {}).values() for one in operations)
    of_cloudformation = (one for listed in cloudformation().get(native_of(type_) or "", {}).values() for one in listed)
    return {one.lower() for operation in of_terraform for one in actions(operation, name)} | {
        one.lower() for one in of_cloudformation
    }


def resource_level(needs: tuple[Need, ...]) -> Iterator[Need]:
    """The needs of actions that AWS allows on single resources."""
    for one in needs:
        facts = action_facts(one.action)
        assert facts, one.action
        if facts.formats:
            yield one


def test_there_are_at_least_25_ordinary_stacks() -> None:
    assert len(STACKS) >= 25


@each_stack
def test_every_type_is_known(stack: Path) -> None:
    assert answer(stack).coverage.is_complete


def test_actions_are_supported_by_a_source_and_scoped() -> None:
    """At most one in twenty may be neither listed by a source nor a permission beside the calls, or be unscoped."""
    asked = supports = level = scoped = 0
    unsupported: set[str] = set()
    for stack in STACKS:
        needs = answer(stack).needs
        for one in needs:
            if "::" not in one.asked_by:
                continue
            asked += 1
            known = one.action.lower() in supported(one.asked_by.split("::")[-2])
            supports += known
            if not known:
                unsupported.add(f"{one.action} of {one.asked_by.split('::')[-2]}")
        listed = list(resource_level(needs))
        level += len(listed)
        scoped += sum("*" not in one.resources for one in listed)
    figures = f"{supports} of {asked} supported, {scoped} of {level} scoped; unsupported: {sorted(unsupported)}"
    print(figures)  # noqa: T201 - the figures that the documentation quotes
    assert supports >= asked * 0.95, figures
    assert scoped >= level * 0.95, figures


@each_stack
def test_it_fits_into_what_iam_takes(stack: Path) -> None:
    found = statements(answer(stack).needs)
    assert size(policy(found)) <= INLINE_LIMIT
    assert all(size(one) <= MANAGED_LIMIT for one in split(found))


@each_stack
def test_the_guardrails_accept_it(stack: Path) -> None:
    findings = check_identity_policy(policy(statements(answer(stack).needs)))
    assert [one.message for one in findings if one.blocking] == []


@each_stack
def test_grouping_neither_widens_nor_loses(stack: Path) -> None:
    needs = answer(stack).needs
    wanted = {(one.action, resource, one.conditions) for one in needs for resource in one.resources}
    given = {
        (action, resource, one.conditions)
        for one in statements(needs)
        for action in one.actions
        for resource in one.resources
    }
    assert given <= wanted
    for action, resource, conditions in wanted:
        assert any(other == action and its == conditions and covers(pattern, resource) for other, pattern, its in given)


@each_stack
def test_splitting_keeps_every_action_on_every_resource(stack: Path) -> None:
    found = statements(answer(stack).needs)
    parts = split(found, 2_000)
    assert all(size(one) <= 2_000 for one in parts)
    assert {one for part in parts for one in actions_of(part)} == {one for two in found for one in two.actions}


@each_stack
def test_the_boundary_that_fits_allows_all_of_it(stack: Path) -> None:
    needs = answer(stack).needs
    limit = Policy("boundary", boundary(needs))
    whole = Policies([Policy("policy", policy(statements(needs)))], limit)
    for one in needs:
        for resource in one.resources:
            context = {key.lower(): values[:1] for _, key, values in one.conditions}
            request = Request(
                Caller.of(ROLE), one.action, resource.replace("*", "x"), context, resource_account="111122223333"
            )
            if not one.action.startswith("kms:") and resource != "*":
                assert evaluate(request, whole).verdict is Verdict.ALLOWED, (one, resource)
