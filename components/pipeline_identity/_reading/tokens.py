"""What stands in text for the value of an output that is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

# Private-use characters: no argument may hold them, and JSON keeps them as they are.
_OPEN, _CLOSE = "\ue000", "\ue001"
TOKEN = re.compile(rf"(?:{_OPEN}|\\ue000)([0-9]+)(?:{_CLOSE}|\\ue001)")
"""A token in a text, or in JSON that escapes all but ASCII; its group is the number of the output."""


def token(number: int) -> str:
    """Returns the token of an output."""
    return f"{_OPEN}{number}{_CLOSE}"


def is_late(value: object) -> bool:
    """Tells whether text holds the value of an output that is not known, so that nothing can be said about it."""
    return isinstance(value, str) and (_OPEN in value or "\\ue000" in value)


def late_in(value: object) -> list[int]:
    """Returns the numbers of the outputs whose tokens a value holds, however deep, each once."""
    found: dict[int, None] = {}
    _collect(value, found)
    return list(found)


def _collect(value: object, found: dict[int, None]) -> None:
    if isinstance(value, str):
        if is_late(value):
            found.update((int(number), None) for number in TOKEN.findall(value))
    elif isinstance(value, Mapping):
        for key, part in cast("Mapping[object, object]", value).items():
            _collect(key, found)
            _collect(part, found)
    elif isinstance(value, (list, tuple)):
        for part in cast("Sequence[object]", value):
            _collect(part, found)
