"""`whoami`: which identity the credentials here are."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_identity_cli.options import AwsOptions, Command, StackOptions, format_option
from pipeline_identity_cli.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Options(StackOptions, AwsOptions):
    """The options of `whoami`."""

    format: str = format_option("text", "json", earlier={"people": "text"})


def whoami(options: Options) -> Outcome:
    """Show which identity the credentials of the standard AWS chain belong to.

    It needs no permission and changes nothing. With a stack's outputs, it says which pipeline's user or role it is.
    """
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.callers import ask
    from pipeline_identity_cli.session_options import source
    from pipeline_identity_cli.stack import identities

    outputs = source(options)
    caller = ask(Reach.of(options), identities(outputs) if outputs.given else {})
    return Outcome(caller.data() if options.format == "json" else caller.lines())


COMMAND = Command("whoami", Options, whoami, short_help="Show which identity the credentials here are.")
