"""Declares components under Pulumi's mocks and remembers what reached the engine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
from google.protobuf.json_format import MessageToDict
from pipeline_identity._component import outputs_of
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi.runtime.proto.resource_pb2 import RegisterResourceRequest, RegisterResourceResponse

T = TypeVar("T")

_GOLDEN = Path(__file__).parent / "golden"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""What marks a secret in Pulumi's protocol."""

SECRET = "wJalr/EXAMPLE/secret"
_ARNS = {
    "aws:s3/bucket:Bucket": "arn:aws:s3:::",
    "aws:iam/policy:Policy": "arn:aws:iam::111122223333:policy/",
}
CREATED = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z")


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was asked for it."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    request: RegisterResourceRequest
    raw: dict[str, Any]
    secrets: frozenset[str]

    def document(self, argument: str) -> Any:
        return json.loads(self.inputs[argument])


@dataclass
class Recording:
    """What a program declared, in order, and what it returned."""

    resources: list[Registered] = field(default_factory=list[Registered])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    unknown: set[str] = field(default_factory=set[str])
    secret: set[str] = field(default_factory=set[str])
    depends_on: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])

    def one(self, type_: str) -> Registered:
        (found,) = [resource for resource in self.resources if resource.type == type_]
        return found

    def types(self) -> list[str]:
        return [resource.type for resource in self.resources]

    def urns(self) -> list[str]:
        return [resource.urn for resource in self.resources]


class _Mocks(Mocks):
    def __init__(self, answers: dict[str, dict[str, Any]] | None = None) -> None:
        self._answers = answers or {}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        answer = self._answers.get(args.token.rpartition(":")[2])
        if answer is not None:
            return answer, []
        raise AssertionError(f"nothing may be asked of AWS, but {args.token} was called")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        untyped: Any = args
        outputs: dict[str, Any] = dict(untyped.inputs)
        if args.typ in _ARNS:
            outputs["arn"] = _ARNS[args.typ] + args.name
        if args.typ == "aws:iam/accessKey:AccessKey":
            outputs |= {"secret": SECRET, "createDate": CREATED[args.name.endswith("-2")]}
        return f"{args.name}-id", outputs


class _Monitor(MockMonitor):
    def __init__(self, recording: Recording, answers: dict[str, dict[str, Any]] | None) -> None:
        super().__init__(_Mocks(answers))
        self._recording = recording

    def RegisterResource(self, request: RegisterResourceRequest) -> RegisterResourceResponse:  # noqa: N802
        response: RegisterResourceResponse = super().RegisterResource(request)  # pyright: ignore[reportUnknownMemberType]
        if request.type != "pulumi:pulumi:Stack":
            given = pulumi.runtime.rpc.deserialize_properties(request.object, keep_unknowns=False)
            inputs = {name: pulumi.runtime.rpc.unwrap_rpc_secret(value) for name, value in given.items()}
            raw: dict[str, Any] = MessageToDict(request.object)
            secrets = frozenset(name for name, value in raw.items() if _SECRET in json.dumps(value))
            self._recording.resources.append(
                Registered(response.urn, request.type, request.name, inputs, request, raw, secrets)
            )
        return response


def record(
    program: Callable[[], object],
    *,
    stack: str = "dev",
    preview: bool = False,
    into: Recording | None = None,
    answers: dict[str, dict[str, Any]] | None = None,
) -> Recording:
    """Runs a program and remembers the resources that it declares."""
    recording = into or Recording()
    _mock(recording, stack, preview=preview, answers=answers)
    _run(program)
    return recording


def _run(program: Callable[[], object]) -> None:
    untyped: Any = pulumi.runtime
    untyped.test(program)()


def _mock(recording: Recording, stack: str, *, preview: bool, answers: dict[str, dict[str, Any]] | None = None) -> None:
    monitor = _Monitor(recording, answers)
    pulumi.runtime.set_mocks(monitor.mocks, project="pipelines", stack=stack, preview=preview, monitor=monitor)


def declare(program: Callable[[], pulumi.ComponentResource], *, preview: bool = False) -> Recording:
    """Runs a program that declares one component; the component's annotated outputs end up in the recording."""
    recording = Recording()
    _mock(recording, "dev", preview=preview)

    async def look(name: str, output: pulumi.Output[Any]) -> None:
        if not await output.is_known():
            recording.unknown.add(name)
            return
        if await output.is_secret():
            recording.secret.add(name)
        recording.outputs[name] = await output.future()
        urns = [await resource.urn.future() for resource in await output.resources()]
        recording.depends_on[name] = {urn for urn in urns if urn}

    def run() -> pulumi.Output[list[Any]]:
        component = program()
        looks = [look(name, getattr(component, name)) for name, _ in outputs_of(type(component))]
        return pulumi.Output.all(*[pulumi.Output.from_input(one) for one in looks])

    _run(run)
    return recording


def goldens(room: str) -> dict[str, Any]:
    """The documents of a room that people have read, by their case."""
    return json.loads((_GOLDEN / f"{room}.json").read_text())


def golden(room: str, case: str) -> str:
    """One of them, as JSON text."""
    return json.dumps(goldens(room)[case])


def assert_golden(name: str, text: str) -> None:
    """Compares a document with the one that people have read: `room/case` is `case` in `golden/room.json`.

    Order counts as well, since a document with another order is a change in everybody's preview.
    """
    room, case = name.split("/")
    written, read = (json.dumps(one, indent=2) for one in (json.loads(text), goldens(room).get(case)))
    assert written == read, f"{case} of golden/{room}.json differs from what was emitted:\n{written}"
