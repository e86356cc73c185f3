"""Objects that a caller makes, or finds in an account: an ARN on which a set of permissions holds.

A way may take several permissions on one object, such as lambda:CreateFunction and lambda:InvokeFunction on a function.
The Allows of one may be about `function:dev-*`, those of the other about `function:*-worker`: then `dev-x-worker` is
looked for, outside of what Denies without conditions are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from iam_guardrails.evaluation import Policy
from iam_guardrails.language import arns, patterns
from iam_guardrails.language.documents import Document, Statement
from iam_guardrails.language.patterns import Budget, Undecided, glob
from iam_guardrails.reach.actor import Actor
from iam_guardrails.reasoning import grants, tables


class _Bounds(NamedTuple):
    """Of what an ARN has to be an instance: of one pattern of each group, and of none of `outside`."""

    within: tuple[tuple[str, ...], ...]
    outside: tuple[str, ...]


def some_object(actor: Actor, actions: Sequence[str], kinds: Sequence[str], *, plainly: bool = False) -> str | None:
    """The ARN of an object of some kind on which Allows of all actions are, and no Deny without conditions; or None.

    Args:
        actor: whose policies.
        actions: the actions.
        kinds: resource types, names of `data/resource_kinds.json`; "*" for none.
        plainly: whether to look at Allows without conditions alone.
    """
    if "*" in kinds:
        return "*"
    bounds = _bounds(actor, actions, plainly)
    for kind in kinds:
        for shape in _shapes(kind, actor.account, actor.arn.split(":")[1]):
            found = _instance(shape, bounds)
            if found is not None:
                return found
    return None


@lru_cache(maxsize=65536)
def some_instance(shape: str, pattern: str, outside: tuple[str, ...]) -> str | None:
    """A text of a shape that a resource pattern matches, and none of `outside`; None where there is none."""
    return _instance(shape, _Bounds(((arns.without_variables(pattern),),), outside))


def _shapes(kind: str, account: str, partition: str) -> Iterator[str]:
    """The patterns of the ARNs that the objects of a kind have in an account."""
    arn = tables.kinds().get(kind)
    if arn is None:
        yield "*"
        return
    resource = arn.resource.partition(", ")[0]
    region = arn.region and "?*"
    where = account if arn.account == "?*" and account else arn.account
    yield f"arn:{partition}:{arn.service}:{region}:{where}:{resource}"
    if kind == "ssm:document":
        yield f"arn:{partition}:{arn.service}:?*::{resource}"  # one that AWS owns


def _bounds(actor: Actor, actions: Sequence[str], plainly: bool) -> _Bounds:
    policies = actor.policies
    layers: list[Sequence[Policy]] = [policies.identity, *policies.scps]
    layers += [[policies.boundary]] if policies.boundary is not None else []
    layers += [policies.session] if policies.session is not None else []
    within: list[tuple[str, ...]] = []
    outside: list[str] = []
    for layer in layers:
        statements = [each for one in layer if isinstance(one.document, Document) for each in one.document.statements]
        for action in actions:
            name = action.lower()
            about = [one for one in statements if grants.covers(one, name)]
            about = [one for one in about if not (plainly and one.allow and one.conditions)]
            _narrow(about, within, outside)
    return _Bounds(tuple(dict.fromkeys(within)), tuple(dict.fromkeys(outside)))


def _narrow(about: list[Statement], within: list[tuple[str, ...]], outside: list[str]) -> None:
    """Add what the statements of one layer about one action ask of the object."""
    allows = [one for one in about if one.allow]
    named = [arns.without_variables(each) for one in allows if not one.not_resources for each in one.resources]
    if not any(one.not_resources for one in allows) and "*" not in named:
        within.append(tuple(sorted(set(named))))
    elif allows and all(one.not_resources for one in allows):
        outside += [each for one in allows for each in one.resources]
    for one in about:
        if not one.allow and not one.conditions:
            if one.not_resources:
                within.append(tuple(sorted(one.resources)))
            else:
                outside += one.resources


@lru_cache(maxsize=65536)
def _instance(shape: str, bounds: _Bounds) -> str | None:
    if not all(bounds.within):
        return None
    groups = [[glob(shape)], *([glob(each) for each in group] for group in bounds.within)]
    try:
        return patterns.find(groups, [glob(each) for each in bounds.outside], Budget(50_000))
    except Undecided:
        return glob(shape).instance("x", "x")
