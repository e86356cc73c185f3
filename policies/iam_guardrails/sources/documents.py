"""A policy document as a source finds it, as one of the model."""

from __future__ import annotations

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.model.values import Location, PolicyDocument, Unknown
from iam_guardrails.sources.values import document_value, unknown_places

AWAITED = "it is known only after deployment"
"""Why a value is unknown that another resource makes."""


def document_of(kind: DocumentKind, value: object, location: Location, name: str = "") -> PolicyDocument:
    """A policy document of the model, with what is unknown of it.

    Args:
        kind: what it is attached to.
        value: object or text of it; `UNKNOWN` where nothing of it is known.
        location: where it stands.
        name: what its owner calls it.
    """
    content = document_value(value)
    places = list(unknown_places(content)) if not isinstance(content, str) or has_unknown(content) else []
    unknown = tuple(Unknown(_place(kind, one), AWAITED, location) for one in places)
    return PolicyDocument(kind, content, location, name, unknown)


def _place(kind: DocumentKind, pointer: str) -> str:
    return f"{pointer} of the {kind.value} policy" if pointer else f"the {kind.value} policy"
