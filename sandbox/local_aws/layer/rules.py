"""Every rule of the layer. Why each is there, and what AWS documents of it, is said at the top of its module.

To add one: a module with one or more of ``CALLS`` (handlers for calls that ministack lacks), ``RULES`` (what is asked
before a call), ``EFFECTS`` (what happens after one that went well) and ``install()``; then its name in ``PARTS``, and a
row in ``docs/sandbox.md``. ``SANDBOX_WITHOUT_RULES="mfa quotas"`` leaves rules out: when ministack has grown, a rule
whose tests pass without it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.local_aws.layer import (
    assuming,
    belongings,
    calls,
    condition_keys,
    constraints,
    deletions,
    documents,
    entities,
    events,
    identity_providers,
    issued,
    lambda_actions,
    last_used,
    managed_policies,
    mfa,
    operators,
    outbound_tokens,
    quotas,
    renames,
    requests,
    resource_arns,
    resource_policies,
    sessions,
    token_claims,
    trust,
    variables,
)

if TYPE_CHECKING:
    from collections.abc import Collection

PARTS: tuple[Any, ...] = (
    renames,
    belongings,
    mfa,
    deletions,
    quotas,
    managed_policies,
    trust,
    identity_providers,
    entities,
    documents,
    last_used,
    constraints,
    issued,
    assuming,
    requests,
    sessions,
    token_claims,
    outbound_tokens,
    operators,
    condition_keys,
    variables,
    resource_policies,
    resource_arns,
    lambda_actions,
    events,
)
"""The modules in the order in which they are put in place. Of two rules for one call, the later is asked first."""


def names() -> list[str]:
    """The names of the rules."""
    return [part.__name__.rpartition(".")[2] for part in PARTS]


def put_in_place(*, without: Collection[str] = ()) -> None:
    """Change ministack by every rule.

    Args:
        without: Names of rules to leave out.

    Raises:
        ValueError: There is no rule of one of the names.
    """
    if unknown := set(without) - set(names()):
        raise ValueError(f"SANDBOX_WITHOUT_RULES: no rule is called {', '.join(sorted(unknown))}")
    parts = [part for name, part in zip(names(), PARTS, strict=True) if name not in without]
    for part in parts:
        calls.add(getattr(part, "CALLS", {}))
    for part in parts:
        calls.follow_up(getattr(part, "EFFECTS", {}))
    for part in parts:
        calls.check_before(getattr(part, "RULES", {}))
    for part in parts:
        if hasattr(part, "install"):
            part.install()
