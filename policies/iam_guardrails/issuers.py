"""Issuers of web identity tokens: which claim of their tokens AWS STS reads as which condition key, and whose they are.

The table is `data/identity_issuers.json`; a test holds it to AWS's service reference. An issuer is a name, kept as it
stands in the ARN of its provider: a port, a path and a slash at the end belong to it.

    issuer_of("token.actions.githubusercontent.com").claims["repository_id"].tenant    # True: nobody else can send it
    issuer_of("gitlab.example.com").claims.keys()    # amr, aud, email, oaud, sub: all that STS reads of other issuers
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from iam_guardrails.reasoning import tables


class IssuerClaim(NamedTuple):
    """A claim that AWS STS reads of an issuer's tokens, and hands to trust policies as a condition key.

    Attributes:
        name: what follows the issuer and a colon in the condition key, such as "repository_id".
        reads: the claim of the token it is read from, where that has another name; else "".
        type: the type of the condition key in AWS's reference: "String" or "Numeric".
        many: whether a token may hold several values of it.
        always: whether every token of the issuer has it.
        since: since when AWS STS reads it: a day, or a day before which it began.
        tenant: whether only the tenant whom a value names can get a token with it; False for what everybody who uses
            the issuer can bring about, such as the name of a branch.
        values: what the issuer puts there: patterns (`*`, `?`), or ("digits",) for a whole number. Empty: any text.
        subjects: how subjects begin that say the same as a value of the claim, with `{}` in place of that value, or
            `{owner}` and `{name}` in place of what stands before and after its slash.
        owner: how a pattern of it must begin (a regular expression) to name one tenant; "" where none does.
    """

    name: str
    reads: str
    type: str
    many: bool
    always: bool
    since: str
    tenant: bool
    values: tuple[str, ...]
    subjects: tuple[str, ...]
    owner: str

    def names_owner(self, pattern: str) -> bool:
        """Whether a pattern of values names one tenant in full, so that no other's tokens match it."""
        return bool(self.owner) and re.match(self.owner, pattern) is not None


class IdentityIssuer(NamedTuple):
    """An issuer of web identity tokens, or issuers of one form.

    Attributes:
        id: the name of the row, such as "github"; "other" for an issuer that the table does not know.
        name: what people call it.
        issuers: the issuers without scheme, as in the ARN of a provider; `{}` stands for one part of a name or path.
        shared: whether everybody can get tokens of it, so that only their claims tell tenants apart.
        required: the claims of which IAM wants one compared in each new trust policy; whole condition keys where they
            hold a colon. Empty: none.
        subject: the claim that says whose workload a token is for; `sub` but for issuers that AWS itself knows.
        audience: the claim that says for whom a token was made; `aud` but for issuers that AWS itself knows.
        owner_part: which of them names the tenant of a shared issuer: "subjects" or "audiences"; "" if neither.
        owner: how a pattern of it must begin (a regular expression) to name one tenant in full.
        example: a pattern that does.
        claims: the claims that AWS STS reads of its tokens, by name; of every other claim there is no condition key.
        sources: where all this is said.
        read: the day on which the sources were read.
    """

    id: str
    name: str
    issuers: tuple[str, ...]
    shared: bool
    required: tuple[str, ...]
    subject: str
    audience: str
    owner_part: str
    owner: str
    example: str
    claims: Mapping[str, IssuerClaim]
    sources: tuple[str, ...]
    read: str


@cache
def identity_issuers() -> tuple[IdentityIssuer, ...]:
    """The issuers that the table knows."""
    table = cast("dict[str, Any]", tables.data("identity_issuers.json"))
    sets = {name: [_claim(row) for row in rows] for name, rows in table["claims"].items()}
    return tuple(_issuer(row, sets) for row in table["issuers"])


@lru_cache(maxsize=512)
def issuer_of(issuer: str) -> IdentityIssuer:
    """What is known of an issuer.

    Args:
        issuer: the issuer as it stands in the ARN of its provider, with or without `https://`, in any case.

    Returns:
        Its row of the table; one with the claims that AWS STS reads of every issuer, where the table has none.
    """
    name = issuer.removeprefix("https://")
    exact = (one for one in identity_issuers() if name.lower() in one.issuers)
    alike = (one for one in identity_issuers() if any(_form(form).fullmatch(name) for form in one.issuers))
    return next(exact, None) or next(alike, None) or _other()._replace(issuers=(name,))


def missing_owner(issuer: str, part: str, pattern: str) -> str:
    """What to write instead of a pattern that trusts tokens of other tenants of a shared issuer.

    Args:
        issuer: the issuer, as in the ARN of its provider.
        part: "subjects" or "audiences".
        pattern: the pattern that is to be trusted.

    Returns:
        The fix, or "" where the pattern names one tenant or the issuer isn't shared.
    """
    # A slash too many at the end must not hide that everybody can get these tokens.
    known = issuer_of(issuer)
    known = known if known.shared else issuer_of(issuer.rstrip("/"))
    if not known.shared or known.owner_part != part or re.match(known.owner, pattern):
        return ""
    return f'{issuer} serves everybody: name your own in full, as "{known.example}" does'


_EXACT = r"[^*?]+$"


def _claim(row: Mapping[str, Any]) -> IssuerClaim:
    values = row.get("values", ())
    tenant = row["by"] == "tenant"
    return IssuerClaim(
        name=row["claim"],
        reads=row.get("reads", ""),
        type=row["type"],
        many=row["many"],
        always=row["always"],
        since=row["since"],
        tenant=tenant,
        values=(values,) if isinstance(values, str) else tuple(values),
        subjects=tuple(row.get("subjects", ())),
        owner=row.get("owner", _EXACT if tenant else ""),
    )


def _issuer(row: Mapping[str, Any], sets: Mapping[str, list[IssuerClaim]]) -> IdentityIssuer:
    owner = row.get("owner", {})
    claims = [one for name in row["claims"] for one in sets[name]]
    return IdentityIssuer(
        id=row["id"],
        name=row["name"],
        issuers=tuple(row["issuers"]),
        shared=row["shared"],
        required=tuple(row["required"]),
        subject=row.get("subject", "sub"),
        audience=row.get("audience", "aud"),
        owner_part=owner.get("part", ""),
        owner=owner.get("pattern", ""),
        example=owner.get("example", ""),
        claims={one.name: one for one in sorted(claims)},
        sources=tuple(row["sources"]),
        read=row["read"],
    )


@cache
def _other() -> IdentityIssuer:
    """An issuer that the table does not know: one tenant's own, of which AWS STS reads the standard claims."""
    eks = next(one for one in identity_issuers() if one.id == "eks")
    return eks._replace(id="other", name="an OpenID Connect provider", sources=eks.sources[:1])


@cache
def _form(issuer: str) -> re.Pattern[str]:
    """The names of a form of issuers."""
    return re.compile(re.escape(issuer).replace(r"\{\}", "[^/.:]+" if "{}." in issuer else "[^/]+"), re.IGNORECASE)
