"""Recognizing key material in plain text: nothing is escaped or encoded any more.

An access key has two parts, and only the secret one harms. Its 40 characters look like many other things, so a text of
that length counts where its surroundings say what it is: a name such as `secretAccessKey` before it, or a key id close
by. Key ids by themselves are no secret: user names and logs hold them.

Sources: "IAM identifiers" in the IAM user guide for the prefixes of key ids (`AKIA`, `ASIA`); lengths and letters as
AWS hands keys out; "Amazon Bedrock API keys" in the Bedrock user guide; the documentation of GitHub, GitLab and Pulumi
for the prefixes of their tokens.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Kind:
    """A kind of key material.

    Attributes:
        id: The stable name of the kind, such as `aws-secret-access-key`.
        text: What it is, for people.
        fix: What to do about it, for people.
    """

    id: str
    text: str
    fix: str


_ROTATE = "make the key inactive, then remove it here and from the history"
_REVOKE = "revoke it, then remove it here and from the history"
_EXPIRES = "it ends by itself within hours; revoke the role's sessions, then remove it here"

SECRET = Kind("aws-secret-access-key", "secret access key", _ROTATE)
LIKELY_SECRET = Kind("aws-secret-access-key-likely", "what looks like a secret access key", _ROTATE)
PAIRED_SECRET = Kind("aws-secret-access-key-paired", "what looks like the secret of the access key beside it", _ROTATE)
SESSION_TOKEN = Kind("aws-session-token", "session token", _EXPIRES)
SMTP_PASSWORD = Kind("aws-ses-smtp-password", "SMTP password, made from a secret access key", _ROTATE)
BEDROCK_KEY = Kind("aws-bedrock-api-key", "API key of Amazon Bedrock", _REVOKE)
WEB_TOKEN = Kind("json-web-token", "token of a CI system or another issuer (JWT)", _EXPIRES)
PRIVATE_KEY = Kind("private-key", "private key", "replace the key pair, then remove it here and from the history")
PULUMI_TOKEN = Kind("pulumi-access-token", "access token of Pulumi", _REVOKE)
GITHUB_TOKEN = Kind("github-token", "token of GitHub", _REVOKE)
GITLAB_TOKEN = Kind("gitlab-token", "token of GitLab", _REVOKE)

KINDS = (
    SECRET,
    LIKELY_SECRET,
    PAIRED_SECRET,
    SESSION_TOKEN,
    SMTP_PASSWORD,
    BEDROCK_KEY,
    WEB_TOKEN,
    PRIVATE_KEY,
    PULUMI_TOKEN,
    GITHUB_TOKEN,
    GITLAB_TOKEN,
)
"""Every kind, the surest first: where two stand at one place, the first one is reported."""


@dataclass(frozen=True)
class Found:
    """Key material in a text.

    Attributes:
        start: The first character of it, from 0.
        end: The character after it.
        kind: What it is.
        key_id: The id of the access key beside it; "" without one.
    """

    start: int
    end: int
    kind: Kind
    key_id: str = ""


_EDGE, _END = r"(?<![A-Za-z0-9/+_-])", r"(?![A-Za-z0-9/+=_-])"
# Tokens with a prefix stand in addresses, too: https://ghp_...@github.com.
_APART = r"(?<![A-Za-z0-9])"
_SECRET = re.compile(_EDGE + r"[A-Za-z0-9/+]{40}" + _END)
_KEY_ID = re.compile(_APART + r"(?:AKIA|ASIA)[A-Z2-7]{16}" + _END)
_SMTP = re.compile(_EDGE + r"[A-Za-z0-9/+]{43}=" + r"(?![A-Za-z0-9/+=])")
_LONG = re.compile(_EDGE + r"[A-Za-z0-9/+_-]{100,}={0,2}")

_SECRET_NAME = re.compile(
    r"(?i)(?:secret[\s_.-]{0,3}access[\s_.-]{0,3}key|secret[\s_.-]{0,3}key|aws[\s_.-]{0,3}secret|plaintext)"
)
_CALLED_SECRET = re.compile(r"(?i)secrets?")
_TOKEN_NAME = re.compile(r"(?i)(?:session|security)[\s_.-]{0,3}token")
_SMTP_NAME = re.compile(r"(?i)smtp[\s_.-]{0,3}password")
# What may stand between a name and its value besides punctuation: tags of HTML and XML, and words such as `value`
# of the pair {"name": "AWS_SECRET_ACCESS_KEY", "value": "..."}.
_BETWEEN = re.compile(r"(?i)</?[a-z][^<>\n]{0,80}>|\b(?:v4|plaintext|value|default|string|is|was|set|to|old|new)\b")
_LETTER = re.compile(r"[A-Za-z0-9/+]")

_BY_PREFIX = (
    # Tokens of STS begin so: it is base 64 of the same few bytes each time.
    (SESSION_TOKEN, re.compile(_EDGE + r"(?:IQoJb3JpZ2luX2Vj|FwoGZXIvYXdzE|FQoGZXIvYXdzE)[A-Za-z0-9/+=_-]{80,}")),
    # Header and content of a JSON Web Token are JSON objects, and `{"` in base 64 begins so.
    (WEB_TOKEN, re.compile(_EDGE + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}")),
    (BEDROCK_KEY, re.compile(_EDGE + r"ABSK[A-Za-z0-9+/]{80,400}={0,2}" + _END)),
    (BEDROCK_KEY, re.compile(_EDGE + r"bedrock-api-key-[A-Za-z0-9+/]{60,}={0,2}")),
    (PULUMI_TOKEN, re.compile(_APART + r"pul-[0-9a-f]{40}" + _END)),
    (GITHUB_TOKEN, re.compile(_APART + r"gh[pousr]_[A-Za-z0-9_.-]{36,1024}")),
    (GITHUB_TOKEN, re.compile(_APART + r"github_pat_[A-Za-z0-9_]{36,255}")),
    (
        GITLAB_TOKEN,
        re.compile(_APART + r"gl(?:pat|dt|rt|rtr|ptt|ft|imt|agent|soat|cbt|oas|ffct)-[A-Za-z0-9_.-]{20,400}"),
    ),
)
_PRIVATE = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----\s{0,80}"
    r"(?:[A-Za-z-]{1,30}: [^\n]{0,200}\n\s{0,80}){0,8}[A-Za-z0-9+/]{16}[A-Za-z0-9+/=\s]{0,8192}"
)

_BEFORE = 160
"""How many characters before a secret its name may stand."""
_NEAR = 300
"""How far from a key id its secret is looked for, in characters."""
_LEAST_ENTROPY = 4.0
"""Bits a character, below which a text is no random one: forty random letters of base64 have about 4.7."""
_LEAST_ENTROPY_NAMED = 3.0
"""The same for a text whose name leaves little doubt: only placeholders and words are below it."""
_LEAST_CHANGES = 14
"""How often the kind of letter (small, capital, digit) must change from one character to the next within forty.

Of random ones it changes 25 times, in one in 6,000 less than 14 times; in paths and long names about 8 times."""
_DOCUMENTED = "EXAMPLE"
"""The keys in AWS's documentation hold this word; one in 10^11 random ones does."""


def find(text: str) -> list[Found]:
    """All key material in a plain text, in order; none overlaps another."""
    ids = [(found.start(), found.end()) for found in _KEY_ID.finditer(text)]
    every = [*_secrets(text, ids), *_named(text), *_by_prefix(text)]
    every.sort(key=lambda one: (one.start, KINDS.index(one.kind), -one.end))
    apart: list[Found] = []
    for one in every:
        if not apart or one.start >= apart[-1].end:
            key_id = "" if one.kind in (PRIVATE_KEY, WEB_TOKEN) else _nearest(text, ids, one.start, one.end)
            apart.append(Found(one.start, one.end, one.kind, key_id))
    return apart


def _secrets(text: str, ids: Sequence[tuple[int, int]]) -> Iterator[Found]:
    for match in _SECRET.finditer(text):
        start, end = match.span()
        value = match[0]
        kind = (
            None if _DOCUMENTED in value else _kind(text, start, value, near_id=bool(_nearest(text, ids, start, end)))
        )
        if kind:
            yield Found(start, end, kind)


def _kind(text: str, start: int, value: str, *, near_id: bool) -> Kind | None:
    """What forty letters are, by what stands around them; None when nothing says that they are a secret."""
    entropy = _entropy(value)
    if entropy < _LEAST_ENTROPY_NAMED:
        return None
    before = text[max(0, start - _BEFORE) : start]
    if _is_called(before, _SECRET_NAME):
        return SECRET
    # Of random letters of base64, one in a thousand million has no capital or no small one.
    if entropy < _LEAST_ENTROPY or value in (value.lower(), value.upper()):
        return None
    # SOPS writes ENC[...,data:...] for what it has encrypted.
    _, encrypted, after = before.rpartition("ENC[")
    if _changes(value) < _LEAST_CHANGES or (encrypted and "]" not in after):
        return None
    if _is_called(before, _CALLED_SECRET):
        return LIKELY_SECRET
    if near_id:
        return PAIRED_SECRET
    return LIKELY_SECRET if _CALLED_SECRET.search(before.rpartition("\n")[2]) else None


def _is_called(before: str, name: re.Pattern[str]) -> bool:
    """Whether a text ends in a name, and nothing but punctuation, tags and words such as `value` after it."""
    last = None
    for match in name.finditer(before):
        last = match
    if not last:
        return False
    between = before[last.end() :]
    # The name may go on: AWS_SECRET_ACCESS_KEY_PROD.
    between = re.sub(r"^[A-Za-z0-9_]{0,40}", "", between)
    return bool(between) and between.count("\n") <= 3 and not _LETTER.search(_BETWEEN.sub(" ", between))


def _named(text: str) -> Iterator[Found]:
    for match in _LONG.finditer(text):
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if _is_called(before, _TOKEN_NAME) and _is_random(match[0]):
            yield Found(*match.span(), SESSION_TOKEN)
    for match in _SMTP.finditer(text):
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if _is_called(before, _SMTP_NAME) and _is_random(match[0]):
            yield Found(*match.span(), SMTP_PASSWORD)


def _by_prefix(text: str) -> Iterator[Found]:
    for kind, pattern in _BY_PREFIX:
        for match in pattern.finditer(text):
            least = _LEAST_ENTROPY_NAMED if kind in (PULUMI_TOKEN, GITHUB_TOKEN, GITLAB_TOKEN) else _LEAST_ENTROPY
            if _entropy(match[0][:400]) >= least and _DOCUMENTED not in match[0]:
                yield Found(*match.span(), kind)
    for match in _PRIVATE.finditer(text):
        yield Found(*match.span(), PRIVATE_KEY)


def _is_random(value: str) -> bool:
    return _entropy(value[:400]) >= _LEAST_ENTROPY and _DOCUMENTED not in value


def _nearest(text: str, ids: Sequence[tuple[int, int]], start: int, end: int) -> str:
    """The key id that stands closest to a place, and close enough; "" when none does."""
    at = bisect_left(ids, (start, end))
    close = [(start - ids[at - 1][1], ids[at - 1])] if at else []
    close += [(ids[at][0] - end, ids[at])] if at < len(ids) else []
    distance, (first, last) = min(close, default=(_NEAR + 1, (0, 0)))
    return text[first:last] if distance <= _NEAR else ""


def _changes(value: str) -> int:
    kinds = [0 if one.islower() else 1 if one.isupper() else 2 if one.isdigit() else 3 for one in value]
    return sum(one != other for one, other in itertools.pairwise(kinds))


def _entropy(text: str) -> float:
    """Bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
