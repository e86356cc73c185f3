"""The settings of the provider, from the program or the stack, and the account they must lead to."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.provider.values import Properties, Unknown, Value, from_json, has_unknowns

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACCOUNT_ID = re.compile(r"\d{12}")
_TEXTS = ("accessKey", "secretKey", "token", "profile", "region")
SETTINGS = (
    *_TEXTS,
    "allowedAccountIds",
    "assumeRoles",
    "defaultTags",
    "endpoints",
    "forbiddenAccountIds",
    "maxRetries",
    "s3UsePathStyle",
)
"""The names of all settings that are read."""


class ConfigurationError(Exception):
    """A setting of the provider that cannot be used; the message names it, its value and the fix."""


@dataclass(frozen=True, repr=False)
class Configuration:
    """The settings of the provider.

    Attributes:
        region: The region of everything that is in one.
        access_key: The access key id; empty to find credentials as AWS's own tools do.
        secret_key: Its secret.
        token: The session token that goes with temporary credentials.
        profile: A profile of the AWS configuration files.
        endpoints: The URL of a service, where it is not AWS's own or that in ``AWS_ENDPOINT_URL``.
        default_tags: The tags every resource gets.
        allowed: The only accounts that may be changed; any when empty.
        forbidden: Accounts that must not be changed.
        roles: The roles to assume, one after the other, before anything else.
        path_style: Whether S3 is asked with the bucket in the path.
        max_attempts: How often a call that fails for a passing reason is made.
    """

    region: str = ""
    access_key: str = ""
    secret_key: str = ""
    token: str = ""
    profile: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    allowed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    roles: tuple[Properties, ...] = ()
    path_style: bool = False
    max_attempts: int = 3


def decode(given: Mapping[str, Value]) -> Properties:
    """Undo the JSON that numbers, flags, lists and objects of a provider's settings come in."""
    return Properties({name: _decoded(name, value) for name, value in given.items()})


def parse(given: Mapping[str, Value]) -> Configuration:
    """Read the settings.

    Args:
        given: As the engine sends them.

    Raises:
        ConfigurationError: One of them cannot be used.
    """
    settings = decode(given)
    unknown = [name for name, value in settings.items() if has_unknowns(value)]
    if unknown:
        raise ConfigurationError(f"The provider's setting {unknown[0]!r} must be known before anything is deployed.")
    region = settings.text("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise ConfigurationError(
            "The provider has no region. Set aws:region in the stack's config, for example "
            "'pulumi config set aws:region eu-central-1', or AWS_REGION in the environment."
        )
    return Configuration(
        region=region,
        access_key=settings.text("accessKey"),
        secret_key=settings.text("secretKey"),
        token=settings.text("token"),
        profile=settings.text("profile"),
        endpoints=_endpoints(settings),
        default_tags=_default_tags(settings),
        allowed=account_ids(settings, "allowedAccountIds"),
        forbidden=account_ids(settings, "forbiddenAccountIds"),
        roles=tuple(settings.objects("assumeRoles")),
        path_style=settings.flag("s3UsePathStyle") or "AWS_ENDPOINT_URL" in os.environ,
        max_attempts=settings.number("maxRetries") + 1 if "maxRetries" in settings else 3,
    )


def account_ids(settings: Properties, name: str) -> tuple[str, ...]:
    """The account ids in a setting. Stack config makes numbers of them, which lose their leading zeros.

    Raises:
        ConfigurationError: One is none.
    """
    if problem := account_ids_problem(settings, name):
        raise ConfigurationError(problem)
    return tuple(_account_ids(settings, name))


def account_ids_problem(settings: Properties, name: str) -> str | None:
    """What is wrong with a setting that holds account ids, or None."""
    given = settings.get(name)
    if given is None or isinstance(given, Unknown):
        return None
    if not isinstance(given, list):
        return f"{name} of the provider: {given!r} is no list of account ids."
    wrong = [item for item in given if not isinstance(item, Unknown) and not _ACCOUNT_ID.fullmatch(_account_id(item))]
    return f"{name} of the provider: {wrong[0]!r} is no account id of 12 digits." if wrong else None


def _account_ids(settings: Properties, name: str) -> list[str]:
    given = settings.get(name)
    return [_account_id(item) for item in given] if isinstance(given, list) else []


def _account_id(item: Value) -> str:
    return str(item).zfill(12) if isinstance(item, int) else str(item)


def _decoded(name: str, value: Value) -> Value:
    if name in _TEXTS or not isinstance(value, str):
        return value
    try:
        return from_json(value)
    except ValueError:
        return value


def _endpoints(settings: Properties) -> dict[str, str]:
    return {
        service: url
        for endpoints in settings.objects("endpoints")
        for service, url in endpoints.items()
        if isinstance(url, str) and url
    }


def _default_tags(settings: Properties) -> dict[str, str]:
    given = settings.get("defaultTags")
    return Properties(given).map("tags") if isinstance(given, dict) else {}


def seconds_of(duration: str) -> int:
    """A duration such as ``1h30m`` in seconds."""
    units = {"h": 3600, "m": 60, "s": 1}
    parts = re.findall(r"(\d+)([hms])", duration)
    if "".join(number + unit for number, unit in parts) != duration:
        raise ConfigurationError(f"assumeRoles of the provider: duration {duration!r} is not of the form 1h30m.")
    return sum(int(number) * units[unit] for number, unit in parts)
