"""The lines of a shell that open a session."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pipeline_job.outcome import Stopped

if TYPE_CHECKING:
    from pipeline_job.snippets.wish import Wish

TOKEN_FILE = "/tmp/pipeline-identity-token"  # noqa: S105, S108 - the job's own disk, named in its script


def open_session(wish: Wish) -> list[str]:
    """The lines that open a session from keys in the environment.

    Traces are turned off, because a shell that writes every command to the log would write the credentials too; and
    the exports take two lines, because a failure inside `eval "$(...)"` goes unnoticed.
    """
    return [
        "set -e +x",
        f'exports="$(pipeline-identity assume --format sh {wish.arguments()})"',
        'eval "$exports"',
        "unset exports",
    ]


def keep_token(wish: Wish, system: str, variable: str) -> list[str]:
    """The lines after which every SDK opens its sessions from a token by itself.

    The duration is the SDK's choice then: no variable sets it.
    """
    wish.no_more_than_a_role(f"{system} without keys", "keys")
    wanted = wish.wanted
    variables = {
        "AWS_ROLE_ARN": wanted.role_arn,
        "AWS_ROLE_SESSION_NAME": wanted.session_name,
        "AWS_WEB_IDENTITY_TOKEN_FILE": TOKEN_FILE,
        "AWS_REGION": wish.region,
    }
    return [
        "set -e +x",
        "umask 077",
        f'printf %s "${variable}" > {TOKEN_FILE}',
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
    ]


CHECK = "pipeline-identity whoami"
"""Shows in the log that it worked, without a secret."""


def shell(wish: Wish) -> str:
    """For a POSIX shell on any machine."""
    if not wish.from_keys:
        fix = "choose the system whose token it has, or set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE yourself"
        raise Stopped("a plain shell has no token", fix)
    need = "# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set: the key of the pipeline's user."
    return "\n".join([need, *open_session(wish), CHECK]) + "\n"
