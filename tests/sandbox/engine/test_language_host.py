"""The language host as the engine meets it: a process that serves one engine and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from sandbox.engine.language_host.interpreter import Runtime
from sandbox.engine.language_host.service import install_commands
from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_PATIENCE_SECONDS = 20


@contextmanager
def _host(runner: Path) -> Generator[tuple[subprocess.Popen[str], Any]]:
    command = [sys.executable, "-m", "sandbox.engine.language_host", "--runner", str(runner)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        channel = grpc.insecure_channel(f"127.0.0.1:{int(host.stdout.readline())}")
        yield host, cast("Any", language_pb2_grpc.LanguageRuntimeStub(channel))
        channel.close()
        host.send_signal(signal.SIGINT)
        assert host.wait(timeout=_PATIENCE_SECONDS) == 0


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Stands in for Pulumi's program runner: it runs the program it is given."""
    script = tmp_path / "runner.py"
    script.write_text("import runpy, sys\nrunpy.run_path(sys.argv[-1], run_name='__main__')\n")
    return script


def _program(folder: Path, text: str) -> language_pb2.ProgramInfo:
    program = folder / "program.py"
    program.write_text(text)
    return language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=program.name)


def _stays(file: Path) -> str:
    """A program that starts a child, writes down both of their ids, and would stay for ever."""
    return (
        "import os, subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"part = pathlib.Path({str(file)!r} + '.part')\n"
        "part.write_text(f'{os.getpid()} {child.pid}')\n"
        f"part.rename({str(file)!r})\n"
        "time.sleep(60)\n"
    )


def _wait(until: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {until}"
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A dead child nobody has waited for still has its id.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_program_that_ends_well_is_reported_so(tmp_path: Path, runner: Path) -> None:
    with _host(runner) as (_, host):
        answer = host.Run(language_pb2.RunRequest(info=_program(tmp_path, ""), pwd=str(tmp_path)))

    assert (answer.error, answer.bail) == ("", False)


def test_a_program_is_given_its_settings(tmp_path: Path, runner: Path) -> None:
    seen = tmp_path / "seen"
    text = f"import os, pathlib\npathlib.Path({str(seen)!r}).write_text(os.environ['PULUMI_CONFIG'])\n"
    with _host(runner) as (_, host):
        host.Run(language_pb2.RunRequest(info=_program(tmp_path, text), pwd=str(tmp_path), config={"a:b": "c"}))

    assert seen.read_text() == '{"a:b": "c"}'


def test_a_failure_the_user_has_been_told_of_is_not_told_twice(tmp_path: Path, runner: Path) -> None:
    with _host(runner) as (_, host):
        answer = host.Run(
            language_pb2.RunRequest(info=_program(tmp_path, "import sys\nsys.exit(32)"), pwd=str(tmp_path))
        )

    assert (answer.error, answer.bail) == ("", True)


def test_any_other_failure_is_reported_with_its_exit_code(tmp_path: Path, runner: Path) -> None:
    with _host(runner) as (_, host):
        answer = host.Run(
            language_pb2.RunRequest(info=_program(tmp_path, "import sys\nsys.exit(3)"), pwd=str(tmp_path))
        )

    assert answer.error == "the program ended with exit code 3"


def test_a_missing_interpreter_is_an_error_before_anything_runs(tmp_path: Path, runner: Path) -> None:
    info = _program(tmp_path, "")
    info.options.update({"virtualenv": "nowhere"})
    with _host(runner) as (_, host):
        answer = host.Run(language_pb2.RunRequest(info=info, pwd=str(tmp_path)))

    assert f"no Python interpreter at {tmp_path}/nowhere/bin/python" in answer.error


def test_a_plugin_streams_what_it_prints_and_its_exit_code(tmp_path: Path, runner: Path) -> None:
    info = _program(tmp_path, "import sys\nprint('out', sys.argv[1])\nprint('err', file=sys.stderr)\nsys.exit(5)")
    with _host(runner) as (_, host):
        request = language_pb2.RunPluginRequest(info=info, pwd=str(tmp_path), args=["one"], kind="resource")
        parts = list(cast("Iterator[language_pb2.RunPluginResponse]", host.RunPlugin(request)))

    assert b"".join(part.stdout for part in parts) == b"out one\n"
    assert b"".join(part.stderr for part in parts) == b"err\n"
    assert parts[-1].exitcode == 5


def test_installing_for_one_member_of_a_workspace_keeps_what_the_others_need(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    (tmp_path / "member").mkdir()
    runtime = Runtime(tmp_path / "member", tmp_path / "member", toolchain="uv")

    assert install_commands(runtime, tmp_path / "member") == [["uv", "sync", "--inexact", "--frozen"]]


def test_installing_with_pip_makes_the_environment_and_reads_the_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").touch()
    python = str(tmp_path / "venv" / "bin" / "python")

    assert install_commands(Runtime(tmp_path, tmp_path, virtualenv="venv"), tmp_path) == [
        [sys.executable, "-m", "venv", str(tmp_path / "venv")],
        [python, "-m", "pip", "install", "-r", "requirements.txt"],
    ]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("end", ["interrupt", "cancel"])
def test_no_process_is_left_behind(tmp_path: Path, runner: Path, end: str) -> None:
    file = tmp_path / "pids"
    with _host(runner) as (process, host):
        request = language_pb2.RunRequest(info=_program(tmp_path, _stays(file)), pwd=str(tmp_path))
        call = host.Run.future(request)
        _wait("the program has started", file.exists)
        pids = [int(pid) for pid in file.read_text().split()]
        assert all(_is_alive(pid) for pid in pids)
        if end == "interrupt":
            process.send_signal(signal.SIGINT)
        else:
            call.cancel()
        _wait("both processes are gone", lambda: not any(_is_alive(pid) for pid in pids))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")
def test_the_host_ends_with_a_killed_engine(tmp_path: Path, runner: Path) -> None:
    host_command = [sys.executable, "-m", "sandbox.engine.language_host", "--runner", str(runner)]
    engine_text = (
        f"import subprocess\nhost = subprocess.Popen({host_command!r})\n"
        "print(f'host {host.pid}', flush=True)\nhost.wait()\n"
    )
    engine_command = [sys.executable, "-c", engine_text]
    with subprocess.Popen(engine_command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        # The host's port comes on a line of its own, before or after.
        lines = sorted(engine.stdout.readline().strip() for _ in range(2))
        host = int(lines[1].removeprefix("host "))
        assert _is_alive(host)
        engine.kill()
        _wait("the host is gone", lambda: not _is_alive(host))


def test_the_host_ends_when_the_engine_was_killed_before_it_had_started(tmp_path: Path, runner: Path) -> None:
    command = [sys.executable, "-m", "sandbox.engine.language_host", "--runner", str(runner)]
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=writing) as host:
        os.close(writing)
        assert host.wait(timeout=_PATIENCE_SECONDS) == 0
