"""Serves the local AWS: ``python -m sandbox.local_aws.layer LISTENING_SOCKET INSTANCE``."""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys

from sandbox.local_aws.layer import application


def main(listener: int, instance: str) -> None:
    """Serve until told to end.

    Args:
        listener: The file descriptor of a socket that is bound and listening already.
        instance: The name by which whoever started this process will know it.
    """
    config = importlib.import_module("hypercorn.config").Config()
    serve = importlib.import_module("hypercorn.asyncio").serve
    importlib.import_module("ministack.core.hypercorn_compat").install()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"

    async def run() -> None:
        ended = asyncio.Event()
        for ending in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(ending, ended.set)
        await serve(application.build(instance), config, shutdown_trigger=ended.wait)

    asyncio.run(run())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
