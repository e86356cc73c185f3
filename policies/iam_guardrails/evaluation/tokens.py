"""Does a role's trust policy accept this web identity token?

    decision = evaluate_token(trust_policy, role_arn, "token.actions.githubusercontent.com",
                              {"aud": "sts.amazonaws.com", "sub": "repo:acme/app:ref:refs/heads/main"})
    decision.verdict      # Verdict.ALLOWED, REFUSED or UNKNOWN
    decision.statements   # each with the condition that the token does not meet, in words

Sources: STS API reference, `AssumeRoleWithWebIdentity`; IAM user guide, "Available keys for AWS web identity
federation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iam_guardrails.evaluation.callers import Caller
from iam_guardrails.evaluation.decision import Decision, Policies, evaluate
from iam_guardrails.evaluation.layers import Policy
from iam_guardrails.evaluation.matching import Request
from iam_guardrails.issuers import issuer_of
from iam_guardrails.language import arns, reader
from iam_guardrails.language.documents import DocumentKind, Statement
from iam_guardrails.language.principals import BUILT_IN_ISSUERS, Kind

WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
"""The action by which a token becomes a session of a role."""


def evaluate_token(
    trust_policy: object, role_arn: str, issuer: str, claims: Mapping[str, str | Sequence[str]]
) -> Decision:
    """What AWS answers to a token that is shown to a role.

    Args:
        trust_policy: The role's trust policy, as JSON text or as the mapping it holds.
        role_arn: The role's ARN.
        issuer: The token's `iss` claim, with or without `https://`.
        claims: The token's claims by name (`aud`, `sub`, ...), each a text or several. A claim that is missing here
            counts as one that the token lacks, and so does one that AWS STS reads of no token of the issuer. Every
            other condition key (the caller's address, ...) is unknown.

    Returns:
        The decision. A policy that cannot be read makes it unknown.
    """
    host = issuer.removeprefix("https://")
    role = arns.split(role_arn)
    account, partition = (role.account, role.partition) if role else ("", "aws")
    arn = host if host in BUILT_IN_ISSUERS else f"arn:{partition}:iam::{account}:oidc-provider/{host}"
    context = condition_keys(host, claims)
    lacking = tuple(_claims_of(trust_policy, host) - context.keys())
    request = Request(Caller(Kind.OIDC, arn, account), WEB_IDENTITY, role_arn, context, lacking)
    return evaluate(request, Policies(trust=Policy("trust policy", trust_policy)))


def condition_keys(issuer: str, claims: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """What AWS STS makes of a token's claims: condition keys in lower case, with their values.

    Args:
        issuer: The issuer, with or without `https://`.
        claims: The token's claims by name. `azp`, where there is one, is what `aud` is compared with.
    """
    host = issuer.removeprefix("https://")
    read = dict(claims)
    if "aud" in read:
        read.setdefault("oaud", read["aud"])
        read["aud"] = read.get("azp") or read["aud"]
    return {
        f"{host}:{name}".lower(): (values,) if isinstance(values, str) else tuple(values)
        for name, values in read.items()
        if name in issuer_of(host).claims
    }


def trusted_issuers(trust_policy: object) -> tuple[str, ...]:
    """The issuers, without scheme, whose tokens some Allow of a trust policy accepts; each once, in order."""
    found = (
        principal.name
        for statement in _allows_of_tokens(trust_policy)
        for principal in statement.principals
        if principal.kind is Kind.OIDC
    )
    return tuple(dict.fromkeys(found))


def compared_values(trust_policy: object, key: str) -> tuple[str, ...]:
    """The values, with their wildcards, that the Allows for tokens of a trust policy compare a condition key with.

    Args:
        trust_policy: The trust policy, as JSON text or as the mapping it holds.
        key: The condition key in any case, such as `token.actions.githubusercontent.com:aud`.
    """
    found = (
        value
        for statement in _allows_of_tokens(trust_policy)
        for condition in statement.conditions
        if condition.key == key.lower() and condition.operator.comparison.text and not condition.operator.negated
        for value in condition.values
    )
    return tuple(dict.fromkeys(found))


def accepts_only_tokens(trust_policy: object) -> bool:
    """Whether a trust policy has Allows, and each of them names identity providers of tokens alone."""
    allows = [one for one in _read(trust_policy) if one.allow]
    return bool(allows) and all(
        one.principals and all(principal.kind is Kind.OIDC for principal in one.principals) for one in allows
    )


def _read(trust_policy: object) -> tuple[Statement, ...]:
    return reader.read(trust_policy, DocumentKind.TRUST, in_force=True).statements


def _allows_of_tokens(trust_policy: object) -> list[Statement]:
    return [
        one
        for one in _read(trust_policy)
        if one.allow and any(principal.kind is Kind.OIDC for principal in one.principals)
    ]


def _claims_of(trust_policy: object, host: str) -> set[str]:
    """The claims of an issuer that the policy asks for, as condition keys."""
    prefix = f"{host}:".lower()
    keys = (condition.key for statement in _read(trust_policy) for condition in statement.conditions)
    return {key for key in keys if key.startswith(prefix)}
