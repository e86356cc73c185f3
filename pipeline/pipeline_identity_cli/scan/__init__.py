"""Looking for plain key material in files, folders, the history of Git, and standard input."""

from __future__ import annotations

from pipeline_identity_cli.scan.run import Options, scan

__all__ = ["Options", "scan"]
