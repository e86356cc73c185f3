"""The promises as functions of drawn input: pytest draws it at random, the fuzzer by what it reaches."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests.policies.fuzz.shapes import broken_documents, broken_texts
from tests.policies.fuzz.target import judge, judge_text


@given(broken_documents())
def documents(document: Any) -> None:
    """Whatever stands in a document, each question gets an answer that keeps the promises."""
    judge(document)


@given(broken_texts())
def texts(text: str) -> None:
    """Whatever stands in a text, each question gets an answer that keeps the promises."""
    judge_text(text)
