"""The examples of the guide work as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pipeline_identity import PipelineIdentity

from tests.components.recording import Recording, declare, record

GUIDE = (Path(__file__).parents[2] / "docs" / "components.md").read_text()


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


SMALLEST, BY_NAME, WITH_OUTPUTS, *OTHERS = examples("python")


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102 - the guide is ours
    return names


def python_example() -> Recording:
    return declare(lambda: run(BY_NAME)["site"])


def test_the_example_in_python_makes_an_identity() -> None:
    assert python_example().outputs["role_arn"] == "arn:aws:iam::111122223333:role/pipelines/site-publisher"


def test_the_example_in_yaml_makes_the_same_identity() -> None:
    properties = yaml.safe_load(examples("yaml")[0])["resources"]["site"]["properties"]

    assert declare(lambda: PipelineIdentity("site", properties)).outputs == python_example().outputs


def test_the_smallest_example_takes_the_account_of_the_credentials_and_names_from_its_own() -> None:
    caller = {"accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/admin"}
    for preview in (True, False):
        recording = record(lambda: run(SMALLEST), preview=preview, answers={"getCallerIdentity": caller})

        role = recording.one("aws:iam/role:Role")
        assert role.inputs["name"] == "site-pipeline"
        assert "arn:aws:iam::111122223333:user/site-pipeline" in role.inputs["assumeRolePolicy"]


def test_the_smallest_example_has_five_lines() -> None:
    assert len([line for line in SMALLEST.splitlines() if line]) <= 5


def test_the_example_with_outputs_works_in_preview_and_update() -> None:
    caller = {"accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/admin"}
    pulumi.runtime.set_all_config({"pipelines:limits": "{}"})
    for preview in (True, False):
        recording = record(lambda: run(WITH_OUTPUTS), preview=preview, answers={"getCallerIdentity": caller})

        (tester,) = [one for one in recording.resources if one.name == "tester-assume-roles"]
        assert "arn:aws:iam::111122223333:role/files-pipeline" in tester.inputs["policy"]


CHECKERS = {
    "mypy": ["-m", "mypy", "--strict", "--no-error-summary"],
    "pyright": ["-m", "basedpyright", "--level", "error", "--pythonpath", sys.executable],
}
MISTAKES = {
    'PipelineIdentity("a", acount_id="1")': "an argument is misspelt",
    'PipelineIdentity("a", mode="keyed")': "a value is none of the choices",
    'PipelineIdentity("a", permissions=[{"actions": ["s3:GetObject"]}])': "an argument is missing",
    'PipelineIdentity("a", path=5)': "an argument is of the wrong type",
    'PipelineStages("a", stages={"dev": {"rol_name": "x"}})': "an argument of a stage is misspelt",
    'PipelineStages("a", stages={"dev": {"adopt": "yes"}})': "an argument of a stage is of the wrong type",
    'print(PipelineStages("a", stages={}).role_arn)': "an output is called otherwise",
    'PipelineRole("a")': "what must be given is missing",
    'print(PipelineIdentity("a").role_am)': "an output is misspelt",
}


@pytest.mark.long
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_accept_the_examples_and_find_mistakes(checker: str, tmp_path: Path) -> None:
    for number, text in enumerate((SMALLEST, BY_NAME, WITH_OUTPUTS, *OTHERS)):
        (tmp_path / f"example_{number}.py").write_text(text)
    head = "from pipeline_identity import PipelineIdentity, PipelineRole, PipelineStages\n\n"
    (tmp_path / "wrong.py").write_text(head + "\n".join(MISTAKES) + "\n")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')

    run = subprocess.run([sys.executable, *CHECKERS[checker], "."], cwd=tmp_path, capture_output=True, text=True)

    lines = {line.split(":")[1] for line in run.stdout.splitlines() if "wrong.py:" in line and "error" in line}
    assert lines == {str(number) for number in range(3, 3 + len(MISTAKES))}, run.stdout
    assert "example_" not in run.stdout, run.stdout


def test_the_examples_for_the_registry_make_the_same_role_in_python_and_in_yaml() -> None:
    page = (Path(__file__).parents[2] / "docs" / "_index.md").read_text()
    (python,), (text,) = (re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) for language in ("python", "yaml"))
    properties = yaml.safe_load(text)["resources"]["site"]["properties"]
    caller = {"accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/admin"}

    made = [
        record(program, answers={"getCallerIdentity": caller})
        for program in (lambda: run(python), lambda: PipelineIdentity("site", properties))
    ]

    first, second = ([(one.type, one.name, one.inputs) for one in recording.resources] for recording in made)
    assert first == second
    assert "repo:acme/site:ref:refs/heads/main" in made[0].one("aws:iam/role:Role").inputs["assumeRolePolicy"]


def test_every_page_that_the_guide_names_is_there() -> None:
    for page in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (Path(__file__).parents[2] / "docs" / page).is_file(), page
