"""The report as SARIF 2.1.0, which code hosts and editors show at the lines it is about.

Sources: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; GitHub Docs, "SARIF support for code
scanning", for `security-severity`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from iam_guardrails.cli import hosted
from iam_guardrails.cli.outcome import NOT_JUDGED, NotJudged, PolicyText, Report
from iam_guardrails.cli.pages import Pages
from iam_guardrails.cli.places import place
from iam_guardrails.findings import Finding
from iam_guardrails.rules import RULES, Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TOP = "%SRCROOT%"
# In the middle of the ranges that GitHub calls by these names.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_NOT_JUDGED = "not-judged"


def render(report: Report, pages: Pages, version: str) -> str:
    """The report as SARIF text."""
    repository = hosted.top()
    order = {name: place for place, name in enumerate(RULES)}
    results = [
        _result(one.document, finding, order[finding.rule], pages, repository)
        for one in report.judged
        for finding in one.findings
    ]
    run = {
        "tool": {
            "driver": {
                "name": "iam-guardrails",
                "version": version,
                "semanticVersion": version,
                "rules": [_rule(rule, pages) for rule in RULES.values()],
                "notifications": [
                    {"id": _NOT_JUDGED, "shortDescription": {"text": "A file or document could not be judged"}}
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_TOP: {"description": {"text": "The top folder of the repository"}}},
        "invocations": [
            {
                "executionSuccessful": report.code != NOT_JUDGED,
                "exitCode": report.code,
                "exitCodeDescription": report.verdict,
                "toolExecutionNotifications": [_notification(one, repository) for one in report.not_judged],
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


def _result(document: PolicyText, finding: Finding, rule: int, pages: Pages, repository: Path) -> dict[str, object]:
    at = place(document, finding)
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _level(finding.blocking, finding.severity),
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
                "logicalLocations": [{"fullyQualifiedName": finding.pointer, "kind": "value"}],
            }
        ],
        "partialFingerprints": {"finding/v1": _fingerprint(document, finding)},
        "properties": {
            "severity": finding.severity,
            "kind": document.kind.value,
            "kindGuessed": document.guessed,
            "evidence": dict(finding.evidence),
        },
    }


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _fingerprint(document: PolicyText, finding: Finding) -> str:
    """What stays the same while lines move: the rule, the kind, the place in the document, and what is wrong."""
    said = (finding.rule, document.kind.value, finding.pointer, str(finding.evidence.get("value", finding.message)))
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()


def _artifact(file: str, repository: Path) -> dict[str, object]:
    uri = hosted.uri(file, repository)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _TOP}


def _notification(one: NotJudged, repository: Path) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": _artifact(one.file, repository)}
    if one.line is not None:
        location["region"] = {"startLine": one.line}
    return {
        "descriptor": {"id": _NOT_JUDGED, "index": 0},
        "level": "error",
        "message": {"text": f"{one.place}: {_sentence(one.reason)} Fix: {_sentence(one.fix)}"},
        "locations": [{"physicalLocation": location}],
    }
