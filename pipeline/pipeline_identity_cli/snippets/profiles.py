"""Profiles for the AWS configuration file.

Settings: "Assume role credential provider" and "Process credential provider" in the AWS SDKs and tools reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import Stopped

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.settings import Settings


def source_profile(settings: Settings) -> str:
    """A profile with which the CLI and every SDK assume the role by themselves, from a profile with the keys."""
    settings.no_more_than_a_role("a profile", "--for credential-process")
    _only_with_keys(settings)
    wanted = settings.wanted
    entries = {
        "role_arn": wanted.role_arn,
        "source_profile": f"{settings.name}-keys",
        "role_session_name": wanted.session_name,
        "duration_seconds": str(wanted.duration),
        "external_id": wanted.external_id,
        "region": settings.region,
    }
    return _section(settings.name, entries) + "\n" + _keys(settings)


def credential_process(settings: Settings) -> str:
    """A profile that asks this command, which can also send session tags and a source identity."""
    _only_with_keys(settings)
    # The SDKs split the setting by rules of their own, and start no shell.
    if "'" in settings.arguments():
        raise Stopped("a session tag needs quotes in credential_process", "use values without spaces and signs there")
    process = (
        f"pipeline-identity assume --format credential_process --profile {settings.name}-keys {settings.arguments()}"
    )
    return _section(settings.name, {"credential_process": process, "region": settings.region}) + "\n" + _keys(settings)


def _section(name: str, entries: dict[str, str | None]) -> str:
    lines = [f"{setting} = {value}" for setting, value in entries.items() if value]
    return "\n".join([f"[profile {name}]", *lines]) + "\n"


def _keys(settings: Settings) -> str:
    name = f"{settings.name}-keys"
    if settings.keys:
        return _section(name, {"aws_access_key_id": settings.keys[0], "aws_secret_access_key": settings.keys[1]})
    return f"# The keys come into the credentials file with: aws configure --profile {name}\n"


def _only_with_keys(settings: Settings) -> None:
    if not settings.from_keys:
        raise Stopped("a profile starts from keys", "without keys, take the stack's output `profile`")
