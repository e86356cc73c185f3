"""Other programs: what is run to its end, and what is ended before."""

from __future__ import annotations

import os
import select
import subprocess
from typing import TYPE_CHECKING

import pytest

from sandbox import processes

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_program_prints_is_kept_and_its_exit_code_told(tmp_path: Path) -> None:
    run = processes.quiet(["sh", "-c", "pwd; echo $WHO >&2; exit 3"], folder=tmp_path, variables={"WHO": "me"})

    assert (run.returncode, run.stdout, run.stderr) == (3, f"{tmp_path}\n", "me\n")


def test_after_the_patience_a_program_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 0.2)
    # A shell's background job ignores Ctrl-C, and so does this one's shell: only the harder way ends them.
    os.mkfifo(fifo := tmp_path / "held")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    hangs = f"trap '' INT; exec 9> {fifo}; sleep 600 & wait; wait"

    with pytest.raises(subprocess.TimeoutExpired):
        processes.quiet(["sh", "-c", hangs], folder=tmp_path, variables=os.environ, patience=0.5)

    over, _, _ = select.select([reader], [], [], 60)
    assert over, "somebody still holds the other end"
    assert os.read(reader, 1) == b""
    os.close(reader)
