"""What AWS itself makes of the claims that a trust policy compares: which it asks for, and which it never fills.

Sources: IAM user guide, "Identity-provider controls for shared OIDC providers"
(`id_roles_providers_oidc_secure-by-default`) and "Available keys for AWS OIDC federation".
"""

from __future__ import annotations

from collections.abc import Iterable

from iam_guardrails.issuers import issuer_of
from iam_guardrails.language.documents import Statement

COUNTED = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
"""The operators by which IAM takes a claim for compared, with or without `ForAnyValue:`."""


def missing_claim(issuer: str, statements: Iterable[Statement]) -> str | None:
    """The claim that statements for tokens of an issuer have to compare and do not, as a condition key; else None.

    Args:
        issuer: the issuer without scheme.
        statements: an Allow, and the Denies beside it, which count where they deny every other value.
    """
    required = issuer_of(issuer).required
    if not required:
        return None
    keys = [claim if ":" in claim else f"{issuer}:{claim}" for claim in required]
    lower = {key.lower() for key in keys}
    for statement in statements:
        if not statement.allow and not statement.conditions and issuer in [one.name for one in statement.principals]:
            return None
        for condition in statement.conditions:
            operator = condition.operator
            compares = operator.comparison.name in COUNTED and operator.negated != statement.allow
            vacuous = operator.if_exists or operator.quantifier == "ForAllValues"
            if condition.key in lower and compares and not vacuous:
                return None
    return keys[0]
