"""The report as Markdown, for a comment on a change or the summary of a job: a table of findings, and the counts."""

from __future__ import annotations

import re

from iam_guardrails.findings import Finding
from iam_guardrails.reports import paths
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Report, Subject, level, visible
from iam_guardrails.reports.text import summary

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@-])")
_SIGNS = {"error": "❌ error", "warning": "⚠️ warning", "note": "💬 note"}


def render(report: Report, pages: Pages) -> str:
    """The report as Markdown."""
    lines = [f"## iam-guardrails: {report.verdict.replace('judged', 'checked')}", ""]
    rows = [_row(one.subject, finding, pages) for one in report.checked for finding in one.findings]
    if rows:
        lines += ["| | where | rule | what | fix |", "|---|---|---|---|---|", *rows, ""]
    for problem in report.not_checked:
        lines.append(
            f"- **not checked** {_plain(problem.place)}: {_plain(problem.reason)}. Fix: {_plain(problem.fix)}."
        )
    if report.not_checked:
        lines.append("")
    lines += [f"- {_plain(line)}" for line in summary(report)]
    return "\n".join(lines) + "\n"


def _row(subject: Subject, finding: Finding, pages: Pages) -> str:
    at = subject.place(finding)
    file = paths.path(subject.file, paths.top())
    where = f"{_plain(file)}:{at.line}" + (f" {_plain(subject.logical_id)}" if subject.logical_id else "")
    page = pages.of(finding.rule)
    rule = f"[{finding.rule}]({page})" if pages.base else finding.rule
    cells = (_SIGNS[level(finding)], where, rule, _plain(finding.message), _plain(pages.fix(finding)))
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", visible(text))
