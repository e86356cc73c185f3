"""A document that AWS refuses, or that two readers read differently, is judged by nobody."""

from __future__ import annotations

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope
from iam_guardrails.settings import Settings

RULE = Rule(
    id="well-formed-documents",
    title="Policy documents are valid, and mean the same to every reader",
    severity="high",
    level="error",
    why="AWS refuses the document in the middle of a deployment, or reads it otherwise than whoever reviewed it.",
    remediation="Write the document as the IAM policy grammar has it.",
    sources=(
        "IAM user guide: Grammar of the IAM JSON policy language",
        "IAM user guide: IAM and AWS STS quotas",
        "RFC 8259: The JavaScript Object Notation (JSON) Data Interchange Format",
    ),
    scope=Scope.DOCUMENT,
    kinds=tuple(DocumentKind),
    requirements=(LEAST_PRIVILEGE,),
)


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each problem that the reader met."""
    del settings
    return [RULE.finding(problem.message, problem.pointer, fix=problem.fix) for problem in document.problems]
