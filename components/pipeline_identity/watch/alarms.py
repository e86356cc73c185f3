"""The alarms there are, and the event pattern that each of them makes for one identity.

The table stands in `alarms.json`. In its patterns, `{name}` stands for what is known of the identity; an item of a list
that is nothing else stands for several items, or for none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Facts: TypeAlias = "Mapping[str, str | list[Any]]"
"""What is known of an identity, by the names that stand in the patterns. What is not known is left out."""

LARGEST_PATTERN = 2_048
"""An event pattern, in characters: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html."""

_PLACE = re.compile(r"\{(\w+)\}")
_SEVERAL = frozenset({"expected_calls", "policy_arns", "networks", "session_names"})
_OR = "$or"


@dataclass(frozen=True)
class Alarm:
    """One alarm of the table.

    Attributes:
        name: Its name, which becomes part of the rule's.
        meaning: What has happened when it goes off.
        needs: What must be known of an identity for the alarm to make sense.
        in_every_region: Whether it is set in every region that is watched, or only in that of IAM.
        sees_reads: Whether it must see calls that only read, which EventBridge withholds unless asked.
        pattern: The event pattern, with places to fill.
    """

    name: str
    meaning: str
    needs: tuple[str, ...]
    in_every_region: bool
    sees_reads: bool
    pattern: Mapping[str, Any]

    def event_pattern(self, facts: Facts) -> str | None:
        """The pattern for one identity, as JSON; None when what it needs is not known of it."""
        if not all(facts.get(name) for name in self.needs):
            return None
        filled = _filled(self.pattern, facts)
        return json.dumps(filled, separators=(",", ":")) if filled else None


@lru_cache(maxsize=1)
def alarms() -> tuple[Alarm, ...]:
    """Returns the alarms of the table."""
    table = json.loads((Path(__file__).parent / "alarms.json").read_text())
    return tuple(
        Alarm(
            name=row["name"],
            meaning=row["meaning"],
            needs=tuple(row["needs"]),
            in_every_region=row["where"] == "every region",
            sees_reads=row["sees_reads"],
            pattern=row["pattern"],
        )
        for row in table["alarms"]
    )


def _filled(value: Any, facts: Facts) -> Any:
    """A part of a pattern with its places filled; None when something in it is not known."""
    if isinstance(value, str):
        return _text(value, facts)
    if isinstance(value, list):
        items = [item for one in cast("list[Any]", value) for item in _items(one, facts)]
        return None if any(item is None for item in items) else items
    if isinstance(value, dict):
        return _mapping(cast("dict[str, Any]", value), facts)
    return value


def _items(item: Any, facts: Facts) -> Iterator[Any]:
    place = _PLACE.fullmatch(item) if isinstance(item, str) else None
    if place and place[1] in _SEVERAL:
        yield from facts.get(place[1], [])
    else:
        yield _filled(item, facts)


def _text(text: str, facts: Facts) -> str | None:
    if any(not isinstance(facts.get(name), str) for name in _PLACE.findall(text)):
        return None
    return _PLACE.sub(lambda place: str(facts[place[1]]), text)


def _mapping(entries: dict[str, Any], facts: Facts) -> dict[str, Any] | None:
    filled = {name: _filled(value, facts) for name, value in entries.items() if name != _OR}
    if any(value is None for value in filled.values()):
        return None
    if _OR not in entries:
        return filled
    known = [one for item in entries[_OR] for one in _items(item, facts) if one is not None]
    if not known:
        return None
    # EventBridge wants two alternatives at least: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    return {**filled, **known[0]} if len(known) == 1 else {**filled, _OR: known}
