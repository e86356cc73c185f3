"""The layer as a web application: its own routes, then ministack's."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import calls, emulator, events, origins, recording, requests, rules, sessions, signatures
from sandbox.local_aws.layer.cloudtrail import Call

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Application, Message, Receive, Scope, Send

_LARGEST_KEPT = 256 * 1024


def build(instance: str) -> Application:
    """Put the layer around ministack.

    Args:
        instance: The name by which whoever started this process will know it.
    """
    rules.put_in_place(without=os.environ.get("SANDBOX_WITHOUT_RULES", "").split())

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await emulator.application(scope, receive, send)
        elif str(scope["path"]).startswith("/_sandbox/"):
            status, answer = _control(scope["method"], scope["path"], await _body(receive), instance)
            headers = [(b"content-type", b"application/json")]
            await _answer(send, status, headers, json.dumps(answer).encode())
        else:
            try:
                origin = origins.of(scope)
            except calls.Refused as refused:
                status, _, text = refused.answer("sts")
                await _answer(send, status, [(b"content-type", b"text/xml")], text)
            else:
                await _recorded(origin, scope, receive, send)

    return application


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _recorded(origin: origins.Origin, scope: Scope, receive: Receive, send: Send) -> None:
    """Let ministack answer, and keep what CloudTrail's record needs."""
    learned = requests.begin(origin)
    body, answer, status = bytearray(), bytearray(), 0

    async def listening_receive() -> Message:
        message = await receive()
        if len(body) < _LARGEST_KEPT:
            body.extend(message.get("body", b""))
        return message

    async def listening_send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        if len(answer) < _LARGEST_KEPT:
            answer.extend(message.get("body", b""))
        await send(message)

    await emulator.application(scope, listening_receive, listening_send)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    events.publish(Call(learned, headers, bytes(body), status, bytes(answer)))


def _control(method: str, path: str, body: bytes, instance: str) -> tuple[int, dict[str, Any]]:
    if (method, path) == ("GET", "/_sandbox/instance"):
        return 200, {"instance": instance}
    if (method, path) == ("POST", "/_sandbox/clock"):
        seconds = _forward_seconds(body)
        if seconds is None:
            return 400, {"error": 'The body must be {"forwardSeconds": N}, N a whole number of at least 1.'}
        sessions.let_time_pass(seconds)
        return 200, {"forwardSeconds": seconds}
    if (method, path) == ("POST", "/_sandbox/calls"):
        return 200, {"calls": recording.of(str(_object(body).get("accessKeyId")))}
    if (method, path) == ("POST", "/_sandbox/issuers"):
        wrong = signatures.make_known(_object(body))
        return (400, {"error": wrong}) if wrong else (200, {})
    return 404, {"error": f"There is no {method} {path}."}


def _forward_seconds(body: bytes) -> int | None:
    seconds = _object(body).get("forwardSeconds")
    return seconds if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds >= 1 else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = cast("object", json.loads(body))
    except ValueError:
        return {}
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
