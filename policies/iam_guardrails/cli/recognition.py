"""Whether a text is a policy document, how many it holds, and of which kind each is.

Wide on purpose: what could be a policy document to some reader is judged, and refused by the rules if it is none that
AWS takes. A text passed over in silence would count as fine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import NamedTuple, cast

from iam_guardrails.language.documents import DocumentKind

_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = ("action", "notaction", "resource", "notresource", "principal", "notprincipal")
_ESCAPE = re.compile(r"\\u00([0-7][0-9a-fA-F])")
# Inside a text of other JSON; AWS's own interfaces hand out documents with their quotes as %22.
_EMBEDDED = re.compile('(?:"|%22)effect(?:"|%22)', re.IGNORECASE)
MOST_PLACES = 3
"""Embedded documents that are worth naming."""


class Content(Enum):
    """What a text holds."""

    POLICY = "a policy document"
    EMBEDDED = "policy documents inside something else"
    OTHER = "something else"
    NOTHING = "nothing"


class Recognized(NamedTuple):
    """What a text holds.

    Attributes:
        content: what.
        kind: the kind of a policy document, as its content suggests.
        places: JSON pointers to embedded documents; no more than help.
        trouble: why the text is no JSON, "" where it is.
    """

    content: Content
    kind: DocumentKind = DocumentKind.IDENTITY
    places: tuple[str, ...] = ()
    trouble: str = ""


class Piece(NamedTuple):
    """A part of a file that should hold one document."""

    text: str
    line: int


def pieces(text: str, suffix: str) -> tuple[list[Piece], bool]:
    """The documents' texts in a file, and whether it holds one a line (JSON Lines).

    Args:
        text: all that stands in the file.
        suffix: the end of its name; `.jsonl` and `.ndjson` say that there is a document on each line.
    """
    if suffix.lower() in (".jsonl", ".ndjson") or _is_json_lines(text):
        return [Piece(line, number) for number, line in enumerate(text.split("\n"), 1) if line.strip()], True
    return [Piece(text, 1)], False


def _is_json_lines(text: str) -> bool:
    """Whether the first line is JSON by itself, and more follows it."""
    first, _, rest = text.lstrip().partition("\n")
    return bool(rest.strip()) and first.lstrip()[:1] in ("{", "[") and _parsed(first)[1] == ""


def recognize(text: str) -> Recognized:
    """What a text holds."""
    if not text.strip():
        return Recognized(Content.NOTHING)
    value, trouble = _parsed(text)
    if trouble:
        content = Content.POLICY if _speaks_of_statements(text) else Content.OTHER
        return Recognized(content, _kind_of_text(text), trouble=trouble)
    members = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if _is_policy(members):
        return Recognized(Content.POLICY, _kind(members))
    places = tuple(islice(_embedded(cast("object", value)), MOST_PLACES + 1))
    return Recognized(Content.EMBEDDED if places else Content.OTHER, places=places)


def _parsed(text: str) -> tuple[object, str]:
    """What the text holds to a lenient reader, or why it can't be read."""
    try:
        return json.loads(text.removeprefix("\ufeff"), strict=False, object_pairs_hook=_members), ""
    except json.JSONDecodeError as error:
        return None, f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        return None, "no JSON that can be read"


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object's members; of names that stand twice, all values: whichever a reader takes is among them."""
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    values: dict[str, list[object]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: several[0] if len(several) == 1 else several for name, several in values.items()}


def _speaks_of_statements(text: str) -> bool:
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).lower()
    return "statement" in plain or ("effect" in plain and ("allow" in plain or "deny" in plain))


def _is_policy(value: Mapping[str, object]) -> bool:
    names = {name.lower(): member for name, member in value.items()}
    if "Statement" in value or isinstance(names.get("statement"), (dict, list)) or names.get("version") in _VERSIONS:
        return True
    return "effect" in names and any(element in names for element in _ELEMENTS)


def _embedded(value: object) -> Iterator[str]:
    """Pointers to the policy documents in a value, also to those that are written as text."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        pointer, one = waiting.pop()
        if isinstance(one, str):
            if _EMBEDDED.search(one):
                yield pointer
            continue
        if isinstance(one, dict):
            members = cast("dict[str, object]", one)
            if pointer and _has_statements(members):
                yield pointer
                continue
            named = [(name.replace("~", "~0").replace("/", "~1"), member) for name, member in members.items()]
        elif isinstance(one, list):
            named = [(str(place), member) for place, member in enumerate(cast("list[object]", one))]
        else:
            continue
        waiting += [(f"{pointer}/{name}", member) for name, member in reversed(named)]


def _has_statements(value: Mapping[str, object]) -> bool:
    statements = next((member for name, member in value.items() if name.lower() == "statement"), None)
    return any("effect" in (name.lower() for name in one) for one in _objects(statements))


def _objects(value: object) -> list[dict[str, object]]:
    values = cast("list[object]", value if isinstance(value, list) else [value])
    return [cast("dict[str, object]", one) for one in values if isinstance(one, dict)]


def _kind(value: Mapping[str, object]) -> DocumentKind:
    statements = _objects(value.get("Statement", value))
    names_principals = any("Principal" in one or "NotPrincipal" in one for one in statements)
    if any(_is_about_sessions(one) for one in statements):
        has_resource = any("Resource" in one or "NotResource" in one for one in statements)
        if names_principals or not has_resource:
            return DocumentKind.TRUST
    return DocumentKind.RESOURCE if names_principals else DocumentKind.IDENTITY


def _is_about_sessions(statement: Mapping[str, object]) -> bool:
    actions = statement.get("Action", statement.get("NotAction"))
    listed = cast("list[object]", actions if isinstance(actions, list) else [actions])
    return any(isinstance(one, str) and one[:4].lower() == "sts:" for one in listed)


def _kind_of_text(text: str) -> DocumentKind:
    """The kind of a document that no reader can read; it is refused as any kind."""
    if 'Principal"' not in text:
        return DocumentKind.IDENTITY
    return DocumentKind.TRUST if '"sts:' in text.lower() else DocumentKind.RESOURCE
