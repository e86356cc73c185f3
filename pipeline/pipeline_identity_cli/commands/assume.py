"""`assume`: open a session of the role, for a shell or an SDK."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pipeline_identity_cli.exports import FORMS
from pipeline_identity_cli.opening import Opening, OpeningOptions
from pipeline_identity_cli.options import FILE, Command, format_option, option
from pipeline_identity_cli.outcome import Outcome, Stopped

_SPOKEN = ("github-env", "azure-devops")
"""The forms with lines that a CI system reads from standard output."""
_READ_BY_CI = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "BASH_ENV")
"""Variables that name files which CI systems read after a step; the last one is CircleCI's."""


@dataclass(frozen=True, kw_only=True)
class Options(OpeningOptions):
    """The options of `assume`."""

    format: str = format_option(*FORMS, required=True)
    write: str | None = option(
        "--write", kind=FILE, metavar="FILE", help="Write them to this file, mode 0600, and print nothing.", steers=True
    )


def assume(options: Options) -> Outcome:
    """Open a session of the pipeline's role, with the credentials of the standard AWS chain or a CI system's token.

    Where the outputs say that the role takes tokens alone, the job's token is looked for: AWS_WEB_IDENTITY_TOKEN_FILE,
    GitHub's, Azure DevOps's, CircleCI's, Bitbucket's. A token that AWS would reject is rejected before AWS is asked.

    \b
    In a shell:         session="$(pipeline-identity assume --format sh --role-arn ARN)" || exit; eval "$session"
    In fish:            pipeline-identity assume --format fish --role-arn ARN | source; or exit
    In PowerShell:      $ErrorActionPreference = 'Stop'
                        pipeline-identity assume --format powershell --role-arn ARN | Out-String | Invoke-Expression
    In an AWS profile:  credential_process = pipeline-identity assume --format credential_process --role-arn ARN

    The credentials go to standard output, in the form that you name: take care that no log keeps them. To run one
    command as the role, `pipeline-identity exec` shows them to nobody.
    """  # noqa: D301 - click reads the escape
    from pipeline_identity_cli import private_file

    if options.write:
        _check_write(options.write, options.format)
    session = Opening.of(options).open()
    text = FORMS[options.format](session)
    if options.write:
        private_file.write(options.write, text)
    return Outcome("" if options.write else text)


def _check_write(file: str, form: str) -> None:
    """Refuse a file that a CI system reads itself, and a form that talks to one on standard output.

    Raises:
        Stopped: What stands in the file would be lost, or nothing would have the secrets masked.
    """
    if form in _SPOKEN:
        problem = f"--format {form} tells the CI system what to mask on standard output, and --write keeps it from that"
        raise Stopped(problem, "leave --write out", kind="usage")
    for name in _READ_BY_CI:
        if (theirs := os.environ.get(name)) and os.path.realpath(theirs) == os.path.realpath(file):
            problem = f"--write would replace the file of {name}, with what other steps have written there"
            raise Stopped(problem, "name another file; in GitHub Actions, use --format github-env", kind="usage")


COMMAND = Command("assume", Options, assume, short_help="Open a session of the role, for a shell or an SDK.")
