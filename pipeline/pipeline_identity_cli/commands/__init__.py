"""The commands, a file each, loaded by name: what one command needs, no other waits for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from pipeline_identity_cli.options import FILE, Run

if TYPE_CHECKING:
    from pipeline_identity_cli.options import Command

_COMMANDS = {
    "exec": "Run a command as the pipeline's role.",
    "assume": "Open a session of the role, for a shell or an SDK.",
    "whoami": "Show which identity the credentials here are.",
    "doctor": "Find out why a role cannot be assumed here.",
    "snippet": "Write what a CI system needs, ready to paste.",
    "verify": "Prove that IAM has what the stack declared, and nothing more.",
    "explain": "Explain why a call would be allowed or denied, statement by statement.",
    "permissions": "Say which permissions a deployment needs, from its preview.",
    "rotate": "Replace a user's key that is made outside Pulumi.",
    "scan-state": "Look for plain key material in states, plans, logs and folders.",
}
"""Every command with what it does, in the order of the help."""


def load(name: str) -> Command[Any]:
    """A command by its name, which must be one."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return module.COMMAND


def every_command() -> dict[str, Command[Any]]:
    """All commands by name."""
    return {name: load(name) for name in _COMMANDS}


class _Commands(click.Group):
    """The commands of the program. The list of them is written without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """The names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A command; None where there is none of that name."""
        return load(cmd_name) if cmd_name in _COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="pipeline-identity-cli", prog_name="pipeline-identity")
@click.option(
    "--settings", type=FILE, metavar="FILE", help="Settings, as TOML. [default: pipeline-identity.toml, if it is here]"
)
@click.option("--config", type=FILE, hidden=True)
@click.pass_context
def cli(context: click.Context, settings: str | None, config: str | None) -> None:
    """Use a pipeline's AWS identity in a job, and see that it is as it should be.

    Every option can be set by an environment variable, PIPELINE_IDENTITY_<COMMAND>_<OPTION>, and in the settings file:
    at its top for all commands, or in a table of the command's name. The command line goes first, then the
    environment, then the file. A file that --settings does not name may not choose a role, a profile, a file to write
    or a program.

    Exit code 0: as asked. 1: the verdict is against (denied, different, found). 2: no verdict (arguments, credentials,
    throttling, network). 130: interrupted.
    """
    run = context.find_object(Run)
    if run is not None:
        run.settings_file = settings or config
