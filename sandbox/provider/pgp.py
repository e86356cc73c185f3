"""Encryption for the owner of a PGP key, by the machine's own `gpg`, in a key ring that is thrown away."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile

from sandbox.provider.errors import ProviderError


class PgpError(ProviderError):
    """The key cannot be used, or there is no `gpg`."""


def encrypt(text: str, key: str) -> str:
    """A text that only the owner of a key can read, in base64.

    Args:
        text: The text.
        key: The public key in base64, not armored.

    Raises:
        PgpError: The key is none, or there is no `gpg`.
    """
    encrypted = _gpg(key, "--trust-model", "always", "--recipient-file", "{key}", "--encrypt", given=text)
    return base64.b64encode(encrypted).decode()


def fingerprint(key: str) -> str:
    """The fingerprint of a public key, in small hexadecimal digits."""
    shown = _gpg(key, "--with-colons", "--show-keys", "{key}").decode()
    return next(line.split(":")[9].lower() for line in shown.splitlines() if line.startswith("fpr:"))


def _gpg(key: str, *arguments: str, given: str = "") -> bytes:
    program = shutil.which("gpg")
    if program is None:
        raise PgpError("The sandbox encrypts with gpg, and this machine has none: install GnuPG.")
    if key.startswith("keybase:"):
        raise PgpError("The sandbox asks nobody for keys: give the public key itself in base64.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            raw = base64.b64decode(key, validate=True)
        except ValueError as error:
            raise PgpError("The PGP key is not in base64.") from error
        path = f"{folder}/key"
        with open(path, "wb") as file:  # noqa: PTH123 - one line
            file.write(raw)
        command = [program, "--homedir", folder, "--batch", "--no-autostart"]
        command += [argument.replace("{key}", path) for argument in arguments]
        run = subprocess.run(command, input=given.encode(), capture_output=True, check=False)
    if run.returncode:
        raise PgpError(f"gpg does not take the PGP key: {run.stderr.decode(errors='replace').strip()}")
    return run.stdout
