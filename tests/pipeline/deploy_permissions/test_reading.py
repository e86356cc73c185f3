"""What Pulumi writes about a deployment is read; what is something else is rejected, and no secret stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deploy_permissions import UNKNOWN, Invoke, NotReadable, every_handler, read

from tests.pipeline.deploy_permissions.compact import deployment, preview, step, urn_of

QUEUE, BUCKET = "aws:sqs/queue:Queue", "aws:s3/bucket:Bucket"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def test_a_preview_names_what_its_steps_do() -> None:
    found = deployment(
        step(QUEUE, "new", {"name": "a"}),
        step(QUEUE, "changed", {"name": "b"}, "update"),
        step(QUEUE, "gone", {"name": "c"}, "delete"),
        step(QUEUE, "same", {"name": "d"}, "same"),
    )
    done = {one.name: set(one.handlers) for one in found.resources}
    assert done == {"new": {"create", "read"}, "changed": {"update", "read"}, "gone": {"delete", "read"}, "same": set()}


def test_the_steps_of_a_replacement_are_one_resource() -> None:
    steps = [step(QUEUE, "q", {"name": "a"}, op) for op in ("create-replacement", "replace", "delete-replaced")]
    (found,) = deployment(*steps).resources
    assert found.handlers == {"create", "read", "delete"}


def test_all_that_is_ever_needed_is_more_than_what_is_planned() -> None:
    planned = deployment(step(QUEUE, "same", {"name": "d"}, "same"), step(BUCKET, "seen", {}, "read", external=True))
    same, seen = every_handler(planned).resources
    assert same.handlers == {"create", "read", "update", "delete"}
    assert seen.handlers == {"read"}, "what the program only looks at is nobody's to change"


def test_a_state_says_what_is_deployed() -> None:
    resource = {
        "urn": urn_of(QUEUE, "q"),
        "custom": True,
        "id": "https://sqs/q",
        "type": QUEUE,
        "inputs": {"name": "q"},
    }
    component = {"urn": urn_of("acme:index:App", "app"), "custom": False, "type": "acme:index:App"}
    other = {"urn": urn_of("random:index:Id", "x"), "custom": True, "type": "random:index:Id"}
    resources = [resource, component, other]
    for document in (
        {"version": 3, "deployment": {"resources": resources}},
        {"version": 3, "checkpoint": {"latest": {"resources": resources}}},
    ):
        found = read(json.dumps(document))
        assert [one.inputs for one in found.resources] == [{"name": "q"}]
        assert found.resources[0].outputs["id"] == "https://sqs/q"
        assert found.others == {"random": 1}


def test_a_saved_plan_says_what_will_be() -> None:
    goal = {
        "type": QUEUE,
        "name": "q",
        "custom": True,
        "inputDiff": {"adds": {"__defaults": ["name"], "name": "q-1a2b3c4"}},
    }
    kept = {"type": QUEUE, "name": "k", "custom": True, "inputDiff": {"updates": {"delaySeconds": 5}}}
    plans = {
        urn_of(QUEUE, "q"): {"goal": goal, "steps": ["create"], "state": {}},
        urn_of(QUEUE, "k"): {"goal": kept, "steps": ["update"], "state": {"name": "k", "delaySeconds": 5}},
        urn_of(QUEUE, "gone"): {"goal": None, "steps": ["delete"], "state": {"name": "gone"}},
    }
    new, changed, gone = read(json.dumps({"manifest": {}, "resourcePlans": plans})).resources
    assert new.patterns("name") == ["q-*"]
    assert changed.patterns("name") == ["k"]
    assert (gone.patterns("name"), gone.handlers) == (["gone"], {"delete", "read"})


def test_a_debug_log_says_which_functions_are_called_each_once() -> None:
    call: dict[str, Any] = {"tok": "aws:ec2/getVpc:getVpc", "args": {"default": True}}
    lines: list[dict[str, Any]] = [
        {"method": "/pulumirpc.ResourceMonitor/Invoke", "request": call},
        {"method": "/pulumirpc.ResourceProvider/Invoke", "request": call, "response": {}},
        {"method": "/pulumirpc.ResourceMonitor/Invoke", "request": {"tok": "random:index:get", "args": {}}},
        {"method": "/pulumirpc.ResourceMonitor/RegisterResource", "request": {"type": QUEUE}},
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n{"method": "cut o'
    assert read(text).invokes == (Invoke("aws:ec2/getVpc:getVpc", {"default": True}),)


@pytest.mark.parametrize("value", ["[secret]", SECRET, {"deep": [SECRET]}])
def test_no_secret_stays(value: object) -> None:
    (found,) = deployment(step(QUEUE, "q", {"name": "q", "policy": value})).resources
    assert UNKNOWN in json.dumps(found.inputs["policy"])
    assert "ciphertext" not in json.dumps(found.inputs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"steps": 5}',
        '{"steps": [{"op": "guess", "urn": "a"}]}',
        '{"deployment": {"resources": [1]}}',
    ],
)
def test_what_is_something_else_is_rejected_with_what_to_hand_over(text: str) -> None:
    with pytest.raises(NotReadable, match="pulumi preview --json"):
        read(text, "x.json")


def test_a_stack_without_resources_is_one() -> None:
    assert read(preview()).resources == ()
    assert read('{"deployment": {}}').resources == ()


def test_a_preview_that_lists_no_unchanged_resources_says_how_many_there_are() -> None:
    assert read(preview(changeSummary={"same": 4})).unlisted == 4
    assert read(preview(step(QUEUE, "q", {}, "same"), changeSummary={"same": 1})).unlisted == 0


def test_several_documents_count_together() -> None:
    one, two = deployment(step(QUEUE, "a", {})), deployment(step(QUEUE, "b", {}), step(QUEUE, "a", {}))
    assert [resource.name for resource in (one + two).resources] == ["a", "b"]
