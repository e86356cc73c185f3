"""What makes the search fast changes no answer: every document is checked with it and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from iam_guardrails.language import patterns
from iam_guardrails.language.patterns import Budget, Glob, Undecided, find, glob
from iam_guardrails.reasoning import breadth, escalation_table, restrictions, search

from tests.policies.golden import DOCUMENTS, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.policies.golden import Golden

GOLDEN = [*read_all(DOCUMENTS), *read_all(DOCUMENTS.parent / "independent")]


def verdict(golden: Golden) -> set[tuple[str, bool, str]]:
    return {(one.rule, one.blocking, one.pointer) for one in golden.findings()}


def includes_by_search(outer: tuple[str, ...], inner: str, ignore_case: bool = False) -> bool:
    """Whether patterns include another, by the search alone."""
    try:
        within = [[glob(inner, ignore_case=ignore_case)]]
        return find(within, [glob(one, ignore_case=ignore_case) for one in outer], Budget(50_000)) is None
    except Undecided:
        return False


def overlap_by_search(one: str, other: str) -> bool:
    """Whether two patterns have an instance in common, by the search alone."""
    return find([[glob(one)], [glob(other)]], [], Budget(1_000_000)) is not None


def no_texts(_within: object, _outside: object) -> None:
    """That no group is of plain texts alone."""


def nothing(_one: Glob, _other: Glob) -> bool:
    """That no pattern is known to take all of another."""
    return False


@pytest.fixture
def _slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the search, with nothing remembered from before or kept for after."""
    caches = [
        one
        for module in (breadth, escalation_table, restrictions)
        for one in vars(module).values()
        if hasattr(one, "cache_clear")
    ]
    for one in caches:
        one.cache_clear()
    monkeypatch.setattr(search, "_finite", no_texts)
    monkeypatch.setattr(search, "_FILLINGS", ())
    monkeypatch.setattr(patterns.Glob, "takes_all_of", nothing)
    monkeypatch.setattr(patterns, "includes", includes_by_search)
    monkeypatch.setattr(patterns, "overlap", overlap_by_search)
    yield
    for one in caches:
        one.cache_clear()


FAST = {golden.place: verdict(golden) for golden in GOLDEN}


@pytest.mark.usefixtures("_slow")
@pytest.mark.parametrize("rule", sorted({golden.rule for golden in GOLDEN}))
def test_every_document_gets_the_same_verdict_without_the_fast_paths(rule: str) -> None:
    for golden in (one for one in GOLDEN if one.rule == rule):
        assert verdict(golden) == FAST[golden.place], golden.place


@pytest.mark.parametrize(
    ("outer", "inner", "included"),
    [
        (("role/*",), "role/app-*", True),
        (("role/app-*",), "role/*", False),
        (("?*",), "*a*", True),
        (("a*", "a?*"), "a*", True),
        (("*a", "*b"), "*", False),
        (("a?c",), "a*c", False),
    ],
)
def test_inclusion_is_what_the_search_says(outer: tuple[str, ...], inner: str, included: bool) -> None:
    assert patterns.includes(outer, inner) is included
    assert includes_by_search(outer, inner) is included


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [("a*", "?b", True), ("a*", "b*", False), ("*a?", "*b", True), ("ab*", "*?c*d", True), ("a?", "*bc", False)],
)
def test_overlap_is_what_the_search_says(one: str, other: str, common: bool) -> None:
    assert patterns.overlap(one, other) is patterns.overlap(other, one) is common
    assert overlap_by_search(one, other) is common
