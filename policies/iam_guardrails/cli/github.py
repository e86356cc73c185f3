"""The report as workflow commands, which GitHub shows as annotations of the changed files.

Source: GitHub Docs, "Workflow commands for GitHub Actions"; the escapes are those of the `core` package of the
Actions toolkit.
"""

from __future__ import annotations

from pathlib import Path

from iam_guardrails.cli import hosted
from iam_guardrails.cli.outcome import Judged, NotJudged, PolicyText, Report, visible
from iam_guardrails.cli.pages import Pages
from iam_guardrails.cli.people import summary
from iam_guardrails.cli.places import place
from iam_guardrails.findings import Finding


def render(report: Report, pages: Pages) -> str:
    """The report as lines that GitHub acts upon, and the summary for the log."""
    repository = hosted.top()
    lines = [line for one in report.judged for line in _document(one, pages, repository)]
    lines += [_not_judged(one, repository) for one in report.not_judged]
    return "".join(f"{line}\n" for line in [*lines, *summary(report)])


def _document(one: Judged, pages: Pages, repository: Path) -> list[str]:
    return [_finding(one.document, finding, pages, repository) for finding in one.findings]


def _finding(document: PolicyText, finding: Finding, pages: Pages, repository: Path) -> str:
    at = place(document, finding)
    guessed = " (guessed)" if document.guessed else ""
    text = "\n".join(
        (
            visible(finding.message),
            f"fix: {visible(pages.fix(finding))}",
            f"at {visible(finding.pointer) or 'the document'} of the {document.kind.value} policy{guessed}; "
            f"more: {pages.of(finding.rule)}",
        )
    )
    where = {"file": hosted.path(document.file, repository), "line": at.line, "endLine": at.end_line}
    if at.line == at.end_line:
        # GitHub takes columns only within one line.
        where |= {"col": at.column, "endColumn": max(at.end_column - 1, at.column)}
    title = f"{finding.rule} ({finding.severity})"
    return command("error" if finding.blocking else "warning", text, **where, title=title)


def _not_judged(one: NotJudged, repository: Path) -> str:
    where = {"file": hosted.path(one.file, repository), "line": one.line or 1}
    text = f"{visible(one.place)}: {visible(one.reason)}\nfix: {visible(one.fix)}"
    return command("error", text, **where, title="not judged")


def command(name: str, message: str, **properties: object) -> str:
    """A workflow command, escaped so that nothing in a document becomes another one."""
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
