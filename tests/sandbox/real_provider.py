"""The provider that users have, as a process that a test asks like the stand-in."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
from typing import TYPE_CHECKING, Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.provider.server import serialized

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

NOT_IN_VERSION_5 = frozenset({"aws:iam/outboundWebIdentityFederation:OutboundWebIdentityFederation"})
"""Types of the stand-in that Terraform's provider has from version 6 on."""

_METHODS = {
    "check": ("Check", provider_pb2.CheckResponse),
    "compare": ("Diff", provider_pb2.DiffResponse),
    "configure": ("Configure", provider_pb2.ConfigureResponse),
    "create": ("Create", provider_pb2.CreateResponse),
    "read": ("Read", provider_pb2.ReadResponse),
    "update": ("Update", provider_pb2.UpdateResponse),
    "delete": ("Delete", empty_pb2.Empty),
    "invoke": ("Invoke", provider_pb2.InvokeResponse),
}


class RealService:
    """The methods of the stand-in's ``Service``, answered by the real provider."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        method, response = _METHODS[name]
        return self._channel.unary_unary(
            f"/pulumirpc.ResourceProvider/{method}",
            request_serializer=serialized,
            response_deserializer=response.FromString,
        )


@contextlib.contextmanager
def serving(program: Path, plugin: Path, endpoint: str) -> Generator[RealService]:
    """A real provider that reaches a local AWS.

    Args:
        program: The bridge.
        plugin: Terraform's AWS provider.
        endpoint: The local AWS.
    """
    grpc: Any = importlib.import_module("grpc")
    variables = {**os.environ, "TERRAFORM_PROVIDER_AWS": str(plugin), "AWS_ENDPOINT_URL": endpoint}
    with subprocess.Popen(
        [str(program)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=variables
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield RealService(channel)
        finally:
            process.terminate()
            process.wait()
