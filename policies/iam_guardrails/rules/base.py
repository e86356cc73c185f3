"""What every rule is described by, and how it words a finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Statement


class Rule(NamedTuple):
    """One guardrail.

    Attributes:
        name: as it stands in findings and settings.
        title: what it asks for, in a line.
        severity: of its findings where they do not say otherwise: "critical", "high", "medium" or "low".
        blocking: whether its findings refuse by default.
        why: what goes wrong without it.
        remediation: what to do about a finding.
        references: the AWS and CIS documents it stands on.
        docs: its page in this repository.
    """

    name: str
    title: str
    severity: str
    blocking: bool
    why: str
    remediation: str
    references: tuple[str, ...]
    docs: str

    def finding(
        self,
        message: str,
        pointer: str,
        *,
        statement: Statement | None = None,
        evidence: Mapping[str, object] | None = None,
        fix: str = "",
        blocking: bool | None = None,
        severity: str = "",
    ) -> Finding:
        """A finding of this rule, with the rule's own severity and weight unless told otherwise."""
        return Finding(
            rule=self.name,
            severity=severity or self.severity,
            blocking=self.blocking if blocking is None else blocking,
            message=message,
            pointer=pointer,
            statement=statement.number if statement else None,
            evidence=evidence or {},
            fix=fix or self.remediation,
        )


def named(statement: Statement) -> str:
    """How to speak of a statement: by its Sid where it has one."""
    return f'statement {statement.number} ("{statement.sid}")' if statement.sid else f"statement {statement.number}"
