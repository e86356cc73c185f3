"""Somebody else's Python program takes components and pack from a wheel, an sdist or git, and nothing else of ours."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sandbox.folders import CHECKOUT
from tests.consumers import published

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "python" / "__main__.py"
PACKAGES = {
    "pulumi_pipeline_identity": ("pipeline_identity",),
    "iam_guardrails": ("iam_guardrails",),
    "pipeline_identity_cli": ("pipeline_identity_cli", "deploy_permissions"),
}
PAGES = ("rules", "policy-pack.md", "command.md")
"""What `iam-guardrails` ships of `docs/`: messages lead there."""

distribution = pytest.mark.parametrize("distribution", PACKAGES)
kind = pytest.mark.parametrize("kind", ["-py3-none-any.whl", ".tar.gz"])


def _file(built: Path, distribution: str, kind: str) -> Path:
    (found,) = built.glob(f"{distribution}-*{kind}")
    return found


def _tracked(distribution: str) -> dict[str, Path]:
    """The files of the packages, and where they are in the checkout."""
    folder, docs = CHECKOUT / published.FOLDERS[distribution], CHECKOUT / "docs"
    listed = published.run("git", "ls-files", *PACKAGES[distribution], folder=folder).split()
    found = {name: folder / name for name in listed}
    if distribution == "iam_guardrails":
        pages = published.run("git", "ls-files", *PAGES, folder=docs).split()
        found |= {f"iam_guardrails/pages/{name}": docs / name for name in pages}
    return {name: file for name, file in found.items() if file.is_file()}


@distribution
@kind
def test_it_holds_the_whole_package_its_types_and_the_license(built: Path, distribution: str, kind: str) -> None:
    held = published.files(_file(built, distribution, kind))

    of_packages = {name for name in held if name.partition("/")[0] in PACKAGES[distribution]}
    assert of_packages == _tracked(distribution).keys()
    assert all(f"{package}/py.typed" in held for package in PACKAGES[distribution])
    licenses = [content for name, content in held.items() if name.endswith("LICENSE")]
    assert licenses == [(CHECKOUT / "LICENSE").read_bytes()]


@distribution
@kind
def test_its_metadata_say_what_it_is_and_how_to_use_it(built: Path, distribution: str, kind: str) -> None:
    said = published.metadata(_file(built, distribution, kind))

    assert said["Name"].replace("-", "_") == distribution
    assert said["Requires-Python"] == ">=3.10"
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Summary"].endswith(".")
    assert said["Description-Content-Type"] == "text/markdown"
    assert f"#subdirectory={published.FOLDERS[distribution]}" in str(said.get_payload())


@distribution
def test_every_package_that_it_imports_is_one_that_it_asks_for(built: Path, distribution: str) -> None:
    said = published.metadata(_file(built, distribution, ".whl"))
    asked = {canonicalize_name(Requirement(line).name) for line in said.get_all("Requires-Dist", [])}
    # A pack speaks the engine's protocol in the words of the SDK, and policies need the SDK.
    asked |= {"pulumi", "grpcio", "protobuf"} if "pulumi-policy" in asked else set[str]()

    needed = {name for text in _sources(built, distribution).values() for name in _imported(text)}
    foreign = needed - set(sys.stdlib_module_names) - {*PACKAGES[distribution]}
    # Those of this checkout are not told: they are installed as they stand here.
    owners = {**packages_distributions(), **{one: [name] for name, packages in PACKAGES.items() for one in packages}}

    assert foreign
    assert [name for name in foreign if not {canonicalize_name(one) for one in owners.get(name, [])} & asked] == []


def _sources(built: Path, distribution: str) -> dict[str, str]:
    held = published.files(_file(built, distribution, ".whl"))
    return {name: content.decode() for name, content in held.items() if name.endswith(".py")}


def _imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@distribution
@pytest.mark.parametrize("source", ["wheel", "sdist", "git"])
def test_what_is_installed_from_it_is_the_same(
    source: str, distribution: str, built: Path, repository: str, tmp_path: Path
) -> None:
    wanted = {
        "wheel": str(_file(built, distribution, ".whl")),
        "sdist": str(_file(built, distribution, ".tar.gz")),
        "git": f"{distribution.replace('_', '-')} @ {repository}#subdirectory={published.FOLDERS[distribution]}",
    }
    target = tmp_path / "installed"
    published.run("uv", "pip", "install", "--no-deps", "--target", str(target), wanted[source], folder=tmp_path)

    files = [file for package in PACKAGES[distribution] for file in (target / package).rglob("*") if file.is_file()]
    held = {str(file.relative_to(target)): file.read_bytes() for file in files}
    assert held == {name: file.read_bytes() for name, file in _tracked(distribution).items()}


def test_it_is_imported_from_where_it_was_installed(installed: Path, tmp_path: Path) -> None:
    code = "import pipeline_identity, iam_guardrails; print(pipeline_identity.__file__, iam_guardrails.__file__)"

    for file in published.run(str(installed), "-I", "-c", code, folder=tmp_path).split():
        assert Path(file).is_relative_to(installed.parents[1])


MISTAKES = {
    "a wrong type": ('"max_session_duration": 3600', '"max_session_duration": "an hour"'),
    "an unknown argument": ('"user_name"', '"user"'),
    "an output that there is not": ("site.role_arn", "site.role_urn"),
}


def test_a_strict_type_checker_accepts_the_program_and_finds_mistakes(installed: Path, tmp_path: Path) -> None:
    text = PROGRAM.read_text()
    (tmp_path / "fine.py").write_text(text)
    for mistake, (right, wrong) in MISTAKES.items():
        assert right in text
        (tmp_path / f"{mistake}.py").write_text(text.replace(right, wrong))
    (tmp_path / "pyproject.toml").write_text('[tool.basedpyright]\ntypeCheckingMode = "strict"\n')
    checker = str(Path(sys.executable).parent / "basedpyright")

    command = [checker, "--pythonpath", str(installed), "--outputjson", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == len(MISTAKES) + 1
    assert {Path(one["file"]).stem for one in found["generalDiagnostics"]} == set(MISTAKES)


def _project(folder: Path, python: Path) -> tuple[Path, Path]:
    """The program and a policy pack, each with the installed environment for its own."""
    runtime = {"name": "python", "options": {"virtualenv": str(python.parent.parent)}}
    program, pack = folder / "program", folder / "pack"
    for place, name in ((program, "Pulumi.yaml"), (pack, "PulumiPolicy.yaml")):
        place.mkdir()
        (place / name).write_text(yaml.safe_dump({"name": "consumer", "runtime": runtime}))
    shutil.copy(PROGRAM, program)
    (pack / "__main__.py").write_text("from iam_guardrails.pack.server import serve\n\nserve()\n")
    return program, pack


def test_the_installed_component_is_deployed_under_the_installed_pack(
    sandbox: Sandbox, installed: Path, tmp_path: Path
) -> None:
    program, pack = _project(tmp_path, installed)
    stack = sandbox.stack(program, settings={"consumer:accountId": sandbox.account})

    deployed = stack.up("--policy-pack", str(pack))

    assert deployed.succeeded, deployed.output
    assert "proven: user site-pipeline can do exactly sts:AssumeRole on role site-publisher" in deployed.output
    outputs: dict[str, Any] = stack.outputs()
    assert outputs["roleArn"] == f"arn:aws:iam::{sandbox.account}:role/site-publisher"
    assert outputs["secretAccessKey"] not in str(stack.state())


def test_the_installed_pack_refuses_what_gives_too_much(sandbox: Sandbox, installed: Path, tmp_path: Path) -> None:
    program, pack = _project(tmp_path, installed)
    (program / "__main__.py").write_text(
        "import pulumi_aws as aws\n"
        'aws.iam.RolePolicy("wide", role="site", policy=\'{"Version": "2012-10-17", "Statement": '
        '{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*"}}\')\n'
    )
    stack = sandbox.stack(program, settings={})

    refused = stack.preview("--policy-pack", str(pack))

    assert not refused.succeeded
    assert refused.violated_policies.keys() == {"no-wildcard-actions"}
