"""A document that AWS refuses, or that two readers read differently, is judged by nobody."""

from __future__ import annotations

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document
from iam_guardrails.rules.base import Rule

RULE = Rule(
    name="well-formed-documents",
    title="Policy documents are valid, and mean the same to every reader",
    severity="high",
    blocking=True,
    why="AWS refuses the document in the middle of a deployment, or reads it otherwise than whoever reviewed it.",
    remediation="Write the document as the IAM policy grammar has it.",
    references=(
        "IAM user guide: Grammar of the IAM JSON policy language",
        "IAM user guide: IAM and AWS STS quotas",
        "RFC 8259: The JavaScript Object Notation (JSON) Data Interchange Format",
    ),
    docs="docs/rules/well-formed-documents.md",
)


def check(document: Document) -> list[Finding]:
    """One finding for each problem that the reader met."""
    return [RULE.finding(problem.message, problem.pointer, fix=problem.fix) for problem in document.problems]
