"""No identity can give itself more power than its policies spell out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iam_guardrails.findings import Finding
from iam_guardrails.language import patterns
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.reasoning.escalation import OpenPath, open_paths, spelled
from iam_guardrails.reasoning.permissions import NOBODY, Breadth, Own
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope, named, well_architected
from iam_guardrails.settings import Settings

if TYPE_CHECKING:
    from iam_guardrails.rules.stack import IdentityPermissions, Stack

RULE = Rule(
    id="no-privilege-escalation",
    title="No set of permissions leads to more power",
    severity="critical",
    level="error",
    why="A pipeline that can rewrite policies, pass any role or take over other principals is an administrator.",
    remediation="Limit the deciding permission to named objects, or guard it with a permissions boundary.",
    sources=(
        "pathfinding.cloud: AWS IAM privilege escalation paths",
        "Rhino Security Labs: AWS IAM privilege escalation methods",
        "IAM user guide: Permissions boundaries for IAM entities",
        "IAM user guide: Granting a user permissions to pass a role to an AWS service",
    ),
    scope=Scope.DOCUMENT,
    kinds=(DocumentKind.IDENTITY,),
    settings=("protected_roles",),
    requirements=(LEAST_PRIVILEGE, well_architected("SEC03-BP05")),
)


def check(document: Document, settings: Settings) -> list[Finding]:
    """What an identity may do whose only policy is this document."""
    del settings
    passing = _passes_any_role(document)
    found = check_together(document.statements, None, {})
    # Where something worse is found, the passing of roles is a part of it.
    return found if any(one.blocking for one in found) else [*found, *passing]


def _passes_any_role(document: Document) -> list[Finding]:
    """A warning for each statement that allows to pass every role to every service, whatever it leads to today.

    IAM Access Analyzer warns of the same (policy check reference, "PassRole with star in resource").
    """
    return [
        RULE.finding(
            f"{named(one)} allows iam:PassRole on every role: whoever starts something in a service gets any of them",
            _place(one, "iam:passrole"),
            statement=one,
            evidence={"value": "iam:PassRole", "resource": "*"},
            fix="name the roles that are passed, and add a condition on iam:PassedToService",
            level="warning",
            severity="medium",
        )
        for one in document.statements
        if one.allow
        and not one.not_actions
        and "iam:passrole" in [action.lower() for action in one.actions]
        and "*" in one.resources
        and not any(condition.key in ("iam:passedtoservice", "iam:resourcetag") for condition in one.conditions)
    ]


def check_together(
    statements: Iterable[Statement],
    boundary: Iterable[Statement] | None,
    pointers: Mapping[int, str],
    own: Own = NOBODY,
    *,
    by_services: bool = False,
    by_aws: Container[int] = (),
) -> list[Finding]:
    """One finding for each statement that completes paths, the gravest of them first.

    Args:
        statements: those of all policies of an identity.
        boundary: those of its permissions boundary, or None where it has none.
        pointers: where a statement (by `id`) stands, when it comes from one document of several.
        own: what is the identity's own.
        by_services: whether only services act with these permissions that do what their configuration says: then paths
            on any object are worth a note, since whoever takes them has to be allowed to change that configuration.
        by_aws: statements (by `id`) of AWS's managed policies: what these open alone is the business of
            `no-admin-attachment`.
    """
    found = [
        one
        for one in open_paths(statements, boundary, own)
        if not by_aws or not all(id(grant.statement) in by_aws for grant in one.grants)
    ]
    if by_services:
        found = [replace(one, unrestricted=False) for one in found]
    causes: dict[tuple[int, bool], list[OpenPath]] = {}
    for opened in found:
        statement = opened.grants[opened.path.deciding].statement
        causes.setdefault((id(statement), opened.unrestricted), []).append(opened)
    blocked = {cause for cause, wide in causes if wide}
    return [
        finding_for(paths, wide, pointers) for (cause, wide), paths in causes.items() if wide or cause not in blocked
    ]


def check_identity(one: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """What no document of an identity allows by itself, but several add up to."""
    from iam_guardrails.rules import escalation_of_identities  # it needs the account model, which takes time to load

    return escalation_of_identities.adding_up(one, stack)


def check_stack(stack: Stack) -> Iterator[Finding]:
    """Chains from one identity to another that is an administrator, or that can rewrite one of the chain."""
    from iam_guardrails.rules import escalation_of_identities

    return escalation_of_identities.chained(stack)


def finding_for(paths: Sequence[OpenPath], wide: bool, pointers: Mapping[int, str]) -> Finding:
    """What is found at one statement, the one to change: it grants the first permission whose breadth decides."""
    path, steps = paths[0].path, paths[0].grants
    grant, need = steps[path.deciding], path.needs[path.deciding]
    statement = grant.statement
    actions = " with ".join(dict.fromkeys([one.name for one in path.needs]))
    others = len(paths) - 1
    more = f" (and {others} more way{'s' if others > 1 else ''})" if others else ""
    where = f'on "{grant.resource}"' + (f", which is powerful: {grant.powerful}" if grant.powerful else "")
    held = f", held by {_spelled(grant.restricting)}" if grant.restricting else ""
    if grant.lifted:
        held += f", where {_spelled(grant.lifted)} holds nothing, since it may itself change what that looks at"
    return RULE.finding(
        f"{named(statement)} allows {actions} {where}{held}: {path.title}{more}. {path.gain}",
        pointers.get(id(statement), "") + _place(statement, need.action),
        statement=statement,
        evidence={
            "value": need.name,
            "resource": grant.resource,
            "paths": [opened.path.id for opened in paths],
            "statements": sorted({pointers.get(id(one.statement), "") + one.statement.pointer for one in steps}),
        },
        fix=_fix(paths[0], wide),
        blocking=wide,
        severity=path.severity if wide else "low",
    )


def _place(statement: Statement, action: str) -> str:
    """The pointer to what allows an action (in lower case)."""
    if statement.not_actions:
        return statement.at("NotAction")
    for pattern in statement.actions:
        if patterns.matches(pattern, action, True):
            return statement.at("Action", pattern)
    return statement.at("Action")


def _spelled(keys: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(spelled(key) for key in keys))


def _fix(opened: OpenPath, wide: bool) -> str:
    """The smallest change that closes a way, or what makes a narrow one safe."""
    path = opened.path
    if not wide:
        makes = any(need.restricting and need.restricting[0] == _BOUNDARY for need in path.needs)
        bound = f"hold it to a boundary by a condition on {spelled(_BOUNDARY)}, or " if makes else ""
        return f"{bound}make sure that what is named has no more power than this identity; nothing else need change"
    for need, grant in zip(path.needs, opened.grants, strict=True):
        if need.decisive and grant.breadth is Breadth.UNRESTRICTED:
            if grant.powerful:
                return f'take {need.name} on "{grant.resource}" out, or name there what has no more power'
            guard = next((one for one in need.restricting if not one.endswith("/") and one != _PASSED_TO), "")
            other = f", or add a condition on {spelled(guard)}" if guard else ""
            return f'allow {need.name} on the ARNs it is needed for, not on "{grant.resource}"{other}'
    return RULE.remediation


_BOUNDARY = "iam:permissionsboundary"
# Whom a role is passed to tells nothing of the role: the ways through that service stay open.
_PASSED_TO = "iam:passedtoservice"
