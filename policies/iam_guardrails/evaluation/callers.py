"""Who asks, and by which of its names a policy means it.

Sources, pages of the IAM user guide: "AWS JSON policy elements: Principal" (`reference_policies_elements_principal`)
and "... NotPrincipal" (`reference_policies_elements_notprincipal`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from iam_guardrails.language.principals import Kind, Principal, is_unique_id

_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::(?P<iam>\d{12}):(?P<sort>root|user/|role/|oidc-provider/|saml-provider/).*"
    r"|sts::(?P<sts>\d{12}):assumed-role/[^/]+/[^/]+)"
)
_KINDS = {
    "root": Kind.ACCOUNT,
    "user/": Kind.USER,
    "role/": Kind.ROLE,
    "oidc-provider/": Kind.OIDC,
    "saml-provider/": Kind.SAML,
}


class UnknownCaller(ValueError):
    """An ARN is of nobody whose requests can be judged."""


class Named(Enum):
    """How a statement names a caller: it decides what else must allow the request."""

    DIRECTLY = "by itself"  # its user's or session's ARN, or everyone
    AS_ROLE = "by its role"
    AS_ACCOUNT = "by its account"
    NOT = "not"
    UNKNOWN = "it is not known whether"


class Caller(NamedTuple):
    """Who asks.

    Attributes:
        kind: USER, ROLE (a session whose name is not known), SESSION, ACCOUNT (the account's root user), OIDC or SAML
            (the bearer of a token or assertion), SERVICE, or EVERYONE (nobody knows who).
        arn: the ARN.
        account: the twelve digits of its account; of a token's provider, too.
        role_arn: of a session, the ARN of its role, its path included.
        unique_id: of a user or role, the id that IAM gave it (AIDA..., AROA...); "" where it is not known.
    """

    kind: Kind
    arn: str
    account: str
    role_arn: str = ""
    unique_id: str = ""

    @classmethod
    def of(cls, arn: str, *, role_arn: str = "", unique_id: str = "") -> Caller:
        """The caller of an ARN.

        Args:
            arn: of a user, a role (then: any session of it), a role's session, an account's root, or the provider of a
                token or assertion.
            role_arn: of a session, its role; the ARN of a session lacks the path. Without it, a role without path.
            unique_id: of the user or role, where it is known.

        Raises:
            UnknownCaller: it is none of these.
        """
        found = _ARN.fullmatch(arn)
        if not found:
            raise UnknownCaller(f"{arn!r} is no ARN of a user, role, session, root user or identity provider")
        kind = _KINDS[found["sort"]] if found["sort"] else Kind.SESSION
        if kind is Kind.ROLE:
            role_arn = arn
        elif kind is Kind.SESSION and not role_arn:
            role_arn = re.sub(r":sts:(:\d+:)assumed-role/([^/]+)/.*", r":iam:\1role/\2", arn)
        return cls(kind, arn, found["iam"] or found["sts"], role_arn, unique_id)

    @property
    def has_policies(self) -> bool:
        """Whether it is in an account that gives it policies; the bearer of a token, for one, has none."""
        return self.kind in (Kind.USER, Kind.ROLE, Kind.SESSION, Kind.ACCOUNT)

    @property
    def is_session(self) -> bool:
        """Whether it is a role's session."""
        return self.kind in (Kind.ROLE, Kind.SESSION)


def named(principals: Sequence[Principal], caller: Caller) -> Named:
    """By which of its names a Principal element means the caller: the one that gives it most."""
    found = {_named(one, caller) for one in principals}
    return next((one for one in Named if one in found and one is not Named.NOT), Named.NOT)


def spared(principals: Sequence[Principal], caller: Caller, *, has_boundary: bool) -> bool | None:
    """Whether a Deny with this NotPrincipal spares the caller; None where AWS leaves it open.

    AWS looks at the account, then at the role, then at the session, so all of them should be listed; one that has a
    permissions boundary is never spared (both: `reference_policies_elements_notprincipal`).
    """
    found = {_named(one, caller) for one in principals}
    if has_boundary or found <= {Named.NOT}:
        return False
    if any(one.kind is Kind.EVERYONE for one in principals):
        return True
    wanted = {Named.DIRECTLY}
    wanted |= {Named.AS_ACCOUNT} if caller.kind is not Kind.ACCOUNT and caller.has_policies else set[Named]()
    wanted |= {Named.AS_ROLE} if caller.is_session else set[Named]()
    return True if wanted <= found else None


def _named(principal: Principal, caller: Caller) -> Named:
    if principal.kind is Kind.EVERYONE:
        return Named.DIRECTLY
    if principal.kind is Kind.ACCOUNT:
        return _as_account(principal, caller)
    if principal.text == caller.arn:
        # A role by itself asks for nothing: its sessions do.
        return Named.AS_ROLE if caller.kind is Kind.ROLE else Named.DIRECTLY
    if caller.is_session and principal.kind is Kind.ROLE:
        return Named.AS_ROLE if principal.text == caller.role_arn else Named.NOT
    if caller.kind is Kind.ROLE and principal.kind is Kind.SESSION:
        same = principal.account == caller.account and principal.name.partition("/")[0] == caller.arn.rpartition("/")[2]
        return Named.UNKNOWN if same else Named.NOT
    if principal.kind is Kind.OTHER and is_unique_id(principal.text) and caller.has_policies:
        return _by_id(principal.text, caller)
    return Named.UNKNOWN if principal.kind is Kind.CANONICAL_USER and caller.has_policies else Named.NOT


def _as_account(principal: Principal, caller: Caller) -> Named:
    if not caller.has_policies or principal.account != caller.account:
        return Named.NOT
    if principal.text.startswith("arn:") and principal.text.split(":")[1] != caller.arn.split(":")[1]:
        return Named.NOT
    return Named.DIRECTLY if caller.kind is Kind.ACCOUNT else Named.AS_ACCOUNT


def _by_id(text: str, caller: Caller) -> Named:
    if not caller.unique_id:
        return Named.UNKNOWN
    if text != caller.unique_id:
        return Named.NOT
    return Named.AS_ROLE if caller.is_session else Named.DIRECTLY
