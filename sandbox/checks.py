"""Style, types and tests, as `make lint`, `make test` and `make test-long` run them."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import processes, real_provider, steps
from sandbox.folders import CHECKOUT, cache_folder

if TYPE_CHECKING:
    from collections.abc import Generator

_TOOLS = Path(sys.executable).parent
_MEASURED = CHECKOUT / ".coverage"


@dataclass(frozen=True)
class Tier:
    """Tests that run together.

    Attributes:
        name: The folder of what they cover, below `.coverage/`.
        title: What is told while they run.
        chosen: Options of pytest.
        covers: The least share of lines and branches, in percent, that are run by it and the tiers before it. What is
            there is held: raise it, never lower it.
        with_lint: Whether style and types are checked beside them.
    """

    name: str
    title: str
    chosen: tuple[str, ...]
    covers: float
    with_lint: bool = False


EVERY_DAY = Tier("test", "Tests, with style and types beside them", ("-m", "not long"), covers=94, with_lint=True)
LONG = Tier(
    "long",
    "Long tests",
    ("-m", "long", "--hypothesis-profile=new-draws"),
    covers=94,
)


def lint() -> int:
    """Run the linter, the formatter's check and the type checker; the first exit code that isn't 0."""
    for title, command in (
        ("Style", ("ruff", "check", ".")),
        ("Format", ("ruff", "format", "--check", ".")),
        ("Types", ("basedpyright",)),
    ):
        with steps.step(title):
            if code := _run([str(_TOOLS / command[0]), *command[1:]]):
                return code
    return 0


def test(tiers: tuple[Tier, ...], narrowed: tuple[str, ...]) -> int:
    """Run tiers of the tests one after the other, and say how long each took and how much of the code it covered.

    Args:
        tiers: What to run.
        narrowed: Further options of pytest, for example the path of a test. What they cover is then not measured.

    Returns:
        0, or the first exit code that isn't: of the tests, of style and types, or of too little coverage.
    """
    for tier in tiers:
        started = time.monotonic()
        code = _tier(tier, narrowed)
        steps.say(f"{tier.title}: {time.monotonic() - started:.0f} s in all")
        if code:
            return code
    return 0


_THROUGH_THE_REAL_PROVIDER = ("test_deployment.py", "test_keys.py", "test_component_moves.py", "test_trust_forms.py")
"""Deployment, lifecycle and trust, of `tests/end_to_end`."""


def through_the_real_provider(narrowed: tuple[str, ...]) -> int:
    """Compare the stand-in with the provider that users have, then deploy through that one.

    Args:
        narrowed: Further options of pytest. With the path of a test, that alone is run through the real provider.

    Returns:
        0, or the first exit code that isn't. A machine without the provider is told so, and 0.
    """
    plugin = real_provider.find_plugin()
    if plugin is None:
        steps.say(f"Skipped: there is no {real_provider.NAME} here. Set TERRAFORM_PROVIDER_AWS to the file of one.")
        return 0
    with steps.step(f"The real provider: {plugin}"):
        program = real_provider.install(cache_folder())
    variables = {**os.environ, "TERRAFORM_PROVIDER_AWS": str(plugin)}
    pytest = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup"]
    if not narrowed:
        with steps.step("Stand-in and real provider, side by side"):
            if code := processes.shown([*pytest, "-m", "real_provider"], folder=CHECKOUT, variables=variables):
                return code
    tests = narrowed or tuple(f"tests/end_to_end/{name}" for name in _THROUGH_THE_REAL_PROVIDER)
    with steps.step("Deployments through the real provider"):
        through = {**variables, "SANDBOX_AWS_PROVIDER": str(program)}
        return processes.shown([*pytest, *tests], folder=CHECKOUT, variables=through)


def _tier(tier: Tier, narrowed: tuple[str, ...]) -> int:
    with _lint_beside(tier) as lint_code:
        with steps.step(tier.title):
            code = _tests(tier, narrowed)
        code = lint_code() or code
    # Of a tier that failed, or ran in part, the figure would say nothing.
    return code if code or narrowed else _coverage(tier)


def _tests(tier: Tier, narrowed: tuple[str, ...]) -> int:
    options = ["-n", "auto", "--dist", "loadgroup", "--durations=20", "--durations-min=2", *tier.chosen, *narrowed]
    measure: list[str] = []
    if not narrowed and _can_measure():
        folder = _MEASURED / tier.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        measure = ["-m", "coverage", "run", f"--data-file={folder / 'data'}"]
    return _run([sys.executable, *measure, "-m", "pytest", *options])


@contextmanager
def _lint_beside(tier: Tier) -> Generator[Any]:
    """Style and types in a process beside; what this yields waits for it, shows what it said and returns its code."""
    if not tier.with_lint:
        yield lambda: 0
        return
    command = [sys.executable, "-m", "sandbox", "lint"]
    with processes.beside(command, folder=CHECKOUT, variables=os.environ) as finished:

        def code() -> int:
            done = finished()
            steps.say(done.stdout)
            return done.returncode

        yield code


def _can_measure() -> bool:
    # The kept releases of coverage need 3.11, the project 3.10.
    return sys.version_info >= (3, 11)


def _coverage(tier: Tier) -> int:
    """Show what this tier and those before it covered; 0 unless it is less than the tier is held to."""
    tiers = (EVERY_DAY, LONG)[: 1 + (tier is LONG)]
    folders = [str(_MEASURED / one.name) for one in tiers if any((_MEASURED / one.name).glob("data*"))]
    if not _can_measure() or len(folders) < len(tiers):
        return 0
    coverage, total = [sys.executable, "-m", "coverage"], f"--data-file={_MEASURED / 'data'}"
    with steps.step(f"Coverage, with branches, by {' and '.join(one.name for one in tiers)}"):
        return _run([*coverage, "combine", "--keep", "--quiet", total, *folders]) or _run(
            [*coverage, "report", f"--fail-under={tier.covers}", total]
        )


def _run(command: list[str]) -> int:
    return processes.shown(command, folder=CHECKOUT, variables=os.environ)
