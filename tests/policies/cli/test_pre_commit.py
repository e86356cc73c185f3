"""pre-commit itself, with a repository that uses the hook of this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policies.cli import installed
from tests.policies.cli.conftest import FINE, TRUST, WILD, Write

pytestmark = pytest.mark.long

CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: iam-guardrails
        args: [--trusted-account, "111122223333"]
"""


def git(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the hook installed, from a copy of this checkout."""
    apart = tmp_path_factory.mktemp("apart")
    for name, value in installed.variables().items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.devnull}
    committer = {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"}
    # The same versions as here, from the cache of pip where they were installed before.
    pins = {"PRE_COMMIT_HOME": str(apart / "home"), "PIP_CONSTRAINT": str(installed.constraints(apart))}
    for name, value in (who | committer | pins).items():
        monkeypatch.setenv(name, value)
    hooks = installed.checked_out(apart / "guardrails")
    for arguments in (("init", "-q"), ("add", "--all", "--force"), ("commit", "-q", "-m", "All of it")):
        assert git(*arguments, cwd=hooks).returncode == 0
    (folder / ".git").rmdir()
    git("init", "-q", cwd=folder)
    revision = git("rev-parse", "HEAD", cwd=hooks).stdout.strip()
    (folder / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(repository=hooks, revision=revision))
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=folder, capture_output=True, check=True)
    return folder


def commit(repository: Path) -> subprocess.CompletedProcess[str]:
    git("add", "--all", cwd=repository)
    return git("commit", "-m", "A change", cwd=repository)


def test_a_commit_is_held_until_its_documents_are_fine(repository: Path, write: Write) -> None:
    write("policies/deploy.json", WILD)
    write("package.json", {"name": "app"})
    refused = commit(repository)
    said = refused.stdout + refused.stderr
    assert refused.returncode != 0, said
    assert "policies/deploy.json:6:17: error no-wildcard-actions" in said

    write("policies/deploy.json", FINE)
    write("policies/trust.json", TRUST)
    passed = commit(repository)
    assert passed.returncode == 0, passed.stdout + passed.stderr

    write("package.json", {"name": "app", "version": "1"})
    other = commit(repository)
    assert other.returncode == 0, other.stdout + other.stderr
