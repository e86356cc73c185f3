"""What the reports say of a rule and its findings beyond the findings themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iam_guardrails.addresses import address_of
from iam_guardrails.findings import Finding


@dataclass(frozen=True)
class Pages:
    """Where the rules are described, and how the tool at hand takes a setting.

    Attributes:
        base: the address below which the project's `docs/` are served; "" where none is known.
        flags: setting -> the option that sets it.
        file: the file that may set it.
    """

    base: str = ""
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    file: str = ""

    def of(self, rule: str) -> str:
        """The page of a rule: an address where the base is known, else the command that prints the page."""
        return address_of(f"docs/rules/{rule}.md", self.base) if self.base else f"iam-guardrails rules {rule}"

    def fix(self, finding: Finding) -> str:
        """The smallest change that passes; for a missing setting, also where to set it."""
        setting = finding.evidence.get("setting")
        if isinstance(setting, str) and setting in self.flags:
            return f"{finding.fix} ({self.flags[setting]}, or {setting} in {self.file})"
        return finding.fix
