"""The report as SARIF 2.1.0, which code hosts and editors show at the lines it is about.

Sources: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; GitHub Docs, "SARIF support for code
scanning", for `security-severity`.
"""

from __future__ import annotations

import json
from pathlib import Path

from iam_guardrails.exit_codes import NOT_CHECKED
from iam_guardrails.findings import Finding
from iam_guardrails.reports import paths
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import NotChecked, Report, Subject, fingerprint, level
from iam_guardrails.rules import RULES, Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TOP = "%SRCROOT%"
# In the middle of the ranges that GitHub calls by these names.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_NOT_CHECKED = "not-judged"


def render(report: Report, pages: Pages, version: str) -> str:
    """The report as SARIF text."""
    repository = paths.top()
    order = {name: place for place, name in enumerate(RULES)}
    results = [
        _result(one.subject, finding, order[finding.rule], pages, repository)
        for one in report.checked
        for finding in one.findings
    ]
    results += [
        _result(one.subject, one.finding, order[one.finding.rule], pages, repository, one.why)
        for one in report.excepted
    ]
    run = {
        "tool": {
            "driver": {
                "name": "iam-guardrails",
                "version": version,
                "semanticVersion": version,
                "rules": [_rule(rule, pages) for rule in RULES.values()],
                "notifications": [
                    {"id": _NOT_CHECKED, "shortDescription": {"text": "A file or document could not be checked"}}
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_TOP: {"description": {"text": "The top folder of the repository"}}},
        "invocations": [
            {
                "executionSuccessful": report.code != NOT_CHECKED,
                "exitCode": report.code,
                "exitCodeDescription": report.verdict,
                "toolExecutionNotifications": [_notification(one, repository) for one in report.not_checked],
            }
        ],
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule, pages: Pages) -> dict[str, object]:
    references = "".join(f"\n- {one}" for one in rule.references)
    told = f"{rule.why} {rule.remediation}"
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{told}\n\nIt stands on:{references}\n\nMore: {pages.of(rule.name)}",
            "markdown": f"{rule.why}\n\n**{rule.remediation}**\n\nIt stands on:\n{references}\n\n"
            f"More: {_link(pages, rule.name)}",
        },
        **({"helpUri": pages.of(rule.name)} if pages.base else {}),
        "defaultConfiguration": {"level": _level(rule.blocking, rule.severity)},
        "properties": {
            "tags": ["security", "iam"],
            "precision": "high",
            "problem.severity": "error" if rule.blocking else "warning",
            "security-severity": _SCORES[rule.severity],
        },
    }


def _link(pages: Pages, rule: str) -> str:
    page = pages.of(rule)
    return f"[{page}]({page})" if pages.base else f"`{page}`"


def _level(blocking: bool, severity: str) -> str:
    if blocking:
        return "error"
    return "note" if severity == "low" else "warning"


def _suppression(why: str) -> dict[str, object]:
    return {"suppressions": [{"kind": "external", "justification": why}]} if why else {}


def _result(
    document: Subject, finding: Finding, rule: int, pages: Pages, repository: Path, why: str = ""
) -> dict[str, object]:
    at = document.place(finding)
    logical = [{"fullyQualifiedName": finding.pointer, "kind": "value"}]
    if document.logical_id:
        logical.insert(0, {"fullyQualifiedName": document.logical_id, "kind": "resource"})
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": level(finding),
        "message": {"text": f"{_sentence(finding.message)} Fix: {_sentence(pages.fix(finding))}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(document.file, repository),
                    "region": {
                        "startLine": at.line,
                        "startColumn": at.column,
                        "endLine": at.end_line,
                        "endColumn": at.end_column,
                    },
                },
                "logicalLocations": logical,
            }
        ],
        "partialFingerprints": {"finding/v1": fingerprint(document, finding)},
        **_suppression(why),
        "properties": {
            "severity": finding.severity,
            "kind": document.kind.value,
            "kindGuessed": document.guessed,
            "evidence": dict(finding.evidence),
        },
    }


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _artifact(file: str, repository: Path) -> dict[str, object]:
    uri = paths.uri(file, repository)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _TOP}


def _notification(one: NotChecked, repository: Path) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": _artifact(one.file, repository)}
    if one.line is not None:
        location["region"] = {"startLine": one.line}
    return {
        "descriptor": {"id": _NOT_CHECKED, "index": 0},
        "level": "error",
        "message": {"text": f"{one.place}: {_sentence(one.reason)} Fix: {_sentence(one.fix)}"},
        "locations": [{"physicalLocation": location}],
    }
