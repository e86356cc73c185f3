"""Tags of IAM's entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mypy_boto3_iam.type_defs import TagTypeDef

    from sandbox.provider.values import Properties, Value


def to_aws(tags: Mapping[str, str]) -> list[Any]:
    """Tags as IAM takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def from_aws(tags: Iterable[TagTypeDef]) -> dict[str, Value]:
    """Tags as IAM tells them."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def change(
    old: Properties, new: Properties, add: Callable[[list[Any]], object], remove: Callable[[list[str]], object]
) -> None:
    """Make the tags of an entity what they are to be.

    Args:
        old: Its state.
        new: Its inputs, with all the tags it is to have.
        add: Sets tags.
        remove: Removes the tags with these keys.
    """
    before, after = old.map("tagsAll"), new.map("tags")
    if gone := sorted(set(before) - set(after)):
        remove(gone)
    if set_to := {key: value for key, value in after.items() if before.get(key) != value}:
        add(to_aws(set_to))
