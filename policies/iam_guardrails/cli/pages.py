"""What the reports say of a rule and its findings beyond the findings themselves."""

from __future__ import annotations

from typing import NamedTuple

from iam_guardrails.cli.settings import FILE, FLAGS
from iam_guardrails.findings import Finding
from iam_guardrails.rules import RULES


class Pages(NamedTuple):
    """Where the rules are described.

    Attributes:
        base: the address below which the project's `docs/` are served, or "" for their paths in the repository.
    """

    base: str = ""

    def of(self, rule: str) -> str:
        """The page of a rule: an address if the base is known, else its path in the repository."""
        page = RULES[rule].docs
        return f"{self.base.rstrip('/')}/{page}" if self.base else page

    @staticmethod
    def fix(finding: Finding) -> str:
        """The smallest change that passes; for a missing setting, also where to set it."""
        setting = finding.evidence.get("setting")
        if isinstance(setting, str) and setting in FLAGS:
            return f"{finding.fix} ({FLAGS[setting]}, or {setting} in {FILE})"
        return finding.fix
