"""The report for programs: one JSON object. What is in it stays; what is new is added."""

from __future__ import annotations

import json

from iam_guardrails.findings import Finding
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Checked, Excepted, NotChecked, Report, Subject, level

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
        "documents": [_document(one, pages) for one in report.checked],
        "not_judged": [_not_checked(one) for one in report.not_checked],
        "passed_over": list(report.passed_over),
        "excepted": [_excepted(one, pages) for one in report.excepted],
        "unknown": [{"file": one.file, "what": one.text} for one in report.unknown],
        "notes": [{"file": one.file, "what": one.text} for one in report.notes],
        "rules_off": list(report.off),
        "problems": list(report.problems),
    }
    return json.dumps(value, indent=2) + "\n"


def _document(one: Checked, pages: Pages) -> dict[str, object]:
    document = one.subject
    return {
        "file": document.file,
        "line": document.first_line if document.line_of_many else None,
        "logical_id": document.logical_id or None,
        "name": document.label or None,
        "pointer": document.pointer,
        "kind": document.kind.value,
        "kind_guessed": document.guessed,
        "refused": one.rejected,
        "findings": [_finding(document, finding, pages) for finding in one.findings],
        "unknown": list(document.unknown),
    }


def _finding(document: Subject, finding: Finding, pages: Pages) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "level": level(finding),
        "blocking": finding.blocking,
        "message": finding.message,
        "fix": pages.fix(finding),
        "docs": pages.of(finding.rule),
        "pointer": finding.pointer,
        "statement": finding.statement,
        **document.place(finding)._asdict(),
        "id": finding.id,
        "evidence": dict(finding.evidence),
    }


def _excepted(one: Excepted, pages: Pages) -> dict[str, object]:
    subject = one.subject
    where = {"file": subject.file, "logical_id": subject.logical_id or None}
    return {**where, "why": one.why, **_finding(subject, one.finding, pages)}


def _not_checked(one: NotChecked) -> dict[str, object]:
    return {"file": one.file, "line": one.line, "reason": one.reason, "fix": one.fix}
