"""Which Python interpreter runs a program.

It follows the `runtime.options` of `Pulumi.yaml`, `PulumiPolicy.yaml` and `PulumiPlugin.yaml`
(https://www.pulumi.com/docs/iac/languages-sdks/python/).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


class InterpreterError(Exception):
    """No interpreter can be named for a program; the message says which option asked for it, and the fix."""


@dataclass(frozen=True)
class Runtime:
    """Where a program stands and what its `runtime.options` ask for.

    Attributes:
        root: The folder that holds `Pulumi.yaml` (or the policy pack's or plugin's own file).
        program: The folder or file of the program.
        toolchain: `pip` (the default) or `uv`.
        virtualenv: A virtual environment's folder, relative to `root`; None when the option isn't set.
    """

    root: Path
    program: Path
    toolchain: str = "pip"
    virtualenv: str | None = None

    def environment(self) -> Path | None:
        """The virtual environment's folder, or None when the program runs with the Python on PATH.

        With `toolchain: uv` and no `virtualenv`, it is the `.venv` beside the nearest `uv.lock` above the program.

        Raises:
            InterpreterError: If the toolchain is another one.
        """
        if self.toolchain not in ("pip", "uv"):
            raise InterpreterError(
                f"{self.root}: runtime option toolchain is {self.toolchain!r}; this host knows pip and uv. "
                + "Use one of these, or install Pulumi from its own site, whose host knows more."
            )
        if self.virtualenv is not None:
            return self.root / Path(self.virtualenv).expanduser()
        if self.toolchain == "pip":
            return None
        start = self.root.resolve()
        locked = next((folder for folder in (start, *start.parents) if (folder / "uv.lock").is_file()), start)
        return locked / ".venv"

    def interpreter(self) -> Path:
        """The interpreter's path.

        Raises:
            InterpreterError: If there isn't one; the message says where it was looked for and how to make it.
        """
        folder = self.environment()
        if folder is None:
            return _on_path()
        python = folder / "bin" / "python"
        if not os.access(python, os.X_OK):
            make = "uv sync" if self.toolchain == "uv" else f"python3 -m venv {folder}"
            raise InterpreterError(
                f"{self.root}: no Python interpreter at {python}, where the runtime options "
                + f"(toolchain {self.toolchain}, virtualenv {self.virtualenv or 'not set'}) say it is. "
                + f"Make it with `{make}` or `pulumi install`."
            )
        return python


def _on_path() -> Path:
    wanted = os.environ.get("PULUMI_PYTHON_CMD")
    for name in (wanted,) if wanted else ("python3", "python"):
        if found := shutil.which(name):
            return Path(found)
    raise InterpreterError("No python3 on PATH; install Python 3.10 or newer, or set the runtime option virtualenv.")
