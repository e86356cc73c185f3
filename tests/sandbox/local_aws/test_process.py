"""The local AWS as a process: started once, found again, gone when stopped."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import local_aws, uv
from sandbox.local_aws import LocalAwsError
from tests.sandbox.local_aws.conftest import Account, error

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    local_aws.stop(tmp_path)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_answers_and_is_found_again(folder: Path, aws_installation: Path) -> None:
    started = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    assert started.is_healthy()
    assert local_aws.find(folder) == started


def test_starting_twice_starts_one(folder: Path, aws_installation: Path) -> None:
    first = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    assert local_aws.start(folder, installation=aws_installation, preferred_port=0) == first


def test_stopping_leaves_no_process_and_is_no_error_when_repeated(folder: Path, aws_installation: Path) -> None:
    started = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    local_aws.stop(folder)
    assert not is_running(started.pid)
    assert local_aws.find(folder) is None
    local_aws.stop(folder)


def test_a_folder_in_which_nothing_was_started_has_none(tmp_path: Path) -> None:
    assert local_aws.find(tmp_path / "missing") is None
    local_aws.stop(tmp_path / "missing")


def test_the_preferred_port_is_taken_when_it_is_free(folder: Path, aws_installation: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    assert local_aws.start(folder, installation=aws_installation, preferred_port=port).port == port


def test_another_port_is_taken_when_the_preferred_one_is_in_use(folder: Path, aws_installation: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        taken = busy.getsockname()[1]
        started = local_aws.start(folder, installation=aws_installation, preferred_port=taken)
        assert started.port != taken
        assert started.is_healthy()


def test_it_listens_on_loopback_only(folder: Path, aws_installation: Path) -> None:
    started = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("this system does not say who listens where")
    entries = [line.split()[1] for line in listening.read_text().splitlines()[1:]]
    assert [
        entry for entry in entries if entry.endswith(f":{started.port:04X}") and entry != f"0100007F:{started.port:04X}"
    ] == []


def test_nothing_of_the_callers_aws_reaches_it(
    folder: Path, aws_installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    started = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    environment = Path(f"/proc/{started.pid}/environ")
    if environment.exists():
        assert b"AWS_" not in environment.read_bytes()
    callers = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], "")
    sts = Account("111122223333", started).client("sts", callers)
    assert "security token included in the request is invalid" in error(sts.get_caller_identity)


def test_a_record_of_a_process_that_is_no_more_is_no_obstacle(folder: Path, aws_installation: Path) -> None:
    first = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    os.killpg(first.pid, 9)
    os.waitpid(first.pid, 0)
    assert local_aws.find(folder) is None
    second = local_aws.start(folder, installation=aws_installation, preferred_port=0)
    assert second.is_healthy()
    assert second.instance != first.instance


def test_a_process_that_has_the_recorded_id_by_chance_is_left_alone(folder: Path) -> None:
    (folder / "local-aws.json").write_text(f'{{"port": 1, "pid": {os.getpid()}, "instance": "another"}}')
    local_aws.stop(folder)
    assert is_running(os.getpid())


def test_one_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "installation" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho the reason it failed\nexit 3\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(LocalAwsError, match=r"exit status 3[\s\S]*the reason it failed"):
        local_aws.start(tmp_path / "run", installation=tmp_path / "installation", preferred_port=0)
    assert local_aws.find(tmp_path / "run") is None


def test_reset_forgets_everything(own_local_aws: local_aws.LocalAws) -> None:
    iam = Account("111122223333", own_local_aws).client("iam")
    iam.create_user(UserName="gone")
    own_local_aws.reset()
    assert iam.list_users()["Users"] == []


def test_installing_again_finds_what_is_there(aws_installation: Path) -> None:
    assert local_aws.install(aws_installation.parents[1], Path("/not/needed")) == aws_installation


def test_an_installation_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    failing = tmp_path / "uv"
    failing.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    failing.chmod(0o755)
    with pytest.raises(LocalAwsError, match=r"could not be installed[\s\S]*no network"):
        local_aws.install(tmp_path / "cache", failing)
    assert list((tmp_path / "cache" / "local-aws").iterdir()) == []


def test_an_interrupted_installation_is_not_taken_for_one(tmp_path: Path, aws_installation: Path) -> None:
    half_done = tmp_path / "local-aws" / aws_installation.name
    half_done.mkdir(parents=True)
    complete = local_aws.install(tmp_path, uv.install())
    assert (complete / "bin" / "python").exists()
