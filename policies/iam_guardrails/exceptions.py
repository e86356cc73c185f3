"""Exceptions: one finding at one resource is accepted by somebody, for a reason, until a day.

An exception is pinned to three things: the rule, the resource, and what was found there. Whatever else the rule finds
at that resource, now or later, stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iam_guardrails.findings import Finding

_WILD = re.compile(r"[*?]")
_LEAST = 3
"""Characters that the name of a resource must begin with before a wildcard may follow."""
_URN_PARTS = 4


class TooWide(ValueError):
    """An exception covers more than somebody can answer for.

    Attributes:
        part: the part of the exception that is too wide: "resource" or "finding".
        value: what it says.
        fix: what to write in its place.
    """

    def __init__(self, part: str, value: object, fix: str) -> None:
        super().__init__(f"{part}: {value!r} cannot be used; {fix}")
        self.part = part
        self.value = value
        self.fix = fix


@dataclass(frozen=True)
class PolicyException:
    """One exception.

    Attributes:
        rule: the id of the rule.
        resource: a pattern (`*`, `?`) for where the finding is: the resource's name in the program, its URN
            ("urn:pulumi:<stack>::<project>::<type>::<name>", the type written out), or a file's path.
        owner: who answers for it.
        reason: why it is accepted.
        ends: the last day on which it holds (UTC).
        finding: what was found: the finding's id as its message shows it, or, for a finding in a single document, all
            that it names (such as the action "s3:Get*").
    """

    rule: str
    resource: str
    owner: str
    reason: str
    ends: date
    finding: str | Iterable[str] = ()

    def __post_init__(self) -> None:
        found = (self.finding,) if isinstance(self.finding, str) else tuple(self.finding)
        object.__setattr__(self, "finding", found)

    @cached_property
    def found(self) -> frozenset[str]:
        """What it accepts, as a set."""
        return frozenset(self.finding)

    def check(self) -> None:
        """Reject what is too wide.

        Raises:
            TooWide: it names no finding, or resources that have nothing in common.
        """
        if not self.found:
            raise TooWide("finding", self.finding, "name what is accepted: the id that the finding's message shows")
        if wild := next((one for one in self.found if set(one) <= {"*", "?"}), ""):
            raise TooWide("finding", wild, "name what is accepted: the id that the finding's message shows")
        if self.resource.startswith("urn:"):
            self._check_urn()
        elif not _is_named(self.resource):
            fix = f"begin with at least {_LEAST} characters of the resource's name, or write its URN"
            raise TooWide("resource", self.resource, fix)

    def _check_urn(self) -> None:
        parts = self.resource.split("::", _URN_PARTS - 1)
        shape = "urn:pulumi:<stack>::<project>::<type>::<name>"
        if len(parts) < _URN_PARTS:
            raise TooWide("resource", self.resource, f"write type and name, too: {shape}")
        if _WILD.search(parts[1] + parts[2]) or not _is_named(parts[3]):
            fix = f"write project, type and the beginning of the name out; {shape}"
            raise TooWide("resource", self.resource, fix)

    def is_about(self, rule: str, name: str, urn: str) -> bool:
        """Whether it is about findings of a rule at a resource.

        Args:
            rule: the rule's id.
            name: the resource's name in the program, or the path of a file.
            urn: the resource's URN, or "" where it has none.
        """
        if rule != self.rule:
            return False
        if not self.resource.startswith("urn:"):
            return bool(name) and _like(self.resource, name)
        patterns, parts = (text.split("::", _URN_PARTS - 1) for text in (self.resource, urn))
        return len(patterns) == len(parts) == _URN_PARTS and all(map(_like, patterns, parts))

    def covers(self, finding: Finding, name: str, urn: str) -> bool:
        """Whether it accepts a finding at a resource; what cannot be evaluated, nobody can accept."""
        if finding.failed or not self.is_about(finding.rule, name, urn):
            return False
        # What several documents add up to is more than what was accepted of one of them: only its id names it.
        everything = frozenset[str]() if finding.together else frozenset(finding.about)
        return finding.id in self.found or (bool(everything) and everything <= self.found)

    def has_ended(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > self.ends

    def __str__(self) -> str:
        return f"of {self.rule} for {self.resource}, until {self.ends}, {self.owner}: {self.reason}"


def _is_named(pattern: str) -> bool:
    """Whether a pattern begins with enough of a name, and has more letters than wildcards."""
    wild = _WILD.search(pattern)
    return bool(pattern) and (wild is None or wild.start() >= _LEAST)


def _like(pattern: str, text: str) -> bool:
    """Whether a text is like a pattern in which only `*` and `?` are wildcards; case counts."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


class Register:
    """The exceptions of a run, and which of them were used.

    Args:
        exceptions: the exceptions.
        today: the day by which they have ended.
    """

    def __init__(self, exceptions: Sequence[PolicyException], today: date) -> None:
        self._exceptions = exceptions
        self._today = today
        self._used: set[PolicyException] = set()
        self._resources: dict[PolicyException, set[str]] = {}

    def exception_for(self, finding: Finding, name: str, urn: str) -> PolicyException | None:
        """The exception in force for a finding at a resource, or None."""
        covering = [one for one in self._exceptions if one.covers(finding, name, urn)]
        self._used.update(covering)
        in_force = next((one for one in covering if not one.has_ended(self._today)), None)
        if in_force is not None:
            self._resources.setdefault(in_force, set()).add(urn or name)
        return in_force

    @property
    def ended(self) -> list[PolicyException]:
        """Those whose last day has passed."""
        return [one for one in self._exceptions if one.has_ended(self._today)]

    @property
    def unmatched(self) -> list[PolicyException]:
        """Those still in force that no finding has needed so far."""
        return [one for one in self._exceptions if one not in self._used and not one.has_ended(self._today)]

    @property
    def ambiguous(self) -> list[tuple[PolicyException, list[str]]]:
        """Those that cover resources of several types by a bare name, with the URNs of these resources."""
        several = [(one, sorted(urns)) for one, urns in self._resources.items() if len(set(map(_type, urns))) > 1]
        return [(one, urns) for one, urns in several if not one.resource.startswith("urn:")]


def _type(urn: str) -> str:
    parts = urn.split("::")
    return parts[2] if len(parts) >= _URN_PARTS else ""
