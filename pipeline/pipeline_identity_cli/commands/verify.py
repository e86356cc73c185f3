"""`verify`: the deployed identities beside what their stack declared."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import click

from pipeline_identity_cli.options import (
    FILE,
    AwsOptions,
    ColorOptions,
    Command,
    PipelineOptions,
    format_option,
    option,
)
from pipeline_identity_cli.outcome import Outcome, Stopped


@dataclass(frozen=True, kw_only=True)
class Options(PipelineOptions, ColorOptions, AwsOptions):
    """The options of `verify`."""

    workers: int = option(
        "--workers", kind=click.IntRange(1, 64), default=8, show_default=True, help="How many at once."
    )
    managed: tuple[str, ...] = option(
        "--managed-policy", multiple=True, metavar="ARN", help="A managed policy that each role has on purpose."
    )
    keys_outside: bool = option(
        "--keys-outside", flag=True, help="Where the stack has no keys, they are made outside it."
    )
    probes: str | None = option(
        "--probes", kind=FILE, metavar="FILE", help="Calls that must be allowed or denied, as TOML or YAML."
    )
    live: bool = option("--live", flag=True, help="Open sessions with the users' keys, too, and throw them away.")
    verbose: bool = option("--verbose", "-v", flag=True, help="Say who answered the probes, and why not the simulator.")
    format: str = format_option("text", "json", "junit", "markdown", earlier={"table": "text"})


def verify(options: Options) -> Outcome:
    """Compare the deployed identities with what their stack declared: all pipelines, or the one that is named.

    It only reads IAM; a call that could change something cannot leave it. The credentials must be allowed to read
    IAM: take the AWS policy IAMReadOnlyAccess, not the pipeline's own key. What the policies found there allow is
    probed, without trying it: what was declared must be allowed, dangerous calls must not, and what --probes says.

    Exit code 0: all is as declared. 1: something is not. 2: something is unknown: a call was denied, AWS was busy.
    """
    from iam_guardrails.terminal import shows_color

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.session_options import source
    from pipeline_identity_cli.stack import chosen, read
    from pipeline_identity_cli.terminal import width
    from pipeline_identity_cli.verify import probe_file
    from pipeline_identity_cli.verify.checks import OnPurpose
    from pipeline_identity_cli.verify.run import verify as verified

    outputs = dataclasses.replace(source(options), show_secrets=options.live)
    if not outputs.given:
        raise Stopped("nothing to verify is named", "hand over the stack's outputs with --outputs or --stack")
    told = read(outputs)
    wanted = [chosen(told.identities, options.pipeline)] if options.pipeline else list(told.identities.values())
    own = probe_file.read(options.probes, told.identities) if options.probes else {}
    purpose = OnPurpose(options.managed, options.keys_outside)
    hidden = () if options.pipeline else told.hidden
    reach = Reach.of(options)
    report = verified(wanted, reach, options.workers, purpose, own, live=options.live, hidden=hidden)
    if options.format == "text":
        text = report.text(color=shows_color(options.color), width=width(), verbose=options.verbose)
        return Outcome(text, report.code)
    forms = {"json": report.data, "junit": report.junit, "markdown": report.markdown}
    return Outcome(forms[options.format](), report.code)


COMMAND = Command("verify", Options, verify, short_help="Prove that IAM has what the stack declared, and nothing more.")
