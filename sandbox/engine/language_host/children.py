"""The processes a host has started, so that none outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    import grpc


_PATIENCE_SECONDS = 2


class Children:
    """Every child leads a process group of its own, so that ending it ends what it started too."""

    def __init__(self) -> None:
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def running(
        self,
        command: Sequence[str],
        call: grpc.ServicerContext,
        *,
        environment: Mapping[str, str],
        folder: Path,
        piped: bool,
    ) -> Generator[subprocess.Popen[bytes]]:
        """A child for the length of one call; it is killed when the call is cancelled and when the block ends.

        Args:
            command: The program and its arguments.
            call: The engine's call on whose behalf it runs.
            environment: All of the child's environment variables.
            folder: Its working folder.
            piped: Whether its output is read through pipes; it goes to the host's own stdout and stderr otherwise.
        """
        sink = subprocess.PIPE if piped else None
        with self._lock:
            if self._closed:
                raise RuntimeError("the language host is shutting down")
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
            self._alive.add(child)
        try:
            # A call that ended before it could be watched will never report its end.
            if not call.add_callback(lambda: _kill(child)):
                _kill(child)
            yield child
        finally:
            _kill(child)
            child.wait()
            with self._lock:
                self._alive.discard(child)

    def close(self) -> None:
        """Kill all of them, and refuse to start more."""
        with self._lock:
            self._closed = True
            for child in self._alive:
                _kill(child)


def _kill(child: subprocess.Popen[bytes]) -> None:
    # Told to end first: a program that is measured, say, still has something to write. Nearly all end at once.
    _signal(child, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_PATIENCE_SECONDS)
    # The group may still hold grandchildren when the child itself is gone.
    _signal(child, signal.SIGKILL)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
