"""A provider that takes any resource of any type, so that the pack can be shown types nobody here deploys.

    python -m tests.policies.pack.any_provider

It speaks the engine's provider protocol; what it is asked to create it only remembers in its answer.
"""

# ruff: noqa: N802 (the protocol names the methods)
from __future__ import annotations

import json
import sys
import threading
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

_PROPERTIES = {name: {"type": "string"} for name in ("name", "policy", "role")}
SCHEMA = {
    "name": "aws",
    "version": "7.51.1",
    "resources": {
        "aws:iam/rolePolicy:RolePolicy": {"properties": _PROPERTIES, "inputProperties": _PROPERTIES},
    },
}
"""For programs whose language asks what a type takes before it registers one."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class AnyProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Accepts everything; the outputs are the inputs, with an ARN that is known only after deployment."""

    def __init__(self) -> None:
        self._account = ""

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="7.51.1")

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(SCHEMA))

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        allowed = dict(request.args.items()).get("allowedAccountIds", "[]")
        self._account = "".join(json.loads(allowed))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        changed = request.oldInputs != request.news
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind)

    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(request.properties)
        name = request.urn.rpartition("::")[2]
        kind = request.urn.rpartition(":")[0].rpartition(":")[0].rpartition("/")[2].partition(":")[0]
        path = dict(outputs.items()).get("path", "/")
        outputs["arn"] = UNKNOWN if request.preview else f"arn:aws:iam::{self._account}:{kind}{path}{name}"
        return provider_pb2.CreateResponse(id="" if request.preview else name, properties=outputs)

    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        return provider_pb2.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:
        """Only `getPolicyDocument`: the statements as they come, with the capital letters of a document."""
        assert request.tok == "aws:iam/getPolicyDocument:getPolicyDocument"
        statements = MessageToDict(request.args)["statements"]
        capital = [{name.capitalize(): value for name, value in one.items()} for one in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": capital})
        answer = struct_pb2.Struct()
        answer.update({"json": document})
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(answer)  # a word of Python's own
        return response

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


def main() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AnyProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
