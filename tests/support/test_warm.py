"""A warm Python runs a program as Python itself would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SAID = """
import os, sys
sys.stderr.write("to stderr")
print(sys.argv[1:], __name__, os.getcwd(), os.environ.get("GIVEN"), sys.stdin.read())
print("boto3" in sys.modules)
sys.exit(7)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("HERE = 'beside'\n")
    file = tmp_path / "program.py"
    file.write_text("import beside\n" + SAID)
    return file


def run(python: Path | str, *arguments: str, folder: Path) -> tuple[int, str, str]:
    variables = {**os.environ, "GIVEN": "a variable"}
    done = subprocess.run(
        [str(python), *arguments], cwd=folder, env=variables, input="typed", capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("form", ["file", "module", "code", "folder"])
def test_a_program_gets_and_says_what_it_would_otherwise(warm_python: Path, program: Path, form: str) -> None:
    folder = program.parent
    (folder / "package").mkdir()
    (folder / "package" / "__main__.py").write_text(SAID)
    forms = {
        "file": (str(program),),
        "module": ("-u", "-m", "program"),
        "code": ("-I", "-c", SAID),
        "folder": ("-u", str(folder / "package")),
    }
    code, out, err = run(warm_python, *forms[form], "an argument", folder=folder)
    cold = run(sys.executable, *forms[form], "an argument", folder=folder)
    assert (code, out.replace("True", "False"), err) == cold
    assert out == f"['an argument'] __main__ {folder} a variable typed\nTrue\n"


def test_an_error_ends_it_as_it_would_otherwise(warm_python: Path, tmp_path: Path) -> None:
    code, _, err = run(warm_python, "-c", "raise ValueError('wrong')", folder=tmp_path)
    assert (code, err.splitlines()[-1]) == (1, "ValueError: wrong")


def test_our_own_packages_are_not_imported_ahead_of_time(warm_python: Path, tmp_path: Path) -> None:
    ours = ("iam_guardrails", "pipeline_identity", "pipeline_job", "pipeline_identity_cli", "sandbox", "tests")
    shown = f"import sys; print([name for name in {ours} if name in sys.modules])"
    assert run(warm_python, "-c", shown, folder=tmp_path) == (0, "[]\n", "")


WAITING = """
import os, signal, sys, time
if sys.argv[1] == "answer":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print(os.getpid(), flush=True)
while True:
    signal.pause()
"""


def waiting(python: Path, how: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([str(python), "-c", WAITING, how], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_signal_reaches_the_program(warm_python: Path) -> None:
    with waiting(warm_python, "answer") as process:
        process.terminate()
        assert process.wait() == 3


def test_a_program_that_a_signal_ends_ends_so(warm_python: Path) -> None:
    with waiting(warm_python, "die") as process:
        process.terminate()
        assert process.wait() == -signal.SIGTERM


def test_a_program_is_gone_when_what_stands_for_it_is_killed(warm_python: Path) -> None:
    with waiting(warm_python, "die") as process:
        process.kill()
        process.wait()
        # The pipe is at its end when the last process that may write to it is gone.
        assert process.stdout is not None
        assert process.stdout.read() == ""
