"""The role does what it was given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from sandbox.proof.calls import PROOF, Target, known, prepare
from sandbox.proof.rows import ALLOWED, Row, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import ExitStack

    from sandbox.proof.clients import Clients
    from sandbox.proof.grants import Grant


def attempts(pipeline: str, grants: Sequence[Grant], role: Clients, root: Clients, cleanup: ExitStack) -> Iterator[Row]:
    """Every granted action, on a resource and under conditions that the grant names."""
    for grant in grants:
        target, call = target_of(grant, root.region), known(grant.action)
        if call is None:
            reason = "the proof knows no call for it"
        elif target is None:
            reason = f"the proof can't meet its conditions ({', '.join(_keys(grant))})"
        else:
            ready = prepare(root, target, cleanup)
            seen = outcome(lambda call=call, ready=ready: call(role, ready))
            yield Row(pipeline, "role", f"{grant.action} {ready}", ALLOWED, seen)
            continue
        yield Row(pipeline, "role", f"{grant.action} {grant.resource}", ALLOWED, None, reason)


def target_of(grant: Grant, region: str) -> Target | None:
    """A resource inside a grant; None when its conditions ask for more than a listing's prefix.

    Args:
        grant: The grant.
        region: Where to try a grant for every region.
    """
    head = grant.resource.split(":", 4)
    if head[3:4] == ["*"]:
        head[3] = region
    arn = example(":".join(head))
    if not grant.conditions:
        return Target(arn)
    if _keys(grant) == ["s3:prefix"] and set(grant.conditions) <= {"StringLike", "StringEquals"}:
        wanted: object = next(iter(next(iter(grant.conditions.values())).values()))
        first = cast("list[object]", wanted)[0] if isinstance(wanted, list) else wanted
        return Target(arn, prefix=example(str(first)))
    return None


def example(pattern: str) -> str:
    """A text that a pattern matches."""
    return re.sub(r"\*+", PROOF, pattern).replace("?", "x")


def _keys(grant: Grant) -> list[str]:
    return sorted({key for keys in grant.conditions.values() for key in keys})
