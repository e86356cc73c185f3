"""Somebody new copies an example into an empty folder, and does what examples/README.md says, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from sandbox.folders import CHECKOUT
from tests.consumers import published
from tests.policies.pack.other_languages import with_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox

pytestmark = pytest.mark.long
PAGE = (CHECKOUT / "examples" / "README.md").read_text()
COMMANDS = [line.strip() for line in PAGE.splitlines() if re.match(r" +(uv|git|pulumi|\()", line)]


@pytest.fixture
def address(repository: str, tmp_path: Path) -> str:
    """Of the repository as others see it: with a tag, and a host, which pip asks for."""
    bare = tmp_path / "repository.git"
    published.run("git", "clone", "--quiet", "--bare", repository.removeprefix("git+"), str(bare), folder=tmp_path)
    published.run("git", "tag", "v0.1.0", folder=bare)
    return f"file://localhost{bare}"


def _copied(example: str, sandbox: Sandbox, folder: Path) -> Path:
    copy = folder / "mine"
    shutil.copytree(CHECKOUT / "examples" / example, copy)
    for file in (*copy.glob("Pulumi.*.yaml"), *copy.glob("policies.json")):
        file.write_text(file.read_text().replace("111122223333", sandbox.account))
    return copy


def _told(beginning: str, address: str) -> str:
    """The command of the page that begins like this, for the repository of this test."""
    (command,) = [command for command in COMMANDS if command.startswith(beginning)]
    return command.replace("https://REPOSITORY", address)


def _run(command: str, sandbox: Sandbox, folder: Path) -> str:
    shell = ["sh", "-c", command]
    done = subprocess.run(shell, cwd=folder, env=dict(sandbox.variables), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def _deployed(sandbox: Sandbox, folder: Path, address: str) -> None:
    """Under the pack of a clone, then taken down again."""
    _run(_told("(cd ../pipeline-identity/policies", address), sandbox, folder)
    pack = _told("pulumi preview", address)
    if not (folder / "policies.json").exists():
        pack = pack.partition(" --policy-pack-config")[0]
    assert "`pulumi stack init dev`, `pulumi preview`, `pulumi up`" in PAGE
    _run("pulumi stack init dev", sandbox, folder)
    assert "✅ iam-guardrails" in _run(pack, sandbox, folder)
    _run("pulumi up --yes", sandbox, folder)
    _run("pulumi up --yes --expect-no-changes", sandbox, folder)
    role = sandbox.client("iam").get_role(RoleName="site-publisher")["Role"]["Arn"]
    assert role == f"arn:aws:iam::{sandbox.account}:role/pipelines/site-publisher"
    _run("pulumi destroy --yes", sandbox, folder)


def test_in_python(sandbox: Sandbox, address: str, tmp_path: Path) -> None:
    folder = _copied("keys", sandbox, tmp_path)
    for beginning in ("uv init", "uv add", "git clone"):
        _run(_told(beginning, address), sandbox, folder)
    project = folder / "Pulumi.yaml"
    assert "`options: {toolchain: uv}` under `runtime`" in PAGE
    project.write_text(project.read_text().replace("runtime:\n", "runtime:\n  options: {toolchain: uv}\n"))

    _deployed(sandbox, folder, address)

    assert not list((folder / ".venv").glob("lib/python3*/site-packages/*iam_guardrails*"))


def test_in_yaml(sandbox: Sandbox, address: str, tmp_path: Path) -> None:
    sandbox = with_yaml(sandbox)
    folder = _copied("yaml_consumer", sandbox, tmp_path)
    project = folder / "Pulumi.yaml"
    assert "`../pipeline-identity/components` under `packages`" in PAGE
    project.write_text(project.read_text().replace("../../components", "../pipeline-identity/components"))
    for beginning in ("git clone", "pulumi install"):
        _run(_told(beginning, address), sandbox, folder)

    _deployed(sandbox, folder, address)
