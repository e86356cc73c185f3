"""Serves the provider to the engine: ``python -m sandbox.provider [ENGINE_ADDRESS]``."""

from __future__ import annotations

import sys

from sandbox.provider import server

if __name__ == "__main__":
    server.serve()
    sys.exit(0)
