"""Do two documents say the same, however they are written?"""

from __future__ import annotations

from iam_guardrails.language import reader
from iam_guardrails.language.documents import DocumentKind, Statement


def meaning(document: object, kind: DocumentKind) -> frozenset[object]:
    """What a document says, as a value that is equal for two documents that say the same.

    The order of statements and of values, a list of one value, Sid and Id, repeated values and statements, the case of
    actions and condition keys make no difference.

    Args:
        document: JSON text, or the mapping it holds.
        kind: what the document is attached to.

    Raises:
        ValueError: the document cannot be read, so that it says nothing for certain.
    """
    read = reader.read(document, kind, in_force=True)
    if read.problems:
        raise ValueError(f"{read.problems[0].pointer or 'the document'}: {read.problems[0].message}")
    return frozenset(_of(statement) for statement in read.statements)


def _of(statement: Statement) -> object:
    return (
        statement.allow,
        frozenset((one.kind, one.text) for one in statement.principals),
        statement.not_principals,
        frozenset(action.lower() for action in statement.actions),
        statement.not_actions,
        frozenset(statement.resources),
        statement.not_resources,
        frozenset((one.operator.name, one.key, frozenset(one.values)) for one in statement.conditions),
        statement.literal and any("${" in text for text in _texts(statement)),
    )


def _texts(statement: Statement) -> tuple[str, ...]:
    return statement.resources + tuple(value for one in statement.conditions for value in one.values)
