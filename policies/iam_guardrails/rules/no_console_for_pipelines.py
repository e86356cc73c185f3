"""A password is one more access path to a pipeline's user, and nobody rotates it."""

from __future__ import annotations

from collections.abc import Iterator

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import CredentialKind, IdentityKind
from iam_guardrails.rules.base import Rule, Scope, cis
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of, whose

RULE = Rule(
    id="no-console-for-pipelines",
    title="A user of a pipeline has no password for the console",
    severity="high",
    level="error",
    why="A password is one more access path to the pipeline's permissions, never rotated and often without MFA.",
    remediation="Remove the login profile; let people sign in through IAM Identity Center.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Security best practices in IAM, require human users to use federation",),
    requirements=cis("1.11", "1.10"),
)


def check_identity(user: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """A user that has a password, though a pipeline uses it; for people's users it is a warning."""
    if user.identity.kind is not IdentityKind.USER:
        return
    credentials = user.identity.credentials
    has_key = any(one.kind is CredentialKind.ACCESS_KEY for one in credentials)
    is_pipeline = has_key or bool(stack.trusting(user) or stack.assumed_by(user))
    why = "a pipeline uses it" if is_pipeline else "people should sign in through IAM Identity Center"
    for password in (one for one in credentials if one.kind is CredentialKind.PASSWORD):
        yield finding_of(
            RULE,
            password.location,
            f"{whose(user.identity)} gets a console password, though {why}: one more access path, never rotated",
            "remove the login profile",
            level="error" if is_pipeline else "warning",
            evidence={"value": user.identity.name},
        )
