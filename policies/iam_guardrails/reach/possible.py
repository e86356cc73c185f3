"""Are there values of the condition keys that are not known, with which a request is allowed?

Of each kind of policy one Allow has to apply, so all its conditions have to hold; of each Deny some condition has to
fail. The search picks one Allow a kind and one condition a Deny, solves what that asks of each key, and lets the
evaluator check what it found:

    Allow sts:AssumeRole if aws:SourceIp is in 10.0.0.0/8; Deny * if aws:SourceIp is not in 10.1.0.0/16
        aws:sourceip: 10.1.0.0
    Allow s3:GetObject if ec2:ResourceTag/a is "x"; Deny * if ec2:ResourceTag/a is "x"
        None: nothing opens it
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from iam_guardrails.evaluation import Decision, Judged, Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.language import conditions, reader
from iam_guardrails.language.conditions import Condition, Values
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.patterns import Budget, Undecided
from iam_guardrails.reasoning.search import ANYTHING, Wanted, solve

_MOST_TRIES = 64


def possible(decision: Decision, request: Request, policies: Policies) -> tuple[str, ...] | None:
    """What a request that cannot be decided has to meet to be allowed; None where nothing can make it so.

    Args:
        decision: the evaluator's answer, which is that it cannot be told.
        request: the request.
        policies: the policies.

    Returns:
        The condition keys, and what else is not known, in words; where the search is too hard, all of them.
    """
    statements = _statements(policies)
    tries = 0
    for wanted in itertools.islice(_choices(decision, request, statements), _MOST_TRIES):
        tries += 1
        try:
            values = _solved(wanted)
        except Undecided:
            return _left(decision)
        if values is None:
            continue
        checked = evaluate(request._replace(context={**request.context, **values}), policies)
        if checked.verdict is Verdict.ALLOWED:
            return tuple(values)
        if checked.verdict is Verdict.UNKNOWN:
            return (*values, *_left(checked))
    return None if tries < _MOST_TRIES else _left(decision)


def _left(decision: Decision) -> tuple[str, ...]:
    return decision.unknown or (decision.reason,)


def _statements(policies: Policies) -> Mapping[tuple[str, str, int], Statement]:
    """Every statement, by the kind and the name of its policy and its place."""
    layers: list[tuple[str, DocumentKind, Sequence[Policy]]] = [
        ("identity policy", DocumentKind.IDENTITY, policies.identity),
        ("permissions boundary", DocumentKind.IDENTITY, [policies.boundary] if policies.boundary else []),
        ("session policy", DocumentKind.IDENTITY, policies.session or []),
        ("resource control policy", DocumentKind.RCP, policies.rcps),
        ("trust policy", DocumentKind.TRUST, [policies.trust] if policies.trust else []),
        ("resource policy", DocumentKind.RESOURCE, [policies.resource] if policies.resource else []),
    ]
    layers += [("service control policy", DocumentKind.IDENTITY, level) for level in policies.scps]
    return {
        (layer, policy.name, statement.number): statement
        for layer, kind, found in layers
        for policy in found
        for statement in _read(policy, kind).statements
    }


def _read(policy: Policy, kind: DocumentKind) -> Document:
    if isinstance(policy.document, Document):
        return policy.document
    return reader.read(policy.document, kind, in_force=True)


def _choices(
    decision: Decision, request: Request, statements: Mapping[tuple[str, str, int], Statement]
) -> Iterator[list[Wanted]]:
    """What has to hold, once for each choice of Allows that shall apply and of conditions by which Denies shall not."""
    options: list[list[list[Wanted]]] = []
    layers: dict[str, list[Judged]] = {}
    for one in decision.statements:
        layers.setdefault(one.layer, []).append(one)
    has_object = "trust policy" in layers or "resource policy" in layers
    for layer, found in layers.items():
        allows = [one for one in found if one.allow]
        unknown = [one for one in allows if one.applies is None]
        if unknown and not any(one.applies for one in allows):
            ways = [[Wanted(each) for each in _open(one, request, statements)] for one in unknown]
            options.append([*ways, []] if layer == "identity policy" and has_object else ways)
    for one in decision.statements:
        if one.allow is False and one.applies is None:
            fails = [[Wanted(each, holds=False)] for each in _open(one, request, statements)]
            options.append(fails or [[]])
    for choice in itertools.product(*options):
        yield [wanted for each in choice for wanted in each]


def _open(judged: Judged, request: Request, statements: Mapping[tuple[str, str, int], Statement]) -> list[Condition]:
    """The conditions of a statement that look at what is not known."""
    statement = statements.get((judged.layer, judged.policy, judged.number if judged.number is not None else -1))
    if statement is None:
        return []
    return [_filled(one, request) for one in statement.conditions if request.values(one.key) is None]


def _filled(condition: Condition, request: Request) -> Condition:
    """A condition with the variables filled in whose values are known."""
    if condition.literal or not any("${" in value for value in condition.values):
        return condition
    known = {key: request.values(key) for value in condition.values for key in conditions.variables(value)}
    return condition._replace(values=tuple(conditions.fill_in(value, known) or value for value in condition.values))


def _solved(wanted: Sequence[Wanted]) -> dict[str, Values] | None:
    """Values for every key; None where one of them cannot be had."""
    by_key: dict[str, list[Wanted]] = {}
    for one in wanted:
        by_key.setdefault(one.condition.key, []).append(one)
    found: dict[str, Values] = {}
    for key, of_key in by_key.items():
        values = solve(of_key, ANYTHING, Budget(20_000))
        if values is None:
            return None
        found[key] = values
    return found
