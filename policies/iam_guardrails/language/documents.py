"""Policy documents as immutable values; `reader` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple, cast

from iam_guardrails.language.conditions import Condition
from iam_guardrails.language.principals import Principal
from iam_guardrails.language.resources import completed


class DocumentKind(str, Enum):
    """What a document is attached to; it decides which elements belong, and what the document can do."""

    IDENTITY = "identity"  # to a user, group or role, or a managed policy: what its owner may do
    TRUST = "trust"  # to a role: who may assume it
    RESOURCE = "resource"  # to anything else: who may use it
    BOUNDARY = "boundary"  # to a user or role as its permissions boundary
    SESSION = "session"  # to one session, by whoever opens it
    SCP = "scp"  # to an account or organizational unit: a service control policy, for its identities
    RCP = "rcp"  # to an account or organizational unit: a resource control policy, for its resources
    ENDPOINT = "endpoint"  # to a VPC endpoint: what goes through it

    @property
    def grants(self) -> bool:
        """Whether an Allow in it gives something; else it only limits what other policies give."""
        return self in _GRANT

    @property
    def names_principals(self) -> bool:
        """Whether its statements say whom they are about; else they are about whom the document is attached to."""
        return self in _NAME_PRINCIPALS


_GRANT = frozenset((DocumentKind.IDENTITY, DocumentKind.TRUST, DocumentKind.RESOURCE))
_NAME_PRINCIPALS = frozenset((DocumentKind.TRUST, DocumentKind.RESOURCE, DocumentKind.RCP, DocumentKind.ENDPOINT))


class Problem(NamedTuple):
    """One thing that AWS rejects, or that readers of the document would take differently.

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
                if one == value or (isinstance(one, str) and completed(one) == value):
                    return f"{self.pointer}/{element}/{place}"
        return f"{self.pointer}/{element}"

    def at_condition(self, condition: Condition) -> str:
        """The pointer to one of its conditions."""
        written = cast("Mapping[str, Mapping[str, object]]", self.source.get("Condition", {}))
        operator = condition.operator.name.lower()
        name = next((one for one in written if one.lower() == operator), condition.operator.name)
        key = next((one for one in written.get(name, {}) if one.lower() == condition.key), "")
        return f"{self.pointer}/Condition/{name}/{key.replace('~', '~0').replace('/', '~1')}"


class Document(NamedTuple):
    """A document with all that could be read of it, and what could not.

    Attributes:
        kind: what it is attached to.
        statements: those that could be read, as the least that they may allow where parts of them are unknown.
        problems: what AWS rejects in it.
        unknown: pointers to what is not known yet (`language.unknown`).
    """

    kind: DocumentKind
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...] = ()

    @property
    def malformed(self) -> bool:
        """Whether AWS would refuse it."""
        return bool(self.problems)
