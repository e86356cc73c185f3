"""The guard of all tests against printed secrets, tried on tests that print one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a-secret-that-is-long-enough-to-be-one"
CONFTEST = "from tests.support.secrets_guard import pytest_runtest_makereport, secrets_are_remembered\n"
KNOWN = (
    f"from tests.support import secrets_guard as guard\nguard.remember({{'a': [{{'SecretAccessKey': '{SECRET}'}}]}})\n"
)


def outcome(folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(f"{KNOWN}def test_it(capsys):\n    {body}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "body",
    [
        f"print('now {SECRET}')",
        f"__import__('sys').stderr.write('{SECRET}')",
        f"__import__('logging').warning('{SECRET}')",
        f"guard.note('a program said {SECRET}')",
    ],
    ids=["output", "error output", "log", "program"],
)
def test_a_test_that_prints_a_secret_fails_without_repeating_it(tmp_path: Path, body: str) -> None:
    ran = outcome(tmp_path, body)
    assert ran.returncode == 1
    assert "printed a secret" in ran.stdout
    assert SECRET not in ran.stdout.replace(KNOWN, "") + ran.stderr


def test_why_a_test_failed_is_told_without_secrets(tmp_path: Path) -> None:
    ran = outcome(
        tmp_path, f"kept = ('AKIA', '{SECRET[:9]}' + '{SECRET[9:]}')\n    assert kept == ('AKIA', 'another one')"
    )
    assert ran.returncode == 1
    assert "assert kept == ('AKIA', 'another one')" in ran.stdout
    assert "'[secret]'" in ran.stdout
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize("body", [f"print('{SECRET[:-1]}')", "print('fine')", f"guard.remember_one('{SECRET[::-1]}')"])
def test_a_test_that_prints_no_secret_passes(tmp_path: Path, body: str) -> None:
    ran = outcome(tmp_path, body)
    assert ran.returncode == 0, ran.stdout
