"""The report as JUnit XML: a test case a document, an error of a rule a failure; what CI systems show as tests.

Source: the JUnit XML format as Jenkins, GitLab and Azure Pipelines read it (https://github.com/testmoapp/junitxml).
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from iam_guardrails.findings import Finding
from iam_guardrails.reports import paths
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Checked, Excepted, NotChecked, Report, Subject, level
from iam_guardrails.reports.text import summary

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, pages: Pages) -> str:
    """The report as JUnit XML."""
    failed = sum(_fails(one, report) for one in report.checked)
    counts = {
        "tests": str(len(report.checked) + len(report.not_checked) + len(report.excepted)),
        "failures": str(failed),
        "errors": str(len(report.not_checked)),
        "skipped": str(len(report.excepted)),
    }
    top = Element("testsuites", {"name": "iam-guardrails", **counts})
    suite = SubElement(top, "testsuite", {"name": "iam-guardrails check", **counts})
    for one in report.checked:
        _case(suite, one, report, pages)
    for problem in report.not_checked:
        _error(suite, problem)
    for excepted in report.excepted:
        _skipped(suite, excepted)
    SubElement(suite, "system-out").text = _clean("\n".join(summary(report)))
    indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _fails(one: Checked, report: Report) -> bool:
    return one.rejected or (report.strict and bool(one.findings))


def _named(subject: Subject) -> dict[str, str]:
    file = paths.path(subject.file, paths.top())
    name = f"{subject.name}: {subject.what}"
    return {"classname": _clean(file), "name": _clean(name), "file": _clean(file)}


def _case(suite: Element, one: Checked, report: Report, pages: Pages) -> None:
    case = SubElement(suite, "testcase", _named(one.subject))
    for finding in one.findings:
        text = _text(one.subject, finding, pages)
        if finding.blocking or report.strict:
            failure = {"type": finding.rule, "message": _clean(finding.message)}
            SubElement(case, "failure", failure).text = text
    others = [_text(one.subject, finding, pages) for finding in one.findings if not finding.blocking]
    if others and not report.strict:
        SubElement(case, "system-out").text = "\n\n".join(others)


def _text(subject: Subject, finding: Finding, pages: Pages) -> str:
    at = subject.place(finding)
    head = f"{subject.file}:{at.line}:{at.column}: {level(finding)} {finding.rule} ({finding.severity})"
    return _clean(f"{head}\n{finding.message}\nfix: {pages.fix(finding)}\nmore: {pages.of(finding.rule)}")


def _error(suite: Element, problem: NotChecked) -> None:
    file = paths.path(problem.file, paths.top())
    case = SubElement(
        suite, "testcase", {"classname": _clean(file), "name": _clean(problem.place), "file": _clean(file)}
    )
    SubElement(case, "error", {"type": "not-checked", "message": _clean(problem.reason)}).text = _clean(problem.fix)


def _skipped(suite: Element, excepted: Excepted) -> None:
    named = _named(excepted.subject)
    case = SubElement(suite, "testcase", {**named, "name": f"{named['name']}: {excepted.finding.rule}"})
    SubElement(case, "skipped", {"message": _clean(excepted.why)})


def _clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)
