"""The Pulumi engine: the user's own when it is new enough, else one built here from checksummed Go modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.builder import Build
from sandbox.engine.found import Engine, find

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Engine", "install"]


def install(cache: Path) -> Engine:
    """Find an engine, or build one into the cache.

    The engine appears in the cache in one step, complete: an interrupted or a doubled run leaves nothing half done.

    Args:
        cache: The project's cache folder; see `sandbox.folders.cache_folder`. Made when missing.

    Raises:
        SandboxError: If there is none and none can be built; the message says why and what to do.
    """
    own = find(not_in=cache)
    if own is not None:
        return own
    build = Build(cache)
    build.install()
    return Engine(bin_dir=build.folder, version=build.version, is_own=False)
