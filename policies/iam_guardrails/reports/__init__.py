"""Findings as text, JSON, SARIF, GitHub annotations, JUnit and Markdown: one renderer a file, over `report.Report`.

A report is data; a renderer decides nothing. `render(report, form, ...)` picks the renderer by name.
"""

from __future__ import annotations

from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Report

__all__ = ["FORMS", "Pages", "Report", "render"]

FORMS = ("text", "json", "sarif", "github", "junit", "markdown")
"""Names of the renderers."""


def render(report: Report, form: str, pages: Pages, version: str, *, color: bool = False, quiet: bool = False) -> str:
    """The report as text of a format.

    Args:
        report: what to report.
        form: one of `FORMS`.
        pages: where the rules are described.
        version: version of this package.
        color: whether the terminal shows colors; for "text".
        quiet: whether to leave clean documents out; for "text".
    """
    if form == "json":
        from iam_guardrails.reports import json_format

        return json_format.render(report, pages, version)
    if form == "sarif":
        from iam_guardrails.reports import sarif

        return sarif.render(report, pages, version)
    if form == "github":
        from iam_guardrails.reports import github

        return github.render(report, pages)
    if form == "junit":
        from iam_guardrails.reports import junit

        return junit.render(report, pages)
    if form == "markdown":
        from iam_guardrails.reports import markdown

        return markdown.render(report, pages)
    from iam_guardrails.reports import text

    return text.render(report, pages, color=color, quiet=quiet)
