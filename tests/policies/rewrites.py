"""The same meaning in other words: rewrites of a document that AWS reads alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.policies.strategies import (
    Condition,
    Document,
    Statement,
    kinds_of,
    many,
    one_or_many,
    recased,
    sometimes,
    statements_of,
)

_Rewrite = Callable[[st.DrawFn, Statement], list[Statement]]
"""A statement -> the statements that say the same."""


def _relist(draw: st.DrawFn, value: Any) -> Any:
    """Another order, a repeated entry, a list for one, one for a list."""
    values = list(draw(st.permutations(many(value))))
    if draw(sometimes(30)):
        values.append(values[0])
    return draw(one_or_many(values)) if len(values) == 1 else values


def _rewrite_lists(draw: st.DrawFn, statement: Statement) -> list[Statement]:
    elements = ("Action", "NotAction", "Resource", "NotResource")
    changed = {name: _relist(draw, statement[name]) for name in elements if name in statement}
    return [{**statement, **changed}]


def _rewrite_case(draw: st.DrawFn, statement: Statement) -> list[Statement]:
    elements = ("Action", "NotAction")
    changed = {
        name: [draw(recased(entry)) for entry in many(statement[name])] for name in elements if name in statement
    }
    return [{**statement, **changed}]


def _rewrite_conditions(draw: st.DrawFn, statement: Statement) -> list[Statement]:
    condition: Condition = {}
    twins = {"ArnLike": "ArnEquals", "ArnNotLike": "ArnNotEquals"}
    twins |= {twin: name for name, twin in twins.items()}
    for operator, tests in draw(st.permutations(list(statement.get("Condition", {}).items()))):
        quantifier, colon, rest = operator.rpartition(":")
        tail = "IfExists" if rest.endswith("IfExists") else ""
        twin = quantifier + colon + twins.get(rest.removesuffix("IfExists"), rest.removesuffix("IfExists")) + tail
        target = (
            twin if twin not in statement["Condition"] and twin not in condition and draw(sometimes(50)) else operator
        )
        condition[target] = {draw(recased(key)): _relist(draw, values) for key, values in tests.items()}
    return [{**statement, "Condition": condition}] if condition else [statement]


def _rename_accounts(draw: st.DrawFn, element: Any) -> Any:
    """An account's id for its root ARN, a root ARN for the id, `*` for everyone in either form."""
    if element == "*":
        return draw(st.sampled_from(["*", {"AWS": "*"}, {"AWS": ["*"]}]))
    changed = kinds_of(element)
    if "AWS" in changed:
        root = re.compile(r"arn:aws:iam::(\d{12}):root")
        names = [
            draw(st.sampled_from([entry, f"arn:aws:iam::{entry}:root"])) if re.fullmatch(r"\d{12}", entry)
            else draw(st.sampled_from([entry, found[1]])) if (found := root.fullmatch(entry))
            else entry
            for entry in many(changed["AWS"])
        ]  # fmt: skip
        changed["AWS"] = names
    return {kind: _relist(draw, entries) for kind, entries in draw(st.permutations(list(changed.items())))}


def _rewrite_principals(draw: st.DrawFn, statement: Statement) -> list[Statement]:
    elements = ("Principal", "NotPrincipal")
    return [{**statement, **{name: _rename_accounts(draw, statement[name]) for name in elements if name in statement}}]


def _split(draw: st.DrawFn, statement: Statement) -> list[Statement]:
    """One statement an action, a resource or a principal."""
    element = draw(st.sampled_from(["Action", "Resource", "Principal"]))
    whole = statement.get(element)
    if element == "Principal" and whole not in (None, "*"):
        return [{**statement, element: {kind: entry}} for kind, found in kinds_of(whole).items() for entry in found]
    return [{**statement, element: entry} for entry in many(whole)] if element in statement else [statement]


def _double(draw: st.DrawFn, statement: Statement) -> list[Statement]:
    return [statement, dict(statement)]


_REWRITES: tuple[_Rewrite, ...] = (
    _rewrite_lists, _rewrite_case, _rewrite_conditions, _rewrite_principals, _split, _double,
)  # fmt: skip


@st.composite
def equivalents(draw: st.DrawFn, document: Document) -> Statement:
    """A document of the same meaning in other words."""
    statements = [{k: v for k, v in statement.items() if k != "Sid"} for statement in statements_of(document)]
    for rewrite in draw(st.lists(st.sampled_from(_REWRITES), min_size=1, max_size=4)):
        statements = [new for old in statements for new in rewrite(draw, old)]
    statements = [dict(draw(st.permutations(list(s.items())))) for s in draw(st.permutations(statements))]
    return {**document, "Statement": draw(one_or_many(statements))}
