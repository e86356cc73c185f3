"""The report as workflow commands, which GitHub shows as annotations of the changed files.

Source: GitHub Docs, "Workflow commands for GitHub Actions"; the escapes are those of the `core` package of the
Actions toolkit.
"""

from __future__ import annotations

from pathlib import Path

from iam_guardrails.findings import Finding
from iam_guardrails.reports import paths
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Checked, NotChecked, Report, Subject, level, visible
from iam_guardrails.reports.text import summary

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, pages: Pages) -> str:
    """The report as lines that GitHub acts upon, and the summary for the log."""
    repository = paths.top()
    lines = [line for one in report.checked for line in _document(one, pages, repository)]
    lines += [_not_checked(one, repository) for one in report.not_checked]
    return "".join(f"{line}\n" for line in [*lines, *summary(report)])


def _document(one: Checked, pages: Pages, repository: Path) -> list[str]:
    return [_finding(one.subject, finding, pages, repository) for finding in one.findings]


def _finding(document: Subject, finding: Finding, pages: Pages, repository: Path) -> str:
    at = document.place(finding)
    guessed = " (guessed)" if document.guessed else ""
    text = "\n".join(
        (
            visible(finding.message),
            f"fix: {visible(pages.fix(finding))}",
            f"at {visible(finding.pointer) or 'the document'} of {_of(document)}{guessed}; "
            f"more: {pages.of(finding.rule)}",
        )
    )
    where = {"file": paths.path(document.file, repository), "line": at.line, "endLine": at.end_line}
    if at.line == at.end_line:
        # GitHub takes columns only within one line.
        where |= {"col": at.column, "endColumn": max(at.end_column - 1, at.column)}
    title = f"{finding.rule} ({finding.severity})"
    return command(_COMMANDS[level(finding)], text, **where, title=title)


def _of(document: Subject) -> str:
    label = visible(document.label) or f"the {document.kind.value} policy"
    return f"{label} ({visible(document.logical_id)})" if document.logical_id else label


def _not_checked(one: NotChecked, repository: Path) -> str:
    where = {"file": paths.path(one.file, repository), "line": one.line or 1}
    text = f"{visible(one.place)}: {visible(one.reason)}\nfix: {visible(one.fix)}"
    return command("error", text, **where, title="not checked")


def command(name: str, message: str, **properties: object) -> str:
    """A workflow command, escaped so that nothing in a document becomes another one."""
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
