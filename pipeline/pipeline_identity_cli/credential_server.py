"""Temporary credentials on a loopback address, as containers have them: AWS's SDKs ask for them, and ask again in time.

A program that runs for hours never holds a key that has expired, and no credential stands in its environment or on a
disk. Who asks must show a token that only the program was given.

Source: "Container credential provider" in the AWS SDKs and tools reference, for the two variables and the answer.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.aws import say
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.redaction import remember

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity_cli.sessions import Session

_HOST = "127.0.0.1"
_PATH = "/credentials"
RENEW_BEFORE = 20 * 60
"""So many seconds before its end a session is renewed. SDKs ask from 15 minutes before; they get a new one then."""


class Renewal:
    """A session that is renewed when it nears its end.

    Args:
        first: The session of the start.
        duration: How long its sessions last, in seconds.
        open_session: Opens the next one; raises `Stopped` where AWS denies it or cannot be asked.

    Attributes:
        latest: The session that was opened last.
    """

    def __init__(self, first: Session, duration: int, open_session: Callable[[], Session]) -> None:
        self.latest = first
        # A session of 15 minutes is renewed at its half, and not with every question.
        self._before = min(RENEW_BEFORE, duration // 2)
        self._open = open_session
        self._lock = threading.Lock()

    def session(self) -> Session:
        """A session that is valid.

        Raises:
            Stopped: The last one has ended, and no new one can be had.
        """
        with self._lock:
            if self.latest.expiration is None or self.latest.lasts(self._before):
                return self.latest
            try:
                self.latest = self._open()
            except Stopped as stopped:
                say(f"the session could not be renewed: {stopped}")
                # Until its end, the old one is as good as it was.
                if not self.latest.lasts(0):
                    raise
            return self.latest


class CredentialServer:
    """Answers on the loopback interface until it is closed.

    The port is open from the start; questions wait until `start` is called, so that a process can be forked in between.
    """

    def __init__(self, renewal: Renewal, role_arn: str) -> None:
        self._token = secrets.token_urlsafe(32)
        self._closed = False
        remember(self._token)
        self._server = _Server((_HOST, 0), _handler(renewal, role_arn, self._token))

    @property
    def variables(self) -> dict[str, str]:
        """The variables that tell SDKs where to ask."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{_HOST}:{self._server.server_port}{_PATH}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
        }

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
        # The thread that waits for the next question is woken by it; closing alone would leave it waiting.
        with contextlib.suppress(OSError):
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def _serve(self) -> None:
        # `serve_forever` looks twice a second whether it should end, for hours, and half a second later than it should.
        while not self._closed:
            self._answer_next()

    def _answer_next(self) -> None:
        try:
            self._server.process_request(*self._server.get_request())
        except OSError:
            # Somebody hung up before the answer, or no more files may be open just now.
            time.sleep(0 if self._closed else 0.05)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no matter of anybody's log."""


def _handler(renewal: Renewal, role_arn: str, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # A client that connects and says nothing is not waited for.
        timeout = 30

        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            # A page in a browser on the same machine can reach the port by a name of its own; it cannot know the token.
            if not secrets.compare_digest(given.encode(), token.encode()):
                return self._answer(403, {"code": "Forbidden", "message": "the token is wrong"})
            if self.path != _PATH:
                return self._answer(404, {"code": "NotFound", "message": "there is nothing here"})
            try:
                session = renewal.session()
            except Stopped as stopped:
                return self._answer(503, {"code": stopped.kind, "message": str(stopped)})
            except Exception as error:
                return self._answer(500, {"code": "internal-error", "message": type(error).__name__})
            return self._answer(200, _document(session, role_arn))

        def _answer(self, status: int, content: dict[str, str]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base calls it
            """Standard error belongs to the command."""

    return Handler


def _document(session: Session, role_arn: str) -> dict[str, str]:
    # SDKs that are told no end take the credentials for such that have none.
    end = {"Expiration": session.ends} if session.ends else {}
    return {
        "RoleArn": role_arn,
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.session_token,
        **end,
    }
