"""Verifying many identities side by side."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline_identity_cli.iam import client
from pipeline_identity_cli.verify.checks import OnPurpose, Probing, check
from pipeline_identity_cli.verify.live import SessionsOnly, tried
from pipeline_identity_cli.verify.report import Report
from pipeline_identity_cli.verify.rows import BOTH, Row, State
from pipeline_identity_cli.verify.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.stack import Identity
    from pipeline_identity_cli.verify.probe_file import ByEntity


def verify(
    identities: Sequence[Identity],
    reach: Reach,
    workers: int,
    on_purpose: OnPurpose,
    own: ByEntity | None = None,
    *,
    live: bool = False,
    hidden: Sequence[str] = (),
) -> Report:
    """Hold every identity against what IAM has.

    Args:
        identities: The identities.
        reach: How AWS is reached; the credentials must be allowed to read IAM.
        workers: How many are looked at at once.
        on_purpose: What the stack does not declare, and may be there.
        own: The user's own probes.
        live: Whether to open sessions with the users' keys, too.
        hidden: What may be a pipeline, and is hidden in the outputs.

    Raises:
        Stopped: AWS cannot be asked at all.
    """
    iam, arn = client(reach, workers)
    account = arn.split(":")[4]
    seen = "the outputs hide it as [secret], so it may be a pipeline; name those you mean with --pipeline"
    rows = [Row(name, BOTH, "everything", State.UNKNOWN, seen) for name in hidden]
    simulator = Simulator(iam)
    probing = Probing(simulator, own or {}, str(iam.meta.region_name))
    sts = SessionsOnly(reach) if live else None

    def checked(identity: Identity) -> list[Row]:
        found = check(identity, iam, account, on_purpose, probing)
        return found + (tried(identity, sts) if sts else [])

    with _progress(len(identities)) as advance, ThreadPoolExecutor(workers) as pool:
        for found in pool.map(checked, identities):
            rows += found
            advance()
    return Report(rows, simulator.unfit)


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
