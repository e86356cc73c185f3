"""Running the engine: one stack of one program, without touching the program's own files."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sandbox import processes
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Stack:
    """One stack of one program.

    Attributes:
        program: The folder that holds the program's `Pulumi.yaml`.
        name: The stack's name.
        settings: The file that stands in for the program's own `Pulumi.<name>.yaml`. It has that name, and a folder of
            its own, because the engine writes to it.
        variables: All environment variables of the engine; see `sandbox.variables`.
    """

    program: Path
    name: str
    settings: Path
    variables: Mapping[str, str]

    def init(self) -> None:
        """Make the stack, unless it is there.

        Raises:
            SandboxError: If the engine can't; the message ends with what it said.
        """
        # `stack init` writes a salt beside the Pulumi.yaml it finds, so it is shown a copy of that.
        shutil.copyfile(self.program / "Pulumi.yaml", self.settings.parent / "Pulumi.yaml")
        folder = ("--cwd", str(self.settings.parent))
        made = self.quiet("stack", "init", self.name, "--no-select", *folder, of_stack=False)
        if made.returncode != 0 and "already exists" not in made.stderr:
            raise SandboxError(f"The stack {self.name} could not be made. The engine said:\n{made.stderr.strip()}")

    def select(self) -> None:
        """Make it the stack that `pulumi` takes in the program's folder when none is named.

        Raises:
            SandboxError: If the engine can't; the message ends with what it said.
        """
        selected = self.quiet("stack", "select")
        if selected.returncode != 0:
            raise SandboxError(f"{self.name} can't be selected. The engine said:\n{selected.stderr.strip()}")

    def show(self, *arguments: str, events: Path | None = None) -> int:
        """Run an operation with its output shown; its exit code.

        Args:
            arguments: The operation, for example `"up", "--yes"`.
            events: Where the engine logs its events as JSON, one a line.
        """
        colour = "always" if sys.stdout.isatty() else "never"
        command, variables = self._operation(arguments, colour, events)
        return processes.shown(command, folder=self.program, variables=variables)

    def quiet(self, *arguments: str, of_stack: bool = True) -> subprocess.CompletedProcess[str]:
        """Run any `pulumi` command and keep its output.

        Args:
            arguments: The command, for example `"stack", "output", "--json"`.
            of_stack: Whether the command takes `--stack`.
        """
        chosen = ["--stack", self.name] if of_stack else []
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never", *chosen]
        return processes.quiet(command, folder=self.program, variables=self.variables)

    def operate(self, *arguments: str, events: Path) -> subprocess.CompletedProcess[str]:
        """Run an operation, keep its output, and have the engine log its events as JSON, one a line."""
        command, variables = self._operation(arguments, "never", events)
        return processes.quiet(command, folder=self.program, variables=variables)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in the clear.

        Raises:
            SandboxError: If the engine can't read them.
        """
        read = self.quiet("stack", "output", "--json", "--show-secrets")
        if read.returncode != 0:
            raise SandboxError(f"The outputs of {self.name} can't be read. The engine said:\n{read.stderr.strip()}")
        return cast("dict[str, Any]", json.loads(read.stdout))

    def remove(self) -> None:
        """Forget the stack and its settings' copy.

        Raises:
            SandboxError: If it still holds resources.
        """
        removed = self.quiet("stack", "rm", "--yes", "--preserve-config")
        if removed.returncode != 0:
            raise SandboxError(f"The stack {self.name} can't be removed. The engine said:\n{removed.stderr.strip()}")
        shutil.rmtree(self.settings.parent)

    def _operation(
        self, arguments: tuple[str, ...], colour: str, events: Path | None
    ) -> tuple[list[str], Mapping[str, str]]:
        command = ["pulumi", *arguments, "--non-interactive", "--color", colour]
        command += ["--stack", self.name, "--config-file", str(self.settings)]
        if events is None:
            return command, self.variables
        # The engine shows this option only to those who ask for it.
        return [*command, "--event-log", str(events)], {**self.variables, "PULUMI_DEBUG_COMMANDS": "true"}
