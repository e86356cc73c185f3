"""The commands behind the Makefile, in a sandbox folder of their own, beside whatever else runs on this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE_SECONDS = 120
pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")


class Here:
    """A sandbox folder, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps = ""
        self.printed = ""
        self.variables = {**os.environ, "SANDBOX_FOLDER": str(folder)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=CHECKOUT, env=self.variables, capture_output=True, text=True, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=CHECKOUT,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sandbox", *arguments]

    def processes(self) -> list[str]:
        """The command lines of all processes that were started from here."""
        return [
            (process / "cmdline").read_text().replace("\0", " ")
            for process in Path("/proc").glob("[0-9]*")
            if process.name != str(os.getpid()) and self._is_ours(process)
        ]

    def _is_ours(self, process: Path) -> bool:
        try:
            # What has ended has no command line.
            return bool((process / "cmdline").read_text()) and (
                str(self.folder) in (process / "environ").read_text()
                or (process / "cwd").readlink().is_relative_to(self.folder)
            )
        except OSError:
            return False


def _wait(until: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {until}"
        time.sleep(0.02)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    """A sandbox folder that nothing was done in; it is taken down at the end."""
    made = Here(tmp_path / "sandbox")
    yield made
    made.run("down")
    assert made.processes() == []


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """A sandbox folder after the main job; it is taken down at the end."""
    made = Here(tmp_path_factory.mktemp("deployed") / "sandbox")
    up = made.run("up")
    assert up.returncode == 0, up.stdout + up.stderr
    made.steps, made.printed = up.stderr, up.stdout + up.stderr
    yield made
    made.run("down")
    assert made.processes() == []


def test_the_main_job_proves_what_it_deployed_and_says_what_to_do_next(deployed: Here) -> None:
    assert "attempts went as expected. Changed by this run: 20 create." in deployed.steps
    for words in ("orders", "site", "the user orders-pipeline", "ExpiredToken", "make blocked", "make down"):
        assert words in deployed.steps


_VARIES = (
    (r"^\d+\.\d s$", "0.0 s"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:4566"),
    (r"^3\.\d+\.\d+, (built here|your own), in /.*", "the engine"),
)


def _as_shown(line: str) -> str:
    """A printed line without what differs from run to run, columns one blank apart."""
    for pattern, same in _VARIES:
        line = re.sub(pattern, same, line.strip())
    return " ".join(line.split())


def _of_the_readme(title: str) -> list[str]:
    """The lines of the indented block after the line that ends with a title; those left out are written `...`."""
    block = (CHECKOUT / "README.md").read_text().partition(f"{title}\n\n")[2].partition("\n\n")[0]
    return [_as_shown(line) for line in block.splitlines() if line.strip() != "..."]


def test_the_readme_shows_what_is_printed(deployed: Here) -> None:
    shown = _of_the_readme("`make up` prints:")
    printed = {_as_shown(line) for line in deployed.printed.splitlines()}

    assert len(shown) > 20
    assert [line for line in shown if line not in printed] == []


def test_the_files_a_user_edits_stay_as_they_are(deployed: Here) -> None:
    assert "encryptionsalt" not in (CHECKOUT / "Pulumi.dev.yaml").read_text()
    assert not (CHECKOUT / "sandbox" / "blocked" / "Pulumi.dev.yaml").exists()


@pytest.mark.long
def test_run_again_it_changes_nothing_even_after_an_engine_was_killed(deployed: Here) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lock = deployed.folder / "state/.pulumi/locks/organization/pipeline-identity/dev/left-behind.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": gone.pid, "username": "somebody", "hostname": "here"}))

    again = deployed.run("up")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Changed by this run: nothing." in again.stderr


def test_a_shell_of_make_env_is_root_of_the_sandboxs_account_with_the_engine_at_hand(deployed: Here) -> None:
    script = (
        f'eval "$({sys.executable} -m sandbox env)" && cd / && command -v pulumi && '
        "python -c \"import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])\" && "
        f'pulumi -C {CHECKOUT} stack output -s dev --json && echo "${{AWS_PROFILE-no profile}}"'
    )
    foreign = {"AWS_PROFILE": "my-own", "PULUMI_ACCESS_TOKEN": "EXAMPLE", "AWS_SESSION_TOKEN": "EXAMPLE"}
    shell = subprocess.run(
        ["sh", "-c", script],
        cwd=CHECKOUT,
        env={**deployed.variables, **foreign},
        capture_output=True,
        text=True,
        check=False,
    )

    assert shell.returncode == 0, shell.stderr
    assert "arn:aws:iam::111122223333:root" in shell.stdout
    assert "orders-pipeline" in shell.stdout
    assert shell.stdout.endswith("no profile\n")


@pytest.mark.long
def test_pulumi_in_that_shell_leaves_the_settings_file_as_it_was(deployed: Here) -> None:
    before = (CHECKOUT / "Pulumi.dev.yaml").read_bytes()
    script = f'eval "$({sys.executable} -m sandbox env)" && pulumi stack output && pulumi preview'
    shell = subprocess.run(
        ["sh", "-c", script], cwd=CHECKOUT, env=deployed.variables, capture_output=True, text=True, check=False
    )

    assert shell.returncode == 0, shell.stderr
    assert "20 unchanged" in shell.stdout
    assert (CHECKOUT / "Pulumi.dev.yaml").read_bytes() == before


def test_the_bad_example_is_shown_and_its_refusal_is_a_success(deployed: Here) -> None:
    blocked = deployed.run("blocked")

    assert blocked.returncode == 0, blocked.stdout + blocked.stderr
    assert "no-wildcard-actions" in blocked.stdout
    assert "trusted-principals-only" in blocked.stdout
    assert "Refused: the engine's exit status is" in blocked.stderr
    printed = {_as_shown(line) for line in (blocked.stdout + blocked.stderr).splitlines()}
    assert [line for line in _of_the_readme("`make blocked` prints:") if line not in printed] == []


@pytest.mark.long
@pytest.mark.parametrize("moment", ["aws/local-aws.json", "state/.pulumi/stacks", "state/.pulumi/locks"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process(here: Here, moment: str, number: signal.Signals) -> None:
    run = here.start("up")
    _wait(f"{moment} is there", (here.folder / moment).exists)
    run.send_signal(number)
    output, _ = run.communicate(timeout=_PATIENCE_SECONDS)

    assert run.returncode == 130, output
    assert "Interrupted" in output
    _wait("all processes are gone", lambda: here.processes() == [])


@pytest.mark.long
def test_a_local_aws_that_dies_in_the_middle_is_said_plainly_and_the_next_run_works(here: Here) -> None:
    run = here.start("up")
    _wait(
        "the update has begun", lambda: any((here.folder / "state/.pulumi/history").rglob("*.json")) or _updating(here)
    )
    os.kill(json.loads((here.folder / "aws/local-aws.json").read_text())["pid"], signal.SIGKILL)
    output, _ = run.communicate(timeout=_PATIENCE_SECONDS)
    assert run.returncode == 1, output
    assert "The local AWS" in output.splitlines()[-1]
    assert "Traceback" not in output

    again = here.run("up")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Changed by this run: 20 create." in again.stderr


def _updating(here: Here) -> bool:
    return any(" up " in line and "pulumi" in line for line in here.processes())


@pytest.mark.long
def test_a_port_in_use_is_no_obstacle(here: Here) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Whoever has it already does as well.
        try:
            taken.bind(("127.0.0.1", 4566))
            taken.listen()
        except OSError:
            pass
        setup = here.run("setup")

    assert setup.returncode == 0, setup.stderr
    assert "http://127.0.0.1:" in setup.stderr
    assert "http://127.0.0.1:4566," not in setup.stderr


def test_an_unknown_environment_is_refused_before_anything_is_started(here: Here) -> None:
    up = here.run("up", "--env", "staging")

    assert up.returncode == 1
    assert "ENV=staging: there is no such environment" in up.stderr
    assert "There are: dev, prod." in up.stderr
    assert not here.folder.exists()


def test_a_real_provider_that_is_not_there_is_refused_by_the_variables_name(here: Here) -> None:
    here.variables["SANDBOX_AWS_PROVIDER"] = "/nowhere/pulumi-resource-aws"
    setup = here.run("setup")

    assert setup.returncode == 1
    assert "SANDBOX_AWS_PROVIDER is '/nowhere/pulumi-resource-aws', which is no program" in setup.stderr
    assert here.processes() == []


def test_down_without_anything_deployed_says_so(here: Here) -> None:
    down = here.run("down")

    assert down.returncode == 0
    assert "nothing is deployed" in down.stderr
