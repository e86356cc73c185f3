"""The lines of a shell that open a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.settings import Settings

CHECK = "pipeline-identity whoami"
"""Shows in the log that it worked, without a secret."""


def open_session(settings: Settings, token: str = "") -> list[str]:
    """The lines that open a session.

    Traces are turned off, because a shell that writes every command to the log would write the credentials too; and
    the exports take two lines, because a failure inside `eval "$(...)"` goes unnoticed.

    Args:
        settings: The session.
        token: The arguments that name the token to start from; without, keys are in the environment.
    """
    arguments = f"{settings.arguments()} {token}".rstrip()
    return [
        "set -e +x",
        f'exports="$(pipeline-identity assume --format sh {arguments})"',
        'eval "$exports"',
        "unset exports",
    ]


def from_token(settings: Settings, system: str, token: str) -> list[str]:
    """The same lines for a job without keys.

    Raises:
        Stopped: More is wanted than a token can bring.
    """
    settings.no_more_than_a_role(f"{system} without keys", "keys")
    return open_session(settings, token)


def shell(settings: Settings) -> str:
    """For a POSIX shell on any machine."""
    if settings.from_keys:
        need = "# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set: the key of the pipeline's user."
        lines = open_session(settings)
    else:
        need = "# AWS_WEB_IDENTITY_TOKEN_FILE must name a file with the token of your CI system."
        lines = from_token(settings, "a shell", '--token-file "$AWS_WEB_IDENTITY_TOKEN_FILE"')
    return "\n".join([need, *lines, CHECK]) + "\n"
