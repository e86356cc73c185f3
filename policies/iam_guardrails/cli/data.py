"""The report for programs: one JSON object. What is in it stays; what is new is added."""

from __future__ import annotations

import json

from iam_guardrails.cli.outcome import Judged, NotJudged, PolicyText, Report
from iam_guardrails.cli.pages import Pages
from iam_guardrails.cli.places import place
from iam_guardrails.findings import Finding

FORMAT = 1
"""Raised when something that was there is renamed or goes."""


def render(report: Report, pages: Pages, version: str) -> str:
    """The report as JSON text."""
    value = {
        "format": FORMAT,
        "tool": {"name": "iam-guardrails", "version": version},
        "settings_file": report.settings_file,
        "strict": report.strict,
        "together": report.together,
        "verdict": report.verdict,
        "exit_code": report.code,
        "documents": [_document(one, pages) for one in report.judged],
        "not_judged": [_not_judged(one) for one in report.not_judged],
        "passed_over": list(report.passed_over),
    }
    return json.dumps(value, indent=2) + "\n"


def _document(one: Judged, pages: Pages) -> dict[str, object]:
    document = one.document
    return {
        "file": document.file,
        "line": document.first_line if document.line_of_many else None,
        "kind": document.kind.value,
        "kind_guessed": document.guessed,
        "refused": one.refused,
        "findings": [_finding(document, finding, pages) for finding in one.findings],
    }


def _finding(document: PolicyText, finding: Finding, pages: Pages) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "blocking": finding.blocking,
        "message": finding.message,
        "fix": pages.fix(finding),
        "docs": pages.of(finding.rule),
        "pointer": finding.pointer,
        "statement": finding.statement,
        **place(document, finding)._asdict(),
        "evidence": dict(finding.evidence),
    }


def _not_judged(one: NotJudged) -> dict[str, object]:
    return {"file": one.file, "line": one.line, "reason": one.reason, "fix": one.fix}
