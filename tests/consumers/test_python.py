"""Somebody else's Python program takes components and pack from a wheel, an sdist or git, and nothing else of ours."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement

from sandbox.folders import CHECKOUT
from tests.consumers import published

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox

PROGRAM = Path(__file__).parent / "programs" / "python" / "__main__.py"
PACKAGES = {"pulumi_pipeline_identity": "pipeline_identity", "iam_guardrails": "iam_guardrails"}

distribution = pytest.mark.parametrize("distribution", PACKAGES)
kind = pytest.mark.parametrize("kind", ["-py3-none-any.whl", ".tar.gz"])


def _file(built: Path, distribution: str, kind: str) -> Path:
    (found,) = built.glob(f"{distribution}-*{kind}")
    return found


def _tracked(distribution: str) -> set[str]:
    folder = CHECKOUT / published.FOLDERS[distribution]
    listed = published.run("git", "ls-files", PACKAGES[distribution], folder=folder).split()
    return {name for name in listed if (folder / name).is_file()}


@distribution
@kind
def test_it_holds_the_whole_package_its_types_and_the_license(built: Path, distribution: str, kind: str) -> None:
    held = published.files(_file(built, distribution, kind))

    assert {name for name in held if name.startswith(f"{PACKAGES[distribution]}/")} == _tracked(distribution)
    assert f"{PACKAGES[distribution]}/py.typed" in held
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
    asked = {Requirement(line).name.lower() for line in said.get_all("Requires-Dist", [])}
    modules = _sources(built, distribution)
    owners = packages_distributions()
    # What pulumi asks for itself in order to talk to the engine comes with it.
    with_pulumi = {"grpcio", "protobuf"} if asked & {"pulumi", "pulumi-policy"} else set[str]()
    with_pulumi |= {"pulumi"} if "pulumi-policy" in asked else set[str]()

    needed = {name for text in modules.values() for name in _imported(text)}
    foreign = needed - set(sys.stdlib_module_names) - {PACKAGES[distribution]}
    missing = {name for name in foreign if not {one.lower() for one in owners[name]} & (asked | with_pulumi)}

    assert missing == set()
    assert foreign


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


@pytest.mark.parametrize("source", ["sdist", "git"])
def test_it_can_be_installed_from(source: str, built: Path, repository: str, tmp_path: Path) -> None:
    wanted = {
        "sdist": [str(_file(built, name, ".tar.gz")) for name in PACKAGES],
        "git": [
            f"{name.replace('_', '-')} @ {repository}#subdirectory={folder}"
            for name, folder in published.FOLDERS.items()
        ],
    }
    python = published.environment(tmp_path, *wanted[source])

    code = (
        "import pipeline_identity as p, iam_guardrails as g; print(p.__file__, g.__file__, p.PipelineIdentity.__name__)"
    )
    components, guardrails, name = published.run(str(python), "-I", "-c", code, folder=tmp_path).split()

    assert name == "PipelineIdentity"
    for file in (components, guardrails):
        assert Path(file).is_relative_to(tmp_path)


MISTAKES = {
    "a wrong type": ('"max_session_duration": 3600', '"max_session_duration": "an hour"'),
    "an unknown argument": ('"user_name"', '"user"'),
    "an output that there is not": ("site.role_arn", "site.role_urn"),
}


def test_a_strict_type_checker_accepts_the_program(installed: Path, tmp_path: Path) -> None:
    assert _checked(installed, tmp_path, PROGRAM.read_text()) == (0, "0 errors, 0 warnings, 0 notes")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_strict_type_checker_finds(mistake: str, installed: Path, tmp_path: Path) -> None:
    right, wrong = MISTAKES[mistake]
    text = PROGRAM.read_text()
    assert right in text

    assert _checked(installed, tmp_path, text.replace(right, wrong))[0] == 1


def _checked(python: Path, folder: Path, program: str) -> tuple[int, str]:
    (folder / "__main__.py").write_text(program)
    (folder / "pyproject.toml").write_text('[tool.basedpyright]\ntypeCheckingMode = "strict"\n')
    command = [str(Path(sys.executable).parent / "basedpyright"), "--pythonpath", str(python), "__main__.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip().splitlines()[-1]


def _project(folder: Path, python: Path, pack_program: str) -> tuple[Path, Path]:
    """The program and a policy pack, each with the installed environment for its own."""
    runtime = {"name": "python", "options": {"virtualenv": str(python.parent.parent)}}
    program, pack = folder / "program", folder / "pack"
    for place, name in ((program, "Pulumi.yaml"), (pack, "PulumiPolicy.yaml")):
        place.mkdir()
        (place / name).write_text(yaml.safe_dump({"name": "consumer", "runtime": runtime}))
    shutil.copy(PROGRAM, program)
    (pack / "__main__.py").write_text(pack_program)
    return program, pack


def test_the_installed_component_is_deployed_under_the_installed_pack(
    sandbox: Sandbox, installed: Path, tmp_path: Path
) -> None:
    pack_program = "from iam_guardrails.pack.server import serve\n\nserve()\n"
    program, pack = _project(tmp_path, installed, pack_program)
    stack = sandbox.stack(program, settings={"consumer:accountId": sandbox.account})

    deployed = stack.up("--policy-pack", str(pack))

    assert deployed.succeeded, deployed.output
    assert "proven: user site-pipeline can do exactly sts:AssumeRole on role site-publisher" in deployed.output
    outputs: dict[str, Any] = stack.outputs()
    assert outputs["roleArn"] == f"arn:aws:iam::{sandbox.account}:role/site-publisher"
    assert outputs["secretAccessKey"] not in str(stack.state())


def test_the_installed_pack_refuses_what_gives_too_much(sandbox: Sandbox, installed: Path, tmp_path: Path) -> None:
    pack_program = "from iam_guardrails.pack.server import serve\n\nserve()\n"
    program, pack = _project(tmp_path, installed, pack_program)
    (program / "__main__.py").write_text(
        "import pulumi_aws as aws\n"
        'aws.iam.RolePolicy("wide", role="site", policy=\'{"Version": "2012-10-17", "Statement": '
        '{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*"}}\')\n'
    )
    stack = sandbox.stack(program, settings={})

    refused = stack.preview("--policy-pack", str(pack))

    assert not refused.succeeded
    assert refused.violated_policies.keys() == {"no-wildcard-actions"}
