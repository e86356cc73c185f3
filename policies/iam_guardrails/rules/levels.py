"""What the settings make of a finding's level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from iam_guardrails import rules
from iam_guardrails.findings import Finding

_RANK = {"off": 0, "note": 1, "warning": 2, "error": 3}


def with_level(finding: Finding, level: str) -> Finding | None:
    """A finding as the level of its rule has it; None where the rule is off.

    A rule that is set lower lowers all of its findings. A rule that is set higher raises only findings that have the
    rule's own level: what the rule itself calls less than that stays less. That a rule failed stays an error.

    Args:
        finding: what was found.
        level: the level that the settings give the rule: "error", "warning", "note" or "off".
    """
    if finding.failed:
        return finding
    if level == "off":
        return None
    own = rules.RULES[finding.rule].level if finding.rule in rules.RULES else "error"
    as_the_rule = finding.level == own or (own == "off" and finding.level == "error")
    if _RANK[level] < _RANK[finding.level] or (as_the_rule and finding.level != level):
        return replace(finding, level=level)
    return finding


def with_levels(findings: Iterable[Finding], levels: Mapping[str, str]) -> list[Finding]:
    """The findings as the settings have them; those of rules that are off left out.

    Args:
        findings: what was found.
        levels: rule id -> level, for the rules that the settings name.
    """
    if not levels:
        return list(findings)
    shown = (with_level(one, levels[one.rule]) if one.rule in levels else one for one in findings)
    return [one for one in shown if one is not None]
