"""How far a set of statements allows one action: what its Allows give, less what its Denies surely take.

Allow iam:PassRole on role/*, Deny iam:PassRole on role/admin       UNRESTRICTED: some of many are taken
Allow iam:PassRole on role/*, Deny iam:PassRole with NotResource role/app     SCOPED: one is left
Allow iam:CreateRole on * if iam:PermissionsBoundary is policy/ci   SCOPED, restricted by iam:permissionsboundary
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iam_guardrails.language import patterns
from iam_guardrails.language.documents import Statement
from iam_guardrails.reasoning.breadth import breadth, covers_kind, without_variables
from iam_guardrails.reasoning.permissions import (
    NOBODY,
    Breadth,
    GrantedPermission,
    Own,
    RelevantStatement,
    RequiredPermission,
)
from iam_guardrails.reasoning.restrictions import of_allow, of_deny


def covers(statement: Statement, action: str) -> bool:
    """Whether the statement is about `action` (in lower case)."""
    named = any(patterns.matches(pattern, action, True) for pattern in statement.actions)
    return named != statement.not_actions


def takes_in(deny: Statement, pattern: str) -> bool:
    """Whether a Deny is about every object of a pattern."""
    if deny.not_resources:
        return not any(patterns.overlap(one, pattern) for one in deny.resources)
    return patterns.includes(deny.resources, pattern)


def widest(
    required: RequiredPermission, relevant: Iterable[RelevantStatement], own: Own = NOBODY
) -> GrantedPermission | None:
    """The widest grant of a permission, or None where it is not granted at all.

    Args:
        required: the permission.
        relevant: the statements.
        own: what is the identity's own.
    """
    allows, denies = _about(required, relevant)
    best: GrantedPermission | None = None
    for statement in allows:
        for service in _services(required, statement, denies) if required.services else ("",):
            grant = _grant(required, statement, denies, service, own)
            if grant is not None and (best is None or grant.breadth > best.breadth):
                best = grant
        if best is not None and best.breadth is Breadth.UNRESTRICTED:
            return best
    return best


def reaches(required: RequiredPermission, relevant: Iterable[RelevantStatement], policy: str) -> bool:
    """Whether statements allow an action on some object that a pattern takes in, whatever the caller must meet for it.

    Args:
        required: the action; the keys that restrict it and its kinds play no part.
        relevant: the statements.
        policy: the ARN, with or without wildcards and variables.
    """
    allows, denies = _about(required, relevant)
    wanted = without_variables(policy)
    sure = [one for one in denies if of_deny(required, one.conditions, "").counts]
    for statement in allows:
        if not of_allow(required, statement.conditions, "").counts:
            continue
        for allowed in _reached(statement, wanted):
            if not any(takes_in(deny, wanted) or takes_in(deny, allowed) for deny in sure):
                return True
    return False


def _reached(statement: Statement, pattern: str) -> Iterator[str]:
    """The resource patterns by which an Allow takes in something of a pattern."""
    if statement.not_resources:
        if not patterns.includes(statement.resources, pattern):
            yield "*"
        return
    for resource in statement.resources:
        allowed = without_variables(resource)
        if patterns.overlap(allowed, pattern):
            yield allowed


def _about(
    required: RequiredPermission, relevant: Iterable[RelevantStatement]
) -> tuple[list[Statement], list[Statement]]:
    """The Allows and the Denies that are about a permission's action."""
    allows: list[Statement] = []
    denies: list[Statement] = []
    for one in relevant:
        if required.action in one.actions:
            (allows if one.statement.allow else denies).append(one.statement)
    return allows, denies


def _services(required: RequiredPermission, statement: Statement, denies: Sequence[Statement]) -> tuple[str, ...]:
    """The services a role might be passed to, as far as the statements tell them apart."""
    named = [
        value
        for one in (statement, *denies)
        for condition in one.conditions
        if condition.key == "iam:passedtoservice"
        for value in condition.values
    ]
    if not named:
        return required.services[:1]
    china = any(value.endswith(".cn") for value in named)
    return required.services + tuple(service + ".cn" for service in required.services) if china else required.services


def _grant(
    required: RequiredPermission, statement: Statement, denies: Sequence[Statement], service: str, own: Own
) -> GrantedPermission | None:
    """What one Allow gives of a permission, less the Denies on its action."""
    restriction = of_allow(required, statement.conditions, service)
    if not restriction.counts:
        return None
    best: GrantedPermission | None = None
    for resource in ("*",) if statement.not_resources else statement.resources:
        found, powerful = breadth(required, resource, own)
        if statement.not_resources and all(covers_kind(statement.resources, kind) for kind in required.kinds):
            found = Breadth.NOTHING
        keys = restriction.keys
        if keys:
            found, powerful = min(found, Breadth.SCOPED), ""
        for deny in denies:
            if found is not Breadth.NOTHING:
                found, more = _less(found, required, resource, deny, service, own)
                keys += more
        if found is Breadth.SCOPED and powerful:
            found = Breadth.UNRESTRICTED
        if found and (best is None or found > best.breadth):
            best = GrantedPermission(found, statement, resource, keys, powerful)
    return best


def _less(
    found: Breadth, required: RequiredPermission, resource: str, deny: Statement, service: str, own: Own
) -> tuple[Breadth, tuple[str, ...]]:
    """What is left of a grant on `resource` after a Deny on the action, and the keys by which the Deny restricts it."""
    restriction = of_deny(required, deny.conditions, service)
    if not restriction.counts:
        return found, ()
    if deny.not_resources:
        left = max((breadth(required, one, own)[0] for one in deny.resources), default=Breadth.NOTHING)
        if left is Breadth.UNRESTRICTED:
            return found, ()
        if found is Breadth.SCOPED and any(patterns.overlap(one, resource) for one in deny.resources):
            return found, ()
        left = min(left, found)
    elif patterns.includes(deny.resources, without_variables(resource)) or (
        found is Breadth.UNRESTRICTED and all(covers_kind(deny.resources, kind) for kind in required.kinds)
    ):
        left = Breadth.NOTHING
    else:
        return found, ()
    return (min(found, Breadth.SCOPED), restriction.keys) if restriction.keys else (left, ())
