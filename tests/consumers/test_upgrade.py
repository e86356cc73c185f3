"""A stack that the last release has deployed goes on with the present components, and nothing is replaced or deleted.

`released/` holds such a stack: its settings, and its state as the engine has exported it. Before the first release, it
was deployed with the components as they were when it was written.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox, Stack

PROGRAM = CHECKOUT / "tests" / "end_to_end" / "programs" / "components"
RELEASED = CHECKOUT / "tests" / "consumers" / "released"
STATE, SETTINGS = RELEASED / "state.json", RELEASED / "Pulumi.dev.yaml"
ACCOUNT = "111122223333"
LOST = {"delete", "delete-replaced", "replace", "create-replacement", "discard"}


def _stack(sandbox: Sandbox) -> Stack:
    return sandbox.stack(PROGRAM, settings=SETTINGS.read_text().replace(ACCOUNT, sandbox.account))


def _write_state(stack: Stack) -> None:
    """What a release does, once: a stack that it has deployed becomes the released one."""
    assert (deployed := stack.up()).succeeded, deployed.output
    released = stack.state()
    for resource in released["deployment"]["resources"]:
        # Where on the machine that wrote it a resource was declared; nothing reads that.
        for place in ("sourcePosition", "stackTrace"):
            resource.pop(place, None)
    state = json.dumps(released, indent=1, sort_keys=True)
    # In one step: another worker may be at it too.
    unfinished = STATE.with_name(f".{stack.sandbox.account}.json")
    unfinished.write_text(f"{state.replace(stack.sandbox.account, ACCOUNT)}\n")
    unfinished.replace(STATE)


@pytest.fixture
def released(sandbox: Sandbox, tmp_path: Path) -> Stack:
    """The released stack in an account of this test. Nothing of it is in AWS: a preview asks the state alone."""
    stack = _stack(sandbox)
    if os.environ.get("UPDATE_RELEASED"):
        _write_state(stack)
    state = tmp_path / "state.json"
    state.write_text(STATE.read_text().replace(ACCOUNT, sandbox.account))
    imported = stack.command("stack", "import", "--file", str(state))
    assert imported.succeeded, imported.output
    return stack


def test_the_present_components_replace_and_delete_nothing_of_a_released_stack(released: Stack) -> None:
    planned = released.preview()

    assert planned.succeeded, planned.output
    assert {urn: step for urn, step in planned.operations.items() if step in LOST} == {}


def test_the_released_stack_has_every_component() -> None:
    resources: list[dict[str, Any]] = json.loads(STATE.read_text())["deployment"]["resources"]
    schema = json.loads((CHECKOUT / "components" / "schema.released.json").read_text())

    assert {one["type"] for one in resources} >= schema["resources"].keys()


@pytest.mark.long
def test_a_change_that_replaces_would_be_seen(released: Stack) -> None:
    text = released.settings.read_text()
    released.settings.write_text(text.replace("path: /pipelines/", "path: /elsewhere/"))

    planned = released.preview()

    assert {urn.rpartition("::")[2] for urn, step in planned.operations.items() if step in LOST} >= {"site"}
