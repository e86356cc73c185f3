"""Reads AWS IAM policy documents as AWS does, and rejects what would hand out too much.

The names below are the library's promise; everything else may change. None of it needs more than the standard
library. What they stand for is loaded when it is first asked for: the command's help should come at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iam_guardrails.checks import (
        check_document,
        check_identity,
        check_identity_policy,
        check_managed_policies,
        check_resource_policy,
        check_trust_policy,
    )
    from iam_guardrails.findings import Finding
    from iam_guardrails.issuers import IdentityIssuer, IssuerClaim, identity_issuers, issuer_of
    from iam_guardrails.language.unknown import UNKNOWN
    from iam_guardrails.settings import InvalidSetting, Settings, TrustedIdentityProvider

__all__ = [
    "UNKNOWN",
    "Finding",
    "IdentityIssuer",
    "InvalidSetting",
    "IssuerClaim",
    "Settings",
    "TrustedIdentityProvider",
    "check_document",
    "check_identity",
    "check_identity_policy",
    "check_managed_policies",
    "check_resource_policy",
    "check_trust_policy",
    "identity_issuers",
    "issuer_of",
]

_PLACES = {
    "UNKNOWN": "language.unknown",
    "Finding": "findings",
    "IdentityIssuer": "issuers",
    "InvalidSetting": "settings",
    "IssuerClaim": "issuers",
    "Settings": "settings",
    "TrustedIdentityProvider": "settings",
    "identity_issuers": "issuers",
    "issuer_of": "issuers",
}


def __getattr__(name: str) -> object:
    """A name of the library's promise."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_PLACES.get(name, 'checks')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
