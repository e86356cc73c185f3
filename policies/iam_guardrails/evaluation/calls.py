"""Calls that a policy allows, made from its text: for whoever wants to try a policy out.

    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
                 "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}
    allowed_calls([{"Version": "2012-10-17", "Statement": statement}])

gives `s3:Get*` on `arn:aws:s3:::a` and on `arn:aws:s3:::b`, each with the context `aws:requestedregion: eu-west-1`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from iam_guardrails.language import reader
from iam_guardrails.language.conditions import Values
from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.patterns import Budget, Undecided
from iam_guardrails.reasoning.search import ANYTHING, Wanted, solve


class AllowedCall(NamedTuple):
    """An action, a resource and circumstances that a statement allows.

    Attributes:
        action: The action as the statement writes it, with its wildcards.
        resource: The resource as the statement writes it, with its wildcards.
        context: Condition keys in lower case with values that meet the conditions of the Allow, and that keep the
            Denies of the same policies from applying where one value can. A key whose condition no value meets is left
            out.
    """

    action: str
    resource: str
    context: dict[str, Values]


def allowed_calls(
    policies: Iterable[object], trust: object = None, *, known: Container[str] = ()
) -> Iterator[AllowedCall]:
    """Each action with the first resource of its statement, and the first action with each resource.

    A statement with NotAction or NotResource names no call, and a resource with a policy variable names no object:
    both are left out.

    Args:
        policies: Documents of identity policies that AWS has accepted, as JSON text or mappings.
        trust: The trust policy of the role that statements on `sts:` actions are about, whose conditions the call must
            meet, too; None without one.
        known: Condition keys in lower case whose values AWS sets, so that the caller cannot choose them.
    """
    statements = [one for written in policies for one in _read(written, DocumentKind.IDENTITY)]
    of_trust = () if trust is None else _read(trust, DocumentKind.TRUST)
    denies = [one for one in (*statements, *of_trust) if not one.allow]
    for statement in statements:
        allows = (statement, *(one for one in of_trust if one.allow)) if _is_about_roles(statement) else (statement,)
        for action, resource in _calls(statement):
            yield AllowedCall(action, resource, _circumstances(allows, denies, known))


def _read(written: object, kind: DocumentKind) -> tuple[Statement, ...]:
    return reader.read(written, kind, in_force=True).statements


def _is_about_roles(statement: Statement) -> bool:
    return all(action.lower().startswith("sts:") for action in statement.actions)


def _calls(statement: Statement) -> Iterator[tuple[str, str]]:
    if not statement.allow or statement.not_actions or statement.not_resources:
        return
    resources = [one for one in statement.resources if "${" not in one]
    for action in statement.actions:
        if resources:
            yield action, resources[0]
    for resource in resources[1:]:
        yield statement.actions[0], resource


def _circumstances(
    allows: Iterable[Statement], denies: Sequence[Statement], known: Container[str]
) -> dict[str, Values]:
    wanted: dict[str, list[Wanted]] = {}
    for statement in allows:
        for condition in statement.conditions:
            wanted.setdefault(condition.key, []).append(Wanted(condition))
    for statement in denies:
        # One condition that does not hold is enough to keep a Deny from applying.
        for condition in statement.conditions[:1]:
            wanted.setdefault(condition.key, []).append(Wanted(condition, holds=False))
    found: dict[str, Values] = {}
    for key, conditions in wanted.items():
        if key in known:
            continue
        try:
            values = solve(conditions, ANYTHING, Budget())
        except Undecided:
            continue
        if values is not None:
            found[key] = values
    return found
