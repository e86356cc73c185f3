"""Where the sandbox keeps things: the cache that outlives the checkout, and the scratch folder inside it."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
"""The folder that holds `Pulumi.yaml`."""

SCRATCH = Path(os.environ.get("SANDBOX_FOLDER") or CHECKOUT / ".sandbox").absolute()
"""State, local AWS and the engine's home of `make up`: `/.sandbox/`, ignored by git, or what `SANDBOX_FOLDER` names."""


def cache_folder() -> Path:
    """The cache shared by every checkout of a user: `$XDG_CACHE_HOME`, else `~/.cache`, then the project's name."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says to ignore a relative path.
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return base / "pulumi-pipeline-identity"
