"""What runs the work of an audit: processes of this machine, or a cluster of Dask."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

from iam_guardrails.cli.outcome import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable

_RETRIES = 3


def processes(workers: int) -> Callable[[], Executor]:
    """Makes pools of processes.

    Args:
        workers: number of processes of a pool.
    """
    # A process that is started anew has nothing of this one's threads and locks.
    context = multiprocessing.get_context("spawn")
    return lambda: ProcessPoolExecutor(workers, mp_context=context)


def cluster(scheduler: str) -> tuple[Callable[[], Executor], int, Callable[[], None]]:
    """Makes executors on a running cluster of Dask; also, how many threads its workers have, and what ends the talk.

    Args:
        scheduler: address of the scheduler, such as "tcp://10.0.0.5:8786".

    Raises:
        Unusable: Dask is not installed, or nobody answers at the address.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise Unusable("--scheduler needs Dask: install iam-guardrails[dask]") from None
    make_client: Any = Client
    try:
        client = make_client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise Unusable(
            f"--scheduler {scheduler}: no scheduler of Dask answers there ({type(error).__name__})"
        ) from None
    threads = sum(client.nthreads().values())
    if not threads:
        client.close()
        raise Unusable(f"--scheduler {scheduler}: it has no workers; start some: dask worker {scheduler}")
    # A piece of work whose worker has ended, or lost its result, is given to another one.
    return lambda: client.get_executor(retries=_RETRIES), int(threads), client.close
