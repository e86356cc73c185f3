"""A finding's JSON pointer becomes the lines and columns at which the value stands."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_guardrails import Finding
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.reports.report import Place, Subject
from iam_guardrails.sources.positions import Map

NAMES = st.text(max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
INDENTS = st.sampled_from([None, 0, 1, 4, "\t"])


def pointers(value: Any, pointer: str = "") -> dict[str, Any]:
    """Every value in a value, by its JSON pointer."""
    found = {pointer: value}
    members: dict[str, Any] = {}
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
    elif isinstance(value, list):
        members = {str(place): member for place, member in enumerate(cast("list[Any]", value))}
    for name, member in members.items():
        found |= pointers(member, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    return found


@given(VALUES, INDENTS, st.booleans())
def test_every_value_of_a_text_is_found_where_it_stands(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    nodes = Map(text).nodes
    assert {at: json.loads(text[node.start : node.end]) for at, node in nodes.items()} == pointers(value)


@given(st.text(alphabet='{}[]",:\\ \n0ae', max_size=40))
def test_a_broken_text_is_read_as_far_as_it_goes(text: str) -> None:
    found = Map(text)
    assert all(0 <= node.start < node.end <= len(text) for node in found.nodes.values())
    start, end = found.span("/Statement/0")
    assert 0 <= start <= end <= len(text)


TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:*",
        "ec2:*"
      ],
      "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]},
      "Resource": "*"
    }
  ]
}
"""


def at(pointer: str, *, text: str = TEXT, first_line: int = 1, **evidence: object) -> Place:
    document = Subject("a.json", text, DocumentKind.IDENTITY, first_line, first_line > 1)
    return document.place(Finding("r", "high", True, "m", pointer, 0, evidence))


@pytest.mark.parametrize(
    ("pointer", "where"),
    [
        ("/Version", Place(2, 14, 2, 26)),
        ("/Statement/0/Action/1", Place(8, 9, 8, 16)),
        ("/Statement/0/Action", Place(6, 7, 9, 8)),
        ("/Statement/0/Condition", Place(4, 5, 12, 6)),
        ("", Place(1, 1, 1, 2)),
    ],
    ids=["text", "item", "list with its name", "missing, so what it should be in", "document"],
)
def test_a_pointer_is_a_line_and_a_column(pointer: str, where: Place) -> None:
    assert at(pointer) == where


def test_a_value_in_what_is_pointed_at_is_found_more_closely() -> None:
    assert at("/Statement/0/Principal", value="*") == Place(10, 63, 10, 66)


def test_a_line_of_json_lines_is_counted_from_the_beginning_of_the_file() -> None:
    assert at("/a", text='{"a": 1}', first_line=7) == Place(7, 2, 7, 8)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"a": 1,\n "b": 2,\n "a": 3}', Place(3, 2, 3, 5)),
        ('{"a": 1\n "b": 2}', Place(2, 2, 2, 3)),
        ('{"a": 1,\n', Place(1, 8, 1, 9)),
        ("[" * 5000, Place(1, 1, 1, 2)),
    ],
    ids=["a name twice", "a comma missing", "cut off", "too deep"],
)
def test_what_spoils_a_document_is_pointed_at(text: str, where: Place) -> None:
    assert at("", text=text) == where
