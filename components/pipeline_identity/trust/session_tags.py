"""The tags that sessions may carry, in the conditions of a trust policy.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_identity._conditions import Condition
from pipeline_identity._documents import is_document_text
from pipeline_identity._names import tag_key, tag_value
from pipeline_identity._reading.arguments import flag, late_inside, mapping, sequence
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late

if TYPE_CHECKING:
    from pipeline_identity._reading.arguments import Arguments

_MOST = 50


@dataclass(frozen=True)
class SessionTags:
    """Tags that sessions may carry.

    Attributes:
        allowed: The keys, each with the values allowed; any value where there are none.
        required: Whether sessions must carry every one of them.
    """

    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    required: bool = False

    @property
    def conditions(self) -> list[Condition]:
        """The conditions that these tags, and no others, may be asked for."""
        if not self.allowed:
            return []
        conditions = [Condition("ForAllValues:StringEquals", "aws:TagKeys", tuple(self.allowed))]
        for key, values in self.allowed.items():
            # With IfExists a session without the tag is let in, one with another value is not.
            if values:
                operator = "StringLike" if self.required else "StringLikeIfExists"
                conditions.append(Condition(operator, f"aws:RequestTag/{key}", values))
            elif self.required:
                conditions.append(Condition("Null", f"aws:RequestTag/{key}", ("false",)))
        return conditions


def read_session_tags(arguments: Arguments) -> SessionTags:
    """Reads `session_tags` and `require_session_tags`."""
    tags = SessionTags(
        allowed=arguments.optional("session_tags", late_inside(_allowed), dict[str, tuple[str, ...]]()),
        required=arguments.optional("require_session_tags", flag, default=False),
    )
    if tags.required and not tags.allowed:
        arguments.refuse(("require_session_tags",), True, "says nothing without session_tags", "list the tags")
    return tags


def _allowed(value: object) -> dict[str, tuple[str, ...]]:
    entries = mapping(value)
    if len(entries) > _MOST:
        raise Refusal(f"has {len(entries)} keys", f"use at most {_MOST}")
    if len({key.lower() for key in entries}) < len(entries):
        raise Refusal("has two keys that differ only in case", "keep one of them")
    return {tag_key(key): _values(key, values) for key, values in entries.items()}


def _values(key: str, values: object) -> tuple[str, ...]:
    # The wildcards are no tag text themselves, but may stand in a pattern of it.
    items = [value for value in sequence(values) if isinstance(value, str)]
    if len(items) < len(sequence(values)):
        raise Refusal(f"has a value for {key!r} that is not text", "put it in quotes")
    known = [item for item in items if not is_late(item)]
    for item in known:
        tag_value(key, item.replace("*", "-").replace("?", "-"))
    # Sessions may carry any letters, but a policy cannot name them all.
    if not all(map(is_document_text, (key, *known))):
        raise Refusal(f"has a key or value, at {key!r}, that AWS takes in no policy", "use Latin letters")
    return tuple(items)
