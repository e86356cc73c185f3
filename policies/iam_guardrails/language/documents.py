"""Policy documents as immutable values; `reader` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple, cast

from iam_guardrails.language.conditions import Condition
from iam_guardrails.language.principals import Principal


class DocumentKind(str, Enum):
    """What a document is attached to; it decides which elements belong."""

    IDENTITY = "identity"  # to a user, group, role, or managed policy
    TRUST = "trust"  # to a role: who may assume it
    RESOURCE = "resource"  # to anything else: who may use it


# By plain names: before Python 3.12, looking a member up in its Enum costs more than the rest of a comparison.
IDENTITY, TRUST, RESOURCE = DocumentKind


class Problem(NamedTuple):
    """One thing that AWS refuses, or that readers of the document would take differently.

    Attributes:
        pointer: the place, as a JSON pointer (RFC 6901).
        message: what is wrong, with the offending value.
        fix: the smallest change that mends it.
    """

    pointer: str
    message: str
    fix: str


class Statement(NamedTuple):
    """One statement.

    Attributes:
        number: its place among the statements, from 0.
        pointer: its place in the document.
        sid: its Sid, "" where it has none.
        allow: True for Allow, False for Deny.
        principals: whom it names; empty also where the element is missing.
        not_principals: whether it means everyone else.
        actions: the action patterns.
        not_actions: whether it means every other action.
        resources: the resource patterns; ("*",) where the element is missing.
        not_resources: whether it means every other resource.
        conditions: all of which must hold.
        source: the statement as written, to be shown.
        literal: whether policy variables are plain text here.
    """

    number: int
    pointer: str
    sid: str
    allow: bool
    principals: tuple[Principal, ...]
    not_principals: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]
    source: Mapping[str, object]
    literal: bool = False

    def at(self, element: str, value: str | None = None) -> str:
        """The pointer to an element of the statement, or to one value in it."""
        written = self.source.get(element)
        if value is not None and isinstance(written, list):
            for place, one in enumerate(cast("list[object]", written)):
                if one == value:
                    return f"{self.pointer}/{element}/{place}"
        return f"{self.pointer}/{element}"

    def at_condition(self, condition: Condition) -> str:
        """The pointer to one of its conditions."""
        written = cast("Mapping[str, Mapping[str, object]]", self.source.get("Condition", {}))
        name = condition.operator.name
        key = next((one for one in written.get(name, {}) if one.lower() == condition.key), "")
        return f"{self.pointer}/Condition/{name}/{key.replace('~', '~0').replace('/', '~1')}"


class Document(NamedTuple):
    """A document with all that could be read of it, and what could not."""

    kind: DocumentKind
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]

    @property
    def malformed(self) -> bool:
        """Whether AWS would refuse it."""
        return bool(self.problems)
