"""`scan-state`: plain key material in states, plans, logs and folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import FILE, Command, argument, format_option, option

if TYPE_CHECKING:
    from pipeline_identity_cli.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `scan-state`."""

    paths: tuple[str, ...] = argument(kind=FILE, many=True)
    exclude: tuple[str, ...] = option(
        "--exclude", multiple=True, metavar="PATTERN", help="Leave files or folders out of the folders named."
    )
    git_history: bool = option("--git-history", flag=True, help="Read the history of Git of the folders named, too.")
    baseline: str | None = option(
        "--baseline", kind=FILE, metavar="FILE", help="Leave alone what this file knows already."
    )
    update_baseline: bool = option(
        "--update-baseline", flag=True, help="Write what is found into the file of --baseline.", steers=True
    )
    format: str = format_option("text", "json", "sarif", earlier={"people": "text"})


def scan_state(options: Options) -> Outcome:
    """Look for plain key material in PATHS: a state, a plan, a log, an archive, a folder, or - for standard input.

    The report names the place and the key id beside it, and never shows the secret. Found are secret access keys,
    session tokens, SMTP passwords made from keys, API keys of Amazon Bedrock, private keys, and tokens of CI systems,
    Pulumi, GitHub and GitLab: also in base64, in JSON within JSON, and in archives. Encrypted secrets are left alone,
    and so are the example keys of AWS's documentation and lines that hold the words "scan-state: allow".

    Exit code 0: nothing was found. 1: something was. 2: something could not be read.
    """
    from pipeline_identity_cli import scan

    asked = scan.Options(
        options.paths,
        options.exclude,
        options.git_history,
        options.baseline,
        options.update_baseline,
        options.format,
    )
    return scan.scan(asked)


COMMAND = Command(
    "scan-state", Options, scan_state, short_help="Look for plain key material in states, plans, logs and folders."
)
