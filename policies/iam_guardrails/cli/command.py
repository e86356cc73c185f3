"""The command and its subcommands, a file each."""

from __future__ import annotations

import click

from iam_guardrails.cli.audit import audit
from iam_guardrails.cli.check import HELP, check
from iam_guardrails.cli.rules import rules


@click.group(context_settings=HELP)
@click.version_option(package_name="iam-guardrails", prog_name="iam-guardrails")
def cli() -> None:
    """Check AWS IAM policies as AWS reads them, before they are deployed."""


cli.add_command(check)
cli.add_command(rules)
cli.add_command(audit)
