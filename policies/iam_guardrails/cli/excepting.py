"""Exceptions: findings that somebody accepts, with owner, reason and end date, do not count and are said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from iam_guardrails.exceptions import PolicyException, Register
from iam_guardrails.findings import Finding
from iam_guardrails.reports import paths
from iam_guardrails.reports.report import Checked, Excepted, Subject
from iam_guardrails.settings import Settings


def without_excepted(
    checked: Iterable[Checked], settings: Settings
) -> tuple[list[Checked], list[Excepted], list[str], bool]:
    """Take the findings out that exceptions cover.

    Args:
        checked: what was checked.
        settings: the settings, with the exceptions.

    Returns:
        What counts; what is excepted; what to say of exceptions that have ended or that nothing needed; whether one
        has ended.
    """
    register = Register(tuple(settings.exceptions), datetime.now(timezone.utc).date())
    left: list[Checked] = []
    excepted: list[Excepted] = []
    for one in checked:
        kept: list[Finding] = []
        for finding in one.findings:
            found = _exception(register, one.subject, finding)
            if found is None:
                kept.append(finding)
            else:
                excepted.append(Excepted(one.subject, finding, f"{found.owner}: {found.reason} (until {found.ends})"))
        left.append(Checked(one.subject, tuple(kept)))
    ended = [f"The exception {one} has ended: mend what it accepted and remove it." for one in register.ended]
    unused = [f"The exception {one} was not needed in this run: remove it." for one in register.unmatched]
    return left, excepted, [*ended, *unused], bool(ended)


def _exception(register: Register, subject: Subject, finding: Finding) -> PolicyException | None:
    """The exception for a finding: by the file's path, by the logical id and by the last part of it."""
    logical = subject.logical_id
    names = dict.fromkeys((paths.path(subject.file, paths.top()), subject.file, logical, logical.rpartition("::")[2]))
    urn = logical if logical.startswith("urn:") else ""
    return next((one for name in names if name and (one := register.exception_for(finding, name, urn))), None)
