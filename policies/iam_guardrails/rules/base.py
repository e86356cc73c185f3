"""The one form of every rule: what it is, what it looks at, how it words a finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import DocumentKind, Statement


class Scope(Enum):
    """What a rule looks at, and so the form of its `check`."""

    DOCUMENT = "document"
    """One policy document: `check(document, settings)`."""
    ATTACHMENT = "attachment"
    """The ARNs of managed policies that are attached to an identity: `check(arns)`."""
    RESOURCE = "resource"
    """One resource of a stack, before it is made: `check(resource, settings)`."""
    IDENTITY = "identity"
    """A role, user or group with all that a stack gives it: `check(identity, stack)`."""
    RUN = "run"
    """The evaluation itself: what could not be evaluated, exceptions, settings."""


class Requirement(NamedTuple):
    """A requirement of a framework that a rule serves."""

    framework: str
    version: str
    number: str

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


def fsbp(control: str) -> Requirement:
    """A control of AWS Foundational Security Best Practices (AWS Security Hub user guide)."""
    return Requirement("AWS Foundational Security Best Practices", "v1.0.0", control)


def cis(v3: str, v5: str) -> tuple[Requirement, Requirement]:
    """A recommendation of the CIS AWS Foundations Benchmark, by its numbers in versions 3.0.0 and 5.0.0."""
    name = "CIS AWS Foundations Benchmark"
    return Requirement(name, "v3.0.0", v3), Requirement(name, "v5.0.0", v5)


def well_architected(practice: str) -> Requirement:
    """A best practice of the AWS Well-Architected Framework, Security Pillar."""
    return Requirement("AWS Well-Architected Framework, Security Pillar", "", practice)


LEAST_PRIVILEGE = well_architected("SEC03-BP02")


@dataclass(frozen=True)
class Rule:
    """What a rule asks for, and what it says of itself.

    Attributes:
        id: how findings, settings and exceptions call it.
        title: what it asks for, in one line.
        severity: of its findings, unless a finding says otherwise: "critical", "high", "medium" or "low".
        level: of its findings, unless a finding or the settings say otherwise: "error", "warning", "note", or "off"
            for a rule that a team has to switch on.
        why: what happens to whoever breaks it.
        remediation: what to do about a finding.
        scope: what it looks at.
        kinds: for the scope DOCUMENT, the kinds of document.
        sources: the documents of AWS, CIS and others that it stands on.
        requirements: the requirements of frameworks that it serves.
        settings: the settings that belong to it; they may stand under its name in the pack's configuration.
        needs: the setting without which it cannot be switched on, or "".
    """

    id: str
    title: str
    severity: str
    level: str
    why: str
    remediation: str
    scope: Scope
    kinds: tuple[DocumentKind, ...] = ()
    sources: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    settings: tuple[str, ...] = ()
    needs: str = ""

    @property
    def name(self) -> str:
        """The id, by the name that earlier versions had for it."""
        return self.id

    @property
    def blocking(self) -> bool:
        """Whether its findings are errors, unless a finding says otherwise."""
        return self.level == "error"

    @property
    def references(self) -> tuple[str, ...]:
        """The sources, by the name that earlier versions had for them."""
        return self.sources

    @property
    def docs(self) -> str:
        """The rule's page, as a path in the repository; `iam_guardrails.addresses` makes an address of it."""
        return f"docs/rules/{self.id}.md"

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
        level: str = "",
        content: str = "",
        together: bool = False,
        failed: bool = False,
    ) -> Finding:
        """A finding of this rule, with the rule's own severity and level unless told otherwise.

        Args:
            message: what is wrong.
            pointer: where in the document, as a JSON pointer.
            statement: the statement it is about.
            evidence: what it stands on.
            fix: the smallest change that passes; the rule's remediation where it is left out.
            blocking: True for an error, False for a warning; an older way to give the level.
            severity: where it differs from the rule's.
            level: where it differs from the rule's.
            content: the statements it is about as text, where that is more than `statement`.
            together: whether several documents add up to it.
            failed: whether nothing was evaluated.
        """
        if not level and blocking is not None:
            level = "error" if blocking else "warning"
        if not level:
            level = "error" if self.level == "off" else self.level
        if not content and statement is not None:
            content = written(statement)
        return Finding(
            rule=self.id,
            severity=severity or self.severity,
            blocking=level == "error",
            message=message,
            pointer=pointer,
            statement=statement.number if statement else None,
            evidence=evidence or {},
            fix=fix or self.remediation,
            level=level,
            content=content,
            together=together,
            failed=failed,
        )

    def failure(self, error: Exception, what: str = "this document") -> Finding:
        """The finding that the rule failed, so that nothing can be said for what it looked at."""
        return self.finding(
            f"the rule failed on {what} ({type(error).__name__}), so nothing can be said for it",
            "",
            evidence={"error": type(error).__name__},
            fix=f"report {what} to the maintainers of iam-guardrails; until then it is rejected",
            level="error",
            severity="high",
            failed=True,
        )


def written(*statements: Statement) -> str:
    """Statements as JSON text, each in the form in which it was written."""
    return "\n".join(json.dumps(one.source, sort_keys=True, default=str) for one in statements)


def named(statement: Statement) -> str:
    """How to speak of a statement: by its Sid where it has one."""
    return f'statement {statement.number} ("{statement.sid}")' if statement.sid else f"statement {statement.number}"
