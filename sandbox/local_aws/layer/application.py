"""The layer as a web application: its own routes, then ministack's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator, sessions

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Application, Receive, Scope, Send


def build(instance: str) -> Application:
    """Put the layer around ministack.

    Args:
        instance: The name by which whoever started this process will know it.
    """
    sessions.install()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not str(path).startswith("/_sandbox/"):
            await emulator.application(scope, receive, send)
            return
        status, answer = _control(scope["method"], path, await _body(receive), instance)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return application


def _control(method: str, path: str, body: bytes, instance: str) -> tuple[int, dict[str, Any]]:
    if (method, path) == ("GET", "/_sandbox/instance"):
        return 200, {"instance": instance}
    if (method, path) == ("POST", "/_sandbox/clock"):
        seconds = _forward_seconds(body)
        if seconds is None:
            return 400, {"error": 'The body must be {"forwardSeconds": N}, N a whole number of at least 1.'}
        sessions.let_time_pass(seconds)
        return 200, {"forwardSeconds": seconds}
    return 404, {"error": f"There is no {method} {path}."}


def _forward_seconds(body: bytes) -> int | None:
    try:
        given = cast("object", json.loads(body))
    except ValueError:
        return None
    seconds = cast("dict[str, object]", given).get("forwardSeconds") if isinstance(given, dict) else None
    return seconds if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds >= 1 else None


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
