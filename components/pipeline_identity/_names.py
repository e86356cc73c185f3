"""Names, paths and tags of IAM users and roles, as AWS accepts them.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html.
"""

from __future__ import annotations

import re
import unicodedata

from pipeline_identity._reading.arguments import mapping, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_SESSION_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
LONGEST_SESSION_NAME = 64
_LONGEST_PATH = 512
_LONGEST_DESCRIPTION = 1_000
# The pattern in the API reference: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html.
_DESCRIPTION = re.compile(r"[\x20-\x7e\xa1-\xff]+")
_MOST_TAGS = 50
_LONGEST_TAG_KEY = 128
_LONGEST_TAG_VALUE = 256


def entity_name(value: object) -> str:
    """Checks the name of a user or role: 1 to 64 letters, digits and `+=,.@_-`."""
    name = text(value)
    if not _NAME.fullmatch(name):
        raise Refusal("is not a name that IAM accepts", "use 1 to 64 letters (a-z, A-Z), digits and + = , . @ _ -")
    return name


def entity_path(value: object) -> str:
    """Checks an IAM path: `/`, or text between slashes such as `/pipelines/`, at most 512 characters."""
    path = text(value)
    if not _PATH.fullmatch(path) or "*" in path or "?" in path or "//" in path:
        raise Refusal(
            "is not a path that IAM accepts",
            "begin and end it with one slash, such as /pipelines/, without blanks, * or ? between",
        )
    if "${" in path:
        raise Refusal("holds ${, which IAM takes for a policy variable", "write the path itself")
    if len(path) > _LONGEST_PATH:
        raise Refusal(f"has {len(path)} characters", f"use at most {_LONGEST_PATH}")
    return path


def session_name(value: object) -> str:
    """Checks the name of a role session: 2 to 64 letters, digits and `_+=,.@-`."""
    name = text(value)
    if not _SESSION_NAME.fullmatch(name):
        raise Refusal("is not a session name that AWS accepts", "use 2 to 64 letters, digits and _ + = , . @ -")
    return name


def default_session_name(name: str) -> str:
    """Returns a session name for pipelines that have no better one: an IAM name, made long enough for a session."""
    return name if _SESSION_NAME.fullmatch(name) else f"{name}-session"


def tags(value: object) -> dict[str, str]:
    """Checks the tags of a user or role: at most 50, keys of 1 to 128 characters, values of up to 256."""
    entries = mapping(value)
    if len(entries) > _MOST_TAGS:
        raise Refusal(f"has {len(entries)} tags", f"use at most {_MOST_TAGS}")
    if len({key.lower() for key in entries}) < len(entries):
        raise Refusal("has two keys that differ only in case", "keep one of them: IAM takes them for the same key")
    return {key if is_late(key) else tag_key(key): tag_value(key, item) for key, item in entries.items()}


def tag_key(key: str) -> str:
    """Checks the key of a tag."""
    if not 1 <= len(key) <= _LONGEST_TAG_KEY or not _is_tag_text(key):
        raise Refusal(
            f"has a tag key {key!r} that IAM does not accept",
            "use 1 to 128 letters, digits, blanks and _ . : / = + - @",
        )
    if key.lower().startswith("aws:"):
        raise Refusal(f"has a tag key {key!r} that AWS keeps for itself", "use a key that does not start with aws:")
    return key


def tag_value(key: str, value: object) -> str:
    """Checks the value of a tag."""
    if isinstance(value, str) and is_late(value):
        return value
    if not isinstance(value, str):
        raise Refusal(f"has a value for {key!r} that is not text", "put it in quotes")
    if len(value) > _LONGEST_TAG_VALUE or not _is_tag_text(value):
        raise Refusal(
            f"has a value for {key!r} that IAM does not accept",
            "use up to 256 letters, digits, blanks and _ . : / = + - @",
        )
    return value


def _is_tag_text(value: str) -> bool:
    return all(character in "_.:/=+-@" or unicodedata.category(character)[0] in "LNZ" for character in value)


def description(value: object) -> str:
    """Checks the description of a role: at most 1,000 characters that IAM takes."""
    written = text(value)
    if len(written) > _LONGEST_DESCRIPTION or not _DESCRIPTION.fullmatch(written):
        raise Refusal(
            "is not a description that IAM accepts",
            f"use at most {_LONGEST_DESCRIPTION} characters of Latin text on one line",
        )
    return written
