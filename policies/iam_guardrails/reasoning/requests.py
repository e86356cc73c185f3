"""One concrete request, as a witness: it is there to be read, and to be evaluated on the whole document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iam_guardrails.evaluation.callers import Caller
from iam_guardrails.evaluation.matching import Request as Evaluated
from iam_guardrails.evaluation.matching import match
from iam_guardrails.language.conditions import Values
from iam_guardrails.language.documents import Document
from iam_guardrails.language.principals import Kind, Principal


@dataclass(frozen=True)
class Request:
    """A request as AWS sees it.

    Attributes:
        principal: who asks; of kind EVERYONE where the caller is anonymous.
        action: what is asked for.
        resource: the ARN it is asked of; "*" where the document's own resource is meant.
        context: the condition keys that the request carries, in lower case; it lacks all others.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, Values]

    def as_json(self) -> dict[str, object]:
        """The request for people and machines to read."""
        who = "anonymous" if self.principal.kind is Kind.EVERYONE else self.principal.text
        return {
            "principal": who,
            "kind": self.principal.kind.value,
            "action": self.action,
            "resource": self.resource,
            "context": {key: list(values) for key, values in sorted(self.context.items())},
        }


def is_allowed(document: Document, request: Request) -> bool:
    """Whether the document by itself surely lets the request through: an Allow applies, and no Deny may."""
    who = request.principal
    role = next(iter(request.context.get("aws:principalarn", ())), "") if who.kind in _SESSIONS else ""
    caller = Caller(who.kind, "" if who.kind is Kind.EVERYONE else who.text, who.account, role)
    evaluated = Evaluated(caller, request.action, request.resource, request.context, complete=True)
    allowed = False
    for statement in document.statements:
        applies = match(statement, evaluated, for_resource=True)[0].holds
        if not statement.allow and applies is not False:
            return False
        allowed = allowed or (statement.allow and applies is True)
    return allowed


_SESSIONS = (Kind.SESSION, Kind.ROLE)
