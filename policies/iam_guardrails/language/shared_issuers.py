"""Identity providers that many customers share, and the claim that tells these customers apart.

IAM takes no new trust policy for one of them that does not compare this claim, since the tokens of every other customer
would do as well. Source: IAM user guide, "Identity-provider controls for shared OIDC providers"
(`id_roles_providers_oidc_secure-by-default`), as of November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable

from iam_guardrails.language.documents import Statement

_SUB, _AUD = ("sub",), ("aud",)
REQUIRED_CLAIMS: dict[str, tuple[str, ...]] = {
    "agent.buildkite.com": _SUB,
    "api.pulumi.com/oidc": _AUD,
    "app.terraform.io": _SUB,
    "cognito-identity.amazonaws.com": _AUD,
    "gitlab.com": _SUB,
    "oidc-configuration.audit-log.githubusercontent.com": _SUB,
    "oidc.codefresh.io": _SUB,
    "oidc.vercel.com": _AUD,
    "proidc.upbound.io": _SUB,
    "sandboxes.cloud": _AUD,
    "scalr.io": _SUB,
    "studio.datachain.ai/api": _SUB,
    "token.actions.githubusercontent.com": ("sub", "job_workflow_ref"),
    "tokens.cloud.shisho.dev": _SUB,
    "vstoken.actions.githubusercontent.com": _SUB,
}
"""For each shared issuer, without scheme, the claims of which a trust policy must compare one."""

COUNTED = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
"""The operators by which IAM takes a claim for compared, with or without `ForAnyValue:`."""


def missing_claim(issuer: str, statements: Iterable[Statement]) -> str | None:
    """The claim that statements for tokens of an issuer have to compare and do not, as a condition key; else None.

    Args:
        issuer: the issuer without scheme.
        statements: an Allow, and the Denies beside it, which count where they deny every other value.
    """
    claims = REQUIRED_CLAIMS.get(issuer.rstrip("/").lower())
    if claims is None:
        return None
    keys = {f"{issuer}:{claim}".lower() for claim in claims}
    for statement in statements:
        if not statement.allow and not statement.conditions and issuer in [one.name for one in statement.principals]:
            return None
        for condition in statement.conditions:
            operator = condition.operator
            compares = operator.comparison.name in COUNTED and operator.negated != statement.allow
            vacuous = operator.if_exists or operator.quantifier == "ForAllValues"
            if condition.key in keys and compares and not vacuous:
                return None
    return f"{issuer}:{claims[0]}"
