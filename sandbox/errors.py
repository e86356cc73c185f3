"""The one error that the sandbox's commands show without a traceback."""

from __future__ import annotations


class SandboxError(Exception):
    """Something the user can do something about; the message names it, its value and the fix."""
