"""Proves what a deployed pipeline identity may do and may not do, by trying it with the deployed keys."""

from __future__ import annotations

from sandbox.proof.pipeline import Deployed, prove
from sandbox.proof.rows import Row

__all__ = ["Deployed", "Row", "prove"]
