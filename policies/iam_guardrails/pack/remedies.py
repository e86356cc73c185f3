"""What the pack can mend by itself, exactly, where a rule's level asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_guardrails.pack.identities import IDENTITY_TYPES, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iam_guardrails.pack.configuration import Configuration
    from iam_guardrails.pack.resource import Resource


def capped_session(resource: Resource, configuration: Configuration) -> Mapping[str, float]:
    """A role's longest session, no longer than the settings allow.

    Returns:
        The properties to set; none when there is nothing to mend.
    """
    shape = IDENTITY_TYPES.get(resource.type)
    seconds = resource.properties.get("maxSessionDuration")
    if shape is None or shape.sort is not Sort.ROLE or not isinstance(seconds, (int, float)):
        return {}
    return {"maxSessionDuration": configuration.longest_session} if seconds > configuration.longest_session else {}


REMEDIES: Mapping[str, Callable[[Resource, Configuration], Mapping[str, float]]] = {"bounded-sessions": capped_session}
"""Rule -> its remedy."""
