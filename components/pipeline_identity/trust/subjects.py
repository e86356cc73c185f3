"""The parts that an identity provider's subject is put together from.

A part may not hold what would let it spill into its neighbour (a colon), nor a wildcard where an exact value is meant.
"""

from __future__ import annotations

import re
import uuid

from pipeline_identity._reading.arguments import text
from pipeline_identity._reading.errors import Refusal

_PART = re.compile(r"[\u0021-\u007e\u00a1-\u00ff](?:[\u0020-\u007e\u00a1-\u00ff]{0,253}[\u0021-\u007e\u00a1-\u00ff])?")
_DOCUMENT_TEXT = re.compile(r"[\u0021-\u00ff](?:[\u0020-\u00ff]*[\u0021-\u00ff])?")
UUID_PATTERN = "????????-????-????-????-????????????"
"""Matches any UUID and nothing longer, so that what follows it keeps its place."""


def is_pattern(subject: str) -> bool:
    """Tells whether a subject holds wildcards, and needs `StringLike`."""
    return "*" in subject or "?" in subject


def claim_text(value: object) -> str:
    """Checks a whole claim, as it can stand in a policy; wildcards are for the caller to take or reject."""
    written = text(value)
    if "${" in written:
        raise Refusal("holds ${, which IAM takes for a policy variable", "write the value itself")
    if not _DOCUMENT_TEXT.fullmatch(written):
        raise Refusal("cannot stand in a policy", "use printable Latin characters, without blanks at the ends")
    return written


def part(value: object) -> str:
    """Checks one exact part of a subject, such as a branch or a project."""
    checked = _part(value)
    if is_pattern(checked):
        raise Refusal(
            "holds a wildcard where an exact value is meant", "write it in full, or use the argument for patterns"
        )
    return checked


def segment(value: object) -> str:
    """Checks one exact part of a subject whose parts are separated by slashes."""
    checked = part(value)
    if "/" in checked:
        raise Refusal(
            "holds a slash, which separates the parts of the subject", "write the part alone, without slashes"
        )
    return checked


def pattern(value: object) -> str:
    """Checks one part of a subject that may hold `*` and `?`."""
    return _part(value)


def ref(value: object) -> str:
    """Checks the exact name of a branch or tag, without `refs/heads/` or `refs/tags/`."""
    return _without_prefix(part(value))


def ref_pattern(value: object) -> str:
    """Checks a pattern of branch or tag names, without `refs/heads/` or `refs/tags/`."""
    return _without_prefix(pattern(value))


def unique_id(value: object) -> str:
    """Checks a UUID, in lower case; braces around it are taken off."""
    written = text(value)
    bare = written.removeprefix("{").removesuffix("}")
    try:
        checked = str(uuid.UUID(bare))
    except ValueError:
        checked = ""
    if checked != bare.lower():
        raise Refusal(
            "is not a UUID", "write it as the provider shows it, such as 01234567-89ab-cdef-0123-456789abcdef"
        )
    return checked


def number(value: object) -> str:
    """Checks a numeric id, as text so that no digit is lost."""
    written = text(value)
    if not re.fullmatch(r"[1-9][0-9]{0,19}", written):
        raise Refusal("is not a numeric id", 'write its digits in quotes, such as "1234567"')
    return written


def _part(value: object) -> str:
    written = text(value)
    if ":" in written:
        raise Refusal("holds a colon, which separates the parts of a subject", "write the part alone, without colons")
    if "${" in written:
        raise Refusal("holds ${, which IAM takes for a policy variable", "write the value itself")
    if not _PART.fullmatch(written):
        raise Refusal("cannot be part of a subject", "use up to 255 printable characters, without blanks at the ends")
    return written


def _without_prefix(name: str) -> str:
    for prefix in ("refs/heads/", "refs/tags/"):
        if name.startswith(prefix):
            raise Refusal(f"begins with {prefix}", f"write the name alone: {name.removeprefix(prefix)}")
    return name
