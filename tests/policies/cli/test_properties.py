"""Whatever stands on standard input: a verdict, a report that can be read, and never "fine" for what is not."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_guardrails import Settings, check_identity_policy, check_resource_policy, check_trust_policy
from iam_guardrails.cli import run

from tests.policies.golden import read_all

DOCUMENTS: list[str] = [
    str(document) if isinstance(document, str) else json.dumps(document)
    for one in read_all(side="rejected") + read_all(side="accepted")
    for document in one.documents
]
WHOLE: st.SearchStrategy[str] = st.sampled_from(DOCUMENTS)
STRAY: st.SearchStrategy[str] = st.text(max_size=5) | st.sampled_from(
    ["{", "}", "[", "]", '"', ",", "\n", "\ufeff", "\\u0000", "\ud800", "*"]
)


def cut(text: str, start: int, end: int) -> str:
    return text[start:end]


def stuffed(text: str, place: int, more: str) -> str:
    return text[:place] + more + text[place:]


CUT = st.builds(cut, WHOLE, st.integers(0, 40), st.integers(0, 400))
STUFFED = st.builds(stuffed, WHOLE, st.integers(0, 400), STRAY)
NEAR_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["Allow", "*", "sts:AssumeRole", "2012-10-17"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "statement", "Effect", "Action", "Principal", "Version", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
).map(json.dumps)
LINES: st.SearchStrategy[str] = st.lists(WHOLE | CUT, min_size=2, max_size=3).map("\n".join)
TEXTS: st.SearchStrategy[str] = WHOLE | CUT | STUFFED | NEAR_JSON | LINES | st.text(max_size=60)
ACCOUNT = "111122223333"
CHECKS = {"identity": check_identity_policy, "trust": check_trust_policy, "resource": check_resource_policy}


def judged(text: str, *flags: str) -> tuple[int, str]:
    """The exit code and the report on a text on standard input; nothing may be told as an error of the command."""
    out, err = io.StringIO(), io.StringIO()
    given_ = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass")))
    with mock.patch.object(sys, "stdin", given_), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["check", "-", "--isolated", "--trusted-account", ACCOUNT, *flags])
    assert err.getvalue() == ""
    return code, out.getvalue()


@given(TEXTS)
def test_code_0_is_for_documents_that_the_library_does_not_refuse(text: str) -> None:
    code, report = judged(text, "--format", "json")
    data: dict[str, Any] = json.loads(report)
    assert code == data["exit_code"]
    assert data["documents"] or data["not_judged"]
    settings = Settings(trusted_accounts=[ACCOUNT])
    lines = text.split("\n")
    for one in data["documents"]:
        own = text if one["line"] is None else lines[int(one["line"]) - 1]
        refused = any(finding.blocking for finding in CHECKS[one["kind"]](own, settings))
        assert one["refused"] == refused
        assert code >= refused


@pytest.mark.parametrize(
    "flags", [("--color", "always"), ("--format", "sarif"), ("--format", "github"), ("--together",)]
)
@given(text=TEXTS)
def test_every_report_comes_to_the_same_code(flags: tuple[str, ...], text: str) -> None:
    code, report = judged(text, *flags)
    assert code in (0, 1, 2)
    assert report
    if "--together" not in flags:
        assert code == judged(text, "--format", "json")[0]


@given(TEXTS)
def test_what_a_finding_points_at_is_in_the_text(text: str) -> None:
    lines = text.split("\n")
    for one in json.loads(judged(text, "--format", "json")[1])["documents"]:
        for finding in one["findings"]:
            assert 1 <= finding["line"] <= finding["end_line"] <= len(lines)
            assert 1 <= finding["column"] <= len(lines[int(finding["line"]) - 1]) + 1
            assert finding["end_column"] <= len(lines[int(finding["end_line"]) - 1]) + 1
