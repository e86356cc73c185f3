"""Building the engine: one line first, all or nothing, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sandbox.engine.builder import Build
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT

_BUILDS = """
if [ "$1" = env ]; then echo go1.99.0; exit 0; fi
echo "$1" >> "$CALLS"
if [ "$1" = list ]; then
    mkdir -p "$GOMODCACHE/github.com/pulumi/pulumi/sdk/v3@v3.259.0/python/cmd"
    echo runner > "$GOMODCACHE/github.com/pulumi/pulumi/sdk/v3@v3.259.0/python/cmd/pulumi-language-python-exec"
    exit 0
fi
while [ "$1" != -o ]; do shift; done
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` on PATH that builds nothing in no time; a test replaces its end."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return _write(folder / "go", _BUILDS + 'echo engine > "$2"\n')


def _write(script: Path, text: str) -> Path:
    script.write_text("#!/bin/sh\n" + text)
    script.chmod(0o755)
    return script


def _calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().split()


def test_the_cache_then_holds_the_engine_its_host_and_its_runner(go: Path, tmp_path: Path) -> None:
    build = Build(tmp_path / "cache")
    build.install()

    assert sorted(file.name for file in build.folder.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
    ]
    assert all(os.access(file, os.X_OK) for file in build.folder.glob("pulumi-*"))


def test_the_user_is_told_first_how_long_it_takes(go: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Build(tmp_path / "cache").install()

    first = capsys.readouterr().err.splitlines()[0]
    assert "building 3.259.0 from source, once" in first
    assert "minutes" in first
    assert "from its own site is quicker" in first


def test_an_engine_that_is_there_is_not_built_again(go: Path, tmp_path: Path) -> None:
    Build(tmp_path / "cache").install()
    Build(tmp_path / "cache").install()

    assert _calls(tmp_path) == ["list", "build"]


def test_the_host_of_an_engine_that_is_there_is_the_one_of_this_checkout(go: Path, tmp_path: Path) -> None:
    build = Build(tmp_path / "cache")
    build.install()
    ours = (build.folder / "pulumi-language-python").read_text()
    (build.folder / "pulumi-language-python").write_text("an older one")
    build.install()

    assert (build.folder / "pulumi-language-python").read_text() == ours
    assert os.access(build.folder / "pulumi-language-python", os.X_OK)
    assert [folder.name for folder in build.folder.parent.iterdir()] == [build.folder.name, f"{build.folder.name}.lock"]


def test_two_runs_at_once_build_one_engine(go: Path, tmp_path: Path) -> None:
    runs = [threading.Thread(target=Build(tmp_path / "cache").install) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert _calls(tmp_path) == ["list", "build"]
    assert (Build(tmp_path / "cache").folder / "pulumi").is_file()


def test_a_failed_build_leaves_nothing_half_done_and_shows_what_go_said(go: Path, tmp_path: Path) -> None:
    _write(go, _BUILDS + 'echo half > "$2"; echo "verifying module: checksum mismatch" >&2; exit 1\n')

    with pytest.raises(SandboxError, match="checksum mismatch"):
        Build(tmp_path / "cache").install()
    assert [path.name for path in (tmp_path / "cache" / "engine").iterdir()] == ["v3.259.0.lock"]


def test_an_interrupted_build_leaves_nothing_half_done_and_no_process(go: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    stays = f'echo half > "$2"; echo $$ > {pid}.part; mv {pid}.part {pid}; exec sleep 60\n'
    _write(go, _BUILDS + stays)
    text = (
        "from pathlib import Path\nfrom sandbox.engine.builder import Build\n"
        f"Build(Path({str(tmp_path / 'cache')!r})).install()"
    )
    run = subprocess.Popen([sys.executable, "-c", text], cwd=CHECKOUT, stderr=subprocess.DEVNULL)
    while not pid.exists():
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    run.wait(timeout=60)

    assert [path.name for path in (tmp_path / "cache" / "engine").iterdir()] == ["v3.259.0.lock"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_go_writes_to_the_cache_alone_and_changes_no_pinned_version(go: Path, tmp_path: Path) -> None:
    _write(go, f"env > {tmp_path}/environment\n" + _BUILDS + 'echo engine > "$2"\n')
    Build(tmp_path / "cache").install()

    seen = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines() if "=" in line)
    for name in ("GOMODCACHE", "GOCACHE", "GOPATH", "HOME", "XDG_CONFIG_HOME"):
        assert Path(seen[name]).is_relative_to(tmp_path / "cache")
    assert seen["GOFLAGS"] == "-mod=readonly -modcacherw"
    assert seen["GOTOOLCHAIN"] == "local"


def test_an_older_go_is_not_used(go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(go, "echo go1.24.9\n")
    _write(
        go.parent / "uv",
        'if [ "$1" = --version ]; then echo uv 0.99.0; exit 0; fi\necho "no route to host" >&2; exit 2\n',
    )

    with pytest.raises(SandboxError) as refused:
        Build(tmp_path / "cache").install()
    assert "There is no Go on this machine that is new enough" in str(refused.value)
    assert "Install Pulumi from its own site" in str(refused.value)
    assert "no route to host" in str(refused.value)
