"""Where the project's pages are served: the one place that knows it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

VARIABLE = "IAM_GUARDRAILS_DOCS_URL"
"""Environment variable with the address below which the project's `docs/` are served."""
BASE = ""
"""The address below which `docs/` of this version is served; a release sets it. Empty: the pages of the checkout."""


@cache
def address_of(page: str, base: str = "") -> str:
    """An address that opens a page.

    Args:
        page: the page, as a path in the repository ("docs/rules/no-self-change.md").
        base: where `docs/` is served; by default what the environment says, else `BASE`.

    Returns:
        An https address where one is known; else the file's address in the checkout; else the path itself.
    """
    base = base or os.environ.get(VARIABLE, "") or BASE
    if base:
        return f"{base.rstrip('/')}/{page}"
    file = Path(__file__).parents[2] / page
    return file.as_uri() if file.is_file() else page
