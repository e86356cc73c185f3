"""No identity can give itself more power than its policies spell out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iam_guardrails.findings import Finding
from iam_guardrails.iam.documents import Statement
from iam_guardrails.iam.escalation import Identity, Open, open_paths
from iam_guardrails.iam.grants import Breadth
from iam_guardrails.rules.base import Rule, named

RULE = Rule(
    name="no-privilege-escalation",
    title="No set of permissions leads to more power",
    severity="critical",
    blocking=True,
    why="A pipeline that can rewrite policies, pass any role or take over other principals is an administrator.",
    remediation="Limit the deciding permission to named objects, or guard it with a permissions boundary.",
    references=(
        "pathfinding.cloud: AWS IAM privilege escalation paths",
        "Rhino Security Labs: AWS IAM privilege escalation methods",
        "IAM user guide: Permissions boundaries for IAM entities",
        "IAM user guide: Granting a user permissions to pass a role to an AWS service",
    ),
    docs="docs/rules/no-privilege-escalation.md",
)


def check(identity: Identity, pointers: Mapping[int, str] | None = None) -> list[Finding]:
    """One finding for each statement that completes paths, the gravest of them first.

    Args:
        identity: what it may do.
        pointers: where a statement (by `id`) stands, when it comes from one document of several.
    """
    causes: dict[tuple[int, bool], list[Open]] = {}
    for opened in open_paths(identity):
        causes.setdefault((id(_deciding(opened)), opened.wide), []).append(opened)
    blocked = {cause for cause, wide in causes if wide}
    return [
        _finding(paths, wide, pointers or {}) for (cause, wide), paths in causes.items() if wide or cause not in blocked
    ]


def _deciding(opened: Open) -> Statement:
    """The statement to change: the one that grants the first permission whose breadth decides."""
    for need, grant in zip(opened.path.needs, opened.grants, strict=True):
        if need.decisive:
            return grant.statement
    return opened.grants[0].statement


def _finding(paths: Sequence[Open], wide: bool, pointers: Mapping[int, str]) -> Finding:
    first = paths[0]
    statement = _deciding(first)
    place = next(number for number, grant in enumerate(first.grants) if grant.statement is statement)
    grant, need = first.grants[place], first.path.needs[place]
    actions = " with ".join(one.action for one in first.path.needs)
    more = f" (and {len(paths) - 1} more ways)" if len(paths) > 1 else ""
    where = f'on "{grant.resource}"' + (f", which is powerful: {grant.powerful}" if grant.powerful else "")
    held = f", held by {', '.join(grant.guards)}" if grant.guards else ""
    element = "NotAction" if statement.not_actions else "Action"
    return RULE.finding(
        f"{named(statement)} allows {actions} {where}{held}: {first.path.title}{more}. {first.path.gain}",
        pointers.get(id(statement), "") + statement.at(element),
        statement=statement,
        evidence={
            "value": need.action,
            "resource": grant.resource,
            "paths": [opened.path.id for opened in paths],
            "statements": sorted({pointers.get(id(one.statement), "") + one.statement.pointer for one in first.grants}),
        },
        fix=_fix(first, wide),
        blocking=wide,
        severity=first.path.severity if wide else "low",
    )


def _fix(opened: Open, wide: bool) -> str:
    if not wide:
        return "make sure that what is named has no more power than this identity; nothing else need change"
    for need, grant in zip(opened.path.needs, opened.grants, strict=True):
        if need.decisive and grant.breadth is Breadth.EVERY:
            guard = next((one for one in need.guards if not one.endswith("/")), "")
            other = f", or add a condition on {guard}" if guard else ""
            return f'allow {need.action} on the ARNs it is needed for, not on "{grant.resource}"{other}'
    return RULE.remediation
