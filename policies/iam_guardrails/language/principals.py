"""Who a statement speaks of: the values of Principal and NotPrincipal, told apart by kind.

Source: IAM user guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple


class Kind(Enum):
    """The kinds of principal that AWS knows."""

    EVERYONE = "everyone"  # "*", anonymous callers included
    ACCOUNT = "account"  # an account id, or the ARN of its root: every principal in it
    USER = "user"
    ROLE = "role"
    SESSION = "session"  # an assumed role's session
    FEDERATED_USER = "federated-user"  # sts:GetFederationToken
    OIDC = "oidc"
    SAML = "saml"
    SERVICE = "service"
    CANONICAL_USER = "canonical-user"  # an account, as S3 may name it
    OTHER = "other"  # well-formed, but not to be told whose


class Principal(NamedTuple):
    """One principal of a statement.

    Attributes:
        kind: which kind it is.
        text: as the document writes it.
        account: the twelve digits of the account it is in, where the text says so, else "".
        name: what names it within its kind: a user's or role's path and name, an OIDC issuer without scheme, a
            service's host name.
    """

    kind: Kind
    text: str
    account: str = ""
    name: str = ""


_ACCOUNT = re.compile(r"[0-9]{12}")
_PARTITION = r"arn:aws[a-z-]*"
_IAM = re.compile(
    rf"{_PARTITION}:iam::([0-9]{{12}}):"
    r"(?:(root)|(user|role|oidc-provider|saml-provider)/([\x21-\x29\x2b-\x3e\x40-\x7e]+))"
)
_STS = re.compile(
    rf"{_PARTITION}:sts::([0-9]{{12}}):"
    r"(assumed-role|federated-user)/([A-Za-z0-9+=,.@_-]+(?:/[A-Za-z0-9+=,.@_-]+)?)"
)
_ORIGIN_ACCESS_IDENTITY = re.compile(rf"{_PARTITION}:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+")
_SERVICE = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov)"
)
_CANONICAL = re.compile(r"[0-9a-f]{64}")
BUILT_IN_ISSUERS = frozenset(
    ("cognito-identity.amazonaws.com", "accounts.google.com", "www.amazon.com", "graph.facebook.com")
)
"""Issuers that AWS knows without a provider in the account; a Principal names them by themselves."""
_TYPES = {
    "user": Kind.USER,
    "role": Kind.ROLE,
    "oidc-provider": Kind.OIDC,
    "saml-provider": Kind.SAML,
    "assumed-role": Kind.SESSION,
    "federated-user": Kind.FEDERATED_USER,
}
_ACCOUNT_KIND = Kind.ACCOUNT


@lru_cache(maxsize=8192)
def read(element: str, text: str) -> Principal | str:
    """The principal that `text` names under `element` ("AWS", "Federated", ...), or why AWS rejects it."""
    reader = _READERS.get(element)
    if reader is None:
        return f'"{element}" is no kind of principal; AWS knows {", ".join(_READERS)}'
    return reader(text)


def _aws(text: str) -> Principal | str:
    if text == "*":
        return Principal(Kind.EVERYONE, text)
    found = _IAM.fullmatch(text)
    if found:
        account, root, sort, name = found.groups()
        if root:
            return Principal(_ACCOUNT_KIND, text, account)
        if sort == "user" or sort == "role":
            return Principal(_TYPES[sort], text, account, name)
    if _ACCOUNT.fullmatch(text):
        return Principal(_ACCOUNT_KIND, text, text)
    found = _STS.fullmatch(text)
    if found:
        account, sort, name = found.groups()
        if ("/" in name) == (sort == "assumed-role"):
            return Principal(_TYPES[sort], text, account, name)
    if _ORIGIN_ACCESS_IDENTITY.fullmatch(text):
        return Principal(Kind.OTHER, text)
    if "*" in text or "?" in text:
        return f'"{text}" has a wildcard within a principal, which AWS does not expand'
    return f'"{text}" is no account id and no ARN of an account, user, role or session'


def _federated(text: str) -> Principal | str:
    if text in BUILT_IN_ISSUERS:
        return Principal(Kind.OIDC, text, name=text)
    found = _IAM.fullmatch(text)
    if found:
        account, _, sort, name = found.groups()
        if sort == "oidc-provider" or sort == "saml-provider":
            return Principal(_TYPES[sort], text, account, name)
    return f'"{text}" is no ARN of an OIDC or SAML provider'


def _service(text: str) -> Principal | str:
    if _SERVICE.fullmatch(text):
        return Principal(Kind.SERVICE, text, name=text)
    return f'"{text}" is no service principal, such as "lambda.amazonaws.com"'


def _canonical(text: str) -> Principal | str:
    if _CANONICAL.fullmatch(text):
        return Principal(Kind.CANONICAL_USER, text)
    return f'"{text}" is no canonical user id (64 hexadecimal digits)'


def partly_known(text: str) -> Principal | None:
    """A principal of which the account is known and something else is not; None where not even that is known."""
    parts = text.split(":", 5)
    if len(parts) != 6 or not _ACCOUNT.fullmatch(parts[4]):
        return None
    sort, _, name = parts[5].partition("/")
    return Principal(_TYPES.get(sort, Kind.OTHER), text, parts[4], name)


is_unique_id = re.compile(r"A[A-Z0-9]{15,127}").fullmatch
"""Matches an id such as AIDA... (a user's) or AROA... (a role's), which IAM shows in place of whom was deleted."""

_READERS = {"AWS": _aws, "Federated": _federated, "Service": _service, "CanonicalUser": _canonical}

EVERYONE = Principal(Kind.EVERYONE, "*")
