"""The commands behind the Makefile, one for each of its targets."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click
from botocore.exceptions import BotoCoreError

from sandbox import checks, deployment, machine, refusal, shell, steps
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from types import FrameType

_environment = click.option("--env", "environment", default="dev", help="The environment, Pulumi.<env>.yaml.")


@click.group()
def main() -> None:
    """AWS and the Pulumi engine on this machine."""


@main.command()
@_environment
def up(environment: str) -> None:
    """Deploy an environment, and prove what its pipelines may and may not do."""
    deployment.up(environment)


@main.command()
def down() -> None:
    """Destroy what is deployed, and stop what was started."""
    deployment.down()


@main.command()
def clean() -> None:
    """Remove everything but the cache."""
    deployment.clean()


@main.command()
@_environment
def env(environment: str) -> None:
    """Print what a shell needs to work in the sandbox."""
    shell.show(environment)


@main.command()
def blocked() -> None:
    """Preview a bad example, and see it refused."""
    refusal.show()


@main.command()
def setup() -> None:
    """Only set up."""
    deployment.set_up()


@main.command()
def lint() -> None:
    """Check style and types."""
    sys.exit(checks.lint())


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--long", "tiers", flag_value="long", help="Those that take long, and property tests on new draws.")
@click.option("--all", "tiers", flag_value="all", help="Both, one after the other.")
@click.argument("tests", nargs=-1, type=click.UNPROCESSED)
def test(tiers: str | None, tests: tuple[str, ...]) -> None:
    """Run the tests of every day, with style and types beside them."""
    ready = deployment.set_up()
    chosen = {"long": (checks.LONG,), "all": (checks.EVERY_DAY, checks.LONG)}.get(tiers or "", (checks.EVERY_DAY,))
    code = checks.test(chosen, tests)
    if ready.is_new:
        machine.stop()
    sys.exit(code)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("tests", nargs=-1, type=click.UNPROCESSED)
def test_real_provider(tests: tuple[str, ...]) -> None:
    """Try the stand-in beside Terraform's AWS provider, and deploy through that, where this machine has it."""
    ready = deployment.set_up()
    code = checks.through_the_real_provider(tests)
    if ready.is_new:
        machine.stop()
    sys.exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run() -> None:
    """Run a command; errors the user can mend are shown without a traceback."""
    # Being told to end is like Ctrl-C: what was started must not be left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        main(standalone_mode=False)
    except SandboxError as error:
        steps.complain(str(error))
        sys.exit(1)
    except BotoCoreError as error:
        steps.complain(f"The local AWS can't be reached ({error}). Run the command again: it starts afresh.")
        sys.exit(1)
    except click.ClickException as error:
        steps.complain(error.format_message())
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        machine.stop_if_started_here()
        steps.complain("Interrupted. Nothing that this run started is left behind.")
        sys.exit(130)
