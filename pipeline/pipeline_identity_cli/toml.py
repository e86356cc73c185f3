"""TOML, read by what this Python has for it."""

from __future__ import annotations

import importlib
import sys
from typing import Any, cast

_READER = "tomllib" if sys.version_info >= (3, 11) else "tomli"


def loads(text: str) -> dict[str, Any]:
    """The content of TOML text.

    Raises:
        ValueError: It is none; the text says where.
    """
    reader: Any = importlib.import_module(_READER)
    return cast("dict[str, Any]", reader.loads(text))
