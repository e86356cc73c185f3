"""The longer a key lives, the more places have a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import Credential, CredentialKind
from iam_guardrails.rules.base import Rule, Scope, cis, fsbp
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of

RULE = Rule(
    id="old-access-keys",
    title="An access key is replaced before it grows old",
    severity="medium",
    level="warning",
    why="Whoever has copied a key since it was made can still use it.",
    remediation="Create the second key, move the pipeline to it, then delete the old one.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Update access keys",),
    requirements=(fsbp("IAM.3"), *cis("1.14", "1.13")),
    settings=("max_key_age",),
)


def check_identity(user: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """An active key that was made longer ago than the settings allow."""
    limit = stack.settings.max_key_age
    for key in user.identity.credentials:
        age = age_of(key, stack.today)
        if age is not None and age > limit:
            yield finding_of(
                RULE,
                key.location,
                f"the key is {age} days old: whoever has copied it since then can still use it",
                f"replace it; keys may be {limit} days old",
                "createDate",
                evidence={"value": age, "limit": limit},
            )


def age_of(key: Credential, today: date) -> int | None:
    """Days since an access key was made; None for another credential, an inactive key, or an age that is not known."""
    if key.kind is not CredentialKind.ACCESS_KEY or key.active is False or not key.created:
        return None
    try:
        made = datetime.fromisoformat(key.created.replace("Z", "+00:00")).date()
    except ValueError:
        return None
    return (today - made).days
