"""The command as others install it: from its wheel into an empty environment, and by uv from a checkout."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import uv
from tests.consumers import published
from tests.pipeline.conftest import program
from tests.policies.cli.installed import checked_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.pipeline.conftest import Deployed

pytestmark = pytest.mark.long


def without_this_environment(shell: Mapping[str, str]) -> dict[str, str]:
    """A job's variables, with nothing of this environment on its PATH."""
    own = {name: value for name, value in shell.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return own | {"PATH": os.defpath}


@pytest.fixture(scope="session")
def from_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that has the wheels of this checkout, and what they ask for."""
    folder = tmp_path_factory.mktemp("wheels")
    built = published.distributions(folder)
    wheels = [str(next(built.glob(f"{name}-*.whl"))) for name in ("pipeline_identity_cli", "iam_guardrails")]
    return published.environment(folder / "empty", *wheels).parent / "pipeline-identity"


@pytest.fixture(scope="session")
def by_uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command as `uv tool install ./pipeline` in a checkout puts it where a new user finds it."""
    home = tmp_path_factory.mktemp("home")
    source = checked_out(home / "checkout")
    variables = {**os.environ, "UV_TOOL_DIR": str(home / "tools"), "UV_TOOL_BIN_DIR": str(home / "bin")}
    ran = program(str(uv.install()), "tool", "install", "--quiet", "./pipeline", env=variables, folder=source)
    assert ran.code == 0, ran.err
    # What was installed must not need the checkout any more.
    shutil.rmtree(source)
    return home / "bin" / "pipeline-identity"


@pytest.mark.parametrize("how", ["from_wheels", "by_uv"])
def test_the_installed_command_does_its_work(
    request: pytest.FixtureRequest, deployed: Deployed, shell: dict[str, str], tmp_path: Path, how: str
) -> None:
    command = str(request.getfixturevalue(how))
    variables = without_this_environment(shell)
    assert program(command, "--version", env=variables).out == "pipeline-identity, version 0.1.0\n"
    wanted = ("--outputs", deployed.outputs, "--pipeline", "orders")
    session = tmp_path / "session"
    ran = program(command, "assume", "--format", "json", *wanted, "--write", str(session), env=variables)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert "ASIA" in session.read_text()
    ran = program(command, "snippet", "--for", "gitlab", *wanted, "--region", "eu-west-1", env=variables)
    assert ran.out.startswith("# Secrets of the system")
    ran = program(command, "scan-state", str(session), env=variables)
    assert ran.code == 1
    root = {"AWS_ACCESS_KEY_ID": deployed.sandbox.account, "AWS_SECRET_ACCESS_KEY": "test"}
    ran = program(command, "verify", *wanted, env=variables | root)
    assert ran.code == 0, ran.out + ran.err
