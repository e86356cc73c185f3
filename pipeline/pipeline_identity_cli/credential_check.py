"""Credentials as people paste them: what can never work is found before AWS is asked.

AWS repeats what it was sent as key id, and that may be the secret. So a swapped pair is found here, and so are quotes,
white space, line breaks, placeholders and names that came along. No value is shown.

Source: `AccessKey` in the IAM API reference for the form of a key id; "Unique identifiers" in the IAM user guide for
its prefixes.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.redaction import remember

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEY_ID = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{12,124}")
_ANY_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
_LOCAL_KEY_ID = re.compile(r"\w{1,128}", re.ASCII)
"""A local AWS takes names and account ids for key ids."""
_SECRET = re.compile(r"[A-Za-z0-9/+=]+")
_MOST_PROFILES = 8
_INVISIBLE = ("\ufeff", "\u200b", "\u00a0", "\u2060", "\u200e", "\u200f")


def check_environment(environment: Mapping[str, str] | None = None) -> None:
    """Look at the credentials in environment variables.

    Raises:
        Stopped: They can never work; the text names the variable and the mistake.
    """
    given = os.environ if environment is None else environment
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    if given.get(names[0]):
        check(*(given.get(name) or None for name in names), named=names)


def check_profiles(session: Any) -> None:
    """Look at the keys in the profile of a session of botocore, and in those that it starts from.

    Raises:
        Stopped: They can never work.
    """
    profiles = cast("dict[str, dict[str, Any]]", session.full_config.get("profiles", {}))
    name: object = session.get_config_variable("profile") or "default"
    for _ in range(_MOST_PROFILES):
        profile = profiles.get(str(name))
        if profile is None:
            return
        keys = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        if profile.get(keys[0]):
            named = tuple(f"{key} of the profile {name}" for key in keys)
            check(*(str(profile[key]) if profile.get(key) else None for key in keys), named=named)
        name = profile.get("source_profile")


def check(key_id: str | None, secret: str | None, token: str | None, *, named: tuple[str, ...]) -> None:
    """Look at one set of credentials.

    Args:
        key_id: The access key id.
        secret: The secret access key.
        token: The session token; None for a user's key.
        named: What the three are called where they stand.

    Raises:
        Stopped: They can never work; the text names what is wrong, and shows no value.
    """
    remember(secret, token)
    if key_id and secret and not _KEY_ID.fullmatch(_bare(key_id)) and _KEY_ID.fullmatch(_bare(secret)):
        remember(key_id)
        fix = "swap them; if the secret was sent or logged, make the key inactive"
        raise _invalid(f"{named[0]} and {named[1]} are swapped", fix)
    for value, name in zip((key_id, secret, token), named, strict=True):
        if value:
            for problem, fix in _mistakes(value, name):
                remember(value)
                raise _invalid(f"{name} {problem}", fix)
    _check_key_id(key_id, named[0])
    for value, name in ((secret, named[1]), (token, named[2])):
        if value and not _SECRET.fullmatch(value):
            fix = "copy it again, whole and as it is; %2F and \\/ stand for a slash"
            raise _invalid(f"{name} holds a character that AWS's secrets never have", fix)
    if token and key_id and key_id.startswith("AKIA"):
        fix = f"unset {named[2]}, or set all three from one session"
        raise _invalid(f"{named[2]} is set beside the key of a user, which has none", fix)
    if key_id and key_id.startswith("ASIA") and not token:
        raise _invalid(f"{named[0]} is of a session, and {named[2]} is not set", "set all three from one session")


def _check_key_id(key_id: str | None, name: str) -> None:
    is_local = any(os.environ.get(one) for one in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"))
    if key_id and not (_LOCAL_KEY_ID if is_local else _ANY_KEY_ID).fullmatch(key_id):
        remember(key_id)
        fix = "it is 20 capital letters and digits, such as AKIAIOSFODNN7EXAMPLE; is it the secret?"
        raise _invalid(f"{name} is not a key id", fix)


def _mistakes(value: str, name: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the text of a value, whatever it is of."""
    if "\r" in value:
        yield "holds a carriage return", "it comes from a file with Windows line ends: remove them"
    if "\n" in value:
        yield "holds a line break", "paste it again as one line"
    if any(one in value for one in _INVISIBLE):
        yield "holds a character that nobody can see", "type or copy it again"
    if value != value.strip() or "\t" in value or " " in value:
        yield "holds white space", "paste it again without; a comment behind a value belongs to it"
    if value[0] in "\"'`" or value[-1] in "\"'`":
        yield "stands in quotes", "remove them: they belong to the value here"
    if value.startswith(("$", "%", "{{", "<", "[")) or set(value) <= {"*"}:
        yield "is a placeholder", "the variable that should stand there was not filled in"
    if re.match(rf"(export\s+)?{re.escape(name.split()[0])}\s*[=:]", value, re.IGNORECASE):
        yield "has its own name before it", "set it to what stands behind the sign"
    if not value.isascii() or not value.isprintable():
        yield "holds a character that AWS's credentials never have", "copy it again, whole and as it is"


def _bare(value: str) -> str:
    return value.strip().strip("\"'`").strip()


def _invalid(problem: str, fix: str) -> Stopped:
    return Stopped(problem, fix, kind="invalid-credentials")
