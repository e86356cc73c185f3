"""Whatever a file holds, reading it ends in parts or in a reason, never in an error of the reader."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from iam_guardrails.model import join
from iam_guardrails.sources import read

from tests.policies.sources.finding import EXAMPLES

EXAMPLE = {
    file.name: json.loads(file.read_text()) for file in EXAMPLES.iterdir() if file.suffix in (".json", ".tfstate")
} | {
    name: one
    for name in ("conditions.yaml", "sam-app.yaml")
    for one in [json.loads(json.dumps(read((EXAMPLES / name).read_text(), name)[0].tree.value, default=str))]  # pyright: ignore[reportOptionalMemberAccess]
}
ODD: list[Any] = [
    *(None, True, 0, -1, 2.5, "", "x", "*", "arn:", "arn:aws:iam::", "${", "{{", "%7B", "{", "["),
    *([], {}, [[]], {"Ref": "x"}),
]
NAMES = st.sampled_from(["Ref", "Fn::Sub", "Fn::If", "a"])
STRANGE: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values in a value."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        inside = list(enumerate(cast("list[Any]", value)))
    return [path, *(place for name, one in inside for place in places(one, (*path, name)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a path."""
    if not path:
        return new
    copied: Any = dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else list(cast("list[Any]", value))
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(EXAMPLE)), STRANGE)
def test_anything_at_any_place_of_an_ordinary_file_is_read(data: st.DataObject, name: str, strange: Any) -> None:
    changed = put(EXAMPLE[name], data.draw(st.sampled_from(places(EXAMPLE[name]))), strange)
    for text, file in ((json.dumps(changed), "a.json"), (yaml.safe_dump(changed), "a.yaml")):
        for source in read(text, file):
            for parts in source.parts:
                join(parts)


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet='{}[]",:\\ \n-&*!|>%#?a0\ufeff\0', max_size=60),
    st.sampled_from(["a.json", "a.yaml", "a.jsonl", "a"]),
)
def test_any_text_is_read_or_has_a_reason(text: str, name: str) -> None:
    for source in read(text, name):
        assert source.content is not None


@pytest.mark.parametrize("depth", [50, 5000, 200000])
def test_what_is_nested_deeply_has_a_reason(depth: int) -> None:
    for text, name in (
        ("[" * depth + "]" * depth, "a.json"),
        ('{"a":' * depth + "1" + "}" * depth, "a.json"),
        ("- " * min(depth, 5000) + "a", "a.yaml"),
    ):
        for source in read(text, name):
            assert [part for parts in source.parts for part in parts] == []
