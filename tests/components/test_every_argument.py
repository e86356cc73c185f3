"""Every argument of the schema refuses what it cannot be: the cases come from the schema, so a new one has its own."""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline_identity
import pytest
from pipeline_identity import ArgumentError

from tests.components.cases import PUBLISH, identity_args, role_args, user_args
from tests.components.recording import declare

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BASES: dict[str, Any] = {
    "PipelineIdentity": identity_args(),
    "PipelineOidcProvider": {
        "account_id": "111122223333",
        "issuer": "https://token.actions.githubusercontent.com",
        "audiences": ["sts.amazonaws.com"],
    },
    "PipelineRole": role_args(),
    "PipelineStages": {
        "account_id": "111122223333",
        "user_name": "site-pipeline",
        "stages": {"prod": {"permissions": [PUBLISH]}},
    },
    "PipelineTokenIssuer": {"account_id": "111122223333"},
    "PipelineTrail": {
        "account_id": "111122223333",
        "trail_name": "pipelines",
        "bucket_name": "example-trail-dev",
    },
    "PipelineUser": user_args(),
    "PipelineWatch": {
        "account_id": "111122223333",
        "watch_name": "site",
        "regions": ["eu-west-1"],
        "role_arn": "arn:aws:iam::111122223333:role/pipelines/site-publisher",
    },
}
"""Arguments that each component takes, before one of them is spoilt."""

Step = str | int


@dataclass(frozen=True)
class Argument:
    """One argument of a component, however deep it stands."""

    component: str
    path: tuple[Step, ...]
    schema: Any

    @property
    def place(self) -> str:
        """The place as messages write it to programs in Python."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{_snake(step)}" for step in self.path)
        return "".join(steps).removeprefix(".")

    def refusal_of(self, value: Any) -> ArgumentError:
        """What the component says when the argument has this value."""
        with pytest.raises(ArgumentError) as error:
            self.declare(value)
        return error.value

    def declare(self, value: Any) -> None:
        args = {_camel(name): one for name, one in BASES[self.component].items()}
        args[str(self.path[0])] = _wrapped(self.path[1:], value)
        component = getattr(pipeline_identity, self.component)
        declare(lambda: component("site", args))


def _wrapped(path: tuple[Step, ...], value: Any) -> Any:
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


@cache
def schema() -> Any:
    """The schema of the package."""
    host: Any = runpy.run_path(str(ROOT / "components" / "__main__.py"))["Host"]()
    return json.loads(host.schema)


def _arguments() -> Iterator[Argument]:
    for token, resource in schema()["resources"].items():
        component = token.rsplit(":", 1)[-1]
        for name, described in resource["inputProperties"].items():
            yield from _below(Argument(component, (name,), described), schema()["types"])


def _below(argument: Argument, types: Any) -> Iterator[Argument]:
    described = argument.schema
    type_: Any = types[described["$ref"].removeprefix("#/types/")] if "$ref" in described else {}
    yield Argument(argument.component, argument.path, {**described, "enum": type_.get("enum")})
    for name, inner in type_.get("properties", {}).items():
        yield from _below(Argument(argument.component, (*argument.path, name), inner), types)
    if described.get("type") == "array":
        yield from _below(Argument(argument.component, (*argument.path, 0), described["items"]), types)


ARGUMENTS = list(_arguments())
TEXTS = [argument for argument in ARGUMENTS if argument.schema.get("type") == "string"]
SECTIONS = [argument for argument in ARGUMENTS if "$ref" in argument.schema and not argument.schema["enum"]]
WRONG_KIND = {"string": 5, "boolean": "yes", "integer": "many", "number": "many", "array": "one", "object": ["one"]}


def _id(argument: Argument) -> str:
    return f"{argument.component}.{argument.place}"


@pytest.mark.parametrize("argument", ARGUMENTS, ids=_id)
def test_a_value_of_the_wrong_kind_is_refused_with_its_place_the_value_and_the_fix(argument: Argument) -> None:
    wrong = "no such choice" if argument.schema["enum"] else WRONG_KIND.get(argument.schema.get("type"), "a section")

    found = [problem for problem in argument.refusal_of(wrong).problems if problem.place == argument.place]

    assert [problem.value for problem in found] == [wrong]
    assert all(problem.reason and problem.fix for problem in found)


@pytest.mark.parametrize("argument", TEXTS, ids=_id)
@pytest.mark.parametrize(
    "text", ["", "site\nrole", "site\x00", "\u202esite"], ids=["empty", "lines", "nul", "reversed"]
)
def test_no_text_may_be_empty_or_hold_what_cannot_be_seen(argument: Argument, text: str) -> None:
    places = {problem.place for problem in argument.refusal_of(text).problems}

    assert argument.place in places


@pytest.mark.parametrize("argument", SECTIONS, ids=_id)
def test_a_name_that_is_no_argument_is_refused_at_every_depth(argument: Argument) -> None:
    places = {problem.place for problem in argument.refusal_of({"nonsense": 1}).problems}

    assert f"{argument.place}.nonsense" in places


@pytest.mark.parametrize("component", BASES)
def test_what_the_cases_start_from_is_accepted(component: str) -> None:
    name, value = next(iter(BASES[component].items()))
    Argument(component, (_camel(name),), {}).declare(value)
