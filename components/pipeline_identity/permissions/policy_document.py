"""A policy document that comes as JSON text, read strictly: what AWS refuses or reads otherwise is rejected.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late
from pipeline_identity.permissions.statement import PolicyStatement, read_statement

if TYPE_CHECKING:
    from pipeline_identity._reading.errors import Path, Problems

_ELEMENTS = {"Sid": "sid", "Effect": "effect", "Action": "actions", "Resource": "resources", "Condition": "conditions"}


def read_document(value: object, problems: Problems, path: Path) -> tuple[PolicyStatement, ...]:
    """Reads a policy document into statements; problems are noted under its path."""
    if isinstance(value, str) and is_late(value):
        return (PolicyStatement(actions=(), resources=(), late=value),)
    try:
        statements = _statements(_json_text(value))
    except Refusal as refusal:
        problems.note(path, value, refusal)
        return ()
    readers = [
        Arguments(statement, problems, (*path, "Statement", place)) for place, statement in enumerate(statements)
    ]
    return tuple(read_statement(reader) for reader in readers)


def _json_text(value: object) -> str:
    if isinstance(value, Mapping):
        raise Refusal("is a mapping", "write it as JSON text: json.dumps, or pulumi.Output.json_dumps with outputs")
    return text(value)


def _statements(written: str) -> list[dict[str, object]]:
    try:
        document = json.loads(written, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"is not JSON ({error})", "write a policy document") from None
    if not isinstance(document, dict):
        raise Refusal("is not a policy document", "write an object with Version and Statement")
    elements = cast("dict[str, object]", document)
    if elements.get("Version") != "2012-10-17":
        raise Refusal("does not have the Version 2012-10-17", 'write "Version": "2012-10-17"')
    unknown = sorted(elements.keys() - {"Version", "Id", "Statement"})
    if unknown:
        raise Refusal(f"has the element {unknown[0]}", "write Version, Id and Statement alone")
    statements = elements.get("Statement")
    listed = cast("list[object]", statements) if isinstance(statements, list) else [statements]
    if not listed:
        raise Refusal("has no statement", "write at least one")
    return [_as_arguments(statement) for statement in listed]


def _as_arguments(statement: object) -> dict[str, object]:
    if not isinstance(statement, dict):
        raise Refusal("has a statement that is not an object", "write Effect, Action and Resource")
    elements = cast("dict[str, object]", statement)
    unknown = sorted(elements.keys() - _ELEMENTS.keys())
    if unknown:
        raise Refusal(
            f"has a statement with {unknown[0]}",
            f"use {', '.join(_ELEMENTS)} alone: they say what is allowed, not all but",
        )
    if "Effect" not in elements:
        raise Refusal("has a statement without Effect", "write Allow or Deny")
    arguments = {_ELEMENTS[name]: value for name, value in elements.items()}
    for name in ("actions", "resources"):
        if isinstance(arguments.get(name), str):
            arguments[name] = [arguments[name]]
    return arguments


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
