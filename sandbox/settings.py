"""An environment's own settings file, `Pulumi.<env>.yaml`, as the sandbox needs it.

The engine writes to the file it works with (the salt of the stack's secrets), so it gets a copy; what the user edits
stays as the user wrote it. What the settings mean is the program's business: only the account and the region are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import yaml

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENCRYPTION = re.compile(r"^(encryptionsalt|secretsprovider|encryptedkey):.*\n?", re.MULTILINE)
_SALT = re.compile(r"^encryptionsalt: *(\S+) *$", re.MULTILINE)
_SECURE = re.compile(r"^\s+(- )?secure:", re.MULTILINE)


@dataclass(frozen=True)
class Settings:
    """The settings of one environment.

    Attributes:
        environment: Its name, which is the stack's.
        account: The 12 digits of its AWS account.
        region: Its AWS region.
        source: The file they come from.
        text: The whole of the file.
    """

    environment: str
    account: str
    region: str
    source: Path
    text: str

    def copy_to(self, file: Path) -> None:
        """Write the settings for the engine, keeping the salt that an earlier copy got from it.

        Raises:
            SandboxError: If the settings hold secrets that only the user's own passphrase or key can read.
        """
        salt = _SALT.search(file.read_text()) if file.is_file() else None
        own_salt = _SALT.search(self.text)
        is_ours = salt is not None and own_salt is not None and salt[1] == own_salt[1]
        if _SECURE.search(self.text) and not is_ours:
            raise SandboxError(
                f"{self.source.name} holds encrypted settings (`secure:`), which only their owner's passphrase or key "
                + "can read. Use a copy of the file with plain stand-ins: make up ENV=<its name>."
            )
        text = _ENCRYPTION.sub("", self.text)
        if text and not text.endswith("\n"):
            text += "\n"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + (f"encryptionsalt: {salt[1]}\n" if salt else ""))


def read(folder: Path, environment: str) -> Settings:
    """Read the settings of an environment.

    Args:
        folder: The folder that holds `Pulumi.yaml`.
        environment: The environment's name, for example `dev`.

    Raises:
        SandboxError: If there is no such environment, or its file can't be read or names no account or region.
    """
    source = folder / f"Pulumi.{environment}.yaml"
    if not _ENVIRONMENT.fullmatch(environment) or not source.is_file():
        known = ", ".join(sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml"))) or "none"
        raise SandboxError(
            f"ENV={environment}: there is no such environment, because there is no file Pulumi.{environment}.yaml. "
            + f"There are: {known}. Choose one of them, or copy its file to that name."
        )
    text = source.read_text()
    config = _config(source.name, text)
    account = str(config.get("pipeline-identity:accountId", ""))
    if not re.fullmatch(r"[0-9]{12}", account):
        raise SandboxError(
            f"{source.name}: pipeline-identity:accountId is {account!r}; "
            + 'set it to the 12 digits of the environment\'s AWS account, in quotes, for example "111122223333".'
        )
    region = str(config.get("aws:region", ""))
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", region):
        raise SandboxError(
            f"{source.name}: aws:region is {region!r}; set it to the environment's AWS region, for example eu-west-1."
        )
    return Settings(environment, account, region, source, text)


def _config(name: str, text: str) -> dict[str, Any]:
    try:
        document: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SandboxError(f"{name} is not valid YAML; correct it there:\n{error}") from None
    config = cast("dict[str, Any]", document).get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise SandboxError(
            f"{name}: `config` is {config!r}; it must hold the environment's settings by name, "
            + "for example `aws:region: eu-west-1` under `config:`."
        )
    return cast("dict[str, Any]", config)
