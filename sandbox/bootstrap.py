"""From a bare Python to the locked environment, then on to the sandbox's own command.

Only the standard library is used. `sandbox/run` starts this with any Python that is new enough.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from sandbox import uv
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT, cache_folder

_PYTHON = CHECKOUT / ".venv" / "bin" / "python"


def main(arguments: list[str]) -> None:
    """Make the environment what `uv.lock` says, then become `python -m sandbox` with these arguments."""
    try:
        _prepare()
    except SandboxError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(_PYTHON, [str(_PYTHON), "-m", "sandbox", *arguments])  # noqa: S606 - a program of this checkout


def _prepare() -> None:
    os.environ.setdefault("UV_CACHE_DIR", str(cache_folder() / "uv-cache"))
    # Neither another project's environment nor another place for this one.
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT", "PYTHONHOME", "PYTHONPATH"):
        os.environ.pop(name, None)
    started = time.monotonic()
    tool = uv.install()
    is_new = not _PYTHON.exists()
    if is_new:
        _say(f"Python environment from uv.lock, in .venv (uv {tool})")
    command = [str(tool), "sync", "--frozen", "--project", str(CHECKOUT)]
    # A present environment keeps its interpreter; a new one gets the Python that was found.
    command += ["--python", sys.executable] if is_new else ["--quiet"]
    if subprocess.run(command, cwd=CHECKOUT, check=False).returncode != 0:
        raise SandboxError(
            "the Python environment could not be made; uv says why above. "
            + "The first run needs the Python package index (a mirror does: set UV_DEFAULT_INDEX)."
        )
    if is_new:
        _say(f"Python environment made in {time.monotonic() - started:.1f} s")


def _say(line: str) -> None:
    # `make env` hands stdout to the user's shell.
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
