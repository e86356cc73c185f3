"""When keys are due to be replaced.

A key's age is told by two dates that never change: when it was made, which AWS says, and when it is due, which is so
many days later. Both are the same in every preview. `overdue` compares the second with the day the program runs (UTC),
so that it changes once in a key's life, and a preview shows this on the day it happens. A number of days would be
different every day, and every preview would show a change that is none.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from pipeline_identity._reading.arguments import whole_number
from pipeline_identity._reading.errors import Refusal

LONGEST_AGE = 3_650


def max_age_days(value: object) -> int:
    """Checks the age at which a key is due to be replaced: 1 to 3,650 days."""
    days = whole_number(value)
    if not 1 <= days <= LONGEST_AGE:
        raise Refusal("is not an age of keys", f"use 1 to {LONGEST_AGE} days")
    return days


def due(created: str, days: int) -> str:
    """Returns the day on which a key is due, such as `2027-02-23`.

    Args:
        created: When the key was made, as AWS tells it.
        days: How old keys may become.
    """
    return (datetime.fromisoformat(created.replace("Z", "+00:00")).date() + timedelta(days=days)).isoformat()


def is_overdue(day: str | None) -> bool:
    """Tells whether the day on which a key was due is over."""
    return day is not None and date.fromisoformat(day) < today()


def today() -> date:
    """Returns the day it is, in UTC."""
    return datetime.now(timezone.utc).date()
