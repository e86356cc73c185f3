"""Asking AWS from within a hook, on threads of its own.

Pulumi's SDK sends everything over one pool of threads. While the engine waits for a hook, that pool may be full of
resources that wait for the engine, so that a hook which asked on the same way would wait for ever: with more resources
than threads it does.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf import struct_pb2

_THREADS = 4


class UnansweredError(pulumi.RunError):
    """AWS, or the provider, did not answer a question."""


async def ask(parent: pulumi.Resource, function: str, arguments: Mapping[str, str]) -> dict[str, Any] | None:
    """Calls a function of the AWS provider with the provider of a component.

    Args:
        parent: The component.
        function: The function's token, such as `aws:index/getCallerIdentity:getCallerIdentity`.
        arguments: The function's arguments by their names in the schema.

    Returns:
        What it answers; None while the provider is only planned.

    Raises:
        UnansweredError: The function failed.
    """
    # Dear to import, and only hooks of an engine ask.
    from google.protobuf import json_format, struct_pb2

    provider = await _reference(parent.get_provider(function))
    if provider is None:
        return None
    request = resource_pb2.ResourceInvokeRequest(
        tok=function,
        args=json_format.ParseDict(dict(arguments), struct_pb2.Struct()),
        provider=provider,
        # As its resources do, so that the same default provider answers.
        version=version("pulumi-aws"),
    )
    monitor: Any = get_monitor()
    answer = await asyncio.get_running_loop().run_in_executor(_threads(), _invoke, monitor, request)
    return json_format.MessageToDict(answer)


def _invoke(monitor: Any, request: resource_pb2.ResourceInvokeRequest) -> struct_pb2.Struct:
    try:
        response = monitor.Invoke(request)
    except Exception as error:
        details: Any = getattr(error, "details", None)
        raise UnansweredError(f"{request.tok} failed: {details() if callable(details) else error}") from None
    if response.failures:
        raise UnansweredError(f"{request.tok} failed: {response.failures[0].reason}")
    return getattr(response, "return")


async def _reference(provider: pulumi.ProviderResource | None) -> str | None:
    if provider is None:
        return ""
    urn, identifier = await provider.urn.future(), await provider.id.future()
    return f"{urn}::{identifier}" if urn and identifier else None


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="pipeline-identity")
