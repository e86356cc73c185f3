"""Python programs that start in milliseconds.

Every operation of the engine starts three or four Python processes (language host, program, provider, policy pack), and
each spends most of its time importing the same packages. One process a pytest worker imports them once, and forks for
every start. The fork gets the arguments, the environment, the working folder and the open files of the process that it
stands for, and runs the program as Python itself would. Programs share nothing but what was imported.

Our own packages are never imported ahead of time: a test may run a program with another version of them.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_HERE = Path(__file__).parent


@contextlib.contextmanager
def interpreter() -> Generator[Path]:
    """A program that is called like this interpreter and starts faster, for as long as the block runs."""
    # A folder of its own, as the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="warm-") as folder, _serving(Path(folder)) as program:
        yield program


@contextlib.contextmanager
def _serving(folder: Path) -> Generator[Path]:
    socket, program = folder / "socket", folder / "python"
    parts = (sys.executable, "-I", "-S", str(_HERE / "client.py"), str(socket))
    program.write_text(f'#!/bin/sh\nexec {" ".join(map(shlex.quote, parts))} "$@"\n')
    program.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, str(_HERE / "server.py"), str(socket)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield program
        finally:
            server.terminate()
            server.wait()
