"""The command, installed as docs/job.md says, has all that it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.folders import CHECKOUT
from tests.consumers import published

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

LOOK = """
import json
from pipeline_identity_cli.verify import probe_file, probes
from iam_guardrails import evaluation
print(json.dumps([probes.__file__, evaluation.__file__, len(probes.dangerous("user", "arn:aws:iam::1:user/x", "r"))]))
print(probe_file.read("probes.toml", ["site"])["site", "user"][0].check)
"""
PROBES = """
[[probes]]
pipeline = "site"
who = "user"
action = "s3:ListAllMyBuckets"
expect = "denied"
"""


def test_uv_finds_the_library_in_the_same_repository(tmp_path: Path) -> None:
    room = str(CHECKOUT / "pipeline")
    told = published.run(
        "uv", "tool", "run", "--isolated", "--from", room, "pipeline-identity", "--help", folder=tmp_path
    )
    assert "explain" in told


def test_what_is_built_of_both_is_enough_and_the_data_come_along(tmp_path: Path) -> None:
    (tmp_path / "probes.toml").write_text(PROBES)
    for name in ("policies", "pipeline"):
        built = ("uv", "build", "--wheel", "--out-dir", str(tmp_path / "built"), str(CHECKOUT / name))
        published.run(*built, folder=tmp_path)
    wheels = [str(wheel) for wheel in (tmp_path / "built").glob("*.whl")]
    published.run("uv", "venv", str(tmp_path / "own"), folder=tmp_path)
    python = str(tmp_path / "own" / "bin" / "python")
    published.run("uv", "pip", "install", "--python", python, *wheels, folder=tmp_path)
    places, check = published.run(python, "-I", "-c", LOOK, folder=tmp_path).splitlines()
    *files, count = json.loads(places)
    assert all(file.startswith(str(tmp_path)) for file in files)
    assert count > 20
    assert check == "may not s3:ListAllMyBuckets"
