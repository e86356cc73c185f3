"""Two active keys are a rotation; two keys for long are one that nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from iam_guardrails.findings import Finding
from iam_guardrails.rules.base import Rule, Scope, cis
from iam_guardrails.rules.old_access_keys import age_of
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of

RULE = Rule(
    id="two-keys-never-overlap-long",
    title="Two keys of one user are active together only while the pipeline moves from one to the other",
    severity="medium",
    level="warning",
    why="Nobody notices who still uses the older of two keys.",
    remediation="Finish the rotation: make sure nobody uses the older key, then set it to Inactive or delete it.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Update access keys",),
    requirements=cis("1.13", "1.12"),
    settings=("max_key_overlap",),
)


def check_identity(user: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """Two active keys of one user, the younger of which has been there longer than a rotation takes."""
    limit = stack.settings.max_key_overlap
    for one, other in combinations(user.identity.credentials, 2):
        ages = age_of(one, stack.today), age_of(other, stack.today)
        if ages[0] is None or ages[1] is None:
            continue
        overlap = min(ages[0], ages[1])
        if overlap > limit:
            older = one if ages[0] >= ages[1] else other
            yield finding_of(
                RULE,
                older.location,
                f"two keys have been active for {overlap} days: nobody would notice who still uses the older one",
                f'set it to "Inactive" or delete it; a rotation may take {limit} days',
                "status",
                evidence={"value": overlap, "limit": limit},
            )
