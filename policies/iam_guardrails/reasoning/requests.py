"""One concrete request, and whether a document of a role or resource lets it through.

Source: IAM user guide, "Policy evaluation logic": an explicit Deny wins, an Allow lets in, silence keeps out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iam_guardrails.language import conditions, patterns
from iam_guardrails.language.conditions import Values
from iam_guardrails.language.documents import Document, Statement
from iam_guardrails.language.principals import Kind, Principal


class Request(NamedTuple):
    """A request as AWS sees it.

    Attributes:
        principal: who asks; of kind EVERYONE where the caller is anonymous.
        action: what is asked for.
        resource: the ARN it is asked of; "*" where the document's own resource is meant.
        context: the condition keys that the request carries, in lower case.
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


def allows(document: Document, request: Request) -> bool:
    """Whether the document by itself lets the request through."""
    allowed = False
    for statement in document.statements:
        if _applies(statement, request):
            if not statement.allow:
                return False
            allowed = True
    return allowed


def _applies(statement: Statement, request: Request) -> bool:
    named = any(_is(principal, request) for principal in statement.principals)
    if named == statement.not_principals:
        return False
    acts = any(patterns.matches(action, request.action, True) for action in statement.actions)
    if acts == statement.not_actions:
        return False
    touches = any(_resource(pattern, statement, request) for pattern in statement.resources)
    if request.resource != "*" and touches == statement.not_resources:
        return False
    return all(conditions.truth(condition, request.context) for condition in statement.conditions)


def _resource(pattern: str, statement: Statement, request: Request) -> bool:
    filled: str | None = pattern if statement.literal else conditions.fill_in(pattern, request.context)
    return bool(filled) and patterns.matches(patterns.escaped(filled or ""), request.resource)


def _is(named: Principal, request: Request) -> bool:
    """Whether a principal of a statement names the caller."""
    caller = request.principal
    if named.kind is Kind.EVERYONE or named.text == caller.text:
        return True
    if named.kind is Kind.ACCOUNT:
        return bool(caller.account) and named.account == caller.account and caller.kind not in (Kind.OIDC, Kind.SAML)
    if named.kind is Kind.ROLE:
        return request.context.get("aws:principalarn") == (named.text,)
    return False
