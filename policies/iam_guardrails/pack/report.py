"""What a rule has to say about a resource, in the words and the order a person needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from iam_guardrails.pack.values import is_secret

if TYPE_CHECKING:
    from iam_guardrails.findings import Finding
    from iam_guardrails.pack.resource import Resource
    from iam_guardrails.pack.values import NotReadable, Value
    from iam_guardrails.sources.resource_types import Found

_LONGEST_QUOTE = 600


class Cause(NamedTuple):
    """A statement of the stack."""

    urn: str
    place: str
    """The property that its document stands in."""
    number: int
    """Its place among the document's statements, from 0."""


@dataclass(frozen=True)
class Report:
    """One message to the person who runs the preview."""

    rule: str
    """The rule it stands under, or the pack's own name where it is about the judging itself."""
    urn: str
    """The resource it is about; empty for the stack as a whole."""
    message: str
    blocking: bool = True
    """Whether it is a reason to refuse; otherwise it is advice."""
    severity: str = ""
    """How bad it is, where that differs from its rule's: "critical", "high", "medium" or "low"."""
    excepted: bool = False
    """Whether an exception waives it, which makes it advice whatever the rule's level."""
    waivable: bool = True
    """Whether an exception may waive it; not where nothing has been judged because a rule failed."""
    cause: Cause | None = None
    """The statement it is about."""
    unless: str = ""
    """A rule that tells the same: where that one has refused this statement, there is nothing to add."""


def report(
    rule: str,
    resource: Resource,
    why: str,
    *,
    change: str = "",
    place: str = "",
    quote: str = "",
    blocking: bool = True,
) -> Report:
    """A message about a resource.

    Args:
        rule: the rule.
        resource: the resource.
        why: what is wrong, with the offending value, and why that is dangerous.
        change: the smallest change that passes.
        place: the property, and the place in its document.
        quote: the statement as written.
        blocking: whether it is a reason to refuse.
    """
    lines = [f"{resource.label}: {why}"]
    lines += [f"  {title}: {text}" for title, text in (("in", place), ("statement", quote), ("change", change)) if text]
    lines.append(f"  urn: {resource.urn}")
    return Report(rule, resource.urn, "\n".join(lines), blocking)


def from_finding(finding: Finding, resource: Resource, found: Found) -> Report:
    """The message about what the library found in a document of a resource."""
    place = f"{found.place} {finding.pointer}".strip()
    if is_secret(found.value):
        why = "what it says is refused, and not shown, because the program marks it as secret"
        told = report(finding.rule, resource, why, place=place, blocking=finding.blocking)
    else:
        quote = _statement(found.value, finding.statement)
        told = report(
            finding.rule,
            resource,
            finding.message,
            change=finding.fix,
            place=place,
            quote=quote,
            blocking=finding.blocking,
        )
    cause = None if finding.statement is None else Cause(resource.urn, found.place, finding.statement)
    return replace(told, severity=finding.severity, cause=cause)


def not_readable(rule: str, resource: Resource, place: str, why: NotReadable, *, blocking: bool) -> Report:
    """The message that a property could not be judged."""
    told = report(
        rule,
        resource,
        f"{place} is not judged yet: it is {why.value}",
        change="write names and ARNs out, so that nothing waits for another resource's output",
        blocking=blocking,
    )
    return told if blocking else replace(told, severity="low")


def _statement(document: Value, index: int | None) -> str:
    if index is None:
        return ""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            return ""
    if not isinstance(document, Mapping):
        return ""
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or index >= len(statements):
        return ""
    return shortened(json.dumps(statements[index], ensure_ascii=False))


def shortened(text: str) -> str:
    """A text as much of which is shown as helps."""
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
