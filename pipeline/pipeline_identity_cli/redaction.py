"""Cutting secrets out of text before it is shown.

AWS, credential processes, proxies and configuration files quote what they were given. Two things are cut out: values
that this process knows to be secret (`remember`), and text that looks like a key id, a secret or a token.

Sources: "Unique identifiers" in the IAM user guide for the prefixes of key ids; RFC 7519 for tokens.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUT = "[hidden]"
"""What stands in the place of a secret."""

_SHORTEST = 8
"""Shorter values are not looked for: a word such as `test`, the secret of many a local AWS, would be cut everywhere."""
_SHORTEST_PART = 16
"""Half a secret key is cut out; the words of a sentence that stands where a secret should be are not."""
_SECRET_NAMES = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE_KEY|ACCESS_KEY|CREDENTIAL|API_?KEY", re.IGNORECASE)
_NOT_SECRET = re.compile(
    r"^PIPELINE_IDENTITY_"
    r"|_(URL|URI|FILE|EXPIRATION|ENDPOINT|PATH|TTL|COMPLETE|NAME|ARN|ISSUER|AUDIENCE|TYPE|VERSION|REGION|STORE|PROVIDER)$"
)
"""Variables about a secret that hold none; no option of this command takes one."""
_ADDRESSES = re.compile(r"(?i)_?PROXY$|^AWS_ENDPOINT_URL|_URL$")
_LOOKS_SECRET = (
    # A token of an OpenID Connect provider: header, payload and signature.
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
    # A key id. AKIA and ASIA are keys of users and sessions; the others are of a service or of certificates.
    re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}(?![A-Za-z0-9])"),
    # A session token of STS, and whatever else is that long and base64.
    re.compile(r"[A-Za-z0-9/+]{100,}={0,2}"),
    # Tokens and keys of systems whose prefixes say what they are.
    re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|pul-|ABSK)[\w+/=-]{16,}"),
    # What was sent as key id, before the scope of its signature: it may be the secret.
    re.compile(r"[^\s'\"=,:]+(?=/\d{8}/[a-z0-9-]+/[a-z0-9-]+)"),
    re.compile(r"(?i)(?<=signature=)[0-9a-f]{64}"),
    re.compile(r"(?i)(?<=x-amz-security-token:)\s*\S+"),
)
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_USER_INFO = re.compile(r"(?<=//)[^\s'\"<>]*@")
"""Everything up to the last `@`: a password that was not encoded may hold `/`, `#` and `@`."""

_WORDS = re.compile(r"[A-Za-z]+(?:[ _-][A-Za-z]+)*")
"""A password that is a word, such as `production`, is also a name of everything else."""
_NO_SECRET = re.compile(r"\d{12}|(?:AKIA|ASIA)[A-Z0-9]{12,124}", re.ASCII)

_known: set[str] = set()


def remember(*secrets: str | None) -> None:
    """Have values cut out of everything that is shown from now on.

    Args:
        secrets: Secret keys, session tokens, tokens of CI systems. None, texts under 8 characters, ids of keys and the
            12 digits of an account are passed over. Of a text with white space, such as a line break that does not
            belong there, each part of 16 characters or more is a secret, too.
    """
    for secret in secrets:
        whole = (secret or "").strip()
        parts = [part for part in whole.split() if len(part) >= _SHORTEST_PART]
        for part in (whole, *parts):
            # Reports name keys by their ids; in texts from elsewhere, an id is cut out by its form. The id of an
            # account is what many a local AWS takes for the id of a key.
            if len(part) >= _SHORTEST and not _NO_SECRET.fullmatch(part):
                _known.update(_written_forms(part))


def remember_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Have the secrets in environment variables cut out: credentials, tokens, and passwords in addresses."""
    for name, value in environment.items():
        if _ADDRESSES.search(name) and "@" in value:
            remember(value.rpartition("@")[0].rpartition("//")[2] if "//" not in value else _user_info(value))
        if _SECRET_NAMES.search(name) and not _NOT_SECRET.search(name):
            remember(value)


def redacted(text: str) -> str:
    """Text without secrets, key ids and tokens: `[hidden]` stands in their place."""
    text = without_known(text)
    text = _USER_INFO.sub(f"{CUT}@", text)
    for pattern in _LOOKS_SECRET:
        text = pattern.sub(CUT, text)
    return _SECRET_KEY.sub(lambda found: CUT if _is_mixed(found[0]) else found[0], text)


def without_known(text: str, *, words: bool = True) -> str:
    """Text without the values that this process knows to be secret.

    Args:
        text: The text.
        words: Whether values that are plain words are cut out, too. In a text from elsewhere they may be a password; in
            a report of our own, they are the names of pipelines, fields and files.
    """
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text and (words or not _WORDS.fullmatch(secret)):
            text = text.replace(secret, CUT)
    return text


def _user_info(address: str) -> str:
    return address.rpartition("@")[0].partition("//")[2]


def _written_forms(secret: str) -> Iterable[str]:
    """A secret as it stands, and as addresses and JSON write it."""
    yield secret
    yield quote(secret, safe="")
    yield secret.replace("/", "\\/")
    for quotes in ('"', "'"):
        if len(secret) > _SHORTEST + 2 and secret.startswith(quotes) and secret.endswith(quotes):
            yield secret[1:-1]


def _is_mixed(text: str) -> bool:
    """Whether 40 characters look drawn by chance: hashes in hex, paths and words do not have all three kinds."""
    return all(any(kind(one) for one in text) for kind in (str.islower, str.isupper, str.isdigit))
