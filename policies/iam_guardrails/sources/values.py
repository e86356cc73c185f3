"""The values that sources hand on: JSON values, texts of which parts are not known, and texts that link to others.

What is not known is `language.unknown.UNKNOWN`, as a whole or within a text. A `Linked` text comes from another thing
that the same source declares: it says what that thing is called, or stands in for a name that AWS will make up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast
from urllib.parse import unquote

from iam_guardrails.language.unknown import UNKNOWN, has_unknown


class Linked(str):
    """A text that another declared thing decides.

    Attributes:
        key: key of the thing: its logical id, address or URN.
        known: whether the text is what the thing will be called; False where it only stands in for that.
    """

    __slots__ = ("key", "known")

    key: str
    known: bool

    def __new__(cls, text: str, key: str, *, known: bool) -> Linked:
        """Make one; for the arguments see the class."""
        made = super().__new__(cls, text)
        made.key = key
        made.known = known
        return made


def squash(name: str) -> str:
    """A name of a property or type without what formats write differently: case, `_`, `-`."""
    return name.replace("_", "").replace("-", "").lower()


def member(value: object, name: str) -> object:
    """The member of an object by a name as any format may write it; None where there is none."""
    return named_member(value, name)[1]


def named_member(value: object, name: str) -> tuple[str, object]:
    """The same, and the name as it is written; ("", None) where there is none."""
    if not isinstance(value, Mapping):
        return "", None
    members = cast("Mapping[str, object]", value)
    if name in members:
        return name, members[name]
    wanted = squash(name)
    return next(((one, inside) for one, inside in members.items() if squash(str(one)) == wanted), ("", None))


def members(value: object) -> Mapping[str, object]:
    """The value as an object; an empty one where it is none."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[object]:
    """The value as a list; a single value is a list of one, None an empty one."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return cast("Sequence[object]", value)
    return (value,)


def text(value: object) -> str:
    """The value as text of which all is known; "" where it is none."""
    return value if isinstance(value, str) and not has_unknown(value) else ""


def known_name(value: object) -> str:
    """The value as a name that is surely the thing's; "" where it is none, or only stands in for it."""
    return "" if isinstance(value, Linked) and not value.known else text(value)


def escape(name: str) -> str:
    """A name as part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def parsed(value: object) -> object:
    """A value that may be written as JSON text, also URL-encoded; the text itself where it is no JSON."""
    if not isinstance(value, str):
        return value
    written = unquote(value) if value.lstrip().startswith("%7B") or value.lstrip().startswith("%7b") else value
    if not written.lstrip().startswith(("{", "[")):
        return value
    try:
        return cast("object", json.loads(written))
    except (ValueError, RecursionError):
        return value


def document_value(value: object) -> object:
    """A document as the reader takes it: an object, or a text that is parsed where parts of it are not known."""
    if isinstance(value, str) and has_unknown(value) and value != UNKNOWN:
        try:
            return cast("object", json.loads(value))
        except (ValueError, RecursionError):
            return UNKNOWN
    return value


def unknown_places(value: object, pointer: str = "") -> Iterator[str]:
    """JSON pointers to the texts in a value of which some part is not known."""
    if isinstance(value, str):
        if has_unknown(value):
            yield pointer
    elif isinstance(value, Mapping):
        for name, inside in cast("Mapping[str, object]", value).items():
            at = f"{pointer}/{escape(str(name).replace(UNKNOWN, ''))}"
            if has_unknown(name):
                yield at
            else:
                yield from unknown_places(inside, at)
    elif isinstance(value, (list, tuple)):
        for place, inside in enumerate(cast("Sequence[object]", value)):
            yield from unknown_places(inside, f"{pointer}/{place}")
