"""Every Python that this machine has, and the oldest versions of what the distributions ask for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from sandbox import uv
from sandbox.folders import CHECKOUT
from tests.consumers import published
from tests.policies.cli.installed import variables

SCHEMA = """
import json, runpy, sys
print(json.dumps(json.loads(runpy.run_path(sys.argv[1])["Host"]().schema)))
"""
VERDICT = """
from iam_guardrails import check_identity_policy
statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
print([finding.rule for finding in check_identity_policy({"Version": "2012-10-17", "Statement": statement})])
"""


def _wheels(built: Path) -> list[str]:
    components, guardrails = (str(next(built.glob(f"{name}-*.whl"))) for name in published.FOLDERS)
    return [components, f"{guardrails}[pulumi]"]


def _works(python: Path, folder: Path) -> None:
    """The installed components have the committed schema, and the installed library judges."""
    host = str(CHECKOUT / "components" / "__main__.py")
    schema = json.loads(published.run(str(python), "-I", "-c", SCHEMA, host, folder=folder))
    assert schema == json.loads((CHECKOUT / "components" / "schema.json").read_text())
    assert published.run(str(python), "-I", "-c", VERDICT, folder=folder) == "['no-wildcard-actions']\n"
    published.run(str(python), "-I", "-c", "import iam_guardrails.pack.server", folder=folder)


def _python(version: str) -> str | None:
    """An interpreter of this machine, also one that pyenv keeps off PATH."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin")
    path = os.pathsep.join([*map(str, kept), os.environ["PATH"]])
    find = [str(uv.install()), "python", "find", "--no-project", "--no-python-downloads", version]
    found = subprocess.run(find, env={**variables(), "PATH": path}, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_components_and_pack_work_with_python(version: str, built: Path, tmp_path: Path) -> None:
    python = _python(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")

    made = published.environment(tmp_path, *_wheels(built), python=python)

    _works(made, tmp_path)
    assert published.run(str(made), "--version", folder=tmp_path).startswith(f"Python {version}.")


def test_components_and_pack_work_with_the_oldest_versions_they_ask_for(built: Path, tmp_path: Path) -> None:
    published.run("uv", "venv", "--quiet", str(tmp_path / "environment"), folder=tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    asked = [*_asked(built, "pulumi_pipeline_identity"), *_asked(built, "iam_guardrails", "pulumi-policy")]
    # uv takes the oldest of what is asked for directly, so that all of it is.
    oldest = ("--resolution", "lowest-direct", *map(str, asked))
    published.run("uv", "pip", "install", "--quiet", "--python", str(python), *oldest, *_wheels(built), folder=tmp_path)

    for requirement in asked:
        code = f"from importlib.metadata import version; print(version({requirement.name!r}))"
        installed = Version(published.run(str(python), "-c", code, folder=tmp_path).strip())
        (lowest,) = [Version(one.version) for one in requirement.specifier if one.operator == ">="]
        assert installed.release[:2] == lowest.release[:2]
    _works(python, tmp_path)


def _asked(built: Path, distribution: str, *named: str) -> list[Requirement]:
    lines = published.metadata(next(built.glob(f"{distribution}-*.whl"))).get_all("Requires-Dist", [])
    asked = [Requirement(line) for line in lines]
    for requirement in asked:
        requirement.marker = None
    return [requirement for requirement in asked if not named or requirement.name in named]
