"""This checkout's sandbox on this machine: engine, local AWS, and the state that belongs to it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import engine, local_aws, provider, steps, uv
from sandbox.errors import SandboxError
from sandbox.folders import SCRATCH, cache_folder
from sandbox.local_aws import LocalAws, LocalAwsError
from sandbox.pulumi import Stack
from sandbox.settings import read
from sandbox.variables import complete, for_sandbox

if TYPE_CHECKING:
    from sandbox.engine import Engine
    from sandbox.settings import Settings

AWS = SCRATCH / "aws"
HOME = SCRATCH / "pulumi-home"
STATE = SCRATCH / "state"
STACKS = SCRATCH / "stacks"
_OWNER = SCRATCH / "state-belongs-to"
_REAL_PROVIDER = "SANDBOX_AWS_PROVIDER"


_undone_by_interrupt = contextlib.ExitStack()
"""What this run has started and nobody relies on yet."""


@dataclass(frozen=True)
class Machine:
    """A sandbox that is ready to be used.

    Attributes:
        engine: The Pulumi engine.
        aws: The running local AWS.
        is_new: Whether this run started the local AWS.
    """

    engine: Engine
    aws: LocalAws
    is_new: bool

    def variables(self, account: str, region: str) -> dict[str, str]:
        """What a process needs to be the root of an account in this sandbox."""
        return for_sandbox(
            account=account,
            region=region,
            endpoint=self.aws.endpoint,
            engine=self.engine.bin_dir,
            home=HOME,
            state=STATE,
            python=Path(sys.executable).parent,
            uv=uv.install().parent,
        )

    def deployed(self) -> list[Stack]:
        """Every stack of this checkout's own programs, as it was last deployed."""
        copies = [(folder, read(folder, folder.name)) for folder in sorted(STACKS.glob("*/"))]
        return [
            Stack(folder, copy.environment, copy.source, complete(self.variables(copy.account, copy.region)))
            for folder, copy in copies
        ]

    def stack(self, settings: Settings) -> Stack:
        """The environment's stack of this checkout's program, made if need be."""
        copy = STACKS / settings.environment / settings.source.name
        settings.copy_to(copy)
        variables = complete(self.variables(settings.account, settings.region))
        stack = Stack(settings.source.parent, settings.environment, copy, variables)
        stack.init()
        return stack

    def keep(self) -> None:
        """From now on the local AWS outlives this run, whatever happens."""
        _undone_by_interrupt.pop_all()

    def check_aws(self) -> None:
        """Say so when the local AWS is gone.

        Raises:
            SandboxError: If it no longer answers.
        """
        if not self.aws.is_healthy():
            raise SandboxError(
                f"The local AWS at {self.aws.endpoint} stopped in the middle of this; its log is "
                + f"{AWS / 'local-aws.log'}. Run the command again: it starts afresh."
            )


def found_engine() -> Engine:
    """The engine: the user's own, or the one in the cache, built if need be."""
    return engine.install(cache_folder())


def installed_aws() -> Path:
    """The local AWS's installation in the cache, made if need be.

    Raises:
        SandboxError: If it can't be installed.
    """
    try:
        return local_aws.install(cache_folder(), uv.install())
    except LocalAwsError as error:
        raise SandboxError(str(error)) from None


def start(found: Engine, installation: Path) -> Machine:
    """Start the local AWS, or find it running, and set aside the state of one that is gone.

    Raises:
        SandboxError: If it doesn't start.
    """
    _provide()
    running = local_aws.find(AWS)
    try:
        aws = running or _started(installation)
    except LocalAwsError as error:
        raise SandboxError(str(error)) from None
    if _owner() != aws.instance:
        if STATE.exists():
            steps.say("The local AWS is a new, empty one: the state of the one before is forgotten.")
        forget_state()
        STATE.mkdir(parents=True)
        _OWNER.write_text(aws.instance)
    _remove_stale_locks()
    return Machine(found, aws, is_new=running is None)


def _started(installation: Path) -> LocalAws:
    _undone_by_interrupt.callback(stop)
    return local_aws.start(AWS, installation=installation)


def is_running() -> bool:
    """Whether the local AWS of this checkout answers."""
    return local_aws.find(AWS) is not None


def stop_if_started_here() -> None:
    """After Ctrl-C: stop the local AWS that this very run has started and nobody relies on yet."""
    _undone_by_interrupt.close()


def stop() -> None:
    """Stop the local AWS of this checkout, if it runs.

    Raises:
        SandboxError: If it can't be stopped.
    """
    try:
        local_aws.stop(AWS)
    except LocalAwsError as error:
        raise SandboxError(str(error)) from None


def forget_state() -> None:
    """Remove the state of every stack in this checkout's sandbox."""
    for folder in (STATE, STACKS):
        shutil.rmtree(folder, ignore_errors=True)
    _OWNER.unlink(missing_ok=True)


def _owner() -> str | None:
    with suppress(OSError):
        return _OWNER.read_text()
    return None


def _remove_stale_locks() -> None:
    """An engine that was killed leaves its lock on the stack; nobody else will ever take it away."""
    for lock in (STATE / ".pulumi" / "locks").rglob("*.json"):
        with suppress(OSError, ValueError, KeyError):
            pid = int(json.loads(lock.read_text())["pid"])
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                lock.unlink()


def _provide() -> None:
    """The stand-in for the AWS provider, or the real one that `SANDBOX_AWS_PROVIDER` names."""
    named = os.environ.get(_REAL_PROVIDER)
    if not named:
        provider.install(HOME, Path(sys.executable))
        return
    if not os.access(named, os.X_OK) or Path(named).is_dir():
        raise SandboxError(
            f"{_REAL_PROVIDER} is {named!r}, which is no program. Set it to the path of a pulumi-resource-aws "
            + f"of version {metadata.version('pulumi-aws')}, or unset it to use the stand-in."
        )
    provider.link(HOME, Path(named))
