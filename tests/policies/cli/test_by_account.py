"""An audit that is cut by account finds what one at once finds, on any executor, and loses nothing with a worker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pytest
from iam_guardrails.cli import by_account
from iam_guardrails.cli.by_account import Crew, planned
from iam_guardrails.cli.inputs import Listed

from benchmarks.organizations import Planted, missed, write_organization
from tests.policies.cli.conftest import Command, Write

_T = TypeVar("_T")


@pytest.fixture
def planted(folder: Path) -> Planted:
    return write_organization(folder / "dumps", 4, 16)


def rows(data: dict[str, Any], name: str) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in data[name])


def told(data: dict[str, Any]) -> set[tuple[str, ...]]:
    names = ("rule", "level", "message", "file", "logicalId", "pointer", "id")
    return {tuple(str(one[name]) for name in names) for one in data["findings"]}


def test_each_account_by_itself_finds_what_all_at_once_find(
    command: Command, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iam_guardrails.cli.executors.ProcessPoolExecutor", in_threads)
    once = command("audit", "dumps", "--format", "json", "--isolated").data
    apart = command("audit", "dumps", "--format", "json", "--isolated", "--jobs", "2").data
    for name in ("identities", "edges", "rewrites", "paths", "entries", "resources"):
        assert rows(apart, name) == rows(once, name), name
    assert told(apart) == told(once)
    assert missed(planted, iter(apart["identities"])) == ([], [])
    assert any(one["crossesAccounts"] for one in apart["edges"])


def in_threads(workers: int, **_more: object) -> Executor:
    return ThreadPoolExecutor(workers)


def test_findings_keep_their_lines(command: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iam_guardrails.cli.executors.ProcessPoolExecutor", in_threads)
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policies = [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}]
    arn = "arn:aws:iam::111122223333:user/dev"
    user = {"UserName": "dev", "Arn": arn, "Path": "/", "UserId": "AIDADEV", "UserPolicyList": policies}
    write("dump.json", {"UserDetailList": [user], "RoleDetailList": []})
    once, apart = (
        {
            (one["id"], one["line"], one["column"], one["pointer"])
            for one in ran.data["findings"]
            if one["rule"] == "no-wildcard-actions"
        }
        for ran in (command("audit", "dump.json", "--format", "json", *more) for more in ((), ("--jobs", "1")))
    )
    assert apart == once
    assert all(line > 1 for _, line, _, _ in apart)


def test_limits_and_inventories_count_for_each_account(
    command: Command, write: Write, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iam_guardrails.cli.executors.ProcessPoolExecutor", in_threads)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["sts:*", "iam:*"], "Resource": "*"}]}
    scp = {"id": "p-12345678", "type": "SERVICE_CONTROL_POLICY", "document": deny, "targets": planted.accounts}
    full = {"id": "p-FullAWSAccess", "type": "SERVICE_CONTROL_POLICY", "targets": planted.accounts}
    accounts = [{"id": one} for one in planted.accounts]
    organization = {"organization": {"id": "o-abcdefghij", "management_account": "999999999999"}, "accounts": accounts}
    write("dumps/organization.json", {**organization, "policies": [scp, full]})
    write("inventory.json", {"lambda:function": []})
    audit = ("audit", "dumps", "--inventory", "inventory.json", "--format", "json", "--isolated")
    once, apart = command(*audit).data, command(*audit, "--jobs", "2").data
    assert rows(apart, "edges") == rows(once, "edges")
    assert apart["paths"] == []
    assert len(missed(planted, iter(apart["identities"]))[0]) == len(planted.open)


def test_a_file_that_cannot_be_read_is_named_once(
    command: Command, write: Write, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iam_guardrails.cli.executors.ProcessPoolExecutor", in_threads)
    write("dumps/broken.json", '{"Statement": [')
    write("inventory.json", {"nothing:known": []})
    ran = command("audit", "dumps", "gone.json", "--inventory", "inventory.json", "--format", "json", "--jobs", "1")
    assert ran.code in (1, 2)
    named = [one["file"] for one in ran.data["notRead"]]
    assert sorted(set(named)) == sorted(named)
    assert "gone.json" in named
    assert "inventory.json" in named


def test_files_are_of_the_account_that_they_are_about(folder: Path, write: Write, planted: Planted) -> None:
    shared = write("organization.json", {"organization": {"id": "o-1"}, "accounts": []})
    keys = write("dumps/111122223333/access-keys.json", {"AccessKeyMetadata": []})
    collected = write("aws/aws/accounts/444455556666/iam/role/x/metadata.json", {"arn": "x"})
    files = [Listed(str(one), True) for one in (*(folder / "dumps").glob("*.json"), shared, keys, collected)]
    plan = planned(files)
    assert set(plan.accounts) == {*planted.accounts, "111122223333", "444455556666"}
    assert [one.file for one in plan.shared] == [str(shared)]


# --- who does the work ------------------------------------------------------------------------------------------------


class Counting(Executor):
    """Does nothing until it is asked for a result, and counts what it was given ahead of that."""

    def __init__(self) -> None:
        self.ahead = 0
        self.most = 0

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        self.ahead += 1
        self.most = max(self.most, self.ahead)
        outer = self

        class Late(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                outer.ahead -= 1
                return fn(*args, **kwargs)

        return Late()


def test_no_more_accounts_are_under_way_than_workers_can_take() -> None:
    executor = Counting()
    assert list(Crew(lambda: executor, 2).each(str, [(one,) for one in range(100)])) == [str(one) for one in range(100)]
    assert executor.most == 4


def square_or_die(number: int, marks: str) -> int:
    """The square; the first time that 3 is asked for, the process ends as if it had been killed."""
    mark = Path(marks) / "died"
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


@pytest.mark.long
def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    made: list[Executor] = []

    def make() -> Executor:
        made.append(ProcessPoolExecutor(2, mp_context=get_context("spawn")))
        return made[-1]

    crew = Crew(make, 2)
    assert list(crew.each(square_or_die, [(one, str(tmp_path)) for one in range(8)])) == [one * one for one in range(8)]
    crew.end()
    assert len(made) == 2


def always_die(_number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.long
def test_work_that_kills_every_process_is_given_up(tmp_path: Path) -> None:
    crew = Crew(lambda: ProcessPoolExecutor(1, mp_context=get_context("spawn")), 1)
    with pytest.raises(BrokenExecutor):
        list(crew.each(always_die, [(1,)]))
    crew.end()


def test_many_accounts_are_cut_apart_without_being_asked(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = write_organization(folder / "dumps", 20, 8)
    made: list[int] = []

    def counted(workers: int, **_more: object) -> Executor:
        made.append(workers)
        return ThreadPoolExecutor(workers)

    monkeypatch.setattr("iam_guardrails.cli.executors.ProcessPoolExecutor", counted)
    ran = command("audit", "dumps", "--format", "json", "--isolated")
    assert len(made) == 1
    assert missed(planted, iter(ran.data["identities"])) == ([], [])


@pytest.mark.long
def test_a_scheduler_that_nobody_answers_for_is_named(command: Command, planted: Planted) -> None:
    ran = command("audit", "dumps", "--scheduler", "nonsense://here")
    assert ran.code == 2
    assert "--scheduler nonsense://here: no scheduler of Dask answers there" in ran.err


# --- a cluster --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A scheduler and two workers of Dask, each a process of its own."""
    from distributed import LocalCluster

    make: Any = LocalCluster
    with make(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as started:
        yield started


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_finds_the_same_and_a_killed_worker_loses_nothing(
    command: Command, folder: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = write_organization(folder / "dumps", 12, 30)
    audit = ("audit", str(folder / "dumps"), "--format", "json", "--isolated")
    once = command(*audit).data
    apart = command(*audit, "--scheduler", cluster.scheduler_address).data
    assert rows(apart, "edges") == rows(once, "edges")
    real, killed = by_account.Crew.each, list[int]()

    def killing(self: Crew, work: Any, pieces: Any) -> Iterator[Any]:
        for number, result in enumerate(real(self, work, pieces)):
            if number == 1 and not killed:
                worker = next(iter(cluster.workers.values()))
                killed.append(worker.pid)
                os.kill(worker.process.pid, signal.SIGKILL)
            yield result

    monkeypatch.setattr(by_account.Crew, "each", killing)
    after = command(*audit, "--scheduler", cluster.scheduler_address).data
    assert killed
    assert rows(after, "edges") == rows(once, "edges")
    assert told(after) == told(once)
    assert missed(planted, iter(after["identities"])) == ([], [])
