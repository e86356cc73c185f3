"""What a role's trust policy says of tokens, as the outputs of its stack have it.

Only what is sure counts: where a condition is not understood here, the token may pass, and AWS decides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline_identity_cli.web_identity.token import Token

_ACTION = "sts:assumerolewithwebidentity"
AWS_AUDIENCE = "sts.amazonaws.com"
"""The audience that AWS's own tools ask for."""


@dataclass(frozen=True)
class Wanted:
    """A value that a condition compares with.

    Attributes:
        text: The value.
        like: Whether `*` and `?` in it stand for other characters.
    """

    text: str
    like: bool

    def matches(self, value: str) -> bool:
        """Whether a value passes the comparison."""
        if not self.like:
            return value == self.text
        signs = {"*": ".*", "?": "."}
        return bool(re.fullmatch("".join(signs.get(one) or re.escape(one) for one in self.text), value, re.DOTALL))


@dataclass(frozen=True)
class Trusted:
    """A statement that lets tokens of one issuer in.

    Attributes:
        issuer: The issuer, without `https://`.
        audiences: One of them must match; None where the statement leaves that open.
        subjects: One of them must match; None where the statement leaves that open.
    """

    issuer: str
    audiences: tuple[Wanted, ...] | None
    subjects: tuple[Wanted, ...] | None


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
    named = [one.text for statement in of_host for one in statement.audiences or () if not one.like]
    return named[0] if named else default


def check(token: Token, statements: Sequence[Trusted]) -> None:
    """Refuse a token that no statement lets in.

    Args:
        token: The token.
        statements: What the role trusts; where nothing is known of it, every token passes.

    Raises:
        Stopped: AWS would refuse it. The line says what the role trusts instead.
    """
    known = [one for one in statements if f"https://{one.issuer}" == token.issuer]
    if statements and not known:
        _refuse("issuer", token.issuer, (f"https://{one.issuer}" for one in statements))
    heard = [one for one in known if _passes(one.audiences, token.audiences)]
    if known and not heard:
        _refuse("audience", " and ".join(token.audiences), _texts(one.audiences for one in known))
    if heard and not any(_passes(one.subjects, (token.subject,)) for one in heard):
        _refuse("subject", token.subject, _texts(one.subjects for one in heard))


def _refuse(what: str, has: str, instead: Iterable[str]) -> NoReturn:
    problem = f"the role does not trust a token with {what} {one_line(has, 200)!r}"
    told = one_line(" or ".join(dict.fromkeys(instead)))
    raise Stopped(problem, f"it trusts {told}: correct what the job asks for, or the role's trust")


def _texts(wanted: Iterable[tuple[Wanted, ...] | None]) -> Iterator[str]:
    return (one.text for values in wanted for one in values or ())


def _passes(wanted: tuple[Wanted, ...] | None, values: Iterable[str]) -> bool:
    return wanted is None or any(one.matches(value) for value in values for one in wanted)


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
    if _ACTION not in actions or not isinstance(principal, dict):
        return
    for provider in _listed(cast("dict[str, Any]", principal).get("Federated")):
        issuer = str(provider).rpartition(":oidc-provider/")[2]
        yield Trusted(issuer, _compared(statement, f"{issuer}:aud"), _compared(statement, f"{issuer}:sub"))


def _compared(statement: Mapping[str, Any], key: str) -> tuple[Wanted, ...] | None:
    """What a condition compares a key with; None where there is none that is understood."""
    for operator, keys in cast("dict[str, dict[str, Any]]", statement.get("Condition") or {}).items():
        for name, values in keys.items():
            if name.lower() == key.lower() and operator in ("StringEquals", "StringLike"):
                return tuple(Wanted(str(one), operator == "StringLike") for one in _listed(values))
    return None


def _listed(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
