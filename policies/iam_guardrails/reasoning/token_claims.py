"""What AWS itself makes of the claims that a trust policy compares: which it asks for, and which it never fills.

Sources: IAM user guide, "Identity-provider controls for shared OIDC providers"
(`id_roles_providers_oidc_secure-by-default`) and "Available keys for AWS OIDC federation".
"""

from __future__ import annotations

from collections.abc import Iterable

from iam_guardrails.issuers import IdentityIssuer, issuer_of
from iam_guardrails.language.conditions import Condition
from iam_guardrails.language.documents import Statement
from iam_guardrails.language.principals import Kind
from iam_guardrails.reasoning.contexts import is_claim

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


def unread_claims(statement: Statement) -> list[Condition]:
    """The conditions of a statement for tokens on claims that AWS STS reads of none of its issuers' tokens.

    No request carries such a key, whatever the token holds. A statement that names others than issuers of tokens has
    none: their requests may carry the key.
    """
    issuers = _issuers(statement)
    read = {f"{name}:{claim}".lower() for name, issuer in issuers.items() for claim in issuer.claims}
    return [one for one in statement.conditions if issuers and is_claim(one.key) and one.key not in read]


def limits_tokens(statement: Statement) -> bool:
    """Whether a statement compares a claim that AWS STS does read, and that says whose workload a token is for.

    The audience says that for some issuers; for most, whoever asks for a token chooses it.
    """
    for name, issuer in _issuers(statement).items():
        chosen = {issuer.audience, "oaud"} if issuer.owner_part != "audiences" else set[str]()
        telling = {f"{name}:{claim}".lower() for claim in issuer.claims if claim not in chosen}
        if not any(one.key in telling and not one.operator.when_absent for one in statement.conditions):
            return False
    return True


def shuts_out_everybody(condition: Condition) -> bool:
    """Whether a condition on a key that no request carries fails for every request."""
    if condition.operator.name == "Null":
        return "true" not in [value.lower() for value in condition.values]
    return not condition.operator.when_absent


def _issuers(statement: Statement) -> dict[str, IdentityIssuer]:
    """The issuers whose tokens a statement is about, by name; {} where it is about others, too."""
    principals = statement.principals
    if statement.not_principals or any(one.kind is not Kind.OIDC for one in principals):
        return {}
    return {one.name: issuer_of(one.name) for one in principals}
