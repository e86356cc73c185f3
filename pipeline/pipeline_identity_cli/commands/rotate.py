"""`rotate`: replace a user's key that is made outside Pulumi."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import DURATION, AwsOptions, Command, PipelineOptions, option
from pipeline_identity_cli.outcome import Outcome, Stopped

if TYPE_CHECKING:
    import boto3

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.sinks import Sink


@dataclass(frozen=True, kw_only=True)
class Options(PipelineOptions, AwsOptions):
    """The options of `rotate`."""

    user: str | None = option(
        "--user", metavar="NAME", help="The user, where there are no outputs of its stack.", steers=True
    )
    secret: str | None = option(
        "--secret", metavar="NAME", help="The sink: a secret of Secrets Manager, which must be there.", steers=True
    )
    parameter: str | None = option(
        "--parameter", metavar="NAME", help="The sink: a SecureString parameter of Systems Manager.", steers=True
    )
    put_command: str | None = option(
        "--put-command",
        metavar="COMMAND",
        help="The sink: a command that reads the key from standard input.",
        steers=True,
        multiline=True,
    )
    get_command: str | None = option(
        "--get-command",
        metavar="COMMAND",
        help="With it: a command that prints the key, or nothing.",
        steers=True,
        multiline=True,
    )
    keep_old: bool = option("--keep-old", flag=True, help="Leave the old key active; the next run turns it off.")
    delete_old: bool = option("--delete-old", flag=True, help="Only delete the old key, which must be inactive.")
    settle: int = option(
        "--settle",
        kind=DURATION,
        metavar="TIME",
        default=60,
        help="How long a new key may be unknown to AWS. [default: 60s]",
    )


def rotate(options: Options) -> Outcome:
    """Replace the key of a pipeline's user, for the component's mode `outside`.

    A new key is made, put into the sink as JSON (accessKeyId, secretAccessKey), and seen to work; then the old one is
    made inactive. Later, when nobody has missed it, --delete-old deletes it. A run may be interrupted anywhere: the
    next one goes on, and no key is turned off before the one in the sink has been seen to work.

    The credentials must be allowed to manage the user's keys and to read and write the sink.
    """
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.rotate import Rotation

    user = _user(options)
    session = _session(Reach.of(options))

    def say(done: str) -> None:
        sys.stderr.write(f"pipeline-identity: {done}\n")

    rotation = Rotation(session, user, _sink(session, options), options.settle, say)
    rotation.advance(keep_old=options.keep_old, delete_old=options.delete_old)
    return Outcome()


def _user(options: Options) -> str:
    from pipeline_identity_cli.session_options import source
    from pipeline_identity_cli.stack import identity

    user = options.user
    outputs = source(options)
    if user is None and outputs.given:
        of = identity(outputs, options.pipeline)
        if of.key_ids:
            # The stack would find its key inactive, and no room for the next one.
            raise Stopped(f"the stack makes the keys of {of.name}", "replace them there, by keys.rotation")
        user = (of.user_arn or "").rpartition("/")[2]
    if not user:
        raise Stopped("no user is named", "name the user with --user, or its stack's outputs", kind="usage")
    return user


def _session(reach: Reach) -> boto3.Session:
    from pipeline_identity_cli import refusals

    try:
        return reach.session()
    except Exception as error:
        raise refusals.stopped(error) from None


def _sink(session: boto3.Session, options: Options) -> Sink:
    from pipeline_identity_cli.sinks import Commands, ParameterStore, SecretsManager

    if bool(options.put_command) != bool(options.get_command):
        raise Stopped("a sink of commands needs both", "give --put-command and --get-command", kind="usage")
    if sum(map(bool, (options.secret, options.parameter, options.put_command))) != 1:
        fix = "give --secret, --parameter, or --put-command with --get-command"
        raise Stopped("one sink is needed", fix, kind="usage")
    if options.secret:
        return SecretsManager(session, options.secret)
    if options.parameter:
        return ParameterStore(session, options.parameter)
    return Commands(options.get_command or "", options.put_command or "")


COMMAND = Command("rotate", Options, rotate, short_help="Replace a user's key that is made outside Pulumi.")
