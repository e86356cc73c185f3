"""The provider as a process: it listens on loopback, says on which port, and ends with the engine."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import os
import signal
import sys
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, NoReturn

from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.provider.configuration import ConfigurationError
from sandbox.provider.errors import PartlyDoneError, ProviderError
from sandbox.provider.registry import UnknownTypeError
from sandbox.provider.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.message import Message

# grpc has no types: it comes in as what it is.
grpc: Any = importlib.import_module("grpc")

_THREADS = 32
_LARGEST_MESSAGE = 400 * 1024 * 1024
_OUR_OWN_WORDS = (ProviderError, ConfigurationError, UnknownTypeError)
_LOG = logging.getLogger("sandbox.provider")


def serve(engine: int) -> None:
    """Serve until the engine ends this process, or ends itself.

    Args:
        engine: The process that started this one.
    """
    ended = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda _signal, _frame: ended.set())
    server, port = start(importlib.metadata.version("pulumi-aws"))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that is killed cannot end its plugins: they notice that they are orphans.
    while not ended.wait(1) and os.getppid() == engine:
        pass
    server.stop(grace=None)
    # Calls that still wait for AWS must not keep the process.
    os._exit(0)


def start(version: str) -> tuple[Any, int]:
    """Start to listen.

    Args:
        version: The version of the package the provider stands in for.

    Returns:
        The server and its port.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(_THREADS),
        options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.max_send_message_length", -1)],
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("pulumirpc.ResourceProvider", _methods(version)),)
    )
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _methods(version: str) -> Mapping[str, object]:
    """The methods of the protocol that are served. The engine is told of all others that there are none."""
    service = Service(version)
    return {
        "GetPluginInfo": _method(service.plugin_info, empty_pb2.Empty),
        "GetSchema": _method(service.schema, provider_pb2.GetSchemaRequest),
        "CheckConfig": _method(service.check_configuration, provider_pb2.CheckRequest),
        "DiffConfig": _method(service.compare_configuration, provider_pb2.DiffRequest),
        "Configure": _method(service.configure, provider_pb2.ConfigureRequest),
        "Check": _method(service.check, provider_pb2.CheckRequest),
        "Diff": _method(service.compare, provider_pb2.DiffRequest),
        "Create": _method(service.create, provider_pb2.CreateRequest),
        "Read": _method(service.read, provider_pb2.ReadRequest),
        "Update": _method(service.update, provider_pb2.UpdateRequest),
        "Delete": _method(service.delete, provider_pb2.DeleteRequest),
        "Invoke": _method(service.invoke, provider_pb2.InvokeRequest),
        "Cancel": _method(service.cancel, empty_pb2.Empty),
    }


def _method(answer: Callable[[Any], Any], request: Any) -> object:
    def answered(message: object, context: Any) -> object:
        try:
            return answer(message)
        except PartlyDoneError as error:
            _abort_partly_done(context, error)
        except _OUR_OWN_WORDS as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            _LOG.exception("the provider failed")
            context.abort(grpc.StatusCode.INTERNAL, f"The sandbox's provider failed: {type(error).__name__}: {error}")
        raise AssertionError("abort raises")

    return grpc.unary_unary_rpc_method_handler(
        answered,
        request_deserializer=request.FromString,
        response_serializer=serialized,
    )


def serialized(response: Message) -> bytes:
    """A message as bytes."""
    return response.SerializeToString()


def _abort_partly_done(context: Any, error: PartlyDoneError) -> NoReturn:
    """End a call with an error that carries the resource, so that the engine writes it into the state."""
    detail = any_pb2.Any()
    detail.Pack(provider_pb2.ErrorResourceInitFailed(id=error.id, properties=error.outputs, reasons=[str(error)]))
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort raises")
