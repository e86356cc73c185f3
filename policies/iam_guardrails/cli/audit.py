"""`iam-guardrails audit`: whole accounts and organizations, and who can become whom in them.

It reads what `check` reads and takes what `check` takes, beside options of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import click

from iam_guardrails.cli.check import HELP, PATH, check, own_version, report_of
from iam_guardrails.cli.outcome import Outcome
from iam_guardrails.terminal import shows_color

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from iam_guardrails.cli.by_account import Plan
    from iam_guardrails.cli.checking import Results
    from iam_guardrails.cli.inputs import Found, Reading
    from iam_guardrails.cli.settings import Loaded
    from iam_guardrails.model import AccountModel
    from iam_guardrails.reach import Answered, Asked
    from iam_guardrails.reports.report import Checked
    from iam_guardrails.settings import Settings

_FORMATS = ["text", "json", "sarif", "html", "graphml", "dot"]
_MANY = 20
"""From so many accounts on, each is looked at by itself, in several processes."""
_NOT_OF_CHECK = ("paths", "together", "form")
"""The parameters of `check` that have no meaning here, or another one."""


@click.command(context_settings=HELP, short_help="Audit accounts: who can become whom, and all rules.")
@click.argument("paths", nargs=-1, type=PATH)
@click.option(
    "--profile", "profiles", multiple=True, metavar="NAME",
    help="Read the account of this profile of the AWS configuration, too.",
)  # fmt: skip
@click.option(
    "--role-arn", "roles", multiple=True, metavar="ARN",
    help="Read the account of this role, assumed with the first --profile, else the environment's credentials.",
)  # fmt: skip
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Look for resources in these regions only.")
@click.option(
    "--collect-to", type=click.Path(file_okay=False), default="iam-audit", show_default=True, metavar="FOLDER",
    help="Where what is read of accounts goes. A run that was interrupted goes on with what is there.",
)  # fmt: skip
@click.option(
    "--inventory",
    "inventories",
    multiple=True,
    type=PATH,
    metavar="FILE",
    help="What runs in the accounts, as JSON. What no such file lists is then not there.",
)
@click.option(
    "--from", "starts", multiple=True, metavar="NAME", help="Begin with these users or roles: ARN, name or pattern."
)
@click.option(
    "--to", "ends", multiple=True, metavar="NAME",
    help="Look for paths to these roles, users, buckets, secrets or keys instead of to administrators.",
)  # fmt: skip
@click.option(
    "--max-hops", type=click.IntRange(min=1), default=8, show_default=True, help="List no path of more steps."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="NUMBER",
    help="Work with so many processes, account by account. [default: as many as there are cores, from 20 accounts on]",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Let a cluster of Dask do the work, account by account; its workers must see PATHS under the same names.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Form of the report."
)
def audit(
    paths: tuple[str, ...],
    profiles: tuple[str, ...],
    roles: tuple[str, ...],
    regions: tuple[str, ...],
    collect_to: str,
    inventories: tuple[str, ...],
    starts: tuple[str, ...],
    ends: tuple[str, ...],
    max_hops: int,
    jobs: int | None,
    scheduler: str | None,
    form: str,
    **options: object,
) -> Outcome:
    """Audit the accounts in PATHS: who can become administrator, who reaches what, and what every rule finds.

    PATHS are files or folders with the answers of `aws iam get-account-authorization-details`, one file an account;
    organizations with their policies; and everything that `check` reads. With --profile or --role-arn the command reads
    accounts itself, and can do nothing but read; it needs iam-guardrails[collect].

    Exit code 0: all audited, nothing rejected, nobody reaches an administrator for certain. 1: something is rejected.
    2: something could not be read.
    """
    from iam_guardrails.reach import Asked

    if profiles or roles:
        paths = (*paths, *_collected(profiles, roles, regions, collect_to))
    if not paths:
        raise click.UsageError("name files or folders to read, or accounts by --profile or --role-arn")
    asked = Asked(starts, ends, max_hops)
    return _Audit(paths, inventories, asked, options, Crew(jobs, scheduler)).outcome(form)


def _collected(profiles: Sequence[str], roles: Sequence[str], regions: Sequence[str], folder: str) -> Sequence[str]:
    """The files that accounts were read into.

    Raises:
        Unusable: an account cannot be read: what is known of the others is no audit of it.
    """
    from pathlib import Path

    from iam_guardrails.cli.outcome import Unusable
    from iam_guardrails.collecting import CannotCollect, Login, collect

    base = profiles[0] if profiles else None
    logins = [Login(base, role) for role in roles] if roles else [Login(name) for name in profiles]
    try:
        collected = collect(logins, Path(folder), say=lambda line: click.echo(line, err=True), regions=regions)
    except CannotCollect as error:
        raise Unusable(str(error)) from None
    if collected.failed:
        raise Unusable(f"{collected.failed[0]}. What was read is in {folder}: the next run goes on there")
    return collected.paths


audit.params += [one for one in check.params if one.name not in _NOT_OF_CHECK]


_NOBODY = (
    "nothing that was read is called so",
    "give an ARN, the name at its end, or a pattern of a user, role, bucket, secret or key that was read",
)


class Crew(NamedTuple):
    """Who does the work.

    Attributes:
        jobs: number of processes; None for this process alone, or as many as there are cores for many accounts.
        scheduler: address of a scheduler of Dask; None for this machine.
    """

    jobs: int | None = None
    scheduler: str | None = None

    def is_for(self, accounts: int) -> bool:
        """Whether to work account by account."""
        return self.jobs is not None or self.scheduler is not None or accounts >= _MANY

    def made(self) -> tuple[Callable[[], Executor], int, Callable[[], None]]:
        """What makes executors, how many pieces of work they do at a time, and what to call at the end."""
        import os

        from iam_guardrails.cli.executors import cluster, processes

        if self.scheduler is not None:
            return cluster(self.scheduler)
        workers = self.jobs or os.cpu_count() or 1
        return processes(workers), workers, lambda: None


class _Audit:
    """One run of the command."""

    def __init__(
        self, paths: Sequence[str], inventories: Sequence[str], asked: Asked, options: dict[str, object], crew: Crew
    ) -> None:
        self._paths, self._inventories, self._asked, self._options = paths, inventories, asked, options
        self._crew = crew
        self._answers: list[Answered] = []

    def outcome(self, form: str) -> Outcome:
        from iam_guardrails.cli.settings import FLAGS, load
        from iam_guardrails.reports import audit_report
        from iam_guardrails.reports.report import NotChecked

        options = self._options
        flags: dict[str, object] = {name: value for name in FLAGS if (value := options.get(name))}
        levels = cast("tuple[tuple[str, str], ...]", options["levels"])
        if levels:
            flags["levels"] = dict(levels)
        look = not options["isolated"]
        loaded = load(self._text("settings_file"), flags, look=look, exceptions_file=self._text("exceptions_file"))
        found, results = self._looked(loaded)
        for name in self._answers[0].missing if self._answers else ():
            found.not_checked.append(NotChecked(name, None, *_NOBODY))
        answered = self._answers[0] if self._answers else self._nothing()
        results.checked = list(_without_answered(results.checked, answered))
        baseline = self._text("baseline"), self._text("write_baseline")
        strict = bool(options["strict"])
        report = report_of(found, results, loaded, strict=strict, together=False, baseline=baseline)
        color = shows_color(str(options["color"]))
        pages = audit_report.pages(str(options["docs_url"]))
        text = audit_report.render(
            answered, report, form, pages, own_version(), color=color, quiet=bool(options["quiet"])
        )  # fmt: skip
        return Outcome(text, report.code)

    def _text(self, name: str) -> str | None:
        value = self._options[name]
        return value if isinstance(value, str) else None

    def _looked(self, loaded: Loaded) -> tuple[Found, Results]:
        """What could not be read, and what was found: account by account where there are many, else at once."""
        from iam_guardrails.cli.by_account import planned
        from iam_guardrails.cli.checking import check as check_all
        from iam_guardrails.cli.inputs import Found, add_inventory, find, listed
        from iam_guardrails.model.parts import IdentityPart

        reading = self._reading(loaded)
        unread = Found()
        plan = planned(listed(self._paths, reading, unread))
        if self._crew.is_for(len(plan.accounts)):
            return self._by_account(plan, reading, loaded, unread)
        found = find(self._paths, reading)
        for file in self._inventories:
            add_inventory(file, found)
        parts = (part for source in found.sources for part in source.parts[0])
        accounts = {part.scope.account for part in parts if isinstance(part, IdentityPart)}
        return found, check_all(found.sources, _own(loaded.settings, accounts), graph=self._graph)

    def _by_account(self, plan: Plan, reading: Reading, loaded: Loaded, unread: Found) -> tuple[Found, Results]:
        from datetime import datetime, timezone

        from iam_guardrails.cli.by_account import Work, audit_by_account

        settings = _own(loaded.settings, set(plan.accounts))
        now = datetime.now(timezone.utc)
        work = Work("", (), (), (), tuple(self._inventories), reading, settings, self._asked.ends, now)
        make, workers, end = self._crew.made()
        try:
            outcome = audit_by_account(plan, work, self._asked, executor=make, workers=workers, say=_progress())
        finally:
            end()
        self._answers.append(outcome.answered)
        outcome.found.not_checked[:0] = unread.not_checked
        return outcome.found, outcome.results

    def _reading(self, loaded: Loaded) -> Reading:
        from iam_guardrails.cli.inputs import Reading
        from iam_guardrails.model import DocumentKind

        options = self._options
        kind = self._text("kind")
        exclude = cast("tuple[str, ...]", options["exclude"])
        return Reading(
            DocumentKind(kind) if kind else None, loaded.kinds, exclude, bool(options["only_policies"]),
            str(options["stdin_name"]),
        )  # fmt: skip

    def _graph(self, model: AccountModel) -> Answered:
        """The graph of a model; the first is reported, others differ in how a template's conditions come out."""
        from iam_guardrails.reach import answer, reach

        answered = answer(reach(model, targets=self._asked.ends), self._asked)
        self._answers.append(answered)
        return answered

    def _nothing(self) -> Answered:
        from iam_guardrails.reach import Reach, answer

        return answer(Reach(), self._asked)


def _without_answered(checked: Iterable[Checked], answered: Answered) -> Iterator[Checked]:
    """The findings without advice on what the graph answers: what power somebody has that a statement names."""
    from iam_guardrails.reports.report import level
    from iam_guardrails.rules.no_privilege_escalation import RULE

    members = answered.graph.members
    for one in checked:
        kept = [
            finding
            for finding in one.findings
            if not (
                finding.rule == RULE.id and level(finding) == "note" and finding.evidence.get("resource") in members
            )
        ]
        yield one._replace(findings=tuple(kept))


def _own(settings: Settings, accounts: set[str]) -> Settings:
    """The settings, in which the accounts that are audited are one's own where nobody says which are."""
    from dataclasses import replace

    if settings.trusted_accounts is not None or not accounts - {""}:
        return settings
    return replace(settings, trusted_accounts=tuple(sorted(accounts - {""})))


def _progress() -> Callable[[str], None]:
    """Tells a person at a terminal how far the work is."""
    import sys

    shown = sys.stderr is not None and sys.stderr.isatty()  # pyright: ignore[reportUnnecessaryComparison]
    return lambda line: click.echo(line, err=True) if shown else None
