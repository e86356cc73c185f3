"""Serves the provider to the engine: ``python -m sandbox.provider [ENGINE_ADDRESS]``."""

from __future__ import annotations

import os

# Asked before anything that takes time: an engine that has ended meanwhile would be somebody else by then.
ENGINE = os.getppid()

if __name__ == "__main__":
    from sandbox.provider import server

    server.serve(ENGINE)
