"""Tags say who answers for an identity, and policies can be written by them."""

from __future__ import annotations

from collections.abc import Iterator

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import IdentityKind
from iam_guardrails.rules.base import Rule, Scope, fsbp
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_of

RULE = Rule(
    id="require-tags",
    title="Every role and user has the agreed tags",
    severity="low",
    level="off",
    why="Nobody knows who answers for an identity without tags.",
    remediation="Add the missing tags.",
    scope=Scope.IDENTITY,
    sources=("IAM user guide: Tags for AWS Identity and Access Management resources",),
    requirements=(fsbp("IAM.24"), fsbp("IAM.25")),
    settings=("required_tags",),
    needs="required_tags",
)


def check_identity(one: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """A role or user without the agreed tags; the provider's default tags count."""
    identity = one.identity
    if not identity.declared or identity.kind not in (IdentityKind.ROLE, IdentityKind.USER):
        return
    missing = [key for key in stack.settings.required_tags if key not in identity.tags]
    if not missing:
        return
    unknown = next((each for each in identity.unknown if "tags" in each.what), None)
    message = f"its tags are not known ({unknown.why})" if unknown else f"it lacks the tags {', '.join(missing)}"
    yield finding_of(
        RULE, identity.location, message, f"add {', '.join(missing)}", "tags", evidence={"values": missing}
    )
