"""`iam-guardrails check`: its options, and how its parts work together.

What only a run needs is imported by the run: `--help` and the completion of a shell should come at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iam_guardrails.cli.outcome import Outcome, Unusable
from iam_guardrails.terminal import shows_color

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iam_guardrails.cli.checking import Results
    from iam_guardrails.cli.inputs import Found
    from iam_guardrails.cli.settings import Loaded
    from iam_guardrails.reports.report import Report

PATH = click.Path(allow_dash=True)
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
_KINDS = ["identity", "trust", "resource", "boundary", "session", "scp", "rcp", "endpoint"]
_FORMATS = ["text", "people", "json", "sarif", "github", "junit", "markdown"]


class _Level(click.ParamType[tuple[str, str]]):
    """RULE=LEVEL."""

    name = "rule=level"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The rule and its level."""
        rule, equals, level = str(value).partition("=")
        if not equals:
            self.fail(f"{value!r}: write RULE=LEVEL, such as no-wildcard-actions=warning", param, ctx)
        return rule, level


@click.command(context_settings=HELP, short_help="Check policies in files, folders or standard input.")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    help="What documents by themselves are attached to. Guessed from the content otherwise, and said.",
)
@click.option("--together", is_flag=True, help="Check all identity policies as those of one identity.")
@click.option("--strict", is_flag=True, help="Let warnings, and what is not known, count (exit code 1).")
@click.option(
    "--only-policies", is_flag=True, help="Pass over named files that hold no policy document, as in folders."
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave files or folders out of the folders named.")
@click.option(
    "--settings",
    "settings_file",
    type=PATH,
    metavar="FILE",
    help="Settings, as TOML. Looked for otherwise, see above.",
)
@click.option("--isolated", is_flag=True, help="Look for no settings file.")
@click.option(
    "--exceptions", "exceptions_file", type=PATH, metavar="FILE", help="Exceptions, as TOML, beside the settings'."
)
@click.option("--baseline", type=PATH, metavar="FILE", help="Let the findings that FILE lists not count.")
@click.option("--write-baseline", type=PATH, metavar="FILE", help="Write what is found to FILE, and let it not count.")
@click.option(
    "--level", "levels", multiple=True, type=_Level(), metavar="RULE=LEVEL",
    help="Level of a rule: error, warning, note or off.",
)  # fmt: skip
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
    "--trusted-vpc-endpoint", "trusted_vpc_endpoints", multiple=True, metavar="ID", help="A VPC endpoint of yours."
)
@click.option(
    "--read-only-wildcards",
    type=click.Choice(["block", "allow"]),
    help='Whether "s3:Get*" and its like are rejected. [default: block]',
)
@click.option(
    "--max-session-duration",
    type=int,
    metavar="SECONDS",
    help="A session may last so long without a warning. [default: 14400]",
)
@click.option("--max-trust-policy-size", type=int, metavar="CHARACTERS", help="The account's quota. [default: 2048]")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help='Form of the report. ("people" is an older name of "text".)',
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True, help="For text."
)
@click.option("-q", "--quiet", is_flag=True, help="Leave clean documents out of the report as text.")
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
    exceptions_file: str | None,
    baseline: str | None,
    write_baseline: str | None,
    levels: tuple[tuple[str, str], ...],
    form: str,
    color: str,
    quiet: bool,
    stdin_name: str,
    docs_url: str,
    **settings: object,
) -> Outcome:
    """Check the policies in PATHS: files, folders, patterns, or - for standard input.

    A file holds policy documents (JSON or YAML; one, several, or one a line), a template of CloudFormation, SAM, the
    CDK or the Serverless Framework, a plan or state of Terraform, a preview, plan or state of Pulumi, answers of the
    AWS CLI, or Kubernetes objects. What belongs to one identity is checked together, across all files.

    Settings come from --settings, else from the nearest iam-guardrails.toml or pyproject.toml with a table
    [tool.iam-guardrails], in the current folder or above it in the repository. A flag takes the place of what the file
    says of the same setting.

    Exit code 0: all checked, none rejected. 1: something is rejected. 2: something could not be checked.
    """
    from iam_guardrails.cli.checking import check as check_all
    from iam_guardrails.cli.inputs import Reading, find
    from iam_guardrails.cli.settings import load
    from iam_guardrails.model import DocumentKind

    flags: dict[str, object] = {name: value for name, value in settings.items() if value}
    if levels:
        flags["levels"] = dict(levels)
    loaded = load(settings_file, flags, look=not isolated, exceptions_file=exceptions_file)
    of = DocumentKind(kind) if kind else None
    found = find(paths, Reading(of, loaded.kinds, exclude, only_policies, stdin_name))
    results = check_all(found.sources, loaded.settings, together=together)
    report = report_of(found, results, loaded, strict=strict, together=together, baseline=(baseline, write_baseline))
    return Outcome(rendered(report, form, docs_url, color=color, quiet=quiet), report.code)


def report_of(
    found: Found,
    results: Results,
    loaded: Loaded,
    *,
    strict: bool,
    together: bool,
    baseline: tuple[str | None, str | None],
) -> Report:
    """All that the run has to report, with what exceptions and the baseline accept taken out."""
    from iam_guardrails.cli import actions
    from iam_guardrails.cli import baseline as baselines
    from iam_guardrails.cli.excepting import without_excepted
    from iam_guardrails.reports.report import Remark, Report

    checked, excepted, problems, ended = without_excepted(results.checked, loaded.settings)
    known, to_write = baseline
    if to_write is not None:
        count = baselines.write(to_write, checked)
        problems = [*problems, f"Written: {count:,} findings to the baseline {to_write}."]
        known = to_write
    if known is not None:
        checked, in_baseline, gone = baselines.apply(known, checked)
        excepted, problems = [*excepted, *in_baseline], [*problems, *gone]
    return Report(
        tuple(checked),
        (*found.not_checked, *results.failed),
        tuple(found.passed_over),
        loaded.file,
        strict,
        together,
        tuple(excepted),
        tuple(results.unknown),
        (
            *results.notes,
            *actions.remarks(results.documents),
            *(Remark(loaded.file or "settings", one) for one in loaded.settings.remarks),
        ),
        _switched_off(loaded.settings.levels),
        tuple(problems),
        ended,
        loaded.settings.on_unknown == "block",
    )


def _switched_off(levels: Mapping[str, str]) -> tuple[str, ...]:
    """The rules that the settings switch off."""
    if "off" not in levels.values():
        return ()
    from iam_guardrails.rules import RULES

    return tuple(rule for rule, level in levels.items() if level == "off" and RULES[rule].level != "off")


def rendered(report: Report, form: str, docs_url: str, *, color: str, quiet: bool) -> str:
    """The report as text of a format."""
    from iam_guardrails.addresses import BASE
    from iam_guardrails.cli.settings import FILE, FLAGS
    from iam_guardrails.reports import Pages, render

    name = "text" if form == "people" else form
    version = own_version() if name in ("json", "sarif") else ""  # it takes time to find out
    return render(report, name, Pages(docs_url or BASE, FLAGS, FILE), version, color=shows_color(color), quiet=quiet)


def own_version() -> str:
    """The version of this package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("iam-guardrails")
    except PackageNotFoundError:
        raise Unusable("iam-guardrails is not installed as a package, so its version is not known") from None
