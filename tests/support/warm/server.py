"""The process that programs are forked from: ``python server.py SOCKET``. It has one thread, so that it may fork."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import marshal
import os
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import types
from pathlib import Path
from typing import Any, NoReturn, cast

_IMPORTED = (
    "asyncio",
    "boto3",
    "botocore.config",
    "concurrent.futures",
    "google.protobuf.json_format",
    "grpc",
    "mimetypes",
    "pulumi",
    "pulumi.policy",
    "pulumi.provider.experimental",
    "pulumi_aws",
    "pulumi_aws.cloudwatch",
    "pulumi_aws.iam",
    "pulumi_aws.provider",
    "yaml",
)
_SERVICES = ("iam", "sts")


def main(path: str) -> None:
    """Serve until told to end."""
    for name in _IMPORTED:
        importlib.import_module(name)
    _read_descriptions_of_services()
    # What is there already is left in the memory that all forks share.
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(128)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _take_note)
    os.write(1, b"ready\n")
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_of_the_ended(running)
        if listener in ready:
            connection, _ = listener.accept()
            pid = os.fork()
            if pid == 0:
                listener.close()
                for other in running.values():
                    other.close()
                _become(connection)
            running[pid] = connection


def _take_note(_number: int, _frame: object) -> None:
    """Let the signal be written to the pipe that the loop waits for."""


def _read_descriptions_of_services() -> None:
    """botocore reads big files for each session: read once, every session of every program has them."""
    loaders: Any = importlib.import_module("botocore.loaders")
    loader = loaders.create_loader()
    for service in _SERVICES:
        for kind in ("service-2", "endpoint-rule-set-1", "paginators-1"):
            loader.load_service_model(service, kind)
    loader.load_data_with_path("endpoints")
    made = loaders.create_loader

    def create_loader(search_path_string: str | None = None) -> object:
        return made(search_path_string) if search_path_string else loader

    session: Any = importlib.import_module("botocore.session")
    session.create_loader = create_loader


def _tell_of_the_ended(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        connection = running.pop(pid)
        with contextlib.suppress(OSError):
            connection.sendall(struct.pack("i", os.waitstatus_to_exitcode(status)))
        connection.close()


def _become(connection: socket.socket) -> NoReturn:
    """Be the process that was asked for."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    size, files, _, _ = socket.recv_fds(connection, 4, 3)
    asked = b""
    while len(asked) < struct.unpack("I", size)[0]:
        asked += connection.recv(1 << 20)
    arguments, environment, folder = cast("tuple[list[str], dict[bytes, bytes], bytes]", marshal.loads(asked))  # noqa: S302 - from our own client
    for number, file in enumerate(files):
        os.dup2(file, number, inheritable=True)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environb.update(environment)
    first = next(number for number, part in enumerate(arguments) if part not in ("-I", "-u"))
    _open_standard_files(unbuffered="-u" in arguments[:first])
    threading.Thread(target=_pass_on_signals, args=(connection,), daemon=True).start()
    _run(arguments[first:], isolated="-I" in arguments[:first])
    sys.exit()


def _open_standard_files(*, unbuffered: bool) -> None:
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open
    for name, number, errors in (("stdout", 1, "strict"), ("stderr", 2, "backslashreplace")):
        raw = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115 - stays open
        lines = number == 2 or os.isatty(number)
        binary = raw if unbuffered else io.BufferedWriter(raw)
        wrapped = io.TextIOWrapper(cast("Any", binary), "utf-8", errors, line_buffering=lines, write_through=unbuffered)
        setattr(sys, name, wrapped)
        setattr(sys, f"__{name}__", wrapped)


def _pass_on_signals(connection: socket.socket) -> None:
    """Signals arrive as bytes; when the one who asked is gone, so is this process with all it has started."""
    while got := connection.recv(1):
        os.kill(os.getpid(), got[0])
    os.killpg(0, signal.SIGKILL)


def _run(arguments: list[str], *, isolated: bool) -> None:
    further = [] if isolated else [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    kind, *rest = arguments
    if kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path[:1] = further
        main_module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(rest[0], vars(main_module))  # noqa: S102 - this is what -c means
    elif kind == "-m":
        sys.argv = rest
        sys.path[:1] = further if isolated else [str(Path.cwd()), *further]
        cast("Any", runpy)._run_module_as_main(rest[0])
    else:
        sys.argv = arguments
        # A folder is put first by runpy itself.
        sys.path[:1] = further if Path(kind).is_dir() else [str(Path(kind).resolve().parent), *further]
        runpy.run_path(kind, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
