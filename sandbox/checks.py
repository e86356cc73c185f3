"""Style, types and tests, as `make lint` and `make test` run them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sandbox import processes, steps
from sandbox.folders import CHECKOUT

_TOOLS = Path(sys.executable).parent


def lint() -> int:
    """Run the linter, the formatter's check and the type checker; the first exit code that isn't 0."""
    for title, command in (
        ("Style", ("ruff", "check", ".")),
        ("Format", ("ruff", "format", "--check", ".")),
        ("Types", ("basedpyright",)),
    ):
        with steps.step(title):
            if code := _run(*command):
                return code
    return 0


def test(tests: tuple[str, ...], *, with_long: bool) -> int:
    """Run the tests, side by side on a machine of several cores; pytest's exit code.

    Args:
        tests: Further options of pytest, for example the path of a test.
        with_long: Whether those run too that are marked as long.
    """
    title, chosen = ("Tests", ()) if with_long else ("Tests, without the long ones (make test-all)", ("-m", "not long"))
    with steps.step(title):
        return _run("pytest", "-n", "auto", "--dist", "worksteal", *chosen, *tests)


def _run(tool: str, *arguments: str) -> int:
    return processes.shown([str(_TOOLS / tool), *arguments], folder=CHECKOUT, variables=os.environ)
