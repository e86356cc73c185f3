"""JSON text as IAM reads it: no duplicate names, no numbers that are none, no characters IAM rejects.

Two readers that disagree on a text check two different documents, so whatever readers are known to disagree on is
refused here (RFC 8259, sections 4 and 6, names duplicate members and NaN as such).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn, cast

# IAM's own pattern for a policy document (API reference, CreatePolicy, parameter PolicyDocument).
_REFUSED_CHARACTER = re.compile("[^\t\n\r\u0020-\u00ff]")
# The same in text that JSON has escaped; an even number of backslashes before it escapes nothing.
_ESCAPED_CONTROL = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u00[01][0-9a-fA-F]|[bf]))")
_WHITE_SPACE_OUTSIDE_STRINGS = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')

READABLE = 512 * 1024
"""Characters beyond which a text is rejected unread; AWS's largest policy, a KMS key policy, ends at 32,768."""


class UnreadableText(ValueError):
    """The text is no JSON that every reader reads alike."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


class _Duplicate(ValueError):
    """Carries the duplicate name out of the JSON module's hook."""


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Duplicate(name)
            seen.add(name)
    return members


def _no_constant(name: str) -> NoReturn:
    raise UnreadableText(f"{name} is no JSON number", "write a number or a string in its place")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)


class Read(NamedTuple):
    """What a text holds, and whether it uses characters that IAM rejects (then the first of them)."""

    value: object
    refused_character: str | None


def read(text: str) -> Read:
    """Read JSON text.

    Raises:
        UnreadableText: the text is too long, no JSON, or JSON on which readers disagree.
    """
    if len(text) > READABLE:
        raise UnreadableText(
            f"the text has {len(text):,} characters; AWS's largest policy has 32,768", "split the policy"
        )
    try:
        value = _decoded(text)
    except _Duplicate as duplicate:
        raise UnreadableText(
            f'the name "{duplicate}" stands twice in one object, and readers differ in which one they take',
            f'keep one "{duplicate}", and put into it what both say, or take one out',
        ) from None
    except RecursionError:
        raise UnreadableText("the text is nested too deeply", "write the policy out flat") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableText(f"no JSON: {error.msg} at {place}", f"mend the JSON at {place}") from None
    except ValueError as error:
        if isinstance(error, UnreadableText):
            raise
        # Python rejects to convert integers of thousands of digits.
        raise UnreadableText("a number in the text is too long to read", "write a shorter number") from None
    if text.isascii() and "\\" not in text:
        return Read(value, None)
    return Read(value, refused_character(text) or refused_character(write(value)))


def _decoded(text: str) -> object:
    """What the decoder makes of the text, without its search for white space around it where there is none."""
    try:
        value, end = cast("tuple[object, int]", _DECODER.raw_decode(text))
    except json.JSONDecodeError:
        return _DECODER.decode(text)
    return value if not text[end:].strip(" \t\n\r") else _DECODER.decode(text)


def refused_character(text: str) -> str | None:
    """The first character of JSON text that IAM does not take in a policy, escaped or not, or None."""
    found = _REFUSED_CHARACTER.search(text)
    if found:
        return found.group()
    escaped = next(
        (one for one in _ESCAPED_CONTROL.findall(text) if one.lower() not in ("\\u0009", "\\u000a", "\\u000d")), None
    )
    return str(json.loads(f'"{escaped}"')) if escaped else None


def size(document: str) -> int:
    """Characters of JSON text as IAM counts them against its quotas: white space outside strings is free.

    Source: IAM user guide, "IAM and AWS STS quotas".
    """
    return len(_WHITE_SPACE_OUTSIDE_STRINGS.sub(lambda found: cast("str", found.group(1) or ""), document))


def write(value: object) -> str:
    """`value` as JSON text with its characters as they are.

    Raises:
        TypeError, ValueError, RecursionError: it holds something that is no JSON.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    """Mappings and sequences of other types (a read-only view, a proxy) as JSON takes them."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    if isinstance(value, Sequence):
        return list(cast("Sequence[object]", value))
    raise TypeError(f"{type(value).__name__} is nothing that JSON knows")
