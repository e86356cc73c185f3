"""A place between a program and AWS that holds one of its calls, for tests that kill the program just then."""

from __future__ import annotations

import http.client
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator


@dataclass
class Held:
    """Calls on their way to AWS and back.

    Attributes:
        url: Where the program calls.
        number: Which call is held: AWS has carried it out, and the program has no answer.
        lifetime: How long sessions last by what the program is told; None leaves it as AWS says.
        made: How many calls there were.
        reached: Set when the call is held.
    """

    url: str = ""
    number: int = 0
    lifetime: timedelta | None = None
    made: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def kill(self, program: subprocess.Popen[str]) -> bool:
        """Kill the program when its call is held; False when it ended without having made that call."""
        while not self.reached.wait(0.02):
            if program.poll() is not None:
                return self.reached.is_set()
        program.kill()
        program.wait()
        return True


@contextmanager
def holding(aws: str, held: Held) -> Generator[Held]:
    """Pass calls on to AWS, and hold one."""
    place = urlsplit(aws).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with held.lock:
                held.made += 1
                number = held.made
            there = http.client.HTTPConnection(place)
            # With its headers as they are: the name of this place is a part of what was signed.
            there.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                there.putheader(name, value)
            there.endheaders(body)
            answer = there.getresponse()
            content = answer.read()
            there.close()
            if number == held.number:
                held.reached.set()
                held.over.wait()
                return
            if held.lifetime is not None:
                ends = f"{datetime.now(timezone.utc) + held.lifetime:%Y-%m-%dT%H:%M:%SZ}"
                content = re.sub(rb"(?<=<Expiration>)[^<]+", ends.encode(), content)
            # Without a second Server and a second Date.
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST  # noqa: N815 - the server's own names

        def log_message(self, *_: object, **__: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield held
    finally:
        held.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
