"""The account's switch for tokens that STS signs for services outside AWS. ministack lacks it, and always signs.

Sources: ``EnableOutboundWebIdentityFederation`` and its kin in the IAM API reference, ``GetWebIdentityToken`` in that
of STS. The issuer's name has AWS's form; nobody can fetch its keys, and the tokens are as ministack makes them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, answer

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Params

_issuers: dict[str, str] = {}


def enable(_: Params) -> Answer:
    """Switch it on: the account gets an issuer of its own."""
    account = emulator.account_of_request()
    if account in _issuers:
        raise Refused(409, "FeatureEnabled", "Outbound web identity federation is already enabled for this account.")
    _issuers[account] = f"https://{uuid.uuid4()}.tokens.sts.global.api.aws"
    return answer("EnableOutboundWebIdentityFederation", _issuer())


def disable(_: Params) -> Answer:
    """Switch it off."""
    check()
    del _issuers[emulator.account_of_request()]
    return answer("DisableOutboundWebIdentityFederation")


def info(_: Params) -> Answer:
    """The account's issuer."""
    check()
    enabled = "<JwtVendingEnabled>true</JwtVendingEnabled>"
    return answer("GetOutboundWebIdentityFederationInfo", _issuer() + enabled)


def check() -> None:
    """Refuse a call that needs the account's issuer, when that is switched off."""
    if emulator.account_of_request() not in _issuers:
        message = "Outbound web identity federation is not enabled for this account."
        raise Refused(404, "FeatureDisabled", message)


def check_token() -> None:
    """Refuse ``GetWebIdentityToken`` in an account whose issuer is switched off."""
    if emulator.account_of_request() not in _issuers:
        message = "The outbound web identity federation feature is not enabled for this account."
        raise Refused(403, "OutboundWebIdentityFederationDisabledException", message)


def _issuer() -> str:
    return f"<IssuerIdentifier>{_issuers[emulator.account_of_request()]}</IssuerIdentifier>"


CALLS = {
    "EnableOutboundWebIdentityFederation": enable,
    "DisableOutboundWebIdentityFederation": disable,
    "GetOutboundWebIdentityFederationInfo": info,
}
