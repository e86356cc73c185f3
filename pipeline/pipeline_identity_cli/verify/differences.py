"""Differences between two policy documents, for people."""

from __future__ import annotations

import difflib
import json
from typing import Any, cast

from iam_guardrails.evaluation import DocumentKind, meaning

_MOST_LINES = 60


def same(declared: object, seen: object, kind: DocumentKind) -> bool | None:
    """Whether two documents say the same, however they are written; None where that cannot be told.

    Args:
        declared: JSON text or a mapping.
        seen: JSON text or a mapping.
        kind: What the documents are attached to.
    """
    try:
        return meaning(declared, kind) == meaning(seen, kind)
    except ValueError:
        return True if _lines(declared) == _lines(seen) else None


def difference(declared: object, seen: object) -> str:
    """What is declared and what is seen, as a unified difference of a few lines.

    Args:
        declared: JSON text or a mapping; None for no document.
        seen: JSON text or a mapping; None for no document.
    """
    lines = list(difflib.unified_diff(_lines(declared), _lines(seen), "declared", "seen", n=2, lineterm=""))
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} lines more"]
    return "\n".join(lines)


def _lines(document: object) -> list[str]:
    if document is None:
        return []
    data: Any = json.loads(document) if isinstance(document, str) else document
    return json.dumps(_in_order(data), indent=2, sort_keys=True).splitlines()


def _in_order(value: object) -> object:
    """A document in one order, so that a difference shows what is said and not how it is written."""
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {key: _statements(one) if key == "Statement" else _in_order(one) for key, one in entries.items()}
    if isinstance(value, list):
        members = _sorted(cast("list[object]", value))
        # AWS writes a list of one value as the value, and takes both.
        return members[0] if len(members) == 1 else members
    return value


def _statements(value: object) -> list[object]:
    return _sorted(cast("list[object]", value if isinstance(value, list) else [value]))


def _sorted(members: list[object]) -> list[object]:
    return sorted(map(_in_order, members), key=lambda one: json.dumps(one, sort_keys=True))
