"""What must hold of the library whatever it is given: an answer, made of findings, and never "fine" for rubbish."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from iam_guardrails import (
    Finding,
    check_identity,
    check_identity_policy,
    check_resource_policy,
    check_trust_policy,
)
from iam_guardrails.rules import RULES

from tests.policies.verdicts import SETTINGS

CHECKS: dict[str, Callable[[object], list[Finding]]] = {
    "identity": lambda document: check_identity_policy(document, SETTINGS),
    "trust": lambda document: check_trust_policy(document, SETTINGS),
    "resource": lambda document: check_resource_policy(document, SETTINGS),
    "several": lambda document: check_identity([document, document], SETTINGS, boundary=document),
}


class Broken(AssertionError):
    """The library broke a promise; the text names the promise, the question and the document."""


def judge(document: object) -> dict[str, list[Finding]]:
    """Ask every question about a document, and see that each answer keeps the library's promises."""
    answers = {name: check(document) for name, check in CHECKS.items()}
    for name, findings in answers.items():
        for finding in findings:
            _see_that_it_is_sound(name, document, finding)
        if not isinstance(_parsed(document), Mapping) and not any(finding.blocking for finding in findings):
            raise Broken(f"{name}: what is no document is refused: {document!r:.300}")
    return answers


def judge_text(text: str) -> None:
    """Judge a text, and the mapping it holds alike where both say the same."""
    answers = judge(text)
    parsed = _parsed(text)
    if isinstance(parsed, dict) and json.dumps(parsed) == json.dumps(_without_duplicates(text)):
        for name, findings in judge(cast("dict[str, Any]", parsed)).items():
            if _verdict(findings) != _verdict(answers[name]):
                raise Broken(f"{name}: a text and its mapping get the same verdict: {text!r:.300}")


def _verdict(findings: list[Finding]) -> list[tuple[str, str, bool]]:
    return [(finding.rule, finding.pointer, finding.blocking) for finding in findings]


def _see_that_it_is_sound(name: str, document: object, finding: Finding) -> None:
    promises = {
        "every finding is of a known rule": finding.rule in RULES,
        "no rule fails": "error" not in finding.evidence,
        "a pointer is a JSON pointer": finding.pointer == "" or finding.pointer.startswith("/"),
        "a finding says what is wrong and what to do": bool(finding.message and finding.fix),
        "what a finding holds can be written as JSON": _is_json(finding),
    }
    for promise, kept in promises.items():
        if not kept:
            raise Broken(f"{name}: {promise}: {finding!r:.600} on {document!r:.300}")


def _is_json(finding: Finding) -> bool:
    try:
        json.dumps([finding.message, finding.pointer, finding.fix, dict(finding.evidence)]).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _parsed(document: object) -> object:
    """What a lenient reader makes of it; None where that is nothing."""
    if not isinstance(document, str):
        return document
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None


def _without_duplicates(text: str) -> object:
    """The document where each name stands once and every number is one; None for others."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in found}) != len(found):
            raise ValueError("a name stands twice")
        return dict(found)

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no number")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
