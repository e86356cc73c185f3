"""Rules about the age of access keys, told from the state alone."""

from __future__ import annotations

from datetime import date, datetime
from itertools import combinations
from typing import TYPE_CHECKING

from iam_guardrails.pack.report import Report, report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iam_guardrails.pack.configuration import Configuration
    from iam_guardrails.pack.powers import Powers, Whole
    from iam_guardrails.pack.resource import Resource


def old_access_keys(user: Powers, whole: Whole, configuration: Configuration, today: date) -> Iterator[Report]:
    """An active key that was made longer ago than the settings allow."""
    del whole
    for key in user.identity.keys:
        age = _age(key, today)
        if age is not None and age > configuration.oldest_key:
            yield report(
                "old-access-keys",
                key,
                f"the key is {age} days old: whoever has copied it since then can still use it",
                place="createDate",
                change=f"replace it; keys may be {configuration.oldest_key} days old",
                blocking=False,
            )


def two_keys_never_overlap_long(
    user: Powers, whole: Whole, configuration: Configuration, today: date
) -> Iterator[Report]:
    """Two active keys of one user, the younger of which has been there longer than a rotation takes."""
    del whole
    for one, other in combinations(user.identity.keys, 2):
        ages = _age(one, today), _age(other, today)
        if ages[0] is None or ages[1] is None:
            continue
        overlap = min(ages[0], ages[1])
        if overlap > configuration.longest_overlap:
            older = one if ages[0] >= ages[1] else other
            yield report(
                "two-keys-never-overlap-long",
                older,
                f"two keys have been active for {overlap} days: nobody would notice who still uses the older one",
                place="status",
                change=f'set it to "Inactive" or delete it; a rotation may take {configuration.longest_overlap} days',
                blocking=False,
            )


def _age(key: Resource, today: date) -> int | None:
    """Days since a key was made; None when it is inactive or its age is not in the state."""
    created = key.properties.get("createDate")
    if not isinstance(created, str) or key.properties.get("status", "Active") == "Inactive":
        return None
    try:
        made = datetime.fromisoformat(created.replace("Z", "+00:00")).date()
    except ValueError:
        return None
    return (today - made).days
