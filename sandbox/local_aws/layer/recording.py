"""Which permissions calls were asked for: the action and the resource of each, by whoever signed it.

A deployment's calls, as they really are, show whether what is said of it beforehand is true. AWS has the same in
CloudTrail, a quarter of an hour later and without what a call needs besides.
"""

from __future__ import annotations

from collections import deque

_MOST = 20_000
_calls: deque[tuple[str, str, str, bool]] = deque(maxlen=_MOST)


def keep(access_key_id: str, action: str, resource: str, *, allowed: bool) -> None:
    """Remember a call.

    Args:
        access_key_id: The id of the key that signed it; a root's is its account's id.
        action: The action that was asked for.
        resource: The ARN, or `*`.
        allowed: Whether the policies allow it.
    """
    _calls.append((access_key_id, action, resource, allowed))


def of(access_key_id: str) -> list[dict[str, object]]:
    """The calls that a key has signed, in their order: at most the last 20,000 of all keys."""
    return [
        {"action": action, "resource": resource, "allowed": allowed}
        for key, action, resource, allowed in _calls
        if key == access_key_id
    ]
