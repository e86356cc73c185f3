"""What all policies of one kind say together to one request: whether one denies, and whether one allows.

Source: IAM user guide, "Policy evaluation logic" (`reference_policies_evaluation-logic`): within a kind one Allow is
enough, and one Deny anywhere settles the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from iam_guardrails.evaluation.callers import Named
from iam_guardrails.evaluation.matching import Match, Request, either, match
from iam_guardrails.language import reader, text
from iam_guardrails.language.documents import Document, DocumentKind, Problem, Statement

_PLACE = re.compile(r"/Statement(?:/(\d+))?(?:/|$)")


class Policy(NamedTuple):
    """One policy that applies.

    Attributes:
        name: what it is called in the answer, such as `inline policy deploy`.
        document: JSON text, the mapping it holds, or what the reader made of it as a document in force; None where it
            could not be read.
        unread: why it could not be read.
    """

    name: str
    document: object = None
    unread: str = ""


class Judged(NamedTuple):
    """One statement, and what it says to the request.

    Attributes:
        layer: the kind of its policy, such as `identity policy`.
        policy: the policy's name.
        number: its place among the policy's statements, from 0; None for a policy that could not be read at all.
        sid: its Sid; "" without one.
        allow: True for Allow, False for Deny, None where that could not be read.
        applies: whether it applies to the request; None where that is not known.
        reason: the first reason why it does not, or why it is not known; "" where it applies.
        unknown: the condition keys that would have to be known.
        named: how it names the caller, where its policy names principals.
    """

    layer: str
    policy: str
    number: int | None
    sid: str
    allow: bool | None
    applies: bool | None
    reason: str = ""
    unknown: tuple[str, ...] = ()
    named: Named = Named.DIRECTLY

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        where = "" if self.number is None else f", statement {self.number}"
        # A role has one trust policy, which has no other name.
        policy = self.policy if self.policy == self.layer else f"{self.layer} {self.policy}"
        return policy + where + (f" ({self.sid})" if self.sid else "")


class Layer(NamedTuple):
    """All policies of one kind, judged.

    Attributes:
        name: which kind.
        statements: every statement of them.
    """

    name: str
    statements: tuple[Judged, ...]

    @property
    def denies(self) -> bool | None:
        """Whether a Deny applies."""
        return either(one.applies for one in self.statements if one.allow is not True)

    @property
    def allows(self) -> bool | None:
        """Whether an Allow applies."""
        return either(one.applies for one in self.statements if one.allow is not False)

    def allows_as(self, *names: Named) -> bool | None:
        """Whether an Allow applies that names the caller in one of these ways."""
        return either(_as(one, names) for one in self.statements if one.allow is not False)


def _as(one: Judged, names: tuple[Named, ...]) -> bool | None:
    if one.named is Named.UNKNOWN:
        return False if one.applies is False else None
    return one.applies if one.named in names else False


def judged(name: str, policies: Iterable[Policy], request: Request, kind: DocumentKind) -> Layer:
    """Every statement of the policies of one kind.

    Args:
        name: what the kind is called in the answer.
        policies: the policies.
        request: the request.
        kind: how their documents are read.
    """
    return Layer(name, tuple(one for policy in policies for one in _of_policy(name, policy, request, kind)))


def _of_policy(layer: str, policy: Policy, request: Request, kind: DocumentKind) -> Iterator[Judged]:
    if policy.document is None:
        reason = f"it could not be read: {policy.unread or 'no document'}"
        yield Judged(layer, policy.name, None, "", None, None, reason, named=Named.UNKNOWN)
        return
    written = policy.document
    document = written if isinstance(written, Document) else reader.read(written, kind, in_force=True)
    unread = _unread(written, document)
    if None in unread:
        reason = f"it could not be read: {unread[None].message}"
        yield Judged(layer, policy.name, None, "", None, None, reason, named=Named.UNKNOWN)
        return
    there = {statement.number: statement for statement in document.statements}
    for number in sorted({*there, *(place for place in unread if place is not None)}):
        if number in unread:
            reason = f"it could not be read: {unread[number].message}"
            yield Judged(layer, policy.name, number, "", None, None, reason, named=Named.UNKNOWN)
        else:
            found = _of_statement(layer, policy.name, there[number], request, kind)
            yield _partly_known(found, there[number], document.unknown)


def _of_statement(layer: str, policy: str, statement: Statement, request: Request, kind: DocumentKind) -> Judged:
    found: Match
    found, how = match(statement, request, for_resource=kind is not DocumentKind.IDENTITY)
    return Judged(
        layer,
        policy,
        statement.number,
        statement.sid,
        statement.allow,
        found.holds,
        found.reason,
        found.unknown,
        how,
    )


def _partly_known(found: Judged, statement: Statement, unknown: tuple[str, ...]) -> Judged:
    """What a statement with unknown parts says, which was read as the least that it may allow.

    An Allow that applies even so, and a Deny that does not, are sure; the opposite is not known.
    """
    places = [place for place in unknown if f"{place}/".startswith(f"{statement.pointer}/")]
    if not places or found.applies is statement.allow:
        return found
    return found._replace(applies=None, reason=f"part of it is not known: {', '.join(places)}", named=Named.UNKNOWN)


def _unread(written: object, document: Document) -> dict[int | None, Problem]:
    """The first problem of each statement that has one, by its number; None for a problem of the whole document."""
    found: dict[int | None, Problem] = {}
    for problem in document.problems:
        place = _PLACE.match(problem.pointer)
        number = int(place[1]) if place and place[1] else 0 if place and _stands_alone(written) else None
        found.setdefault(number, problem)
    return found


def _stands_alone(written: object) -> bool:
    """Whether the document has one statement, without a list."""
    value = text.read(written).value if isinstance(written, str) else written
    if isinstance(written, Document):
        return all(one.pointer == "/Statement" for one in written.statements)
    return isinstance(cast("Mapping[str, object]", value).get("Statement"), Mapping)
