"""A permissions boundary limits whatever else an identity is given later."""

from __future__ import annotations

from collections.abc import Iterator

from iam_guardrails.findings import Finding
from iam_guardrails.language.patterns import matches
from iam_guardrails.model.values import IdentityKind
from iam_guardrails.rules.base import Rule, Scope, well_architected
from iam_guardrails.rules.no_admin_attachment import listed
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of

RULE = Rule(
    id="require-boundary",
    title="Every role and user has one of the agreed permissions boundaries",
    severity="medium",
    level="off",
    why="Without a boundary an identity can be given anything by whoever may attach policies to it.",
    remediation="Set the permissions boundary to one of the agreed policies.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Permissions boundaries for IAM entities",),
    requirements=(well_architected("SEC03-BP05"),),
    settings=("allowed_boundaries",),
)

_WITH_BOUNDARIES = (IdentityKind.ROLE, IdentityKind.USER, IdentityKind.PERMISSION_SET)
_PLACE = "permissionsBoundary"


def check_identity(one: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """A role, user or permission set without an agreed permissions boundary, or with one that limits nothing."""
    identity = one.identity
    if not identity.declared or identity.kind not in _WITH_BOUNDARIES:
        return
    agreed = tuple(stack.settings.allowed_boundaries)
    boundary = identity.boundary
    message = ""
    if boundary is None:
        unknown = next((each for each in identity.unknown if "boundary" in each.what), None)
        message = (
            f"its permissions boundary is not known ({unknown.why})" if unknown else "it has no permissions boundary"
        )
    elif agreed and not boundary.arn:
        message = "its permissions boundary is not known, so that nobody can say it is an agreed one"
    elif agreed and not any(_is_like(boundary.arn, pattern) for pattern in agreed):
        message = f'its boundary "{boundary.arn}" is none of the agreed ones'
    elif not agreed and (policy := listed(boundary.arn)):
        message = f'its boundary "{boundary.arn}" limits nothing that matters: {policy.reason}'
    if message:
        fix = f"use {' or '.join(agreed)}" if agreed else "set a boundary that allows only what is needed"
        yield finding_of(RULE, identity.location, message, fix, _PLACE, evidence={"value": message})


def _is_like(arn: str, pattern: str) -> bool:
    """Whether an ARN is like a pattern, part by part, so that no `*` reaches from one part into the next."""
    parts, patterns = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(matches, patterns, parts))
