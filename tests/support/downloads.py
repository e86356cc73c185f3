"""Programs that fetch from package registries, which now and then leave a download hanging, or cut it off."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from sandbox import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ATTEMPTS = 3
PATIENCE_SECONDS = 600
"""Far more than any of them needs: what takes longer is not slow, it hangs. Go has no limit of its own."""


class _FailedError(Exception):
    """The program has ended, but not well."""


def fetched(command: Sequence[str], *, folder: Path, variables: Mapping[str, str]) -> str:
    """What a program prints that fetches something; it must succeed.

    It is begun again when it fails and when it hangs. What was fetched by then is in its cache, so that it goes on from
    there.
    """
    attempts = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_fixed(1),
        retry=retry_if_exception_type((_FailedError, subprocess.TimeoutExpired)),
        reraise=True,
    )
    try:
        return attempts(_run, command, folder, variables)
    except (_FailedError, subprocess.TimeoutExpired) as error:
        raise AssertionError(f"{' '.join(command)}: {error}") from None


def _run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> str:
    run = processes.quiet(command, folder=folder, variables=variables, patience=PATIENCE_SECONDS)
    if run.returncode != 0:
        raise _FailedError(run.stdout + run.stderr)
    return run.stdout
