"""The wheel of `policies/`, installed where nothing else is."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from sandbox.folders import CHECKOUT
from tests.policies.cli import installed
from tests.policies.cli.conftest import FINE, WILD, Write

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed.wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """An environment with the library alone."""
    return installed.environment(tmp_path_factory.mktemp("bare"), str(wheel))


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """An environment with the command and the catalogue."""
    return installed.environment(tmp_path_factory.mktemp("complete"), f"{wheel}[cli,explain]")


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)


def test_the_wheel_ships_all_modules_tables_and_its_types(wheel: Path) -> None:
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listed = subprocess.run(
        ["git", "ls-files", "iam_guardrails"], cwd=CHECKOUT / "policies", capture_output=True, text=True, check=True
    ).stdout.split()
    pages = {f"iam_guardrails/pages/{one}" for one in ("policy-pack.md", "command.md")}
    pages |= {f"iam_guardrails/pages/rules/{one.name}" for one in (CHECKOUT / "docs" / "rules").glob("*.md")}
    assert shipped == {name for name in listed if (CHECKOUT / "policies" / name).is_file()} | pages
    assert {"iam_guardrails/py.typed", "iam_guardrails/data/escalation_paths.json"} <= shipped


@pytest.mark.parametrize("document", [FINE, WILD], ids=["fine", "refused"])
def test_the_library_judges_without_any_other_package(bare: Path, document: object) -> None:
    judge = f"from iam_guardrails import check_identity_policy as check; print([x.rule for x in check({document!r})])"
    assert ran(bare / "python", "-I", "-c", judge).stdout.strip() == (
        "[]" if document is FINE else "['no-wildcard-actions']"
    )


def test_the_command_without_its_extra_says_what_to_install(bare: Path, write: Write) -> None:
    write("a.json", FINE)
    said = ran(bare / "iam-guardrails", "check", "a.json")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "iam-guardrails: the command needs click and rich; install iam-guardrails[cli]\n"


@pytest.mark.parametrize("form", ["people", "json", "sarif", "github"])
def test_the_installed_command_judges(complete: Path, write: Write, form: str) -> None:
    write("fine.json", FINE)
    write("wild.json", WILD)
    assert ran(complete / "iam-guardrails", "check", "fine.json", "--format", form).returncode == 0
    said = ran(complete / "iam-guardrails", "check", "wild.json", "--format", form, "--color", "always")
    assert (said.returncode, said.stderr) == (1, "")
    assert "no-wildcard-actions" in said.stdout


def test_the_installed_command_knows_which_wildcards_only_read(complete: Path, write: Write) -> None:
    write("a.json", json.dumps(WILD).replace("s3:*", "s3:GetObject*"))
    assert ran(complete / "iam-guardrails", "check", "a.json").returncode == 1
    assert ran(complete / "iam-guardrails", "check", "a.json", "--read-only-wildcards", "allow").returncode == 0


def test_the_installed_command_prints_the_page_that_its_messages_lead_to(complete: Path) -> None:
    page = (CHECKOUT / "docs" / "rules" / "no-self-change.md").read_text()
    assert ran(complete / "iam-guardrails", "rules", "no-self-change").stdout == page
