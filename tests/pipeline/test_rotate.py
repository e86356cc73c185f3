"""`rotate`: whatever happens to a run, a key that jobs use goes on working, and the next run goes on."""

from __future__ import annotations

import json
import os
import select
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.rotation import keys, stores
from pipeline_identity_cli.rotation.keys import UserKey
from pipeline_identity_cli.rotation.plan import Rules, State, Step, plan
from pipeline_identity_cli.rotation.tags import MADE_WITHIN, MARK, STORE, Mark, Tags, as_value

from tests.pipeline.minted import PARAMETER, Killed, goes_on, later

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Command, Ran
    from tests.pipeline.minted import Minted


@pytest.fixture
def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, timedelta(hours=25))


def test_from_no_key_to_the_second(minted: Minted) -> None:
    assert minted.rotate().code == 0
    first = minted.kept()
    assert first is not None
    assert minted.keys() == {first[0]: "Active"}
    assert minted.tags() == {STORE: minted.address}, "jobs can have a key from nowhere else"

    ran = minted.rotate()
    assert ran.code == 0, ran.err
    second = minted.kept()
    assert second is not None
    assert minted.keys() == {first[0]: "Inactive", second[0]: "Active"}
    assert f"made the old key {first[0]} (active, last used " in ran.err, "its last use is shown"

    assert "delete it with --delete-old" in minted.rotate().err
    assert minted.kept() == second, "a run more changes nothing"

    assert minted.rotate("--delete-old").code == 0
    assert minted.keys() == {second[0]: "Active"}
    assert "there is no old key" in minted.rotate("--delete-old").err
    assert minted.kept_works()
    assert MARK not in minted.tags()


def test_every_line_has_the_whole_address_of_the_secret_store(minted: Minted) -> None:
    for arguments in ((), (), (), ("--delete-old",), ("--keep-old",)):
        lines = minted.rotate(*arguments).err.splitlines()
        assert lines
        assert all(minted.address in line for line in lines), lines


def test_the_user_is_known_from_the_outputs(minted: Minted) -> None:
    arguments = ("--outputs", minted.deployed.outputs, "--pipeline", "minted", "--parameter", PARAMETER)
    assert minted.command("rotate", *arguments).code == 0
    assert minted.kept_works()


@pytest.mark.parametrize("arguments", [(), ("--delete-old",), ("--keep-old",), ("--dry-run",)])
@pytest.mark.parametrize("where", [("--region", "us-east-1"), ("--parameter", "/pipelines/kyes")])
def test_a_secret_store_that_the_jobs_do_not_read_is_rejected(
    minted: Minted, where: tuple[str, str], arguments: tuple[str, ...]
) -> None:
    """Another region, as of another job's AWS_REGION, or a name that is mistyped."""
    minted.rotate()
    key = minted.kept()
    assert key is not None
    ran = minted.rotate(*where, *arguments)
    assert ran.code == 1
    other = minted.address.replace(minted.deployed.sandbox.region, "us-east-1") if "--region" in where else where[1]
    assert f"its jobs read {minted.address}, and this is " in ran.err
    assert other in ran.err
    assert minted.keys() == {key[0]: "Active"}
    assert minted.works(key)


def test_an_empty_secret_store_beside_a_key_in_use_leaves_that_key_active(minted: Minted) -> None:
    """The key was made by hand, or by a rotation into a secret store that nothing is written down of."""
    used = minted.new_key()
    assert minted.works(used)
    ran = minted.rotate()
    assert ran.code == 0, ran.err
    assert f"the old key {used[0]} (active, last used " in ran.err
    assert "the jobs are not known to read this secret store; if they do, add --trust-store" in ran.err
    assert minted.works(used)
    assert minted.kept_works()
    assert STORE not in minted.tags()

    for arguments in ((), ("--unused-for", "1h"), ("--grace", "0s")):
        assert minted.rotate(*arguments).code == 0
        assert minted.works(used), "a second run turns nothing off either"
    assert minted.rotate("--delete-old").code == 1


@pytest.mark.usefixtures("a_day_later")
def test_when_nothing_has_used_the_old_key_for_a_day_the_jobs_read_the_new_one(minted: Minted) -> None:
    used = minted.new_key()
    assert minted.works(used)
    assert minted.rotate().code == 0
    kept = minted.kept()
    assert kept is not None
    assert minted.keys() == {used[0]: "Inactive", kept[0]: "Active"}
    assert minted.tags() == {STORE: minted.address}


def test_somebody_may_say_that_the_jobs_read_this_secret_store(minted: Minted) -> None:
    used = minted.new_key()
    assert minted.works(used)
    minted.bind("arn:aws:ssm:eu-west-1:111122223333:parameter/elsewhere")
    assert minted.rotate().code == 1
    assert minted.rotate("--trust-store").code == 0
    assert minted.keys()[used[0]] == "Inactive"
    assert minted.tags() == {STORE: minted.address}


def test_a_secret_store_that_was_emptied_is_not_known_to_be_read_any_more(minted: Minted) -> None:
    minted.rotate()
    used = minted.kept()
    assert used is not None
    minted.ssm.delete_parameter(Name=PARAMETER)
    for _ in range(2):
        assert minted.rotate().code == 0
        assert minted.works(used), "whoever uses it has it from elsewhere"
    assert minted.kept_works()


def test_the_old_key_may_stay_for_a_while(minted: Minted, monkeypatch: pytest.MonkeyPatch) -> None:
    minted.rotate()
    assert minted.rotate("--keep-old").code == 0
    assert list(minted.keys().values()) == ["Active", "Active"]
    assert minted.rotate("--delete-old").code == 1, "it is active still"
    ran = minted.rotate("--grace", "24h")
    assert (ran.code, "is not 24 hours old yet (--grace)" in ran.err) == (0, True)
    ran = minted.rotate("--unused-for", "90m")
    assert (ran.code, "something used it less than 90 minutes ago" in ran.err) == (0, True)
    assert list(minted.keys().values()) == ["Active", "Active"]
    later(monkeypatch, timedelta(hours=25))
    assert minted.rotate("--grace", "24h", "--unused-for", "24h").code == 0
    assert sorted(minted.keys().values()) == ["Active", "Inactive"]
    assert minted.kept_works()


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(minted: Minted) -> None:
    ran = minted.rotate("--dry-run")
    assert (ran.code, f"would make a key, put it into {minted.address}" in ran.err) == (0, True)
    assert (minted.keys(), minted.kept(), minted.tags()) == ({}, None, {})
    minted.rotate()
    minted.rotate("--keep-old")
    before = minted.keys(), minted.kept(), minted.tags()
    ran = minted.rotate("--dry-run")
    assert (ran.code, "would make the old key " in ran.err) == (0, True)
    assert (minted.keys(), minted.kept(), minted.tags()) == before
    minted.rotate()
    before = minted.keys(), minted.kept(), minted.tags()
    assert "would delete the old key " in minted.rotate("--dry-run", "--delete-old").err
    assert (minted.keys(), minted.kept(), minted.tags()) == before


def test_the_result_is_a_document_for_programs_too(minted: Minted) -> None:
    minted.rotate()
    first = minted.kept()
    ran = minted.rotate("--format", "json")
    second = minted.kept()
    assert first is not None
    assert second is not None
    assert ran.data["format"] == 1
    assert ran.data["exit_code"] == ran.code == 0
    assert ran.data["secret_store"] == minted.address
    assert [(step["id"], step["key_id"]) for step in ran.data["steps"]] == [
        ("make", second[0]),
        ("deactivate", first[0]),
    ]
    shown = [(key["key_id"], key["active"], key["in_secret_store"]) for key in ran.data["keys"]]
    assert shown == [(first[0], False, False), (second[0], True, True)]
    ran = minted.rotate("--format", "json", "--region", "us-east-1")
    assert ran.code == ran.data["exit_code"] == 1
    assert ran.data["error"]["id"] == "other-secret-store"


def test_a_run_may_be_killed_at_every_call_and_the_next_goes_on(minted: Minted) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        minted.clear()
        key = minted.new_key()
        minted.put(key)
        minted.bind()
        killed = minted.killed_at(number)
        assert minted.kept_works(), f"after a kill at call {number}"
        again = minted.rotate()
        assert again.code in (0, 1), again.err
        assert minted.kept_works(), f"after a run right after a kill at call {number}"
        goes_on(minted, number)
    assert number > 10, "there were calls to be killed at"


@pytest.mark.long
def test_so_may_the_first_rotation_of_a_user_that_has_a_key_already(minted: Minted) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        minted.clear()
        key = minted.new_key()
        assert minted.works(key)
        killed = minted.killed_at(number)
        assert minted.works(key), f"after a kill at call {number}: something uses this key"
        goes_on(minted, number)
    assert number > 10, "there were calls to be killed at"


@pytest.mark.long
def test_so_may_a_run_that_turns_off_and_one_that_deletes(minted: Minted) -> None:
    for arguments in ((), ("--delete-old",)):
        number, killed = 0, True
        while killed:
            number += 1
            minted.clear()
            minted.rotate()
            minted.rotate(*([] if arguments else ["--keep-old"]))
            killed = minted.killed_at(number, *arguments)
            assert minted.kept_works(), f"after a kill at call {number}"
            goes_on(minted, number)


@pytest.mark.long
@pytest.mark.parametrize("is_first", [True, False])
def test_two_rotations_at_once_end_with_a_key_that_works(minted: Minted, is_first: bool) -> None:
    """A second one runs, whole, at every call of the first."""
    original: Any = vars(BaseClient)["_make_api_call"]
    number, ran_inside = 0, True
    while ran_inside:
        number += 1
        minted.clear()
        if not is_first:
            minted.rotate()
        seen = Interleaved(original, minted, number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", seen.as_method())
            first = minted.rotate()
        ran_inside = seen.inside is not None
        assert first.code in (0, 1, 2), first.err
        assert "internal error" not in first.err
        assert not seen.broken, f"a second rotation at call {number}: the key in the store did not work: {seen.broken}"
        assert minted.kept_works(), f"a second rotation at call {number}: {first.err} {seen.inside}"
        goes_on(minted, number)
    assert number > 10


THROTTLED = ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "Call")
AWAY = EndpointConnectionError(endpoint_url="https://iam.amazonaws.com/")


@pytest.mark.long
@pytest.mark.parametrize(("error", "for_good"), [(THROTTLED, True), (AWAY, False)], ids=["busy", "away for a moment"])
def test_aws_may_be_busy_or_away_from_any_call_on(minted: Minted, error: Exception, for_good: bool) -> None:
    """A run that is not killed takes back what it has begun, if AWS lets it."""
    number, failed = 0, True
    while failed:
        number += 1
        minted.clear()
        used = minted.new_key()
        minted.put(used)
        minted.bind()
        with pytest.MonkeyPatch.context() as patch:
            made = failing(patch, number, error, for_good=for_good)
            ran = minted.rotate("--format", "json")
        failed = len(made) >= number
        assert ran.code == (2 if failed else 0), f"at call {number}: {ran.err}"
        assert ran.data["exit_code"] == ran.code
        assert "internal error" not in ran.err
        assert minted.kept_works(), f"after call {number}"
        goes_on(minted, number)
    assert number > 10


def failing(patch: pytest.MonkeyPatch, number: int, error: Exception, *, for_good: bool) -> list[str]:
    """Have one call fail, or all from it on; returns the calls that were made."""
    original: Any = vars(BaseClient)["_make_api_call"]
    made: list[str] = []

    def call(self: object, operation: str, arguments: object) -> Any:
        made.append(operation)
        if len(made) == number or (for_good and len(made) > number):
            raise error
        return original(self, operation, arguments)

    patch.setattr(BaseClient, "_make_api_call", call)
    return made


@dataclass
class Interleaved:
    """Calls of one run, with a second run inside one of them."""

    original: Any
    minted: Minted
    number: int
    made: int = 0
    inside: Ran | None = None
    broken: list[str] = field(default_factory=list[str])

    def as_method(self) -> Callable[[object, str, object], Any]:
        """What takes the place of the method that makes every call."""

        def call(client: object, operation: str, arguments: object) -> Any:
            return self.call(client, operation, arguments)

        return call

    def call(self, client: object, operation: str, arguments: object) -> Any:
        self.made += 1
        if self.made == self.number:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(BaseClient, "_make_api_call", self.original)
                self.inside = self.minted.rotate()
        answer = self.original(client, operation, arguments)
        if operation in ("PutParameter", "UpdateAccessKey", "DeleteAccessKey"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(BaseClient, "_make_api_call", self.original)
                if self.minted.kept() and not self.minted.kept_works():
                    self.broken.append(operation)
        return answer


def killed_before_the_store_had_it(minted: Minted) -> tuple[str, str]:
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


def test_a_run_that_may_still_be_under_way_is_left_alone(minted: Minted) -> None:
    key, lost = killed_before_the_store_had_it(minted)
    ran = minted.rotate()
    assert ran.code == 1
    assert f"and made {lost} may be under way; run it again after" in ran.err
    assert minted.keys() == {key: "Active", lost: "Active"}


def test_afterwards_the_lost_key_is_deleted_and_the_rotation_begins_again(
    minted: Minted, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, lost = killed_before_the_store_had_it(minted)
    later(monkeypatch, timedelta(minutes=16))
    ran = minted.rotate()
    assert ran.code == 0, ran.err
    assert f"deleted {lost} (active, never used): a run made it that ended before the secret store had it" in ran.err
    kept = minted.kept()
    assert kept is not None
    assert minted.keys() == {key: "Active", kept[0]: "Active"}, "the old one may be in use"


def test_without_its_mark_a_lost_key_is_one_that_nobody_knows(minted: Minted) -> None:
    key, lost = killed_before_the_store_had_it(minted)
    minted.iam.untag_user(UserName=minted.user, TagKeys=[MARK])
    ran = minted.rotate()
    assert ran.code == 1
    assert "there are two keys, and the secret store keeps neither" in ran.err
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
    assert ran.code == 2
    assert "iam:TagUser" in ran.err
    assert minted.keys() == {key: "Active"}
    assert minted.kept() is None
    minted.iam.delete_access_key(UserName="rotator", AccessKeyId=made["AccessKeyId"])
    minted.iam.delete_user_policy(UserName="rotator", PolicyName="all")
    minted.iam.delete_user(UserName="rotator")


def test_a_secret_store_whose_key_is_dead_turns_nothing_off(minted: Minted) -> None:
    key, secret = minted.new_key()
    minted.put((key, secret[:-1] + "x"))
    other = minted.new_key()
    ran = minted.rotate()
    assert ran.code == 1
    assert "does not work: SignatureDoesNotMatch" in ran.err
    assert minted.rotate("--delete-old").code == 1
    assert minted.keys() == {key: "Active", other[0]: "Active"}


def test_the_key_of_somebody_else_in_the_secret_store_is_not_written_over(minted: Minted) -> None:
    theirs = minted.deployed.key("orders")
    minted.put(theirs)
    ran = minted.rotate()
    assert ran.code == 1
    assert "is not of minted-pipeline" in ran.err
    assert minted.kept() == theirs
    assert minted.keys() == {}


def test_two_keys_that_the_secret_store_does_not_know_are_left_alone(minted: Minted) -> None:
    keys = {minted.new_key()[0]: "Active", minted.new_key()[0]: "Active"}
    ran = minted.rotate()
    assert ran.code == 1
    assert "there are two keys, and the secret store keeps neither" in ran.err
    assert minted.keys() == keys


def test_a_secret_store_that_cannot_be_written_leaves_the_old_key(minted: Minted) -> None:
    key = minted.new_key()
    Path("kept").write_text(json.dumps({"accessKeyId": key[0], "secretAccessKey": key[1]}))
    store = ("--get-command", "cat kept", "--put-command", "exit 3")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *store)
    assert ran.code == 2
    assert "the secret store's command ended with 3" in ran.err
    assert minted.keys() == {key[0]: "Active"}, "and the new one is gone"


def test_a_secret_store_that_cannot_be_written_keeps_no_first_key_either(minted: Minted) -> None:
    key, _ = minted.new_key()
    store = ("--get-command", f"{sys.executable} -c pass", "--put-command", "exit 3")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *store)
    assert ran.code == 2
    assert minted.keys() == {key: "Active"}, "the new one is gone"


def test_a_secret_stores_command_that_hangs_is_ended_with_all_it_started(
    minted: Minted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_LONGEST", 1)
    os.mkfifo("held")
    reader = os.open("held", os.O_RDONLY | os.O_NONBLOCK)
    store = ("--get-command", "exec 9> held; sleep 600; echo", "--put-command", "exit 3")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *store)
    assert ran.code == 2
    assert "the secret store's command did not end within 1 seconds" in ran.err
    assert minted.keys() == {}
    over, _, _ = select.select([reader], [], [], 60)
    assert over, "somebody still holds the other end"
    os.close(reader)


def test_commands_and_secrets_manager_are_secret_stores_too(minted: Minted) -> None:
    secrets = minted.deployed.sandbox.client("secretsmanager")
    places = {
        "commands": ("--get-command", "cat kept 2>/dev/null || true", "--put-command", "cat > kept"),
        "secret": ("--secret", "minted"),
    }
    missing = minted.command("rotate", "--user", minted.user, "--secret", "minted")
    assert missing.code == 2
    assert "make it first" in missing.err
    secrets.create_secret(Name="minted")
    try:
        for store in places.values():
            minted.clear()
            for arguments in ((), (), ("--delete-old",)):
                assert minted.command("rotate", "--user", minted.user, "--settle", "0", *store, *arguments).code == 0
        kept = json.loads(secrets.get_secret_value(SecretId="minted")["SecretString"])
    finally:
        secrets.delete_secret(SecretId="minted", ForceDeleteWithoutRecovery=True)
    assert minted.keys() == {kept["accessKeyId"]: "Active"}


def test_an_interrupted_run_says_what_has_become_of_the_key_it_made(minted: Minted) -> None:
    minted.rotate()
    before = minted.keys(), minted.kept()
    Path("kept").write_text(json.dumps({"accessKeyId": before[1][0], "secretAccessKey": before[1][1]}))  # pyright: ignore
    store = ("--get-command", "cat kept", "--put-command", "kill -TERM $PPID; sleep 600", "--trust-store")
    ran = minted.command("rotate", "--user", minted.user, "--settle", "0", *store)
    assert ran.code == 130
    assert "was made and deleted again; no other key was changed; run it again" in ran.err
    assert minted.keys() == before[0]


@pytest.mark.parametrize(
    "date", ["Mon, 30 Nov 2026 23:22:02 GMT, Mon, 30 Nov 2026 23:22:02 GMT", "30 Nov 2026 23:22:02"]
)
def test_a_date_that_a_proxy_has_changed_is_still_one(date: str) -> None:
    assert keys.moment({"date": date}) == datetime(2026, 11, 30, 23, 22, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize("headers", [{}, {"date": "today"}, {"date": ""}])
def test_without_aws_s_time_nothing_is_done(headers: dict[str, str]) -> None:
    with pytest.raises(Stopped, match="AWS's answer does not say what time it is"):
        keys.moment(headers)


def test_a_user_that_is_not_there_is_named(minted: Minted) -> None:
    ran = minted.command("rotate", "--user", "nobody", "--parameter", PARAMETER)
    assert (ran.code, "there is no user nobody; name one of this account with --user" in ran.err) == (2, True)


NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)
HERE = "arn:aws:ssm:eu-west-1:111122223333:parameter/keys"


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def key(name: str, made: datetime, used: datetime | None = None, *, active: bool = True) -> UserKey:
    return UserKey(f"AKIA{name}", active=active, created=made, last_used=used, service="sts" if used else "")


OLD = key("OLD", ago(days=90), ago(minutes=3))
QUIET = key("QUIET", ago(days=90), ago(days=2))
UNUSED = key("UNUSED", ago(days=90))
OFF = key("OFF", ago(days=90), ago(minutes=3), active=False)
LONG_OFF = key("LONG_OFF", ago(days=90), ago(days=2), active=False)
KEPT = key("KEPT", ago(days=10), ago(minutes=1))
FRESH = key("KEPT", ago(hours=1), ago(minutes=1))
MINE = Tags(store=HERE)
NOBODYS = Tags()


@pytest.mark.parametrize(
    ("keys", "in_store", "known", "rules", "step"),
    [
        ([], None, NOBODYS, Rules(), Step.MAKE),
        ([KEPT], "AKIAKEPT", NOBODYS, Rules(), Step.MAKE),
        ([OLD], None, NOBODYS, Rules(), Step.MAKE),
        ([OLD, KEPT], None, NOBODYS, Rules(), Step.STOP),
        ([OLD, KEPT], "AKIAKEPT", MINE, Rules(), Step.DEACTIVATE),
        ([OLD, KEPT], "AKIAKEPT", MINE, Rules(keep_old=True), Step.KEEP),
        ([OLD, KEPT], "AKIAKEPT", NOBODYS, Rules(), Step.KEEP),
        ([OLD, KEPT], "AKIAKEPT", NOBODYS, Rules(trust_store=True), Step.DEACTIVATE),
        ([QUIET, KEPT], "AKIAKEPT", NOBODYS, Rules(), Step.DEACTIVATE),
        ([UNUSED, KEPT], "AKIAKEPT", NOBODYS, Rules(), Step.DEACTIVATE),
        ([key("NEW", ago(hours=2)), FRESH], "AKIAKEPT", NOBODYS, Rules(), Step.KEEP),
        ([OLD, KEPT], "AKIAKEPT", MINE, Rules(unused_for=timedelta(hours=1)), Step.KEEP),
        ([QUIET, KEPT], "AKIAKEPT", MINE, Rules(unused_for=timedelta(hours=24)), Step.DEACTIVATE),
        ([UNUSED, KEPT], "AKIAKEPT", MINE, Rules(unused_for=timedelta(hours=24)), Step.DEACTIVATE),
        ([QUIET, FRESH], "AKIAKEPT", MINE, Rules(grace=timedelta(hours=24)), Step.KEEP),
        ([QUIET, KEPT], "AKIAKEPT", MINE, Rules(grace=timedelta(hours=24)), Step.DEACTIVATE),
        ([KEPT, key("NEW", ago(hours=2))], "AKIAKEPT", MINE, Rules(), Step.STOP),
        ([KEPT, key("NEW", ago(days=3), ago(days=2))], "AKIAKEPT", MINE, Rules(), Step.STOP),
        ([KEPT, key("LEFT", ago(days=3), ago(days=3))], "AKIAKEPT", MINE, Rules(), Step.DEACTIVATE),
        ([OFF, KEPT], "AKIAKEPT", MINE, Rules(), Step.NOTHING),
        ([OFF], None, NOBODYS, Rules(), Step.MAKE),
        ([OFF, KEPT], "AKIAKEPT", MINE, Rules(delete_old=True), Step.DELETE),
        ([OFF, KEPT], "AKIAKEPT", NOBODYS, Rules(delete_old=True), Step.DELETE),
        ([OLD, KEPT], "AKIAKEPT", MINE, Rules(delete_old=True), Step.STOP),
        ([KEPT], "AKIAKEPT", MINE, Rules(delete_old=True), Step.NOTHING),
        ([OFF], None, MINE, Rules(delete_old=True), Step.STOP),
    ],
)
def test_what_is_to_be_done_follows_from_keys_store_and_tags(
    keys: list[UserKey], in_store: str | None, known: Tags, rules: Rules, step: Step
) -> None:
    assert plan(State(keys, in_store, HERE, known, NOW), rules).step is step


def test_a_key_that_nothing_has_used_stays_because_it_is_new() -> None:
    for old, told in ((key("NEW", ago(hours=2)), "it was made less"), (OLD, "something used it less")):
        assert told in plan(State([old, FRESH], "AKIAKEPT", HERE, NOBODYS, NOW), Rules()).why


def test_a_key_that_something_still_uses_when_it_should_be_gone_is_a_verdict_against() -> None:
    waiting = plan(State([OLD, FRESH], "AKIAKEPT", HERE, NOBODYS, NOW), Rules())
    assert (waiting.step, waiting.overdue) == (Step.KEEP, False)
    late = plan(State([OLD, KEPT], "AKIAKEPT", HERE, NOBODYS, NOW), Rules())
    assert (late.step, late.overdue) == (Step.KEEP, True)
    asked = plan(State([OLD, KEPT], "AKIAKEPT", HERE, NOBODYS, NOW), Rules(keep_old=True))
    assert (asked.step, asked.overdue) == (Step.KEEP, False)


BEGAN = Mark(frozenset({"AKIAOLD"}), ago(hours=1))


@pytest.mark.parametrize(
    ("made", "used", "is_lost"),
    [
        (ago(hours=1), None, True),
        (ago(hours=1), ago(minutes=59), True),
        (ago(hours=1), ago(minutes=10), False),
        (ago(hours=1) + MADE_WITHIN, None, True),
        (ago(hours=1) + MADE_WITHIN + timedelta(seconds=1), None, False),
        (ago(days=90), None, False),
    ],
)
def test_only_a_key_that_was_made_right_after_the_mark_and_not_used_later_is_lost(
    made: datetime, used: datetime | None, is_lost: bool
) -> None:
    new = key("NEW", made, used)
    assert BEGAN.made([OLD, new], None) is (new if is_lost else None)
    assert BEGAN.made([OLD, new], "AKIANEW") is None, "it is in the secret store"
    assert BEGAN.made([OLD], None) is None


def test_an_address_that_is_too_long_for_a_tag_is_still_told_from_another() -> None:
    long, other = f"{HERE}/{'a' * 600}", f"{HERE}/{'a' * 599}b"
    assert len(as_value(long)) == len(as_value(other)) == 256
    assert as_value(long) != as_value(other)
    assert as_value(HERE) == HERE


@pytest.mark.parametrize("more", [("--outputs", "outputs.json"), ("--stack", "dev"), ("--pipeline", "site")])
def test_two_users_are_one_too_many(command: Command, more: tuple[str, str]) -> None:
    ran = command("rotate", "--user", "site", "--parameter", "/site", *more)
    assert ran.stopped == 2
    assert "--user and a pipeline of a stack name two users; leave out --user, or" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user", "site"),
        ("--user", "site", "--secret", "a", "--parameter", "b"),
        ("--user", "site", "--put-command", "cat > kept"),
        ("--secret", "a"),
    ],
)
def test_user_and_secret_store_must_be_plain(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command("rotate", *arguments)
    assert ran.stopped == 2


def test_a_key_that_the_stack_makes_is_not_replaced_behind_its_back(command: Command) -> None:
    names = {"roleArn": "arn:aws:iam::111122223333:role/site", "userArn": "arn:aws:iam::111122223333:user/site"}
    Path("outputs.json").write_text(json.dumps({"site": {**names, "keyIds": {"first": "AKIAIOSFODNN7EXAMPLE"}}}))
    ran = command("rotate", "--outputs", "outputs.json", "--parameter", "/site")
    assert ran.stopped == 2
    assert "the stack makes the keys of site; replace them there, by keys.rotation" in ran.err
    Path("outputs.json").write_text(json.dumps({"site": {**names, "keyIds": {}}}))
    assert "one secret store is needed" in command("rotate", "--outputs", "outputs.json").err
