"""From a bare Python to the locked environment, then on to the sandbox's own command.

Only the standard library is used. `sandbox/run` starts this with any Python that is new enough.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from sandbox import uv
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT, cache_folder

if TYPE_CHECKING:
    from types import FrameType

_PYTHON = CHECKOUT / ".venv" / "bin" / "python"
_CHECKS = ("lint", "test", "test-real-provider")
_WITHOUT_TOOLS = ("--no-default-groups", "--group", "run", "--inexact")
"""What only the checks need is left out, and left alone where it is."""


def main(arguments: list[str]) -> None:
    """Make the environment what `uv.lock` says, then become `python -m sandbox` with these arguments."""
    # Being told to end is like Ctrl-C: a uv under way must not be left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _prepare(() if arguments[:1] and arguments[0] in _CHECKS else _WITHOUT_TOOLS)
    except SandboxError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        _say("error: Interrupted. The next run goes on from here.")
        sys.exit(130)
    os.execv(_PYTHON, [str(_PYTHON), "-m", "sandbox", *arguments])  # noqa: S606 - a program of this checkout


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _prepare(groups: tuple[str, ...]) -> None:
    os.environ.setdefault("UV_CACHE_DIR", str(cache_folder() / "uv-cache"))
    # Neither another project's environment nor another place for this one.
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT", "PYTHONHOME", "PYTHONPATH"):
        os.environ.pop(name, None)
    started = time.monotonic()
    tool = uv.install()
    command = [str(tool), "sync", "--frozen", "--project", str(CHECKOUT), *groups]
    # A present environment keeps its interpreter; a new one gets the Python that was found.
    if not _PYTHON.exists():
        command += ["--python", sys.executable]
    elif _run([*command, "--check", "--quiet"]) == 0:
        return
    _say(f"Python environment from uv.lock, in .venv (uv {tool})")
    if _run(command) != 0:
        raise SandboxError(
            "the Python environment could not be made; uv says why above. "
            + "The first run needs the Python package index (a mirror does: set UV_DEFAULT_INDEX)."
        )
    _say(f"Python environment made in {time.monotonic() - started:.1f} s")


def _run(command: list[str]) -> int:
    """Run a program to its end, which an interrupt brings about at once; its exit code.

    Interrupted, `subprocess.run` kills the program but does not see it end.
    """
    with subprocess.Popen(command, cwd=CHECKOUT) as program:
        try:
            return program.wait()
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()


def _say(line: str) -> None:
    # `make env` hands stdout to the user's shell.
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
