"""What an organisation's policy store is sent by `pulumi policy publish`: a loopback server that keeps it, and no more.

The calls are those of the engine's client (github.com/pulumi/pulumi, pkg/backend/httpstate/client/client.go).
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass
class Received:
    """What arrived.

    Attributes:
        url: Where the server listens.
        pack: What the engine said about the pack and its policies.
        archive: The pack itself, a compressed tar archive.
        completed: The address that was called when all was there.
    """

    url: str = ""
    pack: dict[str, Any] = field(default_factory=dict[str, Any])
    archive: bytes = b""
    completed: str = ""


@contextmanager
def receiving() -> Generator[Received]:
    """A server on loopback that takes one policy pack."""
    received = Received()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(received))
    received.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


def _handler(received: Received) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            person = {"githubLogin": "somebody", "name": "somebody", "organizations": [{"githubLogin": "acme"}]}
            self._answer(person if self.path == "/api/user" else {})

        def do_POST(self) -> None:
            body = self._body()
            if self.path == "/api/orgs/acme/policypacks":
                received.pack = json.loads(body)
                self._answer({"version": 1, "uploadURI": f"{received.url}/upload"})
            else:
                received.completed = self.path
                self._answer({})

        def do_PUT(self) -> None:
            received.archive = self._body()
            self._answer({})

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
            """Says nothing."""

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                return b"".join(self._chunks())
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _chunks(self) -> Generator[bytes]:
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _answer(self, answer: object) -> None:
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler
