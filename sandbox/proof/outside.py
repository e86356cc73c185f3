"""The role is denied what it wasn't given: the same calls beside what it may touch, and calls of other kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.proof.calls import ELSEWHERE, Target, known, prepare
from sandbox.proof.inside import target_of
from sandbox.proof.rows import DENIED, Row, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import ExitStack

    from sandbox.proof.clients import Clients
    from sandbox.proof.grants import Grant


def attempts(pipeline: str, grants: Sequence[Grant], role: Clients, root: Clients, cleanup: ExitStack) -> Iterator[Row]:
    """Calls that no grant covers."""
    tried: set[tuple[str, str]] = set()
    for grant in grants:
        call = known(grant.action)
        target = _beside(grant, root.region)
        if call is None or target is None or (grant.action, str(target)) in tried or _is_covered(grants, grant, target):
            continue
        tried.add((grant.action, str(target)))
        ready = prepare(root, target, cleanup)
        seen = outcome(lambda call=call, ready=ready: call(role, ready))
        yield Row(pipeline, "role", f"{grant.action} {ready}", DENIED, seen)
    for action in ELSEWHERE:
        call = known(action)
        if call is not None and not any(grant.covers(action, "*") for grant in grants):
            seen = outcome(lambda call=call: call(role, Target("")))
            yield Row(pipeline, "role", action, DENIED, seen)


def _beside(grant: Grant, region: str) -> Target | None:
    """A resource of the same kind just outside a grant: other keys of the bucket, another bucket or table."""
    target = target_of(grant, region)
    if target is None:
        return None
    if target.prefix:
        return replace(target, prefix="elsewhere/")
    if target.key:
        return replace(target, arn=f"{target.arn.removesuffix(target.key)}elsewhere/{target.key}")
    return replace(target, arn=f"{target.arn}-elsewhere")


def _is_covered(grants: Sequence[Grant], own: Grant, target: Target) -> bool:
    if target.prefix:
        # Another prefix of the same bucket: inside, if another statement lists the bucket.
        return any(grant is not own and grant.covers(own.action, target.arn) for grant in grants)
    return any(grant.covers(own.action, target.arn) for grant in grants)
