"""What the command does where it is not on Linux, as far as that can be seen from here."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline_identity_cli import private_file
from pipeline_identity_cli import program as whole

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command

OUTPUTS = {"site": {"roleArn": "arn:aws:iam::111122223333:role/site", "userArn": "arn:aws:iam::111122223333:user/site"}}
SNIPPET = ("snippet", "--for", "sh", "--region", "eu-west-1", "--outputs", "outputs.json")


@pytest.mark.long
@pytest.mark.parametrize("platform", ["Windows", "Darwin"])
def test_nothing_is_used_that_the_platforms_python_does_not_have(platform: str) -> None:
    checker = Path(sys.executable).parent / "basedpyright"
    arguments = ["--pythonplatform", platform, "--outputjson", str(CHECKOUT / "pipeline")]
    done = subprocess.run([str(checker), *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] > 20
    assert found["generalDiagnostics"] == []


def test_what_is_written_is_utf_8_with_plain_line_ends(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows hands a process its output where that is a file or another program."""
    Path("outputs.json").write_text(json.dumps(OUTPUTS))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252", newline="\r\n", write_through=True))
    monkeypatch.setattr(sys, "argv", ["pipeline-identity", *SNIPPET, "--tag", "team=\u2713"])
    with pytest.raises(SystemExit) as ended:
        whole.main()
    assert ended.value.code == 0
    assert "team=\u2713" in written.getvalue().decode("utf-8")
    assert b"\r" not in written.getvalue()


def test_a_file_has_plain_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "script"
    private_file.write(str(file), "one\ntwo \u2713\n")
    assert file.read_bytes() == "one\ntwo \u2713\n".encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_outputs_may_come_from_any_shell(command: Command, encoding: str) -> None:
    """`>` of Windows PowerShell writes UTF-16."""
    Path("outputs.json").write_text(json.dumps(OUTPUTS), encoding=encoding)
    assert command(*SNIPPET).code == 0


def test_outputs_that_are_no_text_are_told(command: Command) -> None:
    Path("outputs.json").write_bytes(b"\xff\x00\xfe")
    ran = command(*SNIPPET)
    assert ran.stopped == 2
    assert "outputs.json is not text in UTF-8" in ran.err
