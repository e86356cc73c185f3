"""What a rule found: data, until a report writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from iam_guardrails.model.values import Location

_NAMED = ("values", "paths", "value")
"""The parts of the evidence that say all a finding is about; the first that is there counts."""


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found.

    Attributes:
        rule: id of the rule, a key of `iam_guardrails.rules.RULES`.
        severity: "critical", "high", "medium" or "low".
        blocking: True for an error, which rejects the document; False for a warning or a note.
        message: what is wrong and why it is dangerous, with the offending value.
        pointer: where, as a JSON pointer (RFC 6901) into the document; "" is the whole. Where several documents are
            evaluated together its first part is the document's place or name among them.
        statement: place of the statement among the document's statements, from 0; None where it is about none.
        evidence: what the finding stands on, made of JSON values: the offending "value"; a "witness" (the request
            of an external principal that gets in); the escalation "paths" that are possible.
        fix: the smallest change that passes.
        level: "error", "warning" or "note"; derived from `blocking` where it is left out.
        location: where the document or resource stands: file and line, logical id or URN; None where that is not known.
        place: the property of a resource that holds the document, such as "inlinePolicies[0].policy".
        content: the statements that it is about, as JSON text; part of `id`, so that a changed statement is another
            finding.
        together: whether several documents add up to it, so that none of them alone is the cause.
        failed: whether a rule failed or a data table is broken, so that nothing was evaluated. Such a finding is
            always an error, and no exception or level changes that.
    """

    rule: str
    severity: str
    blocking: bool
    message: str
    pointer: str
    statement: int | None = None
    evidence: Mapping[str, object] = field(default_factory=dict[str, object])
    fix: str = ""
    level: str = ""
    location: Location | None = None
    place: str = ""
    content: str = ""
    together: bool = False
    failed: bool = False

    def __post_init__(self) -> None:
        if not self.level:
            object.__setattr__(self, "level", "error" if self.blocking else "warning")
        object.__setattr__(self, "blocking", self.level == "error")

    @cached_property
    def id(self) -> str:
        """A short name of what was found, by which an exception accepts it.

        It stays while rule, level, evidence and statements stay, wherever they move.
        """
        import hashlib  # most runs name no finding

        parts = (self.rule, self.level, self.evidence, self.content or self.pointer)
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]

    @property
    def about(self) -> tuple[str, ...]:
        """All that the finding is about, such as the action patterns; empty where the evidence does not say it all."""
        found = next((self.evidence[name] for name in _NAMED if self.evidence.get(name)), ())
        if isinstance(found, str):
            return (found,)
        listed = cast("Sequence[object]", found) if isinstance(found, (list, tuple)) else (found,)
        return tuple(str(one) for one in listed)
