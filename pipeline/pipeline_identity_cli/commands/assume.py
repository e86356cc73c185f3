"""`assume`: open a session of the role, for a shell or an SDK."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_identity_cli.exports import FORMS
from pipeline_identity_cli.opening import Opening, OpeningOptions
from pipeline_identity_cli.options import FILE, Command, format_option, option
from pipeline_identity_cli.outcome import Outcome


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

    session = Opening.of(options).open()
    text = FORMS[options.format](session)
    if options.write:
        private_file.write(options.write, text)
    return Outcome("" if options.write else text)


COMMAND = Command("assume", Options, assume, short_help="Open a session of the role, for a shell or an SDK.")
