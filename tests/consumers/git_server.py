"""Git over HTTPS on loopback, for the engine, which takes plugins from git in no other way."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass(frozen=True)
class Served:
    """Where repositories are served.

    Attributes:
        host: Host and port.
        certificates: A file with the certificates that the machine trusts, and the server's own.
    """

    host: str
    certificates: Path


@contextmanager
def serving(repositories: Path, folder: Path) -> Generator[Served]:
    """Serves all repositories below a folder, read-only; certificate and key go into the other one."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    request += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(request, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(repositories))
    # The handshake is left to the thread of each request: a client that never begins it must not hold up all others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Served(f"localhost:{server.server_port}", _with_trusted(certificate))
    finally:
        server.shutdown()
        server.server_close()


def _with_trusted(certificate: Path) -> Path:
    trusted = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    together = certificate.with_name("trusted.pem")
    together.write_text(certificate.read_text() + (Path(trusted).read_text() if trusted else ""))
    return together


def _handler(repositories: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
            """Says nothing."""

        def _answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            # The CGI variables that `git help http-backend` asks for.
            asked = {
                "GIT_PROJECT_ROOT": str(repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
            }
            done = subprocess.run(
                ["git", "http-backend"], input=body, env={**os.environ, **asked}, capture_output=True, check=True
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
