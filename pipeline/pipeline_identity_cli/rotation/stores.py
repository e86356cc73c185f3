"""Secret stores: where a pipeline's key is kept for its jobs. Each is written, and read again to be sure.

The text is JSON: `{"accessKeyId": ..., "secretAccessKey": ...}`.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from pipeline_identity_cli import refusals
from pipeline_identity_cli.aws import client
from pipeline_identity_cli.outcome import Stopped

if TYPE_CHECKING:
    import boto3

_LONGEST = 300
"""How many seconds a command may take: a run that hangs must not look like one that has ended."""


@dataclass(frozen=True)
class Key:
    """An access key with its secret.

    Attributes:
        key_id: The key's id.
        secret: Its secret.
    """

    key_id: str
    secret: str = field(repr=False)


class SecretStore(Protocol):
    """A place that keeps one key."""

    @property
    def address(self) -> str:
        """The full address: service, region, account and name. It is the same for everybody who means this place."""
        ...

    def read(self) -> Key | None:
        """The key that is kept there; None when there is none yet."""
        ...

    def write(self, key: Key) -> None:
        """Keep this key in the place of the one before."""
        ...


@dataclass(frozen=True)
class SecretsManager:
    """A secret of AWS Secrets Manager; it must be there, because whoever makes it chooses its encryption.

    Attributes:
        session: How AWS is reached.
        name: The secret's name or ARN.
    """

    session: boto3.Session
    name: str

    @property
    def address(self) -> str:
        """The secret's ARN with its name, and without the letters that change when a secret is made anew."""
        return self._address

    @cached_property
    def _address(self) -> str:
        found = self._secrets.describe_secret(SecretId=self.name)
        return f"{str(found['ARN']).rpartition(':')[0]}:{found['Name']}"

    def read(self) -> Key | None:
        """The current version; None where the secret has no value yet."""
        if not self._secrets.describe_secret(SecretId=self.name).get("VersionIdsToStages"):
            return None
        text = self._secrets.get_secret_value(SecretId=self.name).get("SecretString")
        return parsed(text, self.address) if text else None

    def write(self, key: Key) -> None:
        """A new version, which becomes the current one."""
        self._secrets.put_secret_value(SecretId=self.name, SecretString=_text(key))

    @cached_property
    def _secrets(self) -> Any:
        return client(self.session, "secretsmanager")


@dataclass(frozen=True)
class ParameterStore:
    """A `SecureString` parameter of AWS Systems Manager.

    Attributes:
        session: How AWS is reached.
        name: The parameter's name or ARN.
    """

    session: boto3.Session
    name: str

    @property
    def address(self) -> str:
        """The parameter's ARN, which a parameter has before it is there."""
        return self._address

    @cached_property
    def _address(self) -> str:
        if self.name.startswith("arn:"):
            return self.name
        caller = client(self.session, "sts").get_caller_identity()
        partition, account = str(caller["Arn"]).split(":")[1], caller["Account"]
        region = self._parameters.meta.region_name
        return f"arn:{partition}:ssm:{region}:{account}:parameter/{self.name.removeprefix('/')}"

    def read(self) -> Key | None:
        """Its value; None where it is not there yet."""
        from botocore.exceptions import ClientError

        try:
            found = self._parameters.get_parameter(Name=self.name, WithDecryption=True)
        except ClientError as error:
            if refusals.code_of(error) == "ParameterNotFound":
                return None
            raise
        return parsed(found["Parameter"]["Value"], self.address)

    def write(self, key: Key) -> None:
        """Its new value; one that is there keeps its encryption, a new one gets that of the account."""
        self._parameters.put_parameter(Name=self.name, Value=_text(key), Type="SecureString", Overwrite=True)

    @cached_property
    def _parameters(self) -> Any:
        return client(self.session, "ssm")


@dataclass(frozen=True)
class Commands:
    """Two commands of the user's own, which a shell of the machine runs.

    Attributes:
        get: Prints the key as JSON, or nothing when there is none yet.
        put: Reads the new key as JSON from standard input. The secret is in no argument, where others could see it.
        name: What the user calls the place; "" calls it after the two commands.
    """

    get: str
    put: str
    name: str = ""

    @property
    def address(self) -> str:
        """The name, or a digest of the commands: other commands may reach another place."""
        digest = hashlib.sha256(f"{self.get}\0{self.put}".encode()).hexdigest()[:16]
        return f"commands:{self.name or digest}"

    def read(self) -> Key | None:
        """What the first command prints."""
        text = _run(self.get, "")
        return parsed(text, self.address) if text.strip() else None

    def write(self, key: Key) -> None:
        """Hand the key to the second command."""
        _run(self.put, _text(key))


def parsed(text: str, address: str) -> Key:
    """A key as a secret store keeps it.

    Args:
        text: What the secret store keeps.
        address: The secret store's address, for the error.

    Raises:
        Stopped: The secret store keeps something else. It is not shown.
    """
    try:
        entry: Any = json.loads(text)
        return Key(str(entry["accessKeyId"]), str(entry["secretAccessKey"]))
    except (ValueError, KeyError, TypeError):
        fix = 'let it hold {"accessKeyId": ..., "secretAccessKey": ...}, or nothing'
        raise Stopped(f"{address} keeps something that is not a key", fix) from None


def _text(key: Key) -> str:
    return json.dumps({"accessKeyId": key.key_id, "secretAccessKey": key.secret})


def _run(command: str, given: str) -> str:
    # Its output may hold the key, so none of it is shown, whatever happens.
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S602 - it is the user's own
        command, shell=True, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            printed, _ = process.communicate(given, timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            _end(process)
            problem = f"the secret store's command did not end within {_LONGEST} seconds"
            raise Stopped(problem, "run it by itself, and look at what it waits for") from None
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        problem = f"the secret store's command ended with {process.returncode}"
        raise Stopped(problem, "run it by itself, and look at its error")
    return printed


def _end(process: subprocess.Popen[str]) -> None:
    """End a command with all that it has started, which Ctrl-C on a terminal does not reach."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
