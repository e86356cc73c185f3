"""Policies of which a preview knows a part, as the components of `pulumi-pipeline-identity` say them.

The AWS provider makes one unknown text of a policy document with an unknown part, before a pack sees the resource. The
component beside it has the document as a structure, in which only that part is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.values import Location, PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iam_guardrails.pack.values import Value

ROLE = "pipeline-identity:index:PipelineRole"
"""The type of the component that says them."""

_PROPERTY = "permissionsInPart"


def documents_in_part(kind: str, properties: Mapping[str, Value], location: Location) -> Iterator[PolicyDocument]:
    """The permissions of a component's role, as far as a preview knows them.

    Args:
        kind: the type token of the component; of any other there are none.
        properties: its properties.
        location: the component.
    """
    documents = properties.get(_PROPERTY) if kind == ROLE else None
    if isinstance(documents, dict):
        for name, content in documents.items():
            yield PolicyDocument(DocumentKind.IDENTITY, content, location, f"{_PROPERTY}.{name}")
