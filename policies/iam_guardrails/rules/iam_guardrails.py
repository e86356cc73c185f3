"""What the evaluation has to say of itself: what it could not evaluate, exceptions, settings."""

from __future__ import annotations

from iam_guardrails.rules.base import Rule, Scope

RULE = Rule(
    id="iam-guardrails",
    title="Everything was evaluated, and exceptions are in force",
    severity="high",
    level="error",
    why="What was not evaluated has not been accepted, and an exception that has ended accepts nothing.",
    remediation="Make the value known at preview; renew or remove the exception.",
    scope=Scope.RUN,
)
