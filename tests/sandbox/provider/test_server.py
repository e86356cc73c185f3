"""The provider as a process, and what a person sees of its errors."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, status_pb2

from sandbox.provider import server
from tests.sandbox.provider.conftest import REGION, Known, struct
from tests.sandbox.provider.iam_cases import TRUST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.provider.conftest import Asked

grpc: Any = importlib.import_module("grpc")
CHECKOUT = Path(__file__).parents[3]
ROLE = "aws:iam/role:Role"


@pytest.fixture
def channel(aws: Asked) -> Iterator[Any]:
    """A connection to a provider that serves the account."""
    serving, port = server.start("7.51.1")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as connected:
        configure(connected, {"accessKey": aws.account, "secretKey": "test"})
        yield connected
    serving.stop(grace=None)


def call(channel: Any, method: str, request: Any, response: Any) -> Any:
    made = channel.unary_unary(
        f"/pulumirpc.ResourceProvider/{method}",
        request_serializer=server.serialized,
        response_deserializer=response.FromString,
    )
    return made(request)


def configure(channel: Any, settings: dict[str, str]) -> None:
    request = provider_pb2.ConfigureRequest(args=struct({"region": REGION, **settings}))
    call(channel, "Configure", request, provider_pb2.ConfigureResponse)


def create(channel: Any, inputs: dict[str, Any], token: str = ROLE) -> Any:
    request = provider_pb2.CreateRequest(urn=Known(token, "one").urn, properties=struct(inputs))
    return call(channel, "Create", request, provider_pb2.CreateResponse)


def test_it_says_which_version_it_stands_in_for(channel: Any) -> None:
    assert call(channel, "GetPluginInfo", empty_pb2.Empty(), plugin_pb2.PluginInfo).version == "7.51.1"


def test_an_error_of_aws_is_told_in_one_line(channel: Any) -> None:
    nobody = TRUST.replace("111122223333", "arn:aws:iam::111122223333:user/nobody")
    with pytest.raises(grpc.RpcError) as failed:
        create(channel, {"name": "deploy", "assumeRolePolicy": nobody})
    told = failed.value.details()
    assert told.startswith("creating aws:iam/role:Role 'one': MalformedPolicyDocument: Invalid principal in policy")
    assert "Traceback" not in told
    assert "\n" not in told


def test_a_half_made_resource_comes_with_its_error(aws: Asked, channel: Any) -> None:
    limited = aws.one_who_may("secretsmanager:CreateSecret", "secretsmanager:*sc*", "secretsmanager:GetR*")
    configure(channel, limited)
    with pytest.raises(grpc.RpcError) as failed:
        create(channel, {"name": "one", "policy": TRUST}, "aws:secretsmanager/secret:Secret")
    (carried,) = [value for key, value in failed.value.trailing_metadata() if key == "grpc-status-details-bin"]
    half = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(carried).details[0].Unpack(half)
    assert ":secret:one" in half.id
    assert "PutResourcePolicy" in half.reasons[0]


def test_what_is_not_served_is_said_not_to_be(channel: Any) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        call(channel, "Construct", provider_pb2.ConstructRequest(), provider_pb2.ConstructResponse)
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def started(*before: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, sys.executable, "-m", "sandbox.provider", "127.0.0.1:1"],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def test_the_process_tells_its_port_and_ends_when_told() -> None:
    with started() as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdecimal()
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_the_process_ends_with_the_engine_that_started_it() -> None:
    with started("/bin/sh", "-c", '"$@" & read -r never', "engine") as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline().strip().isdecimal()
        engine.kill()
        engine.wait()
        # The pipe is at its end when the last process that may write to it is gone.
        assert engine.stdout.read() == ""
