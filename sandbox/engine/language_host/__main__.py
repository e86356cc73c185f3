"""Serve one engine: print the port, wait for the end, leave no process behind."""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
import threading
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from sandbox.engine.language_host.children import Children
from sandbox.engine.language_host.service import LanguageHost

if TYPE_CHECKING:
    from types import FrameType

_ORPHAN_CHECK_SECONDS = 1.0


def main() -> None:
    """Run until the engine is done with us, or is gone."""
    parent = os.getppid()
    parser = argparse.ArgumentParser(prog="pulumi-language-python")
    parser.add_argument("--runner", type=Path, required=True, help="Pulumi's pulumi-language-python-exec")
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    known, _ = parser.parse_known_args()

    over = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    children = Children()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(known.engine, known.runner, children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_wait_for_the_last_reader, args=(over,), daemon=True).start()
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    # Where the system doesn't tell of readers, a changed parent is all there is to see of a killed engine.
    while not over.wait(_ORPHAN_CHECK_SECONDS) and os.getppid() == parent:
        pass
    children.close()
    # gRPC's threads would keep the interpreter alive for the calls that were cut off.
    os._exit(0)


def _wait_for_the_last_reader(over: threading.Event) -> None:
    """The engine reads what we print for as long as it lives, so its end is seen, however early it comes."""
    poller = select.poll()
    poller.register(sys.stdout.fileno(), 0)
    if any(events & (select.POLLERR | select.POLLHUP) for _, events in poller.poll()):
        over.set()


if __name__ == "__main__":
    main()
