"""Where a pipeline's key is kept for its jobs: written, and read again to be sure.

The text is JSON: `{"accessKeyId": ..., "secretAccessKey": ...}`.
"""

from __future__ import annotations

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
"""How many seconds a command of a sink may take: a run that hangs must not look like one that has ended."""


@dataclass(frozen=True)
class Key:
    """An access key with its secret.

    Attributes:
        key_id: The key's id.
        secret: Its secret.
    """

    key_id: str
    secret: str = field(repr=False)


class Sink(Protocol):
    """A place that keeps one key."""

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

    def read(self) -> Key | None:
        """The current version; None where the secret has no value yet."""
        if not self._secrets.describe_secret(SecretId=self.name).get("VersionIdsToStages"):
            return None
        text = self._secrets.get_secret_value(SecretId=self.name).get("SecretString")
        return parsed(text) if text else None

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
        name: The parameter's name.
    """

    session: boto3.Session
    name: str

    def read(self) -> Key | None:
        """Its value; None where it is not there yet."""
        from botocore.exceptions import ClientError

        try:
            found = self._parameters.get_parameter(Name=self.name, WithDecryption=True)
        except ClientError as error:
            if refusals.code_of(error) == "ParameterNotFound":
                return None
            raise
        return parsed(found["Parameter"]["Value"])

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
    """

    get: str
    put: str

    def read(self) -> Key | None:
        """What the first command prints."""
        text = _run(self.get, "")
        return parsed(text) if text.strip() else None

    def write(self, key: Key) -> None:
        """Hand the key to the second command."""
        _run(self.put, _text(key))


def parsed(text: str) -> Key:
    """A key as a sink keeps it.

    Raises:
        Stopped: The sink keeps something else. It is not shown.
    """
    try:
        entry: Any = json.loads(text)
        return Key(str(entry["accessKeyId"]), str(entry["secretAccessKey"]))
    except (ValueError, KeyError, TypeError):
        fix = 'let it hold {"accessKeyId": ..., "secretAccessKey": ...}, or nothing'
        raise Stopped("the sink keeps something that is no key", fix) from None


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
            problem = f"the sink's command did not end within {_LONGEST} seconds"
            raise Stopped(problem, "run it by itself, and look at what it waits for") from None
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        problem = f"the sink's command ended with {process.returncode}"
        raise Stopped(problem, "run it by itself, and look at its error")
    return printed


def _end(process: subprocess.Popen[str]) -> None:
    """End a command with all that it has started, which Ctrl-C on a terminal does not reach."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
