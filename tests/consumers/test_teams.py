"""Several people and several stacks: state in a bucket with locks, a stack that reads another, state moved about."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox

pytestmark = pytest.mark.long

IDENTITY = """
import pathlib
import time

import pulumi
from pipeline_identity import PipelineIdentity

config = pulumi.Config()
made = PipelineIdentity(
    "site",
    {
        "account_id": config.require("account"),
        "user_name": "site-pipeline",
        "role_name": "site-publisher",
        "starter_sets": {"static_site": {"bucket": "example-site", "prefix": "public/"}},
        "tags": {"team": config.get("team") or "web"},
    },
)
pulumi.export("roleArn", made.role_arn)
pulumi.export("secret", made.secret_access_key)
# A deployment that takes as long as a test needs: until the file is gone.
while (held := config.get("held")) and pathlib.Path(held).exists():
    time.sleep(0.05)
"""
CONSUMER = """
import pulumi

identity = pulumi.StackReference("organization/identity/dev")
pulumi.export("role", identity.require_output("roleArn"))
pulumi.export("secret", identity.require_output("secret"))
"""


def _project(folder: Path, name: str, program: str) -> Path:
    made = folder / name
    made.mkdir()
    (made / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": "python"}))
    (made / "__main__.py").write_text(program)
    return made


@pytest.fixture
def shared(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose state lies in a bucket, as that of a team does."""
    bucket = f"state-{sandbox.account}"
    sandbox.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": sandbox.region})
    host = sandbox.aws.endpoint.removeprefix("http://")
    options = f"endpoint={host}&disable_https=true&use_path_style=true&region={sandbox.region}"
    return replace(sandbox, variables={**sandbox.variables, "PULUMI_BACKEND_URL": f"s3://{bucket}?{options}"})


def test_of_two_who_update_at_once_one_is_told_to_wait_and_nothing_is_lost(shared: Sandbox, tmp_path: Path) -> None:
    held = tmp_path / "held"
    program = _project(tmp_path, "identity", IDENTITY)
    stack = shared.stack(program, settings={"identity:account": shared.account, "identity:held": str(held)})
    assert (first := stack.up()).succeeded, first.output

    held.touch()
    stack.configure({"identity:team": "ours"})
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", "dev"]
    command += ["--config-file", str(stack.settings)]
    with subprocess.Popen(
        command, cwd=program, env=dict(shared.variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as slow:
        try:
            _wait_for_lock(shared, slow)
            refused = stack.up()
        finally:
            held.unlink()
        said, _ = slow.communicate()

    assert slow.returncode == 0, said
    assert not refused.succeeded
    assert "the stack is currently locked by 1 lock(s)" in refused.output
    assert "created by" in refused.output
    tags = shared.client("iam").list_role_tags(RoleName="site-publisher")["Tags"]
    assert {"Key": "team", "Value": "ours"} in tags
    assert (again := stack.up()).changes == {}, again.output


def _wait_for_lock(shared: Sandbox, slow: subprocess.Popen[str]) -> None:
    listed: Any = {}
    while not listed.get("Contents"):
        assert slow.poll() is None
        listed = shared.client("s3").list_objects_v2(Bucket=f"state-{shared.account}", Prefix=".pulumi/locks/")


def test_another_stack_reads_the_role_and_the_secret_which_stays_secret(shared: Sandbox, tmp_path: Path) -> None:
    identity = _project(tmp_path, "identity", IDENTITY)
    made = shared.stack(identity, settings={"identity:account": shared.account})
    assert (up := made.up()).succeeded, up.output

    consumer = shared.stack(_project(tmp_path, "consumer", CONSUMER), settings={})
    assert (up := consumer.up()).succeeded, up.output

    secret = made.outputs()["secret"]
    assert consumer.outputs() == {"role": f"arn:aws:iam::{shared.account}:role/site-publisher", "secret": secret}
    assert secret not in str(consumer.state())


def test_exported_state_is_imported_into_another_backend_and_nothing_changes(
    sandbox: Sandbox, shared: Sandbox, tmp_path: Path
) -> None:
    program = _project(tmp_path, "identity", IDENTITY)
    settings = {"identity:account": sandbox.account}
    before = sandbox.stack(program, settings=settings)
    assert (up := before.up()).succeeded, up.output
    exported = tmp_path / "state.json"
    assert before.command("stack", "export", "--file", str(exported)).succeeded
    assert before.outputs()["secret"] not in exported.read_text()

    after = replace(shared, folder=tmp_path / "moved").stack(program, settings=settings)
    assert (done := after.command("stack", "import", "--file", str(exported))).succeeded, done.output

    assert (refreshed := after.refresh()).changes == {}, refreshed.output
    assert (up := after.up()).changes == {}, up.output
    assert json.loads(exported.read_text())["deployment"]["resources"]


def test_refresh_sees_what_somebody_changed_by_hand_and_up_puts_it_right(shared: Sandbox, tmp_path: Path) -> None:
    stack = shared.stack(_project(tmp_path, "identity", IDENTITY), settings={"identity:account": shared.account})
    assert (up := stack.up()).succeeded, up.output
    shared.client("iam").update_role(RoleName="site-publisher", MaxSessionDuration=43200)

    assert stack.refresh().changes == {"update": 1}
    assert stack.up().changes == {"update": 1}
    assert shared.client("iam").get_role(RoleName="site-publisher")["Role"]["MaxSessionDuration"] == 3600
