"""Findings as messages to the person who runs the preview."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iam_guardrails.addresses import address_of
from iam_guardrails.pack.configuration import PACK
from iam_guardrails.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from iam_guardrails.pack.run import Reported

_LONGEST_QUOTE = 600
_EXCEPTIONS = "docs/policy-pack.md"


def message_of(reported: Reported, redact: Callable[[str], str] = str) -> str:
    """A finding in the words and the order that a person needs: what, where, the change, how to accept it, more.

    Args:
        reported: the finding.
        redact: takes secrets out of a text.
    """
    finding, rule = reported.finding, RULES[reported.finding.rule]
    why, quote, fix = finding.message, _statement(finding.content), finding.fix
    if reported.secret and finding.rule != PACK:
        why, quote = "what it says is rejected, and not shown, because the program marks it as secret", ""
        fix = rule.remediation
    label = f'{reported.type.rpartition(":")[2]} "{reported.name}": ' if reported.name else ""
    lines = [rule.title]
    if reported.exception is not None:
        lines.append(f"excepted ({reported.exception})")
    lines.append(f"{label}{why}")
    place = f"{finding.place} {finding.pointer}".strip()
    fix = _in_the_pack(fix, finding.evidence.get("setting"))
    lines += [f"  {title}: {text}" for title, text in (("in", place), ("statement", quote), ("change", fix)) if text]
    if reported.urn:
        lines.append(f"  urn: {reported.urn}")
    if finding.rule != PACK and not finding.failed and reported.exception is None and finding.level == "error":
        lines.append(f'  exception: {PACK}.exceptions with "finding": "{finding.id}" ({address_of(_EXCEPTIONS)})')
    lines.append(f"  more: {address_of(rule.docs)}")
    return redact("\n".join(lines))


def _in_the_pack(fix: str, setting: object) -> str:
    """The change, with where a setting stands in the pack's configuration."""
    if setting == "trusted_accounts":
        return f"set allowedAccountIds on the resource's provider, or {PACK}.trusted_accounts in the pack's settings"
    return fix


def _statement(content: str) -> str:
    """The statements as they were written, as much of them as helps."""
    if not content:
        return ""
    try:
        shown = " + ".join(json.dumps(json.loads(line), ensure_ascii=False) for line in content.splitlines())
    except ValueError:
        shown = content
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}..."
