"""What a role's trust policy says of tokens, as the outputs of its stack have it.

Whether a token gets in is for the evaluator of `iam_guardrails` to say. Only what is sure counts: where it cannot tell,
the token may pass, and AWS decides. What is read here besides is for messages, and for the audience to ask a CI system
for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline_identity_cli.stack import Identity
    from pipeline_identity_cli.web_identity.token import Token

_ACTION = "sts:AssumeRoleWithWebIdentity"
AWS_AUDIENCE = "sts.amazonaws.com"
"""The audience that AWS's own tools ask for."""


@dataclass(frozen=True)
class Trusted:
    """A statement that lets tokens of one issuer in.

    Attributes:
        issuer: The issuer, without `https://`.
        audiences: The audiences that it names, as values or patterns; None where it names none in a plain condition.
        subjects: The subjects that it names, in the same way.
    """

    issuer: str
    audiences: tuple[str, ...] | None
    subjects: tuple[str, ...] | None


def trusted(trust_policy: str | None) -> list[Trusted]:
    """The statements of a trust policy that let tokens in.

    Args:
        trust_policy: The policy as JSON; None when the outputs do not say it.
    """
    return [one for statement in _allowing(trust_policy) for one in _of(statement)]


def only_tokens(trust_policy: str | None) -> bool:
    """Whether a trust policy lets tokens in, and nobody with keys."""
    statements = list(_allowing(trust_policy))
    return bool(statements) and all(list(_of(statement)) for statement in statements)


def audience(statements: Sequence[Trusted], host: str | None, default: str = AWS_AUDIENCE) -> str:
    """The audience to ask a system for: the one that the role trusts of it.

    Args:
        statements: What the role trusts.
        host: The host of the system's issuer; where it has none of its own, or none is trusted, all statements count.
        default: The audience where the role leaves it open.
    """
    of_host = [one for one in statements if one.issuer.partition("/")[0] == host] or statements
    named = [one for statement in of_host for one in statement.audiences or () if not {"*", "?"} & set(one)]
    return named[0] if named else default


def check(token: Token, identity: Identity) -> None:
    """Reject a token that the role does not trust.

    What is known of the token grows from question to question: its issuer, then its audience, then its subject. The
    first claim with which the answer is a certain no is the one to correct.

    Args:
        token: The token.
        identity: Whose role it is; where its trust policy is not known, every token passes.

    Raises:
        Stopped: AWS would reject it. The line says what the role trusts instead.
    """
    statements = trusted(identity.trust_policy)
    if not statements:
        return
    host = token.issuer.removeprefix("https://")
    of_issuer = [one for one in statements if one.issuer == host]
    audiences: dict[str, tuple[str, ...]] = {f"{host}:aud".lower(): ()}
    asked = [{next(iter(audiences)): (one,)} for one in token.audiences] or [audiences]
    subject = {f"{host}:sub".lower(): (token.subject,)}
    if not _may_enter(identity, host, {}):
        raise _rejected("issuer", token.issuer, (f"https://{one.issuer}" for one in statements))
    heard = [one for one in asked if _may_enter(identity, host, one)]
    if not heard:
        raise _rejected("audience", " and ".join(token.audiences), _texts(one.audiences for one in of_issuer))
    if not any(_may_enter(identity, host, {**one, **subject}) for one in heard):
        raise _rejected("subject", token.subject, _texts(one.subjects for one in of_issuer))


def _may_enter(identity: Identity, host: str, claims: Mapping[str, tuple[str, ...]]) -> bool:
    from iam_guardrails.evaluation import Caller, Policies, Policy, Request, UnknownCaller, Verdict, evaluate

    partition, account = (identity.role_arn.split(":")[place] for place in (1, 4))
    try:
        caller = Caller.of(f"arn:{partition}:iam::{account}:oidc-provider/{host}")
    except UnknownCaller:
        return False
    trust = Policy("trust policy", identity.trust_policy)
    decision = evaluate(Request(caller, _ACTION, identity.role_arn, claims), Policies(trust=trust))
    return decision.verdict is not Verdict.REFUSED


def _rejected(what: str, has: str, instead: Iterable[str]) -> Stopped:
    problem = f"the role does not trust a token with {what} {one_line(has, 200)!r}"
    trusts = one_line(" or ".join(dict.fromkeys(instead))) or "others"
    fix = f"it trusts {trusts}: correct what the job asks for, or the role's trust"
    return Stopped(problem, fix, kind="token-not-trusted")


def _texts(wanted: Iterable[tuple[str, ...] | None]) -> Iterator[str]:
    return (one for values in wanted for one in values or ())


def _allowing(trust_policy: str | None) -> Iterator[Mapping[str, Any]]:
    try:
        document: Any = json.loads(trust_policy or "{}")
    except ValueError:
        # Pulumi hides it as [secret] where its program does.
        document = {}
    return (one for one in _listed(document.get("Statement")) if one.get("Effect") == "Allow")


def _of(statement: Mapping[str, Any]) -> Iterator[Trusted]:
    actions = {str(action).lower() for action in _listed(statement.get("Action"))}
    principal = statement.get("Principal")
    if _ACTION.lower() not in actions or not isinstance(principal, dict):
        return
    for provider in _listed(cast("dict[str, Any]", principal).get("Federated")):
        issuer = str(provider).rpartition(":oidc-provider/")[2]
        yield Trusted(issuer, _compared(statement, f"{issuer}:aud"), _compared(statement, f"{issuer}:sub"))


def _compared(statement: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """What a plain condition compares a key with; None where there is none."""
    for operator, keys in cast("dict[str, dict[str, Any]]", statement.get("Condition") or {}).items():
        for name, values in keys.items():
            if name.lower() == key.lower() and operator.rpartition(":")[2] in ("StringEquals", "StringLike"):
                return tuple(str(one) for one in _listed(values))
    return None


def _listed(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
