"""The life of a pipeline's keys through the real engine: rotation under a running job, wrong orders, suspension."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.support.sandboxes import Finished, Sandbox, Stack

PROGRAM = Path(__file__).parent / "programs" / "components"
STATEMENT = {"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}
LATER = "2099-01-01T00:00:00Z"

Key = tuple[str, str]


class Site:
    """The pipeline `site`, and beside it another one that nothing may happen to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.iam: Any = sandbox.client("iam")
        self.stack: Stack = sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region})

    def declare(self, **args: Any) -> None:
        both = {"site": self._args("site") | args, "other": self._args("other")}
        self.stack.configure({"components:identities": both})

    def _args(self, name: str) -> dict[str, Any]:
        names = {"user_name": f"{name}-pipeline", "role_name": f"{name}-publisher"}
        return {"account_id": self.sandbox.account, "permissions": [STATEMENT], **names}

    def up(self, **args: Any) -> Finished:
        self.declare(**args)
        return succeeded(self.stack.up())

    @property
    def outputs(self) -> dict[str, Any]:
        return self.stack.outputs()["site"]

    @property
    def key(self) -> Key:
        outputs = self.outputs
        return outputs["access_key_id"], outputs["secret_access_key"]

    def statuses(self) -> dict[str, str]:
        keys = self.iam.list_access_keys(UserName="site-pipeline")["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in keys}

    def assume(self, key: Key) -> tuple[str, str, str]:
        role = f"arn:aws:iam::{self.sandbox.account}:role/site-publisher"
        session = self.sandbox.client("sts", key).assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
        return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]

    def works(self, session: tuple[str, str, str]) -> bool:
        """Whether a session may do what its role may."""
        return error_of(self.sandbox.client("s3", session).list_buckets) is None


class Job:
    """A job that assumes its role again and again, with the key that stands in the secrets of its CI system."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.key = site.key
        self.calls = 0
        self.failures: list[str] = []

    def run(self, until: threading.Event) -> None:
        try:
            while not until.is_set():
                failure = error_of(partial(self.site.assume, self.key))
                self.calls += 1
                if failure:
                    self.failures.append(failure)
        except BaseException as error:
            # Those who wait for further calls would do so for ever.
            self.failures.append(type(error).__name__)
            raise

    def a_few_more(self) -> None:
        """Waits for two calls that begin from now on."""
        before = self.calls
        while self.calls < before + 3 and not self.failures:
            threading.Event().wait(0.01)


@contextmanager
def running(site: Site) -> Generator[Job]:
    job, until = Job(site), threading.Event()
    thread = threading.Thread(target=job.run, args=(until,))
    thread.start()
    try:
        yield job
    finally:
        until.set()
        thread.join()


def error_of(call: Any) -> str | None:
    try:
        call()
    except ClientError as error:
        response: Any = error.response
        return response["Error"]["Code"]
    return None


def succeeded(finished: Finished) -> Finished:
    assert finished.succeeded, finished.output
    return finished


def changed(finished: Finished) -> dict[str, str]:
    """What is changed, by type and name, without what stays the same."""
    return {
        "::".join(urn.split("$")[-1].split("::")[-2:]): operation
        for urn, operation in succeeded(finished).operations.items()
        if operation != "same"
    }


@pytest.fixture
def site(sandbox: Sandbox) -> Site:
    return Site(sandbox)


FIRST, SECOND = "aws:iam/accessKey:AccessKey::site-key", "aws:iam/accessKey:AccessKey::site-key-2"
STEP = {"pulumi:index:Stash::site-rotation": "update"}


@pytest.mark.long
def test_a_job_runs_through_two_rotations_without_a_failed_call(site: Site) -> None:
    site.up()
    changes = [
        {SECOND: "create"},
        {},
        {FIRST: "update"},
        {FIRST: "delete"},
        {FIRST: "create"},
        {},
        {SECOND: "update"},
        {SECOND: "delete"},
    ]
    with running(site) as job:
        for step, change in enumerate(changes, start=1):
            site.declare(keys={"rotation": step})
            assert changed(site.stack.preview()) == STEP | change, f"step {step} shows only itself"
            assert changed(site.stack.up()) == STEP | change
            assert 1 <= len(site.statuses()) <= 2
            assert site.statuses()[site.key[0]] == "Active"
            job.a_few_more()
            if step % 4 == 2:
                job.key = site.key
                job.a_few_more()
    assert job.failures == []
    assert job.calls > 20
    assert site.outputs["rotation_to_do"] == "Nothing. To replace the key, set keys.rotation to 9."
    succeeded(site.stack.destroy())


@pytest.mark.long
def test_a_tired_person_is_told_what_to_do_and_breaks_nothing(site: Site) -> None:
    site.up()
    old = site.key
    for wrong in (2, 3, 4):
        site.declare(keys={"rotation": wrong})
        for refused in (site.stack.preview(), site.stack.up()):
            assert not refused.succeeded
            assert f"keys.rotation: {wrong} does not come after 0" in refused.output
            assert "set it to 1 first" in refused.output
        assert site.statuses() == {old[0]: "Active"}

    site.up(keys={"rotation": 1})
    assert site.up(keys={"rotation": 1}).changes == {}, "repeating a step does nothing"
    site.up()
    assert site.statuses() == {old[0]: "Active"}, "back before anybody had the new key"

    for step in (1, 2, 3):
        site.up(keys={"rotation": step})
    assert error_of(lambda: site.assume(old)) is not None
    site.up(keys={"rotation": 2})
    site.assume(old)
    site.up(keys={"rotation": 3})
    site.up(keys={"rotation": 4})
    for wrong in (0, 3):
        site.declare(keys={"rotation": wrong})
        refused = site.stack.up()
        assert not refused.succeeded
        assert "the key that was replaced is deleted, and comes back by no step; leave it at 4" in refused.output
    site.assume(site.key)


@pytest.mark.long
def test_a_key_that_somebody_else_made_stops_a_rotation_before_anything_happens(site: Site) -> None:
    site.up()
    old = site.key
    foreign = site.iam.create_access_key(UserName="site-pipeline")["AccessKey"]["AccessKeyId"]

    site.declare(keys={"rotation": 1})
    refused = site.stack.up()
    assert not refused.succeeded
    assert "no other one is made before" in refused.output
    assert site.statuses() == {old[0]: "Active", foreign: "Active"}
    site.assume(old)

    site.iam.delete_access_key(UserName="site-pipeline", AccessKeyId=foreign)
    assert changed(site.stack.up()) == {SECOND: "create"}


@pytest.mark.long
def test_a_user_with_a_foreign_key_is_destroyed_only_by_force(site: Site) -> None:
    site.up()
    site.iam.create_access_key(UserName="site-pipeline")
    refused = site.stack.destroy()
    assert not refused.succeeded
    assert "DeleteConflict" in refused.output

    site.up(force_destroy=True)
    succeeded(site.stack.destroy())
    assert site.iam.list_users()["Users"] == []


SUSPENSION = {
    "aws:iam/userPolicy:UserPolicy::site-suspended",
    "aws:iam/rolePolicy:RolePolicy::site-suspended",
}


def test_a_suspended_pipeline_is_dead_until_it_is_resumed(site: Site) -> None:
    site.up(keys={"rotation": 1})
    key, session = site.key, site.assume(site.key)
    foreign_session = site.sandbox.client("sts", key).get_session_token()["Credentials"]
    assert site.works(session)

    site.declare(keys={"rotation": 1}, suspended=LATER)
    expected = dict.fromkeys(SUSPENSION, "create") | {FIRST: "update", SECOND: "update"}
    assert changed(site.stack.preview()) == expected
    assert changed(site.stack.up()) == expected
    assert set(site.statuses().values()) == {"Inactive"}
    assert error_of(lambda: site.assume(key)) is not None
    assert not site.works(session)
    by_token = (foreign_session["AccessKeyId"], foreign_session["SecretAccessKey"], foreign_session["SessionToken"])
    assert error_of(site.sandbox.client("sts", by_token).get_session_token) is not None
    assert site.stack.preview().changes == {}

    site.declare(keys={"rotation": 1})
    expected = dict.fromkeys(SUSPENSION, "delete") | {FIRST: "update", SECOND: "update"}
    assert changed(site.stack.preview()) == expected
    assert changed(site.stack.up()) == expected
    assert set(site.statuses().values()) == {"Active"}
    assert site.works(session)
    assert site.works(site.assume(key))
    assert site.iam.list_user_policies(UserName="site-pipeline")["PolicyNames"] == ["assume-roles"]


@pytest.mark.long
def test_only_sessions_that_were_opened_before_are_denied(site: Site) -> None:
    site.up()
    session = site.assume(site.key)

    site.up(suspended="2020-01-01T00:00:00Z")

    assert site.works(session)


@pytest.mark.long
def test_a_key_is_overdue_on_the_day_after_it_was_due_and_previews_stay_quiet_until_then(site: Site) -> None:
    site.up(keys={"max_age_days": 30})
    outputs = site.outputs
    assert outputs["key_overdue"] is False
    assert outputs["next_key_due"] == outputs["keys_due"]["first"] > outputs["keys_created"]["first"][:10]

    text = json.dumps(site.stack.state()).replace(outputs["keys_created"]["first"], "2026-01-05T10:00:00Z")
    older = site.sandbox.folder / "older.json"
    older.write_text(text)
    succeeded(site.stack.command("stack", "import", "--file", str(older)))
    succeeded(site.stack.up())

    assert site.outputs["next_key_due"] == "2026-02-04"
    assert site.outputs["key_overdue"] is True
    assert site.stack.up().changes == {}
