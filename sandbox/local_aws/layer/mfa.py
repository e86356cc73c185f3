"""Second factors: virtual devices, and the codes they show.

Sources: ``CreateVirtualMFADevice`` and ``EnableMFADevice`` in the IAM API reference, ``GetSessionToken`` in the STS
API reference, RFC 6238. Left out: devices that are no virtual ones, and ``ResyncMFADevice``.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pyotp

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.calls import Rules
    from sandbox.local_aws.layer.emulator import Answer, Credential, Handler, Params, Record

_SEED_CHARACTERS = 64
_STEP = 30
# A device's clock may be this many steps away: when it is enabled, and when it is used.
_NEAR_WHEN_ENABLED = 20
_NEAR = 1
_CALLS = ("AssumeRole", "GetSessionToken")


def _with_seed(original: Handler) -> Handler:
    """A device whose seed is base32, as an app that shows codes wants it; ministack's is not."""

    def create(params: Params) -> Answer:
        answered = original(params)
        if answered[0] >= 400:
            return answered
        status, headers, text = answered
        path = value(params, "Path") or "/"
        account = f"arn:aws:iam::{emulator.account_of_request()}"
        device = emulator.mfa_devices[f"{account}:mfa{path}{value(params, 'VirtualMFADeviceName')}"]
        before, device["Base32StringSeed"] = device["Base32StringSeed"], pyotp.random_base32(_SEED_CHARACTERS)
        return status, headers, text.replace(_encoded(before), _encoded(device["Base32StringSeed"]))

    return create


def _encoded(seed: str) -> bytes:
    return base64.b64encode(seed.encode())


def is_synchronous(params: Params) -> None:
    """A device is enabled with two codes that it showed one after the other."""
    device = emulator.mfa_devices.get(value(params, "SerialNumber"))
    if device is None:
        return
    codes = value(params, "AuthenticationCode1"), value(params, "AuthenticationCode2")
    for step in _steps(_NEAR_WHEN_ENABLED):
        if codes == (_code(device, step - 1), _code(device, step)):
            device["LastStep"] = step
            return
    raise Refused(403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")


def authenticated(params: Params, credential: Credential | None) -> float | None:
    """When the second factor that a call to STS brings was found good: now, or None when it brings none.

    Raises:
        Refused: The device is not the caller's, or the code is not one it shows now and has not been used for.
    """
    if value(params, "Action") not in _CALLS or not (value(params, "SerialNumber") or value(params, "TokenCode")):
        return None
    device, step = _good_step(params, credential)
    if device is not None:
        device["LastStep"] = step
        return time.time()
    raise Refused(403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")


def shows_a_good_code(params: Params, credential: Credential | None) -> bool:
    """Whether a call to STS brings a second factor that will be found good; its code stays good."""
    return value(params, "Action") in _CALLS and _good_step(params, credential)[0] is not None


def _good_step(params: Params, credential: Credential | None) -> tuple[Record | None, int]:
    device = _device_of(credential, value(params, "SerialNumber"))
    for step in _steps(_NEAR) if device else ():
        if device is not None and step > device["LastStep"] and value(params, "TokenCode") == _code(device, step):
            return device, step
    return None, 0


def _device_of(credential: Credential | None, serial: str) -> Record | None:
    if credential is None or credential.principal_type != "User":
        return None
    device = emulator.mfa_devices.get_scoped(credential.account_id, None, serial)
    return device if device and device["User"] == credential.principal_name else None


def _steps(near: int) -> range:
    now = int(time.time()) // _STEP
    return range(now - near, now + near + 1)


def _code(device: Record, step: int) -> str:
    return pyotp.TOTP(device["Base32StringSeed"]).at(step * _STEP)


RULES: Rules = {"EnableMFADevice": (is_synchronous,)}
CALLS = {"CreateVirtualMFADevice": _with_seed(emulator.handlers["CreateVirtualMFADevice"])}
