"""`make env`: the sandbox for a user's own shell."""

from __future__ import annotations

import os
import shlex
import sys

from sandbox import deployment
from sandbox.folders import CHECKOUT
from sandbox.settings import read
from sandbox.variables import foreign


def show(environment: str) -> None:
    """Print the lines for `eval`: the user's own AWS and Pulumi variables away, the sandbox's in."""
    settings = read(CHECKOUT, environment)
    machine = deployment.set_up(quiet=True)
    machine.stack(settings)
    machine.keep()
    added = machine.variables(settings.account, settings.region)
    for name in foreign(os.environ):
        if name not in added:
            sys.stdout.write(f"unset {name}\n")
    for name, value in added.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
