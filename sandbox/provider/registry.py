"""Finding the resource type of a token, and the schema of all of them."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from sandbox.provider.configuration import SETTINGS
from sandbox.provider.schema import Kind
from sandbox.provider.types import TYPES

if TYPE_CHECKING:
    from sandbox.provider.resource import Resource

_ANY = {"$ref": "pulumi.json#/Any"}
_TEXT = {"type": "string"}
# Documents may be given as objects too, and objects alone where there can be one.
_SCHEMAS = {
    Kind.TEXT: _TEXT,
    Kind.NUMBER: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
    Kind.DOCUMENT: _ANY,
    Kind.TEXTS: {"type": "array", "items": _TEXT},
    Kind.OBJECTS: _ANY,
    Kind.MAP: {"type": "object", "additionalProperties": _TEXT},
}


class UnknownTypeError(Exception):
    """A type or function of the package that the sandbox does not know."""


def resource(token: str) -> Resource:
    """The resource type of a token.

    Args:
        token: For example ``aws:iam/user:User``.

    Raises:
        UnknownTypeError: The sandbox does not know it; the message says what it knows.
    """
    if token not in TYPES:
        near = difflib.get_close_matches(token, TYPES, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UnknownTypeError(
            f"The sandbox's AWS provider does not know the resource type {token}.{hint} It knows "
            f"{', '.join(sorted(TYPES))}. Deploy this resource with the real provider."
        )
    return TYPES[token]


def tokens() -> list[str]:
    """The tokens of all types the sandbox knows."""
    return sorted(TYPES)


def schema(version: str) -> str:
    """A schema of the package, as JSON, with the types, inputs and outputs the sandbox knows."""
    return json.dumps(
        {
            "name": "aws",
            "version": version,
            "provider": {"inputProperties": dict.fromkeys(SETTINGS, _ANY)},
            "resources": {token: _described(resource(token)) for token in tokens()},
        }
    )


def _described(kind: Resource) -> dict[str, object]:
    return {
        "inputProperties": {name: _SCHEMAS[rule.kind] for name, rule in kind.properties.items()},
        "requiredInputs": [name for name, rule in kind.properties.items() if rule.required],
        "properties": {
            **dict.fromkeys(kind.outputs, _ANY),
            **{name: _SCHEMAS[rule.kind] for name, rule in kind.properties.items()},
        },
    }
