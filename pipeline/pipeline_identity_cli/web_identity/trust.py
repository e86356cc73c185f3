"""What a role's trust policy says of tokens, as the outputs of its stack or a file have it.

It is for messages, and for the audience to ask a CI system for. Whether a token gets in is for `comparison` to say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
        keys: All condition keys that it compares, in small letters.
    """

    issuer: str
    audiences: tuple[str, ...] | None
    subjects: tuple[str, ...] | None
    keys: tuple[str, ...] = ()

    def compares(self, key: str) -> bool:
        """Whether it compares a condition key."""
        return key.lower() in self.keys


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


def condition_keys(trust_policy: str | None) -> list[str]:
    """The condition keys of the statements that let tokens in, in small letters, as they stand there; each once.

    Args:
        trust_policy: The policy as JSON; None when it is not known.
    """
    found = (
        name.lower()
        for statement in _allowing(trust_policy)
        if list(_of(statement))
        for keys in cast("dict[str, dict[str, Any]]", statement.get("Condition") or {}).values()
        for name in keys
    )
    return list(dict.fromkeys(found))


def _allowing(trust_policy: str | None) -> Iterator[Mapping[str, Any]]:
    try:
        document: Any = json.loads(trust_policy or "{}")
    except ValueError:
        # Pulumi hides it as [secret] where its program does.
        document = {}
    statements = _listed(cast("dict[str, Any]", document).get("Statement")) if isinstance(document, dict) else []
    return (one for one in statements if one.get("Effect") == "Allow")


def _of(statement: Mapping[str, Any]) -> Iterator[Trusted]:
    actions = {str(action).lower() for action in _listed(statement.get("Action"))}
    principal = statement.get("Principal")
    if _ACTION.lower() not in actions or not isinstance(principal, dict):
        return
    for provider in _listed(cast("dict[str, Any]", principal).get("Federated")):
        issuer = str(provider).rpartition(":oidc-provider/")[2]
        condition = cast("dict[str, dict[str, Any]]", statement.get("Condition") or {})
        keys = tuple(name.lower() for tests in condition.values() for name in tests)
        yield Trusted(issuer, _compared(statement, f"{issuer}:aud"), _compared(statement, f"{issuer}:sub"), keys)


def _compared(statement: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """What a plain condition compares a key with; None where there is none."""
    for operator, keys in cast("dict[str, dict[str, Any]]", statement.get("Condition") or {}).items():
        for name, values in keys.items():
            if name.lower() == key.lower() and operator.rpartition(":")[2] in ("StringEquals", "StringLike"):
                return tuple(str(one) for one in _listed(values))
    return None


def _listed(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
