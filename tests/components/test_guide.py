"""The examples of the guide work as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pipeline_identity import PipelineIdentity

from tests.components.recording import Recording, declare

GUIDE = (Path(__file__).parents[2] / "docs" / "components.md").read_text()


def example(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return text


def python_example() -> Recording:
    names: dict[str, Any] = {}

    def program() -> PipelineIdentity:
        exec(example("python"), names)  # noqa: S102 - the guide is ours
        return names["site"]

    return declare(program)


def test_the_example_in_python_makes_an_identity() -> None:
    assert python_example().outputs["role_arn"] == "arn:aws:iam::111122223333:role/pipelines/site-publisher"


def test_the_example_in_yaml_makes_the_same_identity() -> None:
    properties = yaml.safe_load(example("yaml"))["resources"]["site"]["properties"]

    assert declare(lambda: PipelineIdentity("site", properties)).outputs == python_example().outputs


def test_every_page_that_the_guide_names_is_there() -> None:
    for page in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (Path(__file__).parents[2] / "docs" / page).is_file(), page
