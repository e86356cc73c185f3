"""Somebody with a PGP key, for what only its owner may read."""

from __future__ import annotations

import base64
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNATTENDED = ("--batch", "--pinentry-mode", "loopback", "--passphrase", "")


class Owner:
    """Has a key pair in a folder of their own."""

    def __init__(self, home: Path) -> None:
        self._home = ("--homedir", str(home))
        self._gpg("--quick-generate-key", "ops <ops@example.com>", "default", "default")

    @property
    def public_key(self) -> str:
        """As the provider takes it."""
        return base64.b64encode(self._gpg("--export")).decode()

    def decrypt(self, message: str) -> str:
        """What a message in base64 says."""
        return self._gpg("--decrypt", given=base64.b64decode(message)).decode()

    def leave(self) -> None:
        """Ends the agent that gpg has started."""
        subprocess.run(["gpgconf", *self._home, "--kill", "all"], capture_output=True, check=True)

    def _gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        command = ["gpg", *self._home, *_UNATTENDED, *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout


@pytest.fixture
def pgp_owner(tmp_path: Path) -> Iterator[Owner]:
    """Somebody with a PGP key; the test is skipped where there is no gpg."""
    if shutil.which("gpg") is None:
        pytest.skip("the owner of the PGP key decrypts with gpg, which is not on this machine")
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    owner = Owner(home)
    yield owner
    owner.leave()
