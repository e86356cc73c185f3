"""A virtual device for second factors, enabled for a user, and the codes it shows."""

from __future__ import annotations

import time
from typing import Any

import pyotp

_STEP = 30


class Device:
    """A user's device. A code is good once: two are had without waiting, of the present half minute and of the next."""

    def __init__(self, iam: Any, user: str) -> None:
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
        self.serial_number: str = made["SerialNumber"]
        self._codes = pyotp.TOTP(made["Base32StringSeed"].decode())
        self._last = _step() - 1
        first, second = self._shown(self._last - 1), self._shown(self._last)
        iam.enable_mfa_device(
            UserName=user, SerialNumber=self.serial_number, AuthenticationCode1=first, AuthenticationCode2=second
        )

    def code(self) -> str:
        """The next code that was not used yet."""
        self._last = max(self._last + 1, _step())
        return self._shown(self._last)

    def _shown(self, step: int) -> str:
        return self._codes.at(step * _STEP)


def _step() -> int:
    return int(time.time()) // _STEP
