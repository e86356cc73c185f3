"""Other programs: their output shown or kept, and Ctrl-C passed on so that none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

_PATIENCE_SECONDS = 15


def shown(command: Sequence[str], *, folder: Path, variables: Mapping[str, str]) -> int:
    """Run a program with its output shown, and return its exit code.

    Raises:
        KeyboardInterrupt: After Ctrl-C, once the program and all it started have ended.
    """
    with _started(command, folder, variables, output=None, errors=None) as program:
        return _waited(program)[0]


def quiet(
    command: Sequence[str], *, folder: Path, variables: Mapping[str, str], patience: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program and keep its output.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        variables: All of its environment.
        patience: Seconds after which it is ended, with all it started; by default it may take for ever.

    Raises:
        KeyboardInterrupt: After Ctrl-C, once the program and all it started have ended.
        subprocess.TimeoutExpired: After the patience, once the program and all it started have ended.
    """
    with _started(command, folder, variables, output=subprocess.PIPE, errors=subprocess.PIPE) as program:
        code, stdout, stderr = _waited(program, patience)
    return subprocess.CompletedProcess(list(command), code, stdout, stderr)


def followed(
    command: Sequence[str], *, folder: Path, variables: Mapping[str, str], each_line: Callable[[str], object]
) -> subprocess.CompletedProcess[str]:
    """Run a program, hand on each line of its stderr as it comes, and keep all of its output.

    Raises:
        KeyboardInterrupt: After Ctrl-C, once the program and all it started have ended.
    """
    lines: list[str] = []
    # A file, because a pipe nobody reads would fill up and stop the program.
    with tempfile.TemporaryFile("w+") as output:
        with _started(command, folder, variables, output=output, errors=subprocess.PIPE) as program:
            try:
                for line in cast("IO[str]", program.stderr):
                    lines.append(line)
                    each_line(line.rstrip("\n"))
                code = program.wait()
            except BaseException:
                _end(program)
                raise
        output.seek(0)
        return subprocess.CompletedProcess(list(command), code, output.read(), "".join(lines))


@contextmanager
def beside(
    command: Sequence[str], *, folder: Path, variables: Mapping[str, str]
) -> Generator[Callable[[], subprocess.CompletedProcess[str]]]:
    """Run a program beside what happens inside, and end it, with all it started, should that end first.

    Yields:
        Waits for the program's end; what it said on stdout and stderr is the result's `stdout`.
    """
    # A file, because a pipe nobody reads would fill up and stop the program.
    with tempfile.TemporaryFile("w+") as output:
        program = _started(command, folder, variables, output=output, errors=subprocess.STDOUT)

        def finished() -> subprocess.CompletedProcess[str]:
            code = _waited(program)[0]
            output.seek(0)
            return subprocess.CompletedProcess(list(command), code, output.read())

        try:
            yield finished
        finally:
            if program.poll() is None:
                _end(program)


def _started(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    output: int | IO[str] | None,
    errors: int | None,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        text=True,
        # Out of the terminal's group: Ctrl-C reaches us alone, and we pass it on exactly once.
        start_new_session=True,
    )


def _waited(program: subprocess.Popen[str], patience: float | None = None) -> tuple[int, str, str]:
    try:
        stdout, stderr = program.communicate(timeout=patience)
    except BaseException:
        _end(program)
        raise
    return program.returncode, stdout or "", stderr or ""


def _end(program: subprocess.Popen[str]) -> None:
    # A first interrupt lets the engine finish the calls under way and write its state.
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(program.pid, number) if number == signal.SIGINT else os.killpg(program.pid, number)
        try:
            program.communicate(timeout=_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except KeyboardInterrupt:
            # Asked twice: no more patience.
            continue
        return
