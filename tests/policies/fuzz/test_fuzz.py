"""Hostile input: the library answers, refuses what is no document, and neither hangs nor swells.

Every run draws the same input. `python -m tests.policies.fuzz` looks further, by what the input reaches in the code.
"""

from __future__ import annotations

import importlib.util
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import settings

from tests.policies.fuzz import properties
from tests.policies.fuzz.shapes import EXAMPLES, exchanged, places
from tests.policies.fuzz.target import CHECKS, judge
from tests.policies.verdicts import refusals

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
MALFORMED = "well-formed-documents"
MEMORY = 1 << 30
PROCESSOR_SECONDS = 300
"""Far beyond what any of this takes: a process that gets there hangs, and is ended."""


def _held_back() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))


def test_documents_with_something_exchanged_in_them_get_an_answer() -> None:
    settings(max_examples=400)(properties.documents)()


def test_texts_with_something_exchanged_in_them_get_an_answer() -> None:
    settings(max_examples=400)(properties.texts)()


def test_documents_made_to_hurt_do_no_harm() -> None:
    command = [sys.executable, "-m", "tests.policies.fuzz.hostile"]
    done = subprocess.run(command, cwd=ROOT, preexec_fn=_held_back, capture_output=True, text=True, check=False)
    harmful = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, f"{harmful} ended the process with {done.returncode}: {done.stderr[-2000:]}"


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed on this platform")
@pytest.mark.parametrize(("target", "runs"), [("documents", 400), ("bytes", 4000)])
def test_a_short_run_of_the_coverage_guided_fuzzer_breaks_nothing(target: str, runs: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.policies.fuzz", target, f"-runs={runs}", "-seed=1"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


VALUES: list[Any] = [None, True, 0, 1.5, "", "x", [], {}, [None], [[]], [{}], {"x": None}, {"x": []}]


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_any_value_in_any_place_gets_an_answer(kind: str) -> None:
    for way in places(EXAMPLES[kind]):
        for value in VALUES:
            judge(exchanged(EXAMPLES[kind], way, value))


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_an_object_in_place_of_a_list_is_refused_though_its_names_would_do(kind: str) -> None:
    valid = EXAMPLES[kind]
    assert not refusals(CHECKS[kind](valid), MALFORMED)
    for way in places(valid):
        written: Any = valid
        for step in way:
            written = written[step]
        if isinstance(written, list) and all(isinstance(entry, str) for entry in cast("list[Any]", written)):
            wrong = exchanged(valid, way, dict.fromkeys(cast("list[str]", written)))
            assert refusals(CHECKS[kind](wrong), MALFORMED), f"/{'/'.join(map(str, way))}"
