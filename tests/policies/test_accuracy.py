"""The measure of accuracy tells good rules from bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import INDEPENDENT, main

RULE = "no-wildcard-actions"
VERDICTS = Path(__file__).parents[2] / "docs" / "verdicts.md"


def write(folder: Path, side: str, action: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}
    record: dict[str, Any] = {"id": "one", "why": action, "kind": "identity", "document": {"Statement": statement}}
    if side == "rejected":
        record["expect"] = {"rule": RULE, "blocking": True}
    path = folder / RULE / f"{side}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record) + "\n")


def test_right_verdicts_meet_every_goal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "rejected", "sqs:*")
    write(tmp_path, "accepted", "sqs:SendMessage")
    assert main([tmp_path]) == 0
    assert "good documents refused: 0/1 0.0%" in capsys.readouterr().out


def test_a_bad_document_that_passes_misses_the_goal_and_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "rejected", "sqs:SendMessage")
    assert main([tmp_path]) == 1
    assert f"{RULE}/rejected/one" in capsys.readouterr().out


def test_a_good_document_that_is_refused_misses_the_goal_and_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "accepted", "sqs:*")
    assert main([tmp_path]) == 1
    shown = capsys.readouterr().out
    assert "good documents refused: 1/1 100.0%" in shown
    assert f"{RULE}/accepted/one" in shown


def test_a_folder_without_documents_is_no_measure(tmp_path: Path) -> None:
    assert main([tmp_path]) == 2


def test_the_docs_tell_the_figures_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([INDEPENDENT]) == 0
    *rows, good = capsys.readouterr().out.splitlines()[1:6]
    page = VERDICTS.read_text("utf-8")
    for row in rows:
        rule, found, _, right, _ = row.split()
        assert f"| `{rule}` | {found.replace('/', ' of ')} | {right.replace('/', ' of ')} |" in page
    assert f"whichever rule: {good.split()[-2].replace('/', ' of ')} " in page
