"""Tags of services that take and tell them as keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.provider.values import Properties, Value


def to_aws(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[Any]:
    """Tags as AWS takes them.

    Args:
        tags: The tags.
        key: What the service calls a tag's key.
        value: What the service calls a tag's value.
    """
    return [{key: name, value: text} for name, text in sorted(tags.items())]


def from_aws(tags: Iterable[Any] | None, key: str = "Key", value: str = "Value") -> dict[str, Value]:
    """Tags as AWS tells them; none at all is told in more than one way."""
    return {str(tag[key]): str(tag[value]) for tag in tags or ()}


def change(
    old: Properties,
    new: Properties,
    add: Callable[[dict[str, str]], object],
    remove: Callable[[list[str]], object],
) -> None:
    """Make the tags of a resource what they are to be.

    Args:
        old: Its state.
        new: Its inputs, with all the tags it is to have.
        add: Sets tags.
        remove: Removes the tags with these keys.
    """
    before, after = old.map("tagsAll"), new.map("tags")
    if gone := sorted(set(before) - set(after)):
        remove(gone)
    if set_to := {name: text for name, text in after.items() if before.get(name) != text}:
        add(set_to)
