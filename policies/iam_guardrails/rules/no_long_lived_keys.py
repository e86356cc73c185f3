"""For teams whose pipelines all sign in through an identity provider: no long-lived credentials at all."""

from __future__ import annotations

from collections.abc import Iterator

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import CredentialKind
from iam_guardrails.rules.base import Rule, Scope, well_architected
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of

RULE = Rule(
    id="no-long-lived-keys",
    title="No access keys at all: pipelines sign in through an identity provider",
    severity="medium",
    level="off",
    why="A long-lived credential works until somebody deletes it.",
    remediation="Trust the pipeline's OIDC provider in the role and remove the access key with its user.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Security best practices in IAM, require workloads to use temporary credentials",),
    requirements=(well_architected("SEC02-BP02"),),
)


def check_identity(user: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """One finding for each long-lived credential of a user, other than a password."""
    del stack
    for one in user.identity.credentials:
        if one.kind is not CredentialKind.PASSWORD:
            yield finding_of(
                RULE,
                one.location,
                f"{one.what} works until somebody deletes it",
                "trust the pipeline's identity provider (OIDC) in the role, and remove the key and its user",
                evidence={"value": one.what},
            )
