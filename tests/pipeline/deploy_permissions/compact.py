"""Previews in a line or two, as the engine writes them, and what they ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deploy_permissions import (
    UNKNOWN,
    Answer,
    Deployment,
    Place,
    every_handler,
    policy,
    read,
    required,
    statements,
)

STACKS = sorted((Path(__file__).parent / "stacks").glob("*.json"))
PLACE = Place(account="111122223333", region="eu-west-1")


def step(
    type_: str, name: str, inputs: dict[str, Any] | None = None, op: str = "create", **more: Any
) -> dict[str, Any]:
    """A step of a preview. `after` in `more` names the URNs that a property takes its value from."""
    urn = urn_of(type_, name)
    after: dict[str, str] = more.pop("after", {})
    state = {
        "urn": urn,
        "custom": True,
        "type": type_,
        "inputs": {**dict.fromkeys(after, UNKNOWN), **(inputs or {})},
        "propertyDependencies": {key: [one] for key, one in after.items()},
        **more,
    }
    old = {"oldState": {**state, "inputs": more.pop("before", state["inputs"])}} if op != "create" else {}
    return {"op": op, "urn": urn, **old, **({} if op == "delete" else {"newState": state})}


def urn_of(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::test::{type_}::{name}"


def preview(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"config": {"aws:region": "eu-west-1"}, "steps": list(steps), **more})


def deployment(*steps: dict[str, Any]) -> Deployment:
    return read(preview(*steps))


def asked(*steps: dict[str, Any], place: Place = PLACE) -> Answer:
    """All that the resources of a preview will ever need."""
    return required(every_handler(deployment(*steps)), place)


def granted(answer: Answer) -> dict[str, list[str]]:
    """The resources of each action."""
    found: dict[str, list[str]] = {}
    for need in answer.needs:
        found.setdefault(need.action, []).extend(one for one in need.resources if one not in found.get(need.action, []))
    return found


def document(answer: Answer) -> dict[str, Any]:
    return policy(statements(answer.needs))
