"""Verifying many identities side by side."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline_job.iam import client
from pipeline_job.verify.checks import OnPurpose, check
from pipeline_job.verify.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pipeline_job.aws import Reach
    from pipeline_job.stack import Identity
    from pipeline_job.verify.rows import Row


def verify(identities: Sequence[Identity], reach: Reach, workers: int, on_purpose: OnPurpose) -> Report:
    """Hold every identity against what IAM has.

    Args:
        identities: The identities.
        reach: How AWS is reached; the credentials must be allowed to read IAM.
        workers: How many are looked at at once.
        on_purpose: What the stack does not declare, and may be there.

    Raises:
        Stopped: AWS cannot be asked at all.
    """
    iam, arn = client(reach, workers)
    account = arn.split(":")[4]
    rows: list[Row] = []

    def checked(identity: Identity) -> list[Row]:
        return check(identity, iam, account, on_purpose)

    with _progress(len(identities)) as advance, ThreadPoolExecutor(workers) as pool:
        for found in pool.map(checked, identities):
            rows += found
            advance()
    return Report(rows)


@contextmanager
def _progress(total: int) -> Generator[Callable[[], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Verifying", total=total)
        yield lambda: progress.advance(task)
