"""What the pack can mend by itself, exactly, where a rule's level asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_guardrails.model.values import IdentityKind
from iam_guardrails.sources.declared import squashed_type
from iam_guardrails.sources.identity_types import TABLES
from iam_guardrails.sources.pulumi import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iam_guardrails.pack.resource import Resource
    from iam_guardrails.settings import Settings


def capped_session(resource: Resource, settings: Settings) -> Mapping[str, float]:
    """A role's longest session, no longer than the settings allow.

    Returns:
        The properties to set; none when there is nothing to mend.
    """
    family = FAMILIES.get(resource.type.partition(":")[0])
    shape = TABLES[family].identities.get(squashed_type(resource.type)) if family else None
    seconds = resource.properties.get("maxSessionDuration")
    if shape is None or shape.kind is not IdentityKind.ROLE or not isinstance(seconds, (int, float)):
        return {}
    return {"maxSessionDuration": settings.max_session_duration} if seconds > settings.max_session_duration else {}


REMEDIES: Mapping[str, Callable[[Resource, Settings], Mapping[str, float]]] = {"bounded-sessions": capped_session}
"""Rule -> its remedy."""
