"""A process that is killed, as by `kill -9` or for want of memory, while AWS carries one of its calls out."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pipeline.conftest import Ran, program
from tests.pipeline.held_calls import Held, holding
from tests.pipeline.minted import PARAMETER, goes_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.pipeline.conftest import Deployed
    from tests.pipeline.minted import Minted

MODULE = [sys.executable, "-m", "pipeline_identity_cli"]


def ends(one: subprocess.Popen[str]) -> Ran:
    out, err = one.communicate()
    return Ran(one.returncode, out, err)


def killed_at(number: int, arguments: list[str], minted: Minted, variables: Mapping[str, str]) -> bool:
    """Run a rotation, and kill it when AWS has carried out one of its calls; False when it made fewer."""
    with holding(variables["AWS_ENDPOINT_URL"], Held(number=number)) as held:
        command = [*MODULE, "rotate", "--user", minted.user, "--parameter", PARAMETER, "--settle", "0", *arguments]
        environment = {**variables, "AWS_ENDPOINT_URL": held.url}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as one:
            killed = held.kill(one)
            ran = ends(one)
        assert killed or ran.code == 0, ran.err
        assert not killed or ran.code == -9
        return killed


@pytest.fixture
def administrator(shell: dict[str, str], deployed: Deployed) -> dict[str, str]:
    """The environment of somebody who may manage the user's keys."""
    return {**shell, "AWS_ACCESS_KEY_ID": deployed.sandbox.account, "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.mark.long
def test_a_rotation_may_be_killed_at_every_call(minted: Minted, administrator: dict[str, str]) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        minted.clear()
        used = minted.new_key()
        minted.put(used)
        minted.bind()
        killed = killed_at(number, [], minted, administrator)
        assert minted.kept_works(), f"killed at call {number}: the key that jobs find"
        again = minted.rotate()
        assert again.code in (0, 1), again.err
        assert minted.kept_works(), f"killed at call {number}, and run again"
        goes_on(minted, number)
    assert number > 10, "there were calls to be killed at"


@pytest.mark.long
def test_so_may_the_first_one_beside_a_key_that_jobs_have_from_elsewhere(
    minted: Minted, administrator: dict[str, str]
) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        minted.clear()
        used = minted.new_key()
        assert minted.works(used)
        killed = killed_at(number, [], minted, administrator)
        assert minted.works(used), f"killed at call {number}: the key that something uses"
        goes_on(minted, number)
    assert number > 10


ASKS = """
print("started", flush=True)
import botocore.session
while True:
    botocore.session.Session().get_credentials().get_frozen_credentials()
"""
WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_exec_may_be_killed_at_every_call(deployed: Deployed, shell: dict[str, str], tmp_path: Path) -> None:
    """Sessions seem to last a minute, so that each time the command asks, the session is renewed."""
    role = deployed.pipelines["orders"]["roleArn"]
    aws = shell["AWS_ENDPOINT_URL"]
    variables = {**shell, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    for number in (1, 2, 3, 4):
        with holding(aws, Held(number=number, lifetime=timedelta(minutes=1))) as held:
            command = [*MODULE, "exec", "--role-arn", role, "--duration", "15m", "--", sys.executable, "-c", ASKS]
            environment = {**variables, "AWS_ENDPOINT_URL": held.url}
            with subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            ) as one:
                assert held.kill(one), f"it ended before call {number}"
                # The output ends when the last process that holds it has ended.
                ran = ends(one)
        assert ran.code == -9
        assert ran.out == ("" if number == 1 else "started\n"), "without a session, nothing is started"
        assert not list(tmp_path.iterdir()), "nothing is left on the disk"
        again = program(*MODULE, "exec", "--role-arn", role, "--", sys.executable, "-c", WHO, env=shell)
        assert again.code == 0, again.err
        assert ":assumed-role/orders-pipeline/" in again.out, "the key of the job works, and opens the next session"
