"""Profiles for the AWS configuration file.

Settings: "Assume role credential provider" and "Process credential provider" in the AWS SDKs and tools reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import Stopped

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.wish import Wish


def source_profile(wish: Wish) -> str:
    """A profile with which the CLI and every SDK assume the role by themselves, from a profile with the keys."""
    wish.no_more_than_a_role("a profile", "--for credential-process")
    _only_with_keys(wish)
    wanted = wish.wanted
    settings = {
        "role_arn": wanted.role_arn,
        "source_profile": f"{wish.name}-keys",
        "role_session_name": wanted.session_name,
        "duration_seconds": str(wanted.duration),
        "external_id": wanted.external_id,
        "region": wish.region,
    }
    return _section(wish.name, settings) + "\n" + _keys(wish)


def credential_process(wish: Wish) -> str:
    """A profile that asks this command, which can also send session tags and a source identity."""
    _only_with_keys(wish)
    # The SDKs split the setting by rules of their own, and start no shell.
    if "'" in wish.arguments():
        raise Stopped("a session tag needs quotes in credential_process", "use values without spaces and signs there")
    process = f"pipeline-identity assume --format credential_process --profile {wish.name}-keys {wish.arguments()}"
    return _section(wish.name, {"credential_process": process, "region": wish.region}) + "\n" + _keys(wish)


def _section(name: str, settings: dict[str, str | None]) -> str:
    lines = [f"{setting} = {value}" for setting, value in settings.items() if value]
    return "\n".join([f"[profile {name}]", *lines]) + "\n"


def _keys(wish: Wish) -> str:
    name = f"{wish.name}-keys"
    if wish.keys:
        return _section(name, {"aws_access_key_id": wish.keys[0], "aws_secret_access_key": wish.keys[1]})
    return f"# The keys come into the credentials file with: aws configure --profile {name}\n"


def _only_with_keys(wish: Wish) -> None:
    if not wish.from_keys:
        raise Stopped("a profile starts from keys", "without keys, take the stack's output `profile`")
