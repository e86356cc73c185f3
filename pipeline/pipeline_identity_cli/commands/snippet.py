"""`snippet`: what a CI system needs, ready to paste."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import FILE, Choice, Command, PipelineOptions, option
from pipeline_identity_cli.outcome import Outcome, Stopped, shown
from pipeline_identity_cli.session_options import SessionOptions, request, source

if TYPE_CHECKING:
    from pipeline_identity_cli.stack import Identity

_SYSTEMS = [
    "profile",
    "credential-process",
    "github",
    "gitlab",
    "bitbucket",
    "circleci",
    "jenkins",
    "azure-devops",
    "buildkite",
    "woodpecker",
    "forgejo",
    "hcp-terraform",
    "esc",
    "sh",
]


@dataclass(frozen=True, kw_only=True)
class Options(PipelineOptions, SessionOptions):
    """The options of `snippet`."""

    system: str = option("--for", kind=Choice(_SYSTEMS), required=True, help="Where it is pasted.")
    region: str = option("--region", metavar="REGION", required=True, help="The AWS region that the job works in.")
    start: str | None = option(
        "--start",
        kind=Choice(["keys", "token"]),
        help="What the job starts from. [default: a token, if the role trusts one]",
    )
    audience: str | None = option(
        "--audience", metavar="TEXT", help="The audience of the token. [default: the one that the role trusts]"
    )
    service_connection: str | None = option(
        "--service-connection", metavar="ID", help="Azure DevOps: whose token to ask for. [default: the job's own]"
    )
    with_keys: bool = option(
        "--with-keys", flag=True, help="Write the keys into a profile; to a terminal or with --write only.", steers=True
    )
    write: str | None = option(
        "--write", kind=FILE, metavar="FILE", help="Write it to this file, mode 0600, and print nothing.", steers=True
    )


def snippet(options: Options) -> Outcome:
    """Write a piece of configuration with which a system's jobs open the pipeline's session.

    Where the role trusts tokens, the job starts from one; else from keys. Keys are named as the system's secrets, and
    not shown.
    """
    from pipeline_identity_cli import private_file
    from pipeline_identity_cli.snippets import FROM_KEYS, SYSTEMS
    from pipeline_identity_cli.snippets.settings import Settings
    from pipeline_identity_cli.stack import identity
    from pipeline_identity_cli.web_identity.trust import trusted

    outputs = dataclasses.replace(source(options), show_secrets=options.with_keys)
    if not outputs.given:
        raise Stopped("no pipeline is named", "hand over its stack's outputs with --outputs or --stack", kind="usage")
    if not re.fullmatch(r"[a-z0-9-]+", options.region):
        raise Stopped(f"--region {shown(options.region, 40)} is not a region", "write it like eu-west-1", kind="usage")
    of = identity(outputs, options.pipeline)
    wanted = request(options, of)
    statements = trusted(of.trust_policy)
    # A token ends by itself, so it goes first wherever the role takes one and the system hands one out.
    by_default = of.has_keys and (not statements or options.system in FROM_KEYS)
    from_keys = by_default if options.start is None else options.start == "keys"
    keys = _keys_to_show(of, options.system, options.write) if options.with_keys else None
    settings = Settings(
        of.name,
        wanted,
        options.region,
        from_keys,
        statements,
        options.audience,
        options.service_connection,
        keys,
    )
    text = SYSTEMS[options.system](settings)
    if options.write:
        private_file.write(options.write, text)
    return Outcome("" if options.write else text)


def _keys_to_show(of: Identity, system: str, write: str | None) -> tuple[str, str]:
    from iam_guardrails.terminal import is_terminal

    if system not in ("profile", "credential-process"):
        raise Stopped(f"keys do not belong into a file of {system}", "leave --with-keys out: they are its secrets")
    if not write and not is_terminal():
        raise Stopped("keys are shown on a terminal only", "name a file with --write: it gets mode 0600")
    if not of.access_key_id or not of.secret_access_key:
        fix = "write them with: pulumi stack output pipelines --json --show-secrets"
        raise Stopped("the outputs do not show the keys", fix)
    return of.access_key_id, of.secret_access_key


COMMAND = Command("snippet", Options, snippet, short_help="Write what a CI system needs, ready to paste.")
