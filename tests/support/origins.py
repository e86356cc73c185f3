"""Clients whose calls come from a network, or through a VPC endpoint: see `sandbox.local_aws.layer.origins`."""

from __future__ import annotations

from typing import Any


def comes_from(client: Any, address: str) -> Any:
    """Let the calls of a boto3 client come from an IP address."""

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Sandbox-Source-Ip"] = address

    client.meta.events.register("before-sign", add)
    return client


def comes_through(client: Any, vpc_endpoint: str) -> Any:
    """Let a boto3 client call its service by the name of a VPC endpoint."""

    def add(request: Any, **_: Any) -> None:
        meta = client.meta
        service = meta.service_model.endpoint_prefix
        request.headers["Host"] = f"{vpc_endpoint}-a1b2c3d4.{service}.{meta.region_name}.vpce.amazonaws.com"

    client.meta.events.register("before-sign", add)
    return client
