"""Paths tell whose an identity is, and policies can be written by them."""

from __future__ import annotations

from collections.abc import Iterator

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import IdentityKind
from iam_guardrails.rules.base import Rule, Scope, well_architected
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of

RULE = Rule(
    id="require-path",
    title="Every role and user has one of the agreed paths",
    severity="low",
    level="off",
    why="Policies that limit by path do not reach an identity outside the agreed ones.",
    remediation="Set the path to one of the agreed ones.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: IAM identifiers, friendly names and paths",),
    requirements=(well_architected("SEC03-BP05"),),
    settings=("allowed_paths",),
    needs="allowed_paths",
)


def check_identity(one: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """A role or user outside the agreed paths, or whose path is not known."""
    identity, agreed = one.identity, tuple(stack.settings.allowed_paths)
    if not agreed or not identity.declared or identity.kind not in (IdentityKind.ROLE, IdentityKind.USER):
        return
    if identity.path is None or not identity.path.startswith(agreed):
        path = "is not known" if identity.path is None else f'"{identity.path}" is none of the agreed ones'
        fix = f"use {' or '.join(agreed)}"
        yield finding_of(
            RULE, identity.location, f"its path {path}", fix, "path", evidence={"value": identity.path or ""}
        )
