"""The documents' verdicts, by the library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from iam_guardrails import check_identity, check_identity_policy, check_resource_policy, check_trust_policy
from iam_guardrails.cli.outcome import Judged, NotJudged, PolicyText, failure
from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.settings import Settings

_CHECKS = {
    DocumentKind.IDENTITY: check_identity_policy,
    DocumentKind.TRUST: check_trust_policy,
    DocumentKind.RESOURCE: check_resource_policy,
}
_LINE = re.compile("line 1, column")
_REPORT = "report this document to the maintainers of iam-guardrails; until then take it for refused"


def judge(
    documents: Sequence[PolicyText], settings: Settings, *, together: bool
) -> tuple[list[Judged], list[NotJudged]]:
    """Judge documents, and say which of them could not be.

    Args:
        documents: the documents.
        settings: the trust zone, and how strict to be.
        together: whether the identity policies belong to one identity, and are judged as one.
    """
    findings = _together(documents, settings) if together else {}
    judged: list[Judged] = []
    failed: list[NotJudged] = []
    for place, document in enumerate(documents):
        found = findings[place] if place in findings else _CHECKS[document.kind](document.text, settings)
        judged.append(Judged(document, tuple(_in_file(document, one) for one in found if failure(one) is None)))
        failed += (_failed(document, one) for one in found if failure(one) is not None)
    return judged, failed


def _together(documents: Sequence[PolicyText], settings: Settings) -> dict[int, list[Finding]]:
    """The findings of each identity policy, by its place among the documents, when all belong to one identity."""
    places = {
        _unique(document.name, place, documents): place
        for place, document in enumerate(documents)
        if document.kind is DocumentKind.IDENTITY
    }
    found: dict[int, list[Finding]] = {place: [] for place in places.values()}
    if not places:
        return found
    for finding in check_identity({name: documents[place].text for name, place in places.items()}, settings):
        first, _, rest = finding.pointer.removeprefix("/").partition("/")
        place = places.get(first.replace("~1", "/").replace("~0", "~"))
        if place is None:
            # It is about the identity as a whole: none of its policies can be called fine.
            for findings in found.values():
                findings.append(finding)
        else:
            found[place].append(replace(finding, pointer=f"/{rest}" if rest else ""))
    return found


def _unique(name: str, place: int, documents: Sequence[PolicyText]) -> str:
    return name if sum(one.name == name for one in documents) == 1 else f"{name} ({place + 1})"


def _in_file(document: PolicyText, finding: Finding) -> Finding:
    """The finding, with the line of the file where its words name one of the text."""
    if not (document.line_of_many and finding.message.startswith("no JSON: ")):
        return finding
    here = f"line {document.first_line}, column"
    message, fix = (_LINE.sub(here, text) for text in (finding.message, finding.fix))
    return replace(finding, message=message, fix=fix)


def _failed(document: PolicyText, finding: Finding) -> NotJudged:
    line = document.first_line if document.line_of_many else None
    return NotJudged(document.file, line, f"{finding.rule}: {finding.message}", _REPORT)
