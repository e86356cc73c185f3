"""What the provider that users have really called, held against what is said of the same resources beforehand.

`record.py` writes the recording: 50 types, deployed, refreshed, changed and destroyed by Terraform's AWS provider.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from deploy_permissions import (
    Answer,
    Deployment,
    Resource,
    action_facts,
    every_handler,
    policy,
    required,
    statements,
    terraform_type,
)
from iam_guardrails.evaluation import Caller, Policies, Policy, Request, Verdict, evaluate

from tests.pipeline.deploy_permissions.compact import PLACE

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("recorded.json").read_text())
ROLE = "arn:aws:iam::111122223333:role/pipeline"


@cache
def answer() -> Answer:
    return required(every_handler(Deployment(tuple(resources()), config={"aws:region": "eu-west-1"})), PLACE)


def resources() -> list[Resource]:
    """The recorded resources, in both forms."""
    found: list[Resource] = []
    for state in RECORDED["states"]:
        urns = {one["name"]: f"urn:pulumi:dev::recorded::{one['type']}::{one['name']}" for one in state}
        for one in state:
            after = tuple(urns[name] for name in one["after"] if name in urns)
            found.append(Resource(urns[one["name"]], one["type"], one["inputs"], dependencies={"after": after}))
    return found


def called() -> set[str]:
    return {action for action, _ in RECORDED["calls"]}


def test_the_recording_is_of_many_types_and_calls() -> None:
    assert len({terraform_type(one.type) for one in resources()}) >= 45
    assert len(called()) >= 200


def test_nearly_every_action_that_was_asked_for_was_said_to_be_needed() -> None:
    """At least 99 of 100."""
    needed = {need.action for need in answer().needs}
    missing = sorted(called() - needed)
    print(f"{len(called()) - len(missing)} of {len(called())} recorded actions; missing: {missing}")  # noqa: T201
    assert len(missing) <= len(called()) * 0.01, missing


def test_nearly_every_resource_that_was_asked_for_is_in_the_policy() -> None:
    """The local AWS names no resource in some calls that AWS decides on by one; these say nothing."""
    document = Policy("generated", policy(statements(answer().needs)))
    context = {key.lower(): values[:1] for need in answer().needs for _, key, values in need.conditions}
    whole = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
    key = Policy("key", {"Version": "2012-10-17", "Statement": [whole]})
    denied: list[str] = []
    calls = [one for one in RECORDED["calls"] if one[1] != "*" or not level(one[0])]
    for action, resource in calls:
        request = Request(Caller.of(ROLE), action, resource, context, resource_account="111122223333")
        policies = Policies([document], resource=key if action.startswith("kms:") else None)
        if evaluate(request, policies).verdict is not Verdict.ALLOWED:
            denied.append(f"{action} on {resource}")
    print(f"{len(calls) - len(denied)} of {len(calls)} recorded calls with a resource; denied: {denied}")  # noqa: T201
    assert len(denied) <= len(calls) * 0.02, denied


def level(action: str) -> bool:
    """Whether AWS allows the action on single resources."""
    facts = action_facts(action)
    return bool(facts and facts.formats)
