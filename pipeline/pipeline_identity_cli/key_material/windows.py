"""The parts of a text that can hold key material: the rest is passed over at the speed of searching for words.

Almost nothing in a log can be a key. Looking for a dozen words costs a fraction of trying every pattern at every
character, and every kind of key material has such a word in it or before it, or stands in a long run of base64.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_identity_cli.key_material.decoding import decoded_base64

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    "secret",
    "plaintext",
    "sessiontoken",
    "session_token",
    "session-token",
    "session token",
    "securitytoken",
    "security_token",
    "security-token",
    "security token",
    "smtp",
)
"""Parts of names, in any case of their letters."""
_PREFIXES = (
    "AKIA",
    "ASIA",
    # The same in base64.
    "QUtJQ",
    "QVNJQ",
    "IQoJb3JpZ2luX2Vj",
    "FwoGZXIvYXdzE",
    "FQoGZXIvYXdzE",
    "eyJ",
    "ABSK",
    "bedrock-api-key-",
    "PRIVATE KEY",
    "pul-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glrtr-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "glsoat-",
    "glcbt-",
    "gloas-",
    "glffct-",
)
"""What key material begins with, letter by letter."""
_BEFORE, _AFTER = 400, 800
_STEP = 300
"""After a hit the search goes on so much further: what lies between is in the window anyway."""
_LONGEST = 16 * 1024
"""How long a value may be that begins in a window, in characters: session tokens have about one thousand."""
_RUN = 48
"""The shortest run of base64 that is decoded where no word is near: a secret has 56 letters in base64."""
_RUN_OF_TOKEN = re.compile(rf"[A-Za-z0-9/+=%\\._\s-]{{0,{_LONGEST}}}")
_BROKEN_OFF = re.compile(r"[A-Za-z0-9/+=_-]*")
_OF_BASE64 = bytes(
    0x61 if chr(one).isascii() and (chr(one).isalnum() or chr(one) in "+/_-") else 0x20 for one in range(256)
)


def windows(text: str) -> list[tuple[int, int]]:
    """The parts of a text to look into, in order and apart from each other.

    Args:
        text: The text, as long as you like.

    Returns:
        Pairs of the first character and the one after the last.
    """
    # What is no ASCII is never part of a key, and one character stays one.
    plain = text if text.isascii() else text.encode("ascii", "replace").decode("ascii")
    lower = plain.lower()
    hits = [hit for word in _WORDS for hit in _hits(lower, word)]
    hits += [hit for prefix in _PREFIXES for hit in _hits(plain, prefix)]
    found = [(_start(plain, hit), min(len(plain), hit + _AFTER)) for hit in hits]
    found += _encoded(plain)
    return [(start, _extended(plain, end)) for start, end in _merged(found)]


def _hits(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, max(at + len(word), at + _STEP))


def _start(text: str, hit: int) -> int:
    """Where the window of a hit begins: not within a word, whose rest would look like one of its own."""
    start = max(0, hit - _BEFORE)
    if not start:
        return 0
    broken_off = _BROKEN_OFF.match(text, start, hit)
    return broken_off.end() if broken_off else start


def _extended(text: str, end: int) -> int:
    match = _RUN_OF_TOKEN.match(text, end)
    return match.end() if match else end


def _encoded(text: str) -> Iterator[tuple[int, int]]:
    """The long runs of base64 that stand for text."""
    marked = text.encode("ascii").translate(_OF_BASE64)
    needle = b"a" * _RUN
    at = marked.find(needle)
    while at >= 0:
        start = marked.rfind(b" ", 0, at) + 1
        end = marked.find(b" ", at)
        end = len(marked) if end < 0 else end
        run = text[start:end]
        if run.startswith("H4sI") or any(decoded_base64(run[shift : shift + 120]) for shift in range(4)):
            yield max(0, start - _BEFORE), end
        at = marked.find(needle, end)


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
