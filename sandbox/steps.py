"""What the sandbox tells the user while it works: each step with the time it took, long ones with a progress display.

Everything goes to stderr, because `make env` hands stdout to the user's shell.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_WIDTH_OF_LOGS = 160
console = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _WIDTH_OF_LOGS)


def say(line: str) -> None:
    """Tell the user something."""
    console.print(line, markup=False)


@contextmanager
def step(title: str) -> Generator[None]:
    """Announce a step, and say how long it took when it ends well."""
    console.print(f"[bold]==> {title}[/bold]")
    started = time.monotonic()
    yield
    console.print(f"    [dim]{time.monotonic() - started:.1f} s[/dim]")


@contextmanager
def progress(title: str, *, total: int, unit: str) -> Generator[Callable[[], None]]:
    """A bar that moves with every call of what this yields; without a terminal, a line for every tenth of the way.

    Args:
        title: What is being done.
        total: How many calls are expected; more or fewer do no harm.
        unit: What is counted.
    """
    if not console.is_terminal:
        yield _lines(title, total, unit)
        return
    columns = (
        SpinnerColumn(),
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=max(total, 1))
        yield lambda: bar.advance(task)


def _lines(title: str, total: int, unit: str) -> Callable[[], None]:
    started = time.monotonic()
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done == 1:
            say(f"{title}: up to {total} {unit}")
        if done * 10 // max(total, 1) > (done - 1) * 10 // max(total, 1):
            say(f"{title}: {done} of {total} {unit}, {time.monotonic() - started:.0f} s")

    return advance


def complain(problem: str) -> None:
    """Tell the user what went wrong."""
    console.print("[bold red]error:[/bold red]", end=" ")
    console.print(problem, markup=False)
