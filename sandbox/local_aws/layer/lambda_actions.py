"""The action of a call on one alias, event source mapping, layer version, concurrency or URL of Lambda.

ministack takes a call on a single alias or mapping for one that lists them, whether it reads, changes or deletes.
Source: "Actions, resources, and condition keys for AWS Lambda" in the Service Authorization Reference, with the methods
and paths of Lambda's API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    Action = Callable[[str, str], "str | None"]

_VERBS = {"GET": "Get", "PUT": "Update", "DELETE": "Delete"}
_OF_FUNCTIONS = {
    ("GET", "concurrency"): "GetFunctionConcurrency",
    ("DELETE", "concurrency"): "DeleteFunctionConcurrency",
    ("PUT", "url"): "UpdateFunctionUrlConfig",
    ("DELETE", "url"): "DeleteFunctionUrlConfig",
}


def install() -> None:
    """Put the right action in the place of ministack's."""
    emulator.replace("core.iam_actions", "_lambda_action", _of_single_ones)


def _of_single_ones(original: Action) -> Action:
    def lambda_action(method: str, path: str) -> str | None:
        return _action(method, path.strip("/").split("/")) or original(method, path)

    return lambda_action


def _action(method: str, parts: list[str]) -> str | None:
    verb = _VERBS.get(method)
    if verb is None:
        return None
    if parts[1:2] == ["event-source-mappings"] and len(parts) == 3:
        return f"{verb}EventSourceMapping"
    if parts[1:2] == ["functions"] and len(parts) == 5 and parts[3] == "aliases":
        return f"{verb}Alias"
    if parts[1:2] == ["functions"] and len(parts) == 4:
        return _OF_FUNCTIONS.get((method, parts[3]))
    return None
