"""From a bare machine: what is missing is said, with what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import uv
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT, cache_folder


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it, an empty cache, and no package index."""
    path = tmp_path / "path"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return path


def _tool(path: Path, name: str, text: str) -> Path:
    script = path / name
    script.write_text("#!/bin/sh\n" + text)
    script.chmod(0o755)
    return script


def test_without_an_index_the_message_says_so_and_nothing_is_left_half_done(bare: Path) -> None:
    with pytest.raises(SandboxError) as refused:
        uv.install()

    assert "could not be installed from the Python package index" in str(refused.value)
    assert "pip said:" in str(refused.value)
    assert list((cache_folder() / "uv").iterdir()) == []


def test_the_users_own_uv_is_used(bare: Path) -> None:
    own = _tool(bare, "uv", "echo uv 0.99.0")

    assert uv.install() == own


def test_a_uv_that_is_too_old_for_the_lock_file_is_not(bare: Path) -> None:
    _tool(bare, "uv", "echo uv 0.4.1")

    with pytest.raises(SandboxError, match="could not be installed"):
        uv.install()


def test_the_one_in_the_cache_is_used(bare: Path) -> None:
    version = uv.REQUIREMENTS.read_text().split("==")[1].split()[0]
    folder = cache_folder() / "uv" / version / "bin"
    folder.mkdir(parents=True)
    cached = _tool(folder, "uv", "exit 1")

    assert uv.install() == cached


def test_every_pinned_tool_has_committed_hashes() -> None:
    for requirements in (uv.REQUIREMENTS, CHECKOUT / "sandbox" / "engine" / "go-requirements.txt"):
        first, *hashes = requirements.read_text().replace("\\\n", "").splitlines()[0].split()
        assert "==" in first
        assert len(hashes) > 5
        assert all(part.startswith("--hash=sha256:") for part in hashes)


def _run(tree: Path, path: Path) -> subprocess.CompletedProcess[str]:
    (tree / "sandbox").mkdir()
    shutil.copy(CHECKOUT / "sandbox" / "run", tree / "sandbox")
    for tool in ("dirname",):
        (path / tool).symlink_to(Path("/usr/bin") / tool)
    command = ["/bin/sh", str(tree / "sandbox" / "run"), "up"]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_a_machine_without_a_python_that_is_new_enough_is_told_which_ones_do(bare: Path, tmp_path: Path) -> None:
    _tool(bare, "python3", "exit 1")
    run = _run(tmp_path, bare)

    assert run.returncode == 1
    assert "no Python 3.10, 3.11, 3.12 or 3.13 on PATH" in run.stderr


def test_the_first_python_that_will_do_is_handed_the_command(bare: Path, tmp_path: Path) -> None:
    _tool(bare, "python3", "exit 1")
    _tool(bare, "python3.12", 'echo "$0" "$@"')
    run = _run(tmp_path, bare)

    assert run.stdout.splitlines()[-1].endswith("python3.12 -E -s -m sandbox.bootstrap up")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that holds the set-up alone, and as the sandbox's command an echo of what it is asked for."""
    room = tmp_path / "checkout" / "sandbox"
    room.mkdir(parents=True)
    for module in ("__init__", "bootstrap", "errors", "folders", "uv"):
        shutil.copy(CHECKOUT / "sandbox" / f"{module}.py", room)
    shutil.copy(uv.REQUIREMENTS, room)
    (room / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\n")
    return room.parent


def _bootstrap(checkout: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-E", "-s", "-m", "sandbox.bootstrap", *arguments]
    return subprocess.Popen(command, cwd=checkout, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


_UV = f"""
if [ "$1" = --version ]; then echo uv 0.99.0; exit 0; fi
PATH=/usr/bin:/bin
echo "$@" >> calls
for word in "$@"; do [ "$word" = --check ] && exit "$(cat check)"; done
mkdir -p .venv/bin
ln -sf {sys.executable} .venv/bin/python
"""


def _syncs(checkout: Path) -> list[str]:
    calls = (checkout / "calls").read_text().splitlines()
    (checkout / "calls").unlink()
    return calls


def test_an_environment_that_is_what_the_lock_file_says_is_left_alone_without_a_word(
    bare: Path, checkout: Path
) -> None:
    _tool(bare, "uv", _UV)
    (checkout / "check").write_text("1")
    first = _bootstrap(checkout, "up").communicate()
    assert first[0] == "['up']\n"
    assert "Python environment made in" in first[1]
    assert len(_syncs(checkout)) == 1

    changed = _bootstrap(checkout, "up").communicate()
    assert "Python environment made in" in changed[1]
    assert len(_syncs(checkout)) == 2

    (checkout / "check").write_text("0")
    assert _bootstrap(checkout, "up").communicate() == ("['up']\n", "")
    [check] = _syncs(checkout)
    assert "--check" in check


@pytest.mark.parametrize(("command", "is_whole"), [("up", False), ("env", False), ("test", True), ("lint", True)])
def test_only_the_checks_get_the_tools_that_they_alone_need(
    bare: Path, checkout: Path, command: str, is_whole: bool
) -> None:
    _tool(bare, "uv", _UV)
    _bootstrap(checkout, command).communicate()

    [sync] = _syncs(checkout)
    assert ("--no-default-groups --group run --inexact" not in sync) == is_whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_set_up_says_so_and_leaves_no_process(
    bare: Path, checkout: Path, number: signal.Signals
) -> None:
    stays = "PATH=/usr/bin:/bin\necho $$ > pid.part; mv pid.part pid; exec sleep 60\n"
    _tool(bare, "uv", 'if [ "$1" = --version ]; then echo uv 0.99.0; exit 0; fi\n' + stays)
    run = _bootstrap(checkout, "up")
    while not (checkout / "pid").exists():
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)

    assert run.returncode == 130
    assert said.splitlines()[-1] == "error: Interrupted. The next run goes on from here."
    with pytest.raises(ProcessLookupError):
        os.kill(int((checkout / "pid").read_text()), 0)


def test_an_environment_that_cannot_be_made_is_said_with_what_it_needs(bare: Path, checkout: Path) -> None:
    _tool(bare, "uv", 'if [ "$1" = --version ]; then echo uv 0.99.0; exit 0; fi\necho no route to host >&2; exit 2\n')
    run = _bootstrap(checkout, "up")
    _, said = run.communicate()

    assert run.returncode == 1
    assert "no route to host" in said
    assert "The first run needs the Python package index" in said.splitlines()[-1]
