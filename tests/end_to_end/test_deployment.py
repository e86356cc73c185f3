"""This checkout's own program, through the real engine, under the real policy pack, against the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from tests.support.sandboxes import Finished, Sandbox, Stack

_PIPELINES = "pipeline-identity:pipelines"
_PACK = ("--policy-pack", str(CHECKOUT / "policies"))


@pytest.fixture
def dev(sandbox: Sandbox) -> Stack:
    """The stack `dev`, from the very `Pulumi.dev.yaml` that people edit, in the test's own account."""
    stack = sandbox.stack(CHECKOUT)
    text = stack.settings.read_text()
    stack.settings.write_text(text.replace("111122223333", sandbox.account))
    return stack


def _roles(sandbox: Sandbox) -> dict[str, Any]:
    return {role["RoleName"]: role for role in sandbox.client("iam").list_roles()["Roles"]}


def _users(sandbox: Sandbox) -> list[str]:
    return sorted(user["UserName"] for user in sandbox.client("iam").list_users()["Users"])


def _change_pipeline(stack: Stack, name: str, setting: str, value: object) -> None:
    """Edit one setting of a pipeline, as a user would."""
    pipelines: dict[str, Any] = yaml.safe_load(stack.settings.read_text())["config"][_PIPELINES]
    pipelines[name][setting] = value
    stack.configure({_PIPELINES: pipelines})


def _succeeded(finished: Finished) -> Finished:
    assert finished.succeeded, finished.output
    return finished


def test_from_first_preview_to_destroy(sandbox: Sandbox, dev: Stack) -> None:
    previewed = _succeeded(dev.preview(*_PACK))
    assert set(previewed.changes) == {"create"}
    assert _roles(sandbox) == {}, "a preview creates nothing"

    deployed = _succeeded(dev.up(*_PACK))
    assert deployed.changes == previewed.changes
    assert _users(sandbox) == ["orders-pipeline", "site-pipeline"]
    assert sorted(_roles(sandbox)) == ["orders-pipeline", "site-pipeline"]
    assert not [violation for violation in deployed.violations if violation["enforcementLevel"] == "mandatory"]

    assert _succeeded(dev.up(*_PACK)).changes == {}, "a second up changes nothing"

    _succeeded(dev.destroy())
    assert (_users(sandbox), _roles(sandbox)) == ([], {})


@pytest.mark.long
def test_a_longer_session_is_a_change_in_place(sandbox: Sandbox, dev: Stack) -> None:
    _succeeded(dev.up())
    before = _roles(sandbox)
    _change_pipeline(dev, "orders", "maxSessionDuration", 10800)

    assert _succeeded(dev.up(*_PACK)).changes == {"update": 1}
    after = _roles(sandbox)
    assert after["orders-pipeline"]["MaxSessionDuration"] == 10800
    assert after["orders-pipeline"]["RoleId"] == before["orders-pipeline"]["RoleId"]
    assert after["site-pipeline"] == before["site-pipeline"]


@pytest.mark.long
def test_what_somebody_changed_by_hand_is_seen_by_refresh_and_mended_by_up(sandbox: Sandbox, dev: Stack) -> None:
    _succeeded(dev.up())
    iam = sandbox.client("iam")
    deployed = iam.get_role(RoleName="site-pipeline")["Role"]["AssumeRolePolicyDocument"]
    iam.update_role(RoleName="site-pipeline", MaxSessionDuration=43200)
    opened = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{sandbox.account}"}},'
    opened += '"Action":"sts:AssumeRole"}]}'
    iam.update_assume_role_policy(RoleName="site-pipeline", PolicyDocument=opened)

    assert _succeeded(dev.refresh()).changes == {"update": 1}
    assert _succeeded(dev.up(*_PACK)).changes == {"update": 1}
    mended = iam.get_role(RoleName="site-pipeline")["Role"]
    assert mended["MaxSessionDuration"] == 3600
    assert mended["AssumeRolePolicyDocument"] == deployed
    assert _succeeded(dev.up()).changes == {}


@pytest.mark.long
def test_what_somebody_deleted_by_hand_is_made_again(sandbox: Sandbox, dev: Stack) -> None:
    _succeeded(dev.up())
    [policy] = sandbox.client("iam").list_role_policies(RoleName="site-pipeline")["PolicyNames"]
    sandbox.client("iam").delete_role_policy(RoleName="site-pipeline", PolicyName=policy)

    assert _succeeded(dev.refresh()).changes == {"delete": 1}
    assert _succeeded(dev.up(*_PACK)).changes == {"create": 1}
    assert sandbox.client("iam").list_role_policies(RoleName="site-pipeline")["PolicyNames"] == [policy]


def test_another_account_than_the_settings_name_is_refused(sandbox: Sandbox, dev: Stack) -> None:
    dev.configure({"pipeline-identity:accountId": "999988887777"})

    finished = dev.up()
    assert not finished.succeeded
    assert "allows only 999988887777" in finished.output
    assert _roles(sandbox) == {}


def test_settings_that_cannot_be_used_are_all_named_before_anything_is_created(sandbox: Sandbox, dev: Stack) -> None:
    _change_pipeline(dev, "site", "permissions", [])
    _change_pipeline(dev, "orders", "roleName", "a b")
    everything = {"actions": ["s3:*"], "resources": ["arn:aws:s3:::example-site-dev"]}
    _change_pipeline(dev, "orders", "permissions", [everything])
    _change_pipeline(dev, "orders", "maxSessionDuration", 60)
    _change_pipeline(dev, "orders", "path", "pipelines")

    finished = dev.up(*_PACK)
    assert not finished.succeeded
    for refused in (
        "pipelines.site.permissions: is missing or empty",
        "pipelines.orders.roleName: 'a b'",
        "pipelines.orders.permissions[0].actions[0]: 's3:*'",
        "pipelines.orders.maxSessionDuration: 60",
        "pipelines.orders.path: 'pipelines'",
    ):
        assert refused in finished.output, finished.output
    assert "Traceback" not in finished.output
    assert (_users(sandbox), _roles(sandbox)) == ([], {})


def test_an_update_of_the_bad_example_is_stopped_and_nothing_is_created(sandbox: Sandbox) -> None:
    stack = sandbox.stack(CHECKOUT / "sandbox" / "blocked", "blocked")

    finished = stack.up(*_PACK)
    assert not finished.succeeded
    # An update stops at the first resource that is refused; `make blocked` shows a preview, which tells all.
    assert "trusted-principals-only" in finished.violated_policies, finished.output
    assert _roles(sandbox) == {}


def test_the_secret_access_key_is_in_no_output_event_or_state(sandbox: Sandbox, dev: Stack) -> None:
    deployed = _succeeded(dev.up())
    shown = _succeeded(dev.command("stack", "output"))

    secrets = [pipeline["secretAccessKey"] for pipeline in dev.outputs()["pipelines"].values()]
    assert len(secrets) == 2
    for secret in secrets:
        assert secret not in deployed.output + shown.output + str(deployed.events) + str(dev.state())


@pytest.mark.long
def test_production_previews_under_the_pack(sandbox: Sandbox) -> None:
    stack = sandbox.stack(CHECKOUT, "prod")

    assert set(_succeeded(stack.preview(*_PACK)).changes) == {"create"}


@pytest.mark.long
def test_the_pack_accepts_rotation_stores_suspension_watch_and_trail(sandbox: Sandbox, dev: Stack) -> None:
    kms = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    dev.configure(
        {
            "pipeline-identity:watch": {"emails": ["ops@example.com"], "sourceIps": ["203.0.113.0/24"]},
            "pipeline-identity:trail": {"trailName": "all", "bucketName": f"trail-{sandbox.account}"},
        }
    )
    _change_pipeline(dev, "site", "keys", {"secret": "secrets-manager", "kmsKeyArn": kms, "rotation": 1})
    _change_pipeline(dev, "site", "generatedBoundary", {})

    deployed = _succeeded(dev.up(*_PACK))
    _change_pipeline(dev, "orders", "suspended", "2026-11-25T16:30:00Z")
    _succeeded(dev.up(*_PACK))
    assert not [violation for violation in deployed.violations if violation["enforcementLevel"] == "mandatory"]
    # EventBridge gives SNS no context, so that no condition can say for whom it publishes; see docs/watch.md.
    assert set(deployed.violated_policies) <= {"confused-deputy"}
    pipelines = dev.outputs()["pipelines"]
    assert sorted(pipelines["site"]["alarmTopics"]) == ["eu-west-1", "us-east-1"]
    assert pipelines["orders"]["keyStatuses"] == {"first": "Inactive"}
    assert _succeeded(dev.up(*_PACK)).changes == {}
    _succeeded(dev.destroy())
