"""What a rule found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One thing that a rule refuses or remarks on.

    Attributes:
        rule: name of the rule, a key of `iam_guardrails.rules.RULES`.
        severity: "critical", "high", "medium" or "low".
        blocking: True refuses the document; False is advice.
        message: what is wrong and why it is dangerous, with the offending value.
        pointer: where, as a JSON pointer (RFC 6901) into the document; "" is the whole. Where several documents are
            judged together its first part is the document's place or name among them.
        statement: place of the statement among the document's statements, from 0; None where it is about none.
        evidence: what the finding stands on, made of JSON values: the offending "value"; a "witness" (the request
            of a stranger that gets in); the escalation "paths" that are open.
        fix: the smallest change that passes.
    """

    rule: str
    severity: str
    blocking: bool
    message: str
    pointer: str
    statement: int | None = None
    evidence: Mapping[str, object] = field(default_factory=dict[str, object])
    fix: str = ""
