"""What a job talks to: CI systems with the tokens they hand out, and an STS that refuses."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.support import secrets_guard

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator

GITHUB, AZURE_DEVOPS = "https://token.actions.githubusercontent.com", "https://vstoken.dev.azure.com"
ORGANIZATION = "61c028b9-510c-4f84-bfb2-f48d33b6b542"
"""An organisation of Azure DevOps."""
BEARER = "the-bearer-of-this-asks-for-tokens"
"""With what a job asks for its token."""
SUBJECT = "repo:acme/shop:ref:refs/heads/release/1"
PIPELINE = {
    "iss": f"{AZURE_DEVOPS}/{ORGANIZATION}",
    "aud": "api://AzureADTokenExchange",
    "sub": "p://acme/shop/release",
}


def token(**claims: Any) -> str:
    """A token as GitHub makes it for a release branch, but for these claims. Nobody checks its signature here."""
    now = int(time.time())
    said = {"iss": GITHUB, "aud": "acme", "sub": SUBJECT, "nbf": now - 60, "exp": now + 600, **claims}
    said = {name: value for name, value in said.items() if value is not None}
    parts = [{"alg": "RS256", "typ": "JWT"}, said, {"signature": "of nobody"}]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
    secrets_guard.remember_one(text)
    return text


@dataclass
class System:
    """A CI system that hands out tokens on request.

    Attributes:
        url: Its address.
        answers: What it answers, in this order: a status and a body; the last one again and again.
        asked: What it was asked: method, path, query and the header that authorizes.
        sent: The fields of the form that came with each question.
    """

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    asked: list[tuple[str, str, dict[str, list[str]], str]] = field(default_factory=list[Any])
    sent: list[dict[str, list[str]]] = field(default_factory=list[Any])


@contextmanager
def serving(system: System, tls: ssl.SSLContext | None = None) -> Generator[System]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = (self.command, parts.path, parse_qs(parts.query), self.headers.get("Authorization", ""))
            system.asked.append(asked)
            system.sent.append(parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
            status, body = system.answers.pop(0) if len(system.answers) > 1 else system.answers[0]
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_CONNECT = do_GET  # noqa: N815 - the server's own names

        def log_message(self, *_: object, **__: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    system.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/token"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield system
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(code: str, message: str) -> str:
    """What STS answers; for what the local AWS never says, or says in other words."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{error}</ErrorResponse>'
