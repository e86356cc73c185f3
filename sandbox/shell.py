"""`make env`: the sandbox for a user's own shell."""

from __future__ import annotations

import os
import shlex
import sys

from sandbox import deployment, tidy
from sandbox.folders import CHECKOUT, SCRATCH
from sandbox.settings import read
from sandbox.variables import foreign

COMMANDS = SCRATCH / "commands"


def show(environment: str) -> None:
    """Print the lines for `eval`: the user's own AWS and Pulumi variables away, the sandbox's in."""
    settings = read(CHECKOUT, environment)
    machine = deployment.set_up(quiet=True)
    machine.stack(settings).select()
    machine.keep()
    tidy.launcher(COMMANDS, machine.engine.bin_dir, CHECKOUT)
    added = machine.variables(settings.account, settings.region)
    added["PATH"] = f"{COMMANDS}{os.pathsep}{added['PATH']}"
    for name in foreign(os.environ):
        if name not in added:
            sys.stdout.write(f"unset {name}\n")
    for name, value in added.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
