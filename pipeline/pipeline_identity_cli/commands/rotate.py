"""`rotate`: replace a user's key that is made outside Pulumi."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import (
    DURATION,
    AwsOptions,
    Command,
    PipelineOptions,
    format_option,
    option,
)
from pipeline_identity_cli.outcome import Outcome, Stopped

if TYPE_CHECKING:
    import boto3

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.rotation.stores import SecretStore


@dataclass(frozen=True, kw_only=True)
class Options(PipelineOptions, AwsOptions):
    """The options of `rotate`."""

    user: str | None = option(
        "--user", metavar="NAME", help="The user, where there are no outputs of its stack.", steers=True
    )
    secret: str | None = option(
        "--secret",
        metavar="NAME",
        help="The secret store: a secret of Secrets Manager, which must be there.",
        steers=True,
    )
    parameter: str | None = option(
        "--parameter",
        metavar="NAME",
        help="The secret store: a SecureString parameter of Systems Manager.",
        steers=True,
    )
    put_command: str | None = option(
        "--put-command",
        metavar="COMMAND",
        help="The secret store: a command that reads the key from standard input.",
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
    store_name: str | None = option(
        "--store-name",
        metavar="NAME",
        help="What the place is called that the two commands reach. [default: a digest of the commands]",
        steers=True,
    )
    trust_store: bool = option(
        "--trust-store", flag=True, help="The jobs read this secret store, whatever the user's tag says.", steers=True
    )
    keep_old: bool = option("--keep-old", flag=True, help="Leave the old key active; the next run turns it off.")
    delete_old: bool = option("--delete-old", flag=True, help="Only delete the old key, which must be inactive.")
    grace: int = option(
        "--grace", kind=DURATION, metavar="TIME", default=0, help="Leave the old key active so long after a new one."
    )
    unused_for: int = option(
        "--unused-for",
        kind=DURATION,
        metavar="TIME",
        default=0,
        help="Leave the old key active until nothing has used it for so long.",
    )
    dry_run: bool = option("--dry-run", flag=True, help="Say what would be done, and change nothing.")
    settle: int = option(
        "--settle",
        kind=DURATION,
        metavar="TIME",
        default=60,
        help="How long a new key may be unknown to AWS. [default: 60s]",
    )
    format: str = format_option("text", "json")


def rotate(options: Options) -> Outcome:
    """Replace the key of a pipeline's user, for the component's mode `outside`.

    A new key is made, seen to work, and put into the secret store as JSON (accessKeyId, secretAccessKey); then the old
    one is made inactive. Later, when nobody has missed it, --delete-old deletes it. A run may be interrupted anywhere:
    the next one goes on, and no key is turned off before the one in the secret store has been seen to work.

    A tag of the user names the secret store that its jobs read, and another one is rejected. Where the user had a key
    before, and nothing is known of the secret store, the old key stays active until nothing has used it for 24 hours.

    The credentials must be allowed to manage the user's keys and tags, and to read and write the secret store.

    Exit code 0: as asked. 1: it would not be safe, or something still uses a key that should be gone. 2: AWS or the
    secret store could not be asked.
    """
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.rotation.plan import Rules
    from pipeline_identity_cli.rotation.run import Rotation

    user = _user(options)
    if options.keep_old and options.delete_old:
        raise Stopped("--keep-old and --delete-old cannot be had together", "leave one out", kind="usage")
    session = _session(Reach.of(options))
    rules = Rules(
        keep_old=options.keep_old,
        delete_old=options.delete_old,
        grace=timedelta(seconds=options.grace),
        unused_for=timedelta(seconds=options.unused_for),
        trust_store=options.trust_store,
    )
    rotation = Rotation(session, user, _store(session, options), rules, options.settle, options.dry_run, _say)
    return rotation.advance(options.format)


def _say(text: str) -> None:
    sys.stderr.write(f"pipeline-identity: {text}\n")
    sys.stderr.flush()


def _user(options: Options) -> str:
    from pipeline_identity_cli.session_options import source
    from pipeline_identity_cli.stack import identity

    user = options.user
    outputs = source(options)
    if user and (outputs.given or options.pipeline):
        problem = "--user and a pipeline of a stack name two users"
        raise Stopped(problem, "leave out --user, or --outputs, --stack and --pipeline", kind="usage")
    if outputs.given:
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


def _store(session: boto3.Session, options: Options) -> SecretStore:
    from pipeline_identity_cli.rotation.stores import Commands, ParameterStore, SecretsManager

    if bool(options.put_command) != bool(options.get_command):
        fix = "give --put-command and --get-command"
        raise Stopped("a secret store of commands needs both", fix, kind="usage")
    if sum(map(bool, (options.secret, options.parameter, options.put_command))) != 1:
        fix = "give --secret, --parameter, or --put-command with --get-command"
        raise Stopped("one secret store is needed", fix, kind="usage")
    if options.store_name and not options.put_command:
        raise Stopped("--store-name is for --put-command alone", "leave it out", kind="usage")
    if options.secret:
        return SecretsManager(session, options.secret)
    if options.parameter:
        return ParameterStore(session, options.parameter)
    return Commands(options.get_command or "", options.put_command or "", options.store_name or "")


COMMAND = Command("rotate", Options, rotate, short_help="Replace a user's key that is made outside Pulumi.")
