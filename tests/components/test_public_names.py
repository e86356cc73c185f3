"""Programs that are there to be copied use the public names of the package alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pipeline_identity
import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = [ROOT / "__main__.py", *sorted((ROOT / "examples").rglob("*.py"))]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_program_imports_public_names_alone(program: Path) -> None:
    for node in ast.walk(ast.parse(program.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline_identity"):
            assert node.module == "pipeline_identity"
            assert {name.name for name in node.names} <= set(pipeline_identity.__all__)
        elif isinstance(node, ast.Import):
            assert not [name.name for name in node.names if name.name.startswith("pipeline_identity.")]


def test_the_program_to_copy_is_short() -> None:
    lines = [line for line in (ROOT / "__main__.py").read_text().splitlines() if line.strip()]

    assert len(lines) <= 50


def test_every_public_name_is_there() -> None:
    for name in pipeline_identity.__all__:
        assert hasattr(pipeline_identity, name), name


COMPONENTS = [name for name in pipeline_identity.__all__ if name.startswith("Pipeline") and not name.endswith("Args")]


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_help_on_a_component_lists_every_argument(component: str) -> None:
    described = getattr(pipeline_identity, component).__init__.__doc__
    arguments: list[str] = re.findall(r"[a-z_]+", described.partition(f"`{component}Args`:")[2].partition(".")[0])

    assert arguments == sorted(getattr(pipeline_identity, f"{component}Args").__annotations__)
