"""Recognizing key material in text, without ever repeating it.

An access key has two halves, and only the secret one harms. Its 40 characters look like many other things, so a text
of that length counts where its surroundings say what it is: a name such as `secretAccessKey` before it, or a key id
close by. Key ids by themselves are no secret: user names and logs hold them.

Sources: "IAM identifiers" in the IAM user guide for the prefixes of key ids (`AKIA`, `ASIA`); lengths and letters as
AWS hands keys out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A line break, a tab, `=` and `"` may be written in letters, too.
_EDGE = r"(?:(?<![A-Za-z0-9/+_-])|(?<=\\[nrt])|(?<=%3[Dd])|(?<=%22))"
_END = r"(?![A-Za-z0-9/+=_-])"
# In JSON within JSON, and in URLs, `/` and `+` are written otherwise.
_SECRET = re.compile(_EDGE + r"((?:[A-Za-z0-9/+]|\\+/|\\+u002[bfBF]|%2[BF]){40})" + _END)
_KEY_ID = re.compile(_EDGE + r"(?:AKIA|ASIA)[A-Z2-7]{16}" + _END)
_AFTER_NAME = r"""[\\"'\]\s]*(?:[:=]|=>|,|>|\s|%3D)[\\"'\s>|-]*(?:%22)?$"""
_NAMED = re.compile(r"(?i)(?:secret[\s_-]?access[\s_-]?key|secret[\s_-]?key|plaintext)" + _AFTER_NAME)
_CALLED_SECRET = re.compile(r"(?i)secret" + _AFTER_NAME)
_TOKEN = re.compile(
    r"(?i)(?:session[\s_-]?token|security[\s_-]?token)"
    r"""[\\"'\s]*(?:[:=]|>)[\\"'\s>]*([A-Za-z0-9/+=%\\]{100,})"""
)
# Tokens of STS begin so: it is base 64 of the same few bytes each time.
_BARE_TOKEN = re.compile(_EDGE + r"(?:IQoJb3JpZ2luX2Vj|FwoGZXIvYXdzE|FQoGZXIvYXdzE)[A-Za-z0-9/+=%\\]{80,}")
_SMTP = re.compile(
    r"(?i)smtp[\s_-]?password(?:[\s_-]?v4)?"
    r"""[\\"'\s]*[:=][\\"'\s]*(?:\{[^{}]{0,120}"plaintext"\s*:[\\"\s]*)?([A-Za-z0-9/+]{43}=)"""
)
# Header and content of a JSON Web Token are JSON objects, and `{"` in base 64 begins so.
_WEB_TOKEN = re.compile(_EDGE + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}")
_PRIVATE = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r)*[A-Za-z0-9+/]{16}")
# As terminals and JSON have colors, and as Pulumi's events do.
_COLOR = re.compile(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e)\[[0-9;]*[mK]|<\{%[a-z0-9 ]{1,30}%\}>")
_BEFORE = 80
"""How many characters before a secret its name may stand."""
_NEAR = 300
"""How far from a key id its secret is looked for, in characters."""
_LEAST_ENTROPY = 4.0
"""Bits a character, below which a text is no random one: forty random letters of base 64 have about 4.7."""
_LEAST_ENTROPY_NAMED = 3.0
"""The same for a text whose name leaves little doubt: only placeholders and words are below it."""


@dataclass(frozen=True)
class Place:
    """Where key material stands.

    Attributes:
        start: The first character of it, from 0.
        end: The character after it.
        kind: What it is.
    """

    start: int
    end: int
    kind: str


def places(text: str) -> list[Place]:
    """Every place of a text where key material stands in the clear."""
    text = _COLOR.sub(lambda color: " " * len(color[0]), text)
    found = {place.start: place for place in _all(text)}
    return [found[start] for start in sorted(found)]


def _all(text: str) -> Iterator[Place]:
    ids = [found.span() for found in _KEY_ID.finditer(text)]
    for found in _SECRET.finditer(text):
        start, end = found.span()
        before = max(0, start - _BEFORE)
        if _entropy(found[1]) >= _LEAST_ENTROPY_NAMED and _NAMED.search(text, before, start):
            yield Place(start, end, "secret access key")
        elif not _may_be_secret(found[1]):
            continue
        elif _CALLED_SECRET.search(text, before, start):
            yield Place(start, end, "what looks like a secret access key")
        elif any(start - _NEAR <= id_end <= start or end <= id_start <= end + _NEAR for id_start, id_end in ids):
            yield Place(start, end, "what looks like the secret of the access key beside it")
    for pattern, group, kind in (
        (_TOKEN, 1, "session token"),
        (_BARE_TOKEN, 0, "session token"),
        (_WEB_TOKEN, 0, "token of a CI system or another issuer (JWT)"),
        (_SMTP, 1, "SMTP password, made from a secret access key"),
        (_PRIVATE, 0, "private key"),
    ):
        for found in pattern.finditer(text):
            if kind == "private key" or _entropy(found[group]) >= _LEAST_ENTROPY:
                yield Place(found.start(group), found.end(group), kind)


def _may_be_secret(text: str) -> bool:
    """Whether it can be a secret: neither a placeholder, nor a path, nor a checksum in base 16."""
    # Of random letters of base 64, one in a thousand million has no capital or no small one.
    mixed = text != text.lower() and text != text.upper()
    return mixed and _entropy(text) >= _LEAST_ENTROPY


def _entropy(text: str) -> float:
    """Bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
