"""Exceptions: a named rule is waived for named resources, by somebody, for a reason, until a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


_STRANGERS = ("urn:pulumi:a::b::c:d/e:F::g", "urn:pulumi:Z9::Y8::x7:w6:V5$u4:t3:S2::r1")
"""Two resources of different stacks, projects, types and names."""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern in which only `*` and `?` are wildcards."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


@dataclass(frozen=True)
class PolicyException:
    """One exception."""

    rule: str
    """The rule that is waived."""
    resource: str
    """A pattern (`*`, `?`) for the resource's name in the program or its URN, with regard to case."""
    owner: str
    """Who answers for it."""
    reason: str
    ends: date
    """The last day on which it holds."""

    def covers(self, rule: str, name: str, urn: str) -> bool:
        """Whether it is about this rule and this resource."""
        pattern = _compiled(self.resource)
        return rule == self.rule and (bool(pattern.fullmatch(name)) or bool(pattern.fullmatch(urn)))

    @property
    def covers_everything(self) -> bool:
        """Whether it is about resources that have nothing in common."""
        return all(self.covers(self.rule, urn.rpartition("::")[2], urn) for urn in _STRANGERS)

    def has_ended(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > self.ends

    def __str__(self) -> str:
        return f'{self.rule} on "{self.resource}", until {self.ends}, {self.owner}: {self.reason}'


class Register:
    """The exceptions of a run, and which of them were needed."""

    def __init__(self, exceptions: tuple[PolicyException, ...], today: date) -> None:
        self._exceptions = exceptions
        self._today = today
        self._used: set[PolicyException] = set()

    def waiver(self, rule: str, name: str, urn: str) -> PolicyException | None:
        """The exception in force for this rule and resource, if there is one."""
        covering = [found for found in self._exceptions if found.covers(rule, name, urn)]
        self._used.update(covering)
        return next((found for found in covering if not found.has_ended(self._today)), None)

    @property
    def ended(self) -> list[PolicyException]:
        """Those whose last day is over."""
        return [found for found in self._exceptions if found.has_ended(self._today)]

    @property
    def unmatched(self) -> list[PolicyException]:
        """Those still in force that nothing has needed so far."""
        return [found for found in self._exceptions if found not in self._used and not found.has_ended(self._today)]
