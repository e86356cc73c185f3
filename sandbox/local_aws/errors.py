"""What goes wrong with the local AWS, said plainly."""

from __future__ import annotations


class LocalAwsError(Exception):
    """The local AWS could not be installed, started or stopped; the message says why and what to do."""
