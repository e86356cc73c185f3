"""Where the project's pages open: the one place that knows it.

One setting holds the address below which `docs/` is served: the environment variable `IAM_GUARDRAILS_DOCS_URL` (the
command's `--docs-url`), else `BASE`. Where no address is known, a page opens as the file that the package ships, or
that stands in the checkout; `iam-guardrails rules RULE` prints it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

VARIABLE = "IAM_GUARDRAILS_DOCS_URL"
"""Environment variable with the address below which the project's `docs/` are served."""
BASE = ""
"""The address below which `docs/` of this version is served; a release sets it. Empty: the pages that are shipped."""
_PACKAGE = Path(__file__).parent


@cache
def address_of(page: str, base: str = "") -> str:
    """An address that opens a page.

    Args:
        page: the page, as a path in the repository ("docs/rules/no-self-change.md").
        base: where `docs/` is served; by default what the environment says, else `BASE`.

    Returns:
        An https address where one is known; else the address of the file; else the path itself.
    """
    base = base or os.environ.get(VARIABLE, "") or BASE
    if base:
        return f"{base.rstrip('/')}/{page}"
    file = file_of(page)
    return file.as_uri() if file is not None else page


def file_of(page: str) -> Path | None:
    """The file of a page: of the checkout, else as the package ships it; None where there is neither.

    Args:
        page: the page, as a path in the repository.
    """
    shipped = _PACKAGE / "pages" / page.removeprefix("docs/")
    return next((one for one in (_PACKAGE.parents[1] / page, shipped) if one.is_file()), None)
