"""`rotate`: whatever happens to a run, the key in the sink works, and the next run goes on."""

from __future__ import annotations

import json
import os
import select
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from pipeline_identity_cli import rotation_mark, sinks
from pipeline_identity_cli.rotate import Made, Step, next_step
from pipeline_identity_cli.rotation_mark import MADE_WITHIN, TAG, Mark

from tests.support import secrets_guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pipeline.conftest import Command, Deployed, Ran

PARAMETER = "/pipelines/keys"


class Killed(BaseException):
    """The run ends here, as if the machine had lost its power."""


@dataclass
class Minted:
    """The user of the pipeline `minted`, and its key in a parameter."""

    command: Command
    deployed: Deployed
    user: str

    @cached_property
    def iam(self) -> Any:
        return self.deployed.sandbox.client("iam")

    @cached_property
    def ssm(self) -> Any:
        return self.deployed.sandbox.client("ssm")

    def rotate(self, *arguments: str) -> Ran:
        ran = self.command("rotate", "--user", self.user, "--parameter", PARAMETER, "--settle", "0", *arguments)
        assert ran.out == ""
        return ran

    def killed_at(self, number: int) -> bool:
        """Run it, and kill it at one of its calls of AWS; False when it ended before."""
        with pytest.MonkeyPatch.context() as patch:
            killing(patch, number)
            try:
                self.rotate()
            except Killed:
                self.command.capsys.readouterr()
                return True
            return False

    def marked(self) -> bool:
        return any(tag["Key"] == TAG for tag in self.iam.list_user_tags(UserName=self.user)["Tags"])

    def kept(self) -> tuple[str, str] | None:
        try:
            text = self.ssm.get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
        except ClientError:
            return None
        key = json.loads(text)
        return key["accessKeyId"], key["secretAccessKey"]

    def put(self, key: tuple[str, str]) -> None:
        secrets_guard.remember_one(key[1])
        text = json.dumps({"accessKeyId": key[0], "secretAccessKey": key[1]})
        self.ssm.put_parameter(Name=PARAMETER, Value=text, Type="SecureString", Overwrite=True)

    def new_key(self) -> tuple[str, str]:
        made = self.iam.create_access_key(UserName=self.user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def keys(self) -> dict[str, str]:
        found = self.iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in found}

    def kept_works(self) -> bool:
        kept = self.kept()
        return kept is not None and self.works(kept)

    def works(self, key: tuple[str, str]) -> bool:
        arn = self.deployed.sandbox.client("sts", key).get_caller_identity()["Arn"]
        return arn == self.deployed.pipelines["minted"]["userArn"]

    def clear(self) -> None:
        for key in self.keys():
            self.iam.delete_access_key(UserName=self.user, AccessKeyId=key)
        if self.kept():
            self.ssm.delete_parameter(Name=PARAMETER)
        self.iam.untag_user(UserName=self.user, TagKeys=[TAG])


@pytest.fixture
def minted(job: Command, deployed: Deployed) -> Iterator[Minted]:
    job.become((deployed.sandbox.account, "test"))
    one = Minted(job, deployed, deployed.pipelines["minted"]["userName"])
    one.clear()
    yield one
    one.clear()


def test_from_no_key_to_the_second(minted: Minted) -> None:
    assert minted.rotate().code == 0
    first = minted.kept()
    assert first is not None
    assert minted.keys() == {first[0]: "Active"}

    ran = minted.rotate()
    assert ran.code == 0
    second = minted.kept()
    assert second is not None
    assert minted.keys() == {first[0]: "Inactive", second[0]: "Active"}
    assert f"making the old key {first[0]} (last used " in ran.err, "its last use is shown before it is turned off"

    assert "delete it with --delete-old" in minted.rotate().err
    assert minted.kept() == second, "a run more changes nothing"

    assert minted.rotate("--delete-old").code == 0
    assert minted.keys() == {second[0]: "Active"}
    assert "there is no old key" in minted.rotate("--delete-old").err
    assert minted.kept_works()


def test_the_user_is_known_from_the_outputs(minted: Minted) -> None:
    arguments = ("--outputs", minted.deployed.outputs, "--pipeline", "minted", "--parameter", PARAMETER)
    assert minted.command("rotate", *arguments).code == 0
    assert minted.kept_works()


def test_the_old_key_may_stay_for_a_while(minted: Minted) -> None:
    minted.rotate()
    assert minted.rotate("--keep-old").code == 0
    assert list(minted.keys().values()) == ["Active", "Active"]
    assert minted.rotate("--delete-old").code == 1, "it is active still"
    assert minted.rotate().code == 0
    assert sorted(minted.keys().values()) == ["Active", "Inactive"]
    assert minted.kept_works()


def killing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Kill what runs before one of its calls of AWS leaves; between calls, nothing changes that would last."""
    original: Any = vars(BaseClient)["_make_api_call"]
    made = 0

    def call(self: object, operation: str, arguments: object) -> Any:
        nonlocal made
        made += 1
        if made == number:
            raise Killed
        return original(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def goes_on(minted: Minted, number: int) -> None:
    """As somebody would go on who knows nothing of the kill."""
    for arguments in ((), ("--delete-old",)):
        ran = minted.rotate(*arguments)
        assert ran.code == 0, f"after a kill at call {number}: {ran.err}"
        assert minted.kept_works(), f"after a kill at call {number}"
    kept = minted.kept()
    assert kept is not None
    assert minted.keys() == {kept[0]: "Active"}, f"after a kill at call {number}: no key is lost or left over"


def test_a_run_may_be_killed_at_every_call_and_the_next_goes_on(minted: Minted) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        minted.clear()
        minted.put(minted.new_key())
        killed = minted.killed_at(number)
        assert minted.kept_works(), f"after a kill at call {number}"
        goes_on(minted, number)
    assert number > 10, "there were calls to be killed at"


@pytest.fixture
def all_runs_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of an hour later, without waiting for it."""
    monkeypatch.setattr(rotation_mark, "OVER_AFTER", timedelta(0))


@pytest.mark.usefixtures("all_runs_are_over")
def test_so_may_the_first_rotation_of_a_user_that_has_a_key_already(minted: Minted) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        minted.clear()
        key = minted.new_key()
        killed = minted.killed_at(number)
        assert minted.kept_works() or minted.works(key), f"after a kill at call {number}"
        assert minted.kept() or minted.keys()[key[0]] == "Active", f"after a kill at call {number}"
        goes_on(minted, number)
    assert number > 10, "there were calls to be killed at"
    assert not minted.marked()


def killed_before_the_sink_had_it(minted: Minted) -> tuple[str, str]:
    """The key that was there, and the one of which nobody has the secret."""
    key, _ = minted.new_key()
    return key, killed_with_a_new_key(minted)


def killed_with_a_new_key(minted: Minted) -> str:
    """Run it, and kill it when it has made a key."""
    known = minted.keys()
    original: Any = vars(BaseClient)["_make_api_call"]

    def call(self: object, operation: str, arguments: object) -> Any:
        answer = original(self, operation, arguments)
        if operation == "CreateAccessKey":
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        with pytest.raises(Killed):
            minted.rotate()
    minted.command.capsys.readouterr()
    assert minted.kept() is None
    (new,) = minted.keys().keys() - known.keys()
    return new


@pytest.mark.usefixtures("all_runs_are_over")
def test_a_run_that_goes_on_may_be_killed_at_the_same_place(minted: Minted) -> None:
    key, lost = killed_before_the_sink_had_it(minted)
    again = killed_with_a_new_key(minted)
    assert minted.keys() == {key: "Active", again: "Active"}
    assert again != lost
    goes_on(minted, 0)


def test_a_run_that_may_still_be_under_way_is_left_alone(minted: Minted) -> None:
    key, lost = killed_before_the_sink_had_it(minted)
    ran = minted.rotate()
    assert ran.code == 1
    assert "a run that began at" in ran.err
    assert "may still be under way; run it again after" in ran.err
    assert minted.keys() == {key: "Active", lost: "Active"}


@pytest.mark.usefixtures("all_runs_are_over")
def test_afterwards_the_lost_key_is_deleted_and_the_other_one_replaced(minted: Minted) -> None:
    key, lost = killed_before_the_sink_had_it(minted)
    ran = minted.rotate()
    assert ran.code == 0, ran.err
    assert f"deleting {lost} (never used), made by a run that ended before the sink had it" in ran.err
    kept = minted.kept()
    assert kept is not None
    assert minted.keys() == {key: "Inactive", kept[0]: "Active"}


@pytest.mark.usefixtures("all_runs_are_over")
def test_without_its_mark_a_lost_key_is_one_that_nobody_knows(minted: Minted) -> None:
    key, lost = killed_before_the_sink_had_it(minted)
    minted.iam.untag_user(UserName=minted.user, TagKeys=[TAG])
    ran = minted.rotate()
    assert ran.code == 1
    assert "there are two keys, and the sink keeps neither" in ran.err
    assert minted.keys() == {key: "Active", lost: "Active"}


def test_a_first_rotation_that_may_not_mark_the_user_makes_no_key(minted: Minted) -> None:
    key, _ = minted.new_key()
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:TagUser", "Resource": "*"},
    ]
    minted.iam.create_user(UserName="rotator")
    minted.iam.put_user_policy(
        UserName="rotator",
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    made = minted.iam.create_access_key(UserName="rotator")["AccessKey"]
    minted.command.become((made["AccessKeyId"], made["SecretAccessKey"]))
    ran = minted.rotate()
    assert ran.code == 1
    assert "iam:TagUser" in ran.err
    assert minted.keys() == {key: "Active"}
    assert minted.kept() is None
    minted.iam.delete_access_key(UserName="rotator", AccessKeyId=made["AccessKeyId"])
    minted.iam.delete_user_policy(UserName="rotator", PolicyName="all")
    minted.iam.delete_user(UserName="rotator")


def test_a_sink_whose_key_is_dead_turns_nothing_off(minted: Minted) -> None:
    key, secret = minted.new_key()
    minted.put((key, secret[:-1] + "x"))
    other = minted.new_key()
    ran = minted.rotate()
    assert ran.code == 1
    assert "does not work: SignatureDoesNotMatch" in ran.err
    assert minted.rotate("--delete-old").code == 1
    assert minted.keys() == {key: "Active", other[0]: "Active"}


def test_the_key_of_somebody_else_in_the_sink_is_not_written_over(minted: Minted) -> None:
    theirs = minted.deployed.key("orders")
    minted.put(theirs)
    ran = minted.rotate()
    assert ran.code == 1
    assert "is not of minted-pipeline" in ran.err
    assert minted.kept() == theirs
    assert minted.keys() == {}


def test_two_keys_that_the_sink_does_not_know_are_left_alone(minted: Minted) -> None:
    keys = {minted.new_key()[0]: "Active", minted.new_key()[0]: "Active"}
    ran = minted.rotate()
    assert ran.code == 1
    assert "there are two keys, and the sink keeps neither" in ran.err
    assert minted.keys() == keys


def test_a_sink_that_cannot_be_written_leaves_the_old_key(minted: Minted) -> None:
    key = minted.new_key()
    Path("kept").write_text(json.dumps({"accessKeyId": key[0], "secretAccessKey": key[1]}))
    sink = ("--get-command", "cat kept", "--put-command", "exit 3")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *sink)
    assert ran.code == 2
    assert "the sink's command ended with 3" in ran.err
    assert minted.keys() == {key[0]: "Active"}, "and the new one is gone"


def test_a_sink_that_cannot_be_written_keeps_no_first_key_either(minted: Minted) -> None:
    key, _ = minted.new_key()
    sink = ("--get-command", f"{sys.executable} -c pass", "--put-command", "exit 3")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *sink)
    assert ran.code == 2
    assert minted.keys() == {key: "Active"}, "the new one is gone"


def test_a_sinks_command_that_hangs_is_ended_with_all_it_started(
    minted: Minted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "_LONGEST", 1)
    os.mkfifo("held")
    reader = os.open("held", os.O_RDONLY | os.O_NONBLOCK)
    sink = ("--get-command", "exec 9> held; sleep 600; echo", "--put-command", "exit 3")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *sink)
    assert ran.code == 2
    assert "the sink's command did not end within 1 seconds" in ran.err
    assert minted.keys() == {}
    over, _, _ = select.select([reader], [], [], 60)
    assert over, "somebody still holds the other end"
    os.close(reader)


def test_commands_and_secrets_manager_are_sinks_too(minted: Minted) -> None:
    secrets = minted.deployed.sandbox.client("secretsmanager")
    sinks = {
        "commands": ("--get-command", "cat kept 2>/dev/null || true", "--put-command", "cat > kept"),
        "secret": ("--secret", "minted"),
    }
    missing = minted.command("rotate", "--user", minted.user, "--secret", "minted")
    assert missing.code == 1
    assert "make it first" in missing.err
    secrets.create_secret(Name="minted")
    try:
        for sink in sinks.values():
            minted.clear()
            for arguments in ((), (), ("--delete-old",)):
                assert minted.command("rotate", "--user", minted.user, "--settle", "0", *sink, *arguments).code == 0
        kept = json.loads(secrets.get_secret_value(SecretId="minted")["SecretString"])
    finally:
        secrets.delete_secret(SecretId="minted", ForceDeleteWithoutRecovery=True)
    assert minted.keys() == {kept["accessKeyId"]: "Active"}


NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)
OLD = Made("AKIAOLD", active=True, created=NOW - timedelta(days=90), last_used="today")
SINK = Made("AKIASINK", active=True, created=NOW - timedelta(days=1), last_used="today")
NEW = Made("AKIANEW", active=True, created=NOW, last_used=None)


@pytest.mark.parametrize(
    ("keys", "step"),
    [
        ([], Step.REPLACE),
        ([SINK], Step.REPLACE),
        ([OLD], Step.REPLACE),
        ([OLD, NEW], Step.TWO_UNKNOWN),
        ([OLD, SINK], Step.TURN_OFF),
        ([SINK, NEW], Step.TURN_OFF),
        ([SINK, Made("AKIANEW", active=True, created=NOW, last_used="today")], Step.NEWER_IN_USE),
        ([Made("AKIAOLD", active=False, created=NOW, last_used="today"), SINK], Step.WAIT),
    ],
)
def test_what_is_to_be_done_follows_from_the_keys(keys: list[Made], step: Step) -> None:
    assert next_step("AKIASINK", keys) is step


MARK = Mark(frozenset({"AKIAOLD"}), NOW)


@pytest.mark.parametrize(
    ("keys", "lost"),
    [
        ([OLD, NEW], NEW),
        ([OLD], None),
        ([OLD, SINK], None),
        ([SINK, NEW], None),
        ([OLD, Made("AKIANEW", active=True, created=NOW, last_used="today")], None),
        ([OLD, Made("AKIANEW", active=True, created=NOW + MADE_WITHIN, last_used=None)], "AKIANEW"),
        ([OLD, Made("AKIANEW", active=True, created=NOW + MADE_WITHIN + timedelta(seconds=1), last_used=None)], None),
    ],
)
def test_only_a_key_that_was_made_right_after_the_mark_and_never_used_is_lost(
    keys: list[Made], lost: Made | str | None
) -> None:
    found = MARK.lost(keys)
    assert found is lost or (found is not None and found.key_id == lost)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user", "site"),
        ("--user", "site", "--secret", "a", "--parameter", "b"),
        ("--user", "site", "--put-command", "cat > kept"),
        ("--secret", "a"),
    ],
)
def test_user_and_sink_must_be_plain(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command("rotate", *arguments)
    assert ran.stopped == 2


def test_a_key_that_the_stack_makes_is_not_replaced_behind_its_back(command: Command) -> None:
    names = {"roleArn": "arn:aws:iam::111122223333:role/site", "userArn": "arn:aws:iam::111122223333:user/site"}
    Path("outputs.json").write_text(json.dumps({"site": {**names, "keyIds": {"first": "AKIAIOSFODNN7EXAMPLE"}}}))
    ran = command("rotate", "--outputs", "outputs.json", "--parameter", "/site")
    assert ran.stopped == 2
    assert "the stack makes the keys of site; replace them there, by keys.rotation" in ran.err
    Path("outputs.json").write_text(json.dumps({"site": {**names, "keyIds": {}}}))
    assert "one sink is needed" in command("rotate", "--outputs", "outputs.json").err
