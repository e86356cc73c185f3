"""A stolen session is worth something until it ends."""

from __future__ import annotations

from collections.abc import Iterator

from iam_guardrails.findings import Finding
from iam_guardrails.language import conditions
from iam_guardrails.language.conditions import Condition
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.rules.base import Rule, Scope, named, well_architected
from iam_guardrails.settings import Settings

RULE = Rule(
    id="bounded-sessions",
    title="Sessions end soon",
    severity="low",
    level="warning",
    why="Credentials of a session cannot be taken back; they work until it ends.",
    remediation="Let sessions last only as long as a deployment takes.",
    sources=(
        "IAM user guide: Update the maximum session duration for a role",
        "IAM user guide: Revoke IAM role temporary security credentials",
    ),
    scope=Scope.DOCUMENT,
    kinds=(DocumentKind.TRUST,),
    requirements=(well_architected("SEC02-BP02"),),
    settings=("max_session_duration",),
)

_LONGEST = 43_200


def check_maximum(max_session_duration: int, settings: Settings) -> list[Finding]:
    """A finding where a role's own maximum, in seconds, is above the limit."""
    limit = settings.max_session_duration
    if max_session_duration <= limit:
        return []
    return [
        RULE.finding(
            f"sessions of the role may last {max_session_duration:,} s, longer than {limit:,} s",
            "",
            evidence={"value": max_session_duration, "limit": limit},
            fix=f"set the maximum session duration to {limit} s or less",
        )
    ]


def check(document: Document, settings: Settings) -> list[Finding]:
    """A finding for each Allow that speaks of the duration of sessions, and lets them outlast the limit."""
    limit = settings.max_session_duration
    return [
        RULE.finding(
            f"{named(statement)} limits the duration of sessions, but lets them last longer than {limit:,} s",
            statement.at("Condition"),
            statement=statement,
            evidence={"limit": limit},
            fix=f'write "NumericLessThanEquals": {{"sts:DurationSeconds": "{limit}"}}',
        )
        for statement in document.statements
        if statement.conditions and statement.allow and _speaks_of_duration(statement) and _allows(statement, limit)
    ]


def _speaks_of_duration(statement: Statement) -> bool:
    return "sts:durationseconds" in [condition.key for condition in statement.conditions]


def _allows(statement: Statement, limit: int) -> bool:
    """Whether a session that lasts longer than the limit meets what the statement says of durations."""
    about = [condition for condition in statement.conditions if condition.key == "sts:durationseconds"]
    return any(
        all(conditions.truth(condition, {condition.key: (str(seconds),)}) for condition in about)
        for seconds in _telling(about, limit)
        if limit < seconds <= _LONGEST
    )


def _telling(about: list[Condition], limit: int) -> Iterator[int]:
    """Durations that can tell apart what conditions on numbers tell apart."""
    yield from (limit + 1, _LONGEST)
    for condition in about:
        for value in condition.values:
            if value.isdecimal() and len(value) <= len(str(_LONGEST)):
                yield from (int(value) - 1, int(value), int(value) + 1)
