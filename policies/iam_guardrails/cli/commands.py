"""The arguments of the command, and how its parts work together.

What only a run needs is imported by the run: `--help` and the completion of a shell should come at once.
"""

from __future__ import annotations

import os
import sys

import click

from iam_guardrails.cli.outcome import Outcome, Report, Unusable

_FILE = click.Path(allow_dash=True)
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


@click.group(context_settings=_HELP)
@click.version_option(package_name="iam-guardrails", prog_name="iam-guardrails")
def cli() -> None:
    """Judge AWS IAM policy documents as AWS reads them, before they are deployed."""


@cli.command(context_settings=_HELP, short_help="Judge policy documents in files, folders or standard input.")
@click.argument("paths", nargs=-1, required=True, type=_FILE)
@click.option(
    "--kind",
    type=click.Choice(["identity", "trust", "resource"]),
    help="What the documents are attached to. Guessed from the content otherwise, and said.",
)
@click.option("--together", is_flag=True, help="Judge all identity policies as those of one identity.")
@click.option("--strict", is_flag=True, help="Let advice count as a finding (exit code 1).")
@click.option(
    "--only-policies", is_flag=True, help="Pass over named files that hold no policy document, as in folders."
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave files or folders out of the folders named.")
@click.option(
    "--settings",
    "settings_file",
    type=_FILE,
    metavar="FILE",
    help="Settings, as TOML. Looked for otherwise, see above.",
)
@click.option("--isolated", is_flag=True, help="Look for no settings file.")
@click.option("--trusted-account", "trusted_accounts", multiple=True, metavar="ID", help="An account of yours.")
@click.option(
    "--trusted-organization", "trusted_organizations", multiple=True, metavar="ID", help="An organization of yours."
)
@click.option(
    "--trusted-principal", "trusted_principals", multiple=True, metavar="ARN", help="A principal of another owner."
)
@click.option(
    "--trusted-service", "trusted_services", multiple=True, metavar="SERVICE", help="A service; unset, all of AWS's."
)
@click.option(
    "--trusted-saml-provider", "trusted_saml_providers", multiple=True, metavar="ARN", help="A SAML provider."
)
@click.option(
    "--read-only-wildcards",
    type=click.Choice(["block", "allow"]),
    help='Whether "s3:Get*" and its like are refused. [default: block]',
)
@click.option(
    "--max-session-duration",
    type=int,
    metavar="SECONDS",
    help="A session may last so long unremarked. [default: 14400]",
)
@click.option("--max-trust-policy-size", type=int, metavar="CHARACTERS", help="The account's quota. [default: 2048]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["people", "json", "sarif", "github"]),
    default="people",
    show_default=True,
    help="Who is to read the report.",
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True, help="For people."
)
@click.option("-q", "--quiet", is_flag=True, help="Leave clean documents out of the report for people.")
@click.option("--stdin-name", default="standard input", metavar="NAME", help="What to call standard input.")
@click.option(
    "--docs-url", default="", envvar="IAM_GUARDRAILS_DOCS_URL", metavar="URL", help="Where docs/ is served, for links."
)
def check(
    paths: tuple[str, ...],
    kind: str | None,
    together: bool,
    strict: bool,
    only_policies: bool,
    exclude: tuple[str, ...],
    settings_file: str | None,
    isolated: bool,
    form: str,
    color: str,
    quiet: bool,
    stdin_name: str,
    docs_url: str,
    **settings: object,
) -> Outcome:
    """Judge the policy documents in PATHS: files, folders, patterns, or - for standard input.

    A file holds one document, or one a line (JSON Lines). Folders are searched for .json, .jsonl and .ndjson files.

    Settings come from --settings, else from the nearest iam-guardrails.toml or pyproject.toml with a table
    [tool.iam-guardrails], in the current folder or above it in the repository. A flag takes the place of what the
    file says of the same setting. Trust and resource policies need trusted accounts.

    Exit code 0: all judged, none refused. 1: something is refused. 2: something could not be judged.
    """
    from iam_guardrails.cli.inputs import Reading, find
    from iam_guardrails.cli.judging import judge
    from iam_guardrails.cli.settings import load
    from iam_guardrails.language.documents import DocumentKind

    loaded = load(settings_file, {name: value for name, value in settings.items() if value}, look=not isolated)
    reading = Reading(DocumentKind(kind) if kind else None, exclude, only_policies, stdin_name)
    found = find(paths, reading)
    judged, failed = judge(found.documents, loaded.settings, together=together)
    report = Report(
        tuple(judged),
        (*found.not_judged, *failed),
        tuple(found.passed_over),
        loaded.file,
        strict,
        together,
    )
    return Outcome(_render(report, form, docs_url, color=color, quiet=quiet), report.code)


def _render(report: Report, form: str, docs_url: str, *, color: str, quiet: bool) -> str:
    from iam_guardrails.cli.pages import Pages

    pages = Pages(docs_url)
    if form == "json":
        from iam_guardrails.cli import data

        return data.render(report, pages, _version())
    if form == "sarif":
        from iam_guardrails.cli import sarif

        return sarif.render(report, pages, _version())
    if form == "github":
        from iam_guardrails.cli import github

        return github.render(report, pages)
    from iam_guardrails.cli import people

    return people.render(report, pages, color=_shows_color(color), quiet=quiet)


def _shows_color(wish: str) -> bool:
    """Whether to write colors. Sources: the conventions at no-color.org and force-color.org."""
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    is_terminal = sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison]
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("iam-guardrails")
    except PackageNotFoundError:
        raise Unusable("iam-guardrails is not installed as a package, so its version is not known") from None
