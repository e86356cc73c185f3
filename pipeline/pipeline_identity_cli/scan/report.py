"""What a scan came to: for people, as JSON, and as SARIF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline_identity_cli.key_material.patterns import KINDS
from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, FORMAT, NO_VERDICT, one_line
from pipeline_identity_cli.redaction import redacted
from pipeline_identity_cli.texts import SARIF_SCHEMA

if TYPE_CHECKING:
    from pipeline_identity_cli.scan.leaks import Findings, Leak

_HELP = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"


def code(findings: Findings) -> int:
    """The exit code: 0 nothing found, 1 something found, 2 nothing found but not all read."""
    return AGAINST if findings.leaks else NO_VERDICT if findings.unread else AS_ASKED


def lines(findings: Findings) -> str:
    """For people: a line a place, then what was not read, then the sum."""
    text = [_line(leak) for leak in findings.leaks]
    text += [f"{_shown(file)}: not read: {reason}" for file, reason in findings.unread]
    text += [f"{one_line(note)}." for note in findings.notes]
    text.append(
        f"{_count(findings.read, 'file')} read: {_count(len(findings.leaks), 'place')} with plain key material."
    )
    if findings.allowed_inline or findings.in_baseline:
        text.append(
            f"Left alone: {findings.allowed_inline} allowed in their line, {findings.in_baseline} in the baseline."
        )
    if findings.leaks:
        text.append("Make these keys inactive first, then remove them from the files and from their history.")
    return "\n".join(text) + "\n"


def data(findings: Findings) -> str:
    """As JSON."""
    content = {
        "format": FORMAT,
        "exit_code": code(findings),
        "leaks": [
            {
                "id": leak.kind.id,
                "kind": leak.kind.text,
                "fix": leak.kind.fix,
                "file": leak.file,
                "line": leak.line,
                "column": leak.column,
                "key_id": leak.key_id or None,
                "encoded": leak.encoded,
                "resource": leak.resource or None,
                "commit": leak.commit or None,
                "fingerprint": leak.fingerprint,
            }
            for leak in findings.leaks
        ],
        "read": findings.read,
        "unread": [{"file": redacted(file), "reason": reason} for file, reason in findings.unread],
        "allowed_inline": findings.allowed_inline,
        "in_baseline": findings.in_baseline,
    }
    return json.dumps(content, indent=2) + "\n"


def sarif(findings: Findings) -> str:
    """As SARIF 2.1.0, with the fields that code hosts read."""
    run = {
        "tool": {
            "driver": {
                "name": "pipeline-identity scan-state",
                "rules": [
                    {
                        "id": kind.id,
                        "shortDescription": {"text": _sentence(kind.text)},
                        "help": {"text": _sentence(kind.fix)},
                        "helpUri": _HELP,
                        "defaultConfiguration": {"level": "error"},
                    }
                    for kind in KINDS
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not findings.unread,
                "exitCode": code(findings),
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": f"{_shown(file)} was not read: {reason}"}}
                    for file, reason in findings.unread
                ],
            }
        ],
        "results": [_result(leak) for leak in findings.leaks],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(leak: Leak) -> dict[str, object]:
    place = {
        "artifactLocation": {"uri": quote(leak.file.replace("\\", "/"))},
        "region": {"startLine": leak.line, "startColumn": leak.column},
    }
    return {
        "ruleId": leak.kind.id,
        "level": "error",
        "message": {"text": _sentence(_what(leak)) + f" To repair it, {leak.kind.fix}."},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"keyMaterial/v1": leak.fingerprint},
    }


def _line(leak: Leak) -> str:
    return f"{_shown(leak.file)}:{leak.line}:{leak.column}: {_what(leak)}"


def _what(leak: Leak) -> str:
    parts = [leak.kind.text]
    parts += [f"key {leak.key_id}"] if leak.key_id else []
    parts += ["encoded"] if leak.encoded else []
    parts += [f"in {_shown(leak.resource)}"] if leak.resource else []
    parts += [f"since commit {leak.commit}"] if leak.commit else []
    return ", ".join(parts)


def _shown(name: str) -> str:
    return one_line(name, 1000)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
