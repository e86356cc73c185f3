"""A way to the local AWS on which calls can be made to fail, before or after they took effect."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sandbox.local_aws import LocalAws
    from tests.support.sandboxes import Sandbox

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class When(Enum):
    """When a call fails."""

    BEFORE = "before it took effect"
    """AWS denies the call: nothing happened."""

    AFTER = "after it took effect"
    """AWS does what it was asked, and the answer is lost."""


@dataclass(frozen=True)
class Call:
    """One call as it went by: the operation's name, such as `CreateUser`, and everything that it says."""

    operation: str
    text: str


@dataclass
class Fault:
    """Makes calls fail.

    Attributes:
        operation: The operation's name, such as `CreateUser`; of S3, method and subresource, such as `PUT policy`.
        about: Text that the call must hold, such as the name of the user.
        when: Whether the call takes effect.
        times: How many of them fail, from the first one on.
        then: Called with the call before the answer is given, to end the program that waits for it, for example.
    """

    operation: str
    about: str
    when: When
    times: int = 1
    then: Callable[[], None] | None = None
    seen: int = 0

    def hits(self, call: Call) -> bool:
        """Whether this call fails."""
        if self.operation != call.operation or self.about not in call.text or self.seen >= self.times:
            return False
        self.seen += 1
        return True


@dataclass
class FaultyAws:
    """A server that hands calls on to the local AWS, but for those that a fault hits."""

    aws: LocalAws
    faults: list[Fault] = field(default_factory=list[Fault])
    calls: list[Call] = field(default_factory=list[Call])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def endpoint(self) -> str:
        """The value for `AWS_ENDPOINT_URL`."""
        assert self._server
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Listens on a free port of loopback, until `stop`."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listens no more."""
        assert self._server
        self._server.shutdown()
        self._server.server_close()

    def fault_of(self, call: Call) -> Fault | None:
        """The fault that hits a call, each as often as it says."""
        with self._lock:
            self.calls.append(call)
            return next((fault for fault in self.faults if fault.hits(call)), None)


@contextmanager
def faulty_aws(sandbox: Sandbox) -> Generator[FaultyAws]:
    """A faulty way to the AWS of a sandbox, without faults at first."""
    faulty = FaultyAws(sandbox.aws)
    faulty.start()
    yield faulty
    faulty.stop()


def through(faulty: FaultyAws, sandbox: Sandbox) -> Sandbox:
    """The sandbox, whose deployments go through the faults; the test's own clients do not."""
    return replace(sandbox, variables={**sandbox.variables, "AWS_ENDPOINT_URL": faulty.endpoint})


def _handler(faulty: FaultyAws) -> type[BaseHTTPRequestHandler]:
    port = faulty.aws.port

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def _serve(self) -> None:
            body = self._body()
            call = _call(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
            fault = faulty.fault_of(call)
            if fault is None:
                self._answer(*self._ask(body))
                return
            if fault.when is When.AFTER:
                status, _, said = self._ask(body)
                # A fault that makes a call fail that fails anyway shows nothing.
                assert status < 400, said
            if fault.then:
                fault.then()
            self._answer(*_denial(call, fault.when, is_json="X-Amz-Target" in self.headers))

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts: list[bytes] = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            try:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                # Whoever asked has ended meanwhile, as some faults want it.
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

    return Handler


def _call(method: str, path: str, target: str, body: bytes) -> Call:
    text = unquote_plus(body.decode("utf-8", errors="replace"))
    if target:
        return Call(target.rpartition(".")[2], text)
    action = parse_qs(body.decode("utf-8", errors="replace")).get("Action") if b"Action=" in body else None
    if action:
        return Call(action[0], text)
    address = urlsplit(path)
    subresource = address.query.split("&")[0].split("=")[0]
    return Call(f"{method} {subresource}".strip(), unquote_plus(f"{address.path} {text}"))


def _denial(call: Call, when: When, *, is_json: bool) -> tuple[int, list[tuple[str, str]], bytes]:
    # Neither code is one that SDKs try again.
    code, status = ("AccessDenied", 403) if when is When.BEFORE else ("AnswerLost", 400)
    message = f"{call.operation} fails {when.value}, as the test wants it"
    if is_json:
        answer = json.dumps({"__type": code, "message": message})
        return status, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)], answer.encode()
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>fault</RequestId></ErrorResponse>"
    if " " in call.operation or call.operation in ("PUT", "DELETE", "GET", "HEAD", "POST"):
        text = f"<Error>{error}<RequestId>fault</RequestId></Error>"
    return status, [("Content-Type", "text/xml")], text.encode()
