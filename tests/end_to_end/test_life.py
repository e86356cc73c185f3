"""What an identity's life does to what stands in AWS: names and accounts that change, keys that cannot be made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.faults import Fault, FaultyAws, When, faulty_aws, through

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.sandboxes import Finished, Sandbox, Stack

PROGRAM = Path(__file__).parent / "programs" / "components"
STATEMENT = {"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}
OTHER_ACCOUNT = "999900000009"
EARLIER = "2026-11-25T16:30:00Z"


class Site:
    """The pipeline `site` in an account of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.iam: Any = sandbox.client("iam")
        self.stack: Stack = sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region})

    def declare(self, **args: Any) -> None:
        names = {"user_name": "site-pipeline", "role_name": "site-publisher"}
        identity = {"account_id": self.sandbox.account, "permissions": [STATEMENT], **names, **args}
        kept = {name: value for name, value in identity.items() if value is not None}
        self.stack.configure({"components:identities": {"site": kept}})

    def up(self, **args: Any) -> Finished:
        self.declare(**args)
        finished = self.stack.up()
        assert finished.succeeded, finished.output
        return finished

    def fails(self, **args: Any) -> str:
        self.declare(**args)
        finished = self.stack.up()
        assert not finished.succeeded, finished.output
        return finished.diagnostics

    @property
    def key(self) -> tuple[str, str]:
        outputs = self.stack.outputs()["site"]
        return outputs["access_key_id"], outputs["secret_access_key"]

    def assumes(self, key: tuple[str, str]) -> bool:
        role = f"arn:aws:iam::{self.sandbox.account}:role/site-publisher"
        try:
            self.sandbox.client("sts", key).assume_role(RoleArn=role, RoleSessionName="job")
        except ClientError:
            return False
        return True

    def users(self) -> list[str]:
        return [user["UserName"] for user in self.iam.list_users()["Users"]]

    def statuses(self, user: str = "site-pipeline") -> dict[str, str]:
        keys = self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in keys}

    def role_policies(self) -> list[str]:
        return self.iam.list_role_policies(RoleName="site-publisher")["PolicyNames"]


@pytest.fixture
def faulty(sandbox: Sandbox) -> Iterator[FaultyAws]:
    """The local AWS with faults in it, for the deployments of the test alone."""
    with faulty_aws(sandbox) as faulty:
        yield faulty


@pytest.fixture
def site(request: pytest.FixtureRequest, sandbox: Sandbox) -> Site:
    if "faulty" in request.fixturenames:
        return Site(through(request.getfixturevalue("faulty"), sandbox))
    return Site(sandbox)


@pytest.mark.parametrize("mode", ["inline", "group"])
def test_nothing_of_a_renamed_user_outlives_its_state(site: Site, mode: str) -> None:
    site.up(user_policy_mode=mode)
    old = site.key

    assert (
        "The user site-pipeline is replaced by web-pipeline"
        in site.up(user_policy_mode=mode, user_name="web-pipeline").diagnostics
    )

    assert site.users() == ["web-pipeline"]
    assert not site.assumes(old)
    assert site.assumes(site.key)
    groups = [group["GroupName"] for group in site.iam.list_groups()["Groups"]]
    assert groups == (["web-pipeline"] if mode == "group" else [])
    refreshed = site.stack.refresh()
    assert refreshed.succeeded, refreshed.output
    assert site.stack.preview().changes == {}
    assert site.stack.destroy().succeeded
    assert site.users() == []


def test_the_key_of_a_user_that_moves_to_another_path_lives_on(site: Site) -> None:
    site.up()
    key = site.key
    site.declare(path="/pipelines/")
    previewed = site.stack.preview()
    assert previewed.succeeded, previewed.output

    site.up(path="/pipelines/")

    assert site.key == key
    assert list(site.statuses()) == [key[0]]
    assert site.iam.get_user(UserName="site-pipeline")["User"]["Path"] == "/pipelines/"


@pytest.mark.parametrize("tags", [{}, {"team": "web"}])
def test_the_tags_that_rotate_puts_on_a_user_stay_through_refresh_and_up(site: Site, tags: dict[str, str]) -> None:
    site.up(tags=tags)
    theirs = {"pipeline-identity-secret-store": "secrets-manager:site", "somebody": "else"}
    site.iam.tag_user(UserName="site-pipeline", Tags=[{"Key": key, "Value": theirs[key]} for key in theirs])
    assert site.stack.refresh().succeeded

    site.up(tags={**tags, "stage": "prod"})

    left = {tag["Key"]: tag["Value"] for tag in site.iam.list_user_tags(UserName="site-pipeline")["Tags"]}
    # What anybody else has written there is taken away, as before.
    assert left == {**tags, "stage": "prod", "pipeline-identity-secret-store": "secrets-manager:site"}
    assert site.stack.preview("--refresh").changes == {}


def test_a_suspension_reaches_the_role_though_a_key_cannot_be_made(site: Site) -> None:
    site.up()
    mine = site.key[0]
    thief = site.iam.create_access_key(UserName="site-pipeline")["AccessKey"]
    site.fails(keys={"rotation": 1})

    said = site.fails(keys={"rotation": 1}, suspended=EARLIER)

    assert site.role_policies() == ["permissions", "suspended"]
    assert "suspended" in site.iam.list_user_policies(UserName="site-pipeline")["PolicyNames"]
    assert not site.assumes((thief["AccessKeyId"], thief["SecretAccessKey"]))
    assert site.statuses() == {mine: "Inactive", thief["AccessKeyId"]: "Active"}
    assert "No key is made while site-pipeline is suspended" in said


def test_a_key_that_an_interrupted_deployment_made_is_named_with_how_to_delete_it(
    faulty: FaultyAws, site: Site
) -> None:
    faulty.faults.append(Fault("CreateAccessKey", "site-pipeline", When.AFTER))
    site.fails()
    (lost,) = site.statuses()

    said = site.up().diagnostics

    assert f"site-pipeline has {lost}, which this stack did not make" in said
    assert f"aws iam delete-access-key --user-name site-pipeline --access-key-id {lost}" in said
    assert site.key[0] in site.statuses()
    said = site.fails(keys={"rotation": 1})
    assert f"site-pipeline has {lost}" in said
    assert "no other one is made before" in said
    site.iam.delete_access_key(UserName="site-pipeline", AccessKeyId=lost)
    assert lost not in site.up(keys={"rotation": 1}).diagnostics


def test_a_rotation_does_not_hand_out_again_the_key_that_it_should_have_deleted(faulty: FaultyAws, site: Site) -> None:
    for step in range(4):
        site.up(keys={"rotation": step})
    old = next(key for key, status in site.statuses().items() if status == "Inactive")
    faulty.faults.append(Fault("DeleteAccessKey", old, When.BEFORE))
    site.fails(keys={"rotation": 4})

    site.declare(keys={"rotation": 5})
    assert f"The key {old} of site-pipeline is older" in site.stack.preview().diagnostics

    site.up(keys={"rotation": 4})
    assert old not in site.statuses()
    site.up(keys={"rotation": 5})
    assert [*site.statuses().values()] == ["Active", "Active"]


def test_a_role_changes_though_a_key_cannot_be_made(site: Site) -> None:
    site.up()
    site.iam.create_access_key(UserName="site-pipeline")

    site.fails(keys={"rotation": 1}, max_session_duration=7200)

    assert site.iam.get_role(RoleName="site-publisher")["Role"]["MaxSessionDuration"] == 7200


def test_a_role_whose_move_failed_has_its_permissions_again_after_the_way_back(site: Site) -> None:
    site.up()
    theirs = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]}
    policy = site.iam.create_policy(PolicyName="theirs", PolicyDocument=json.dumps(theirs))["Policy"]["Arn"]
    site.iam.attach_role_policy(RoleName="site-publisher", PolicyArn=policy)

    said = site.fails(path="/ci/")

    assert "set forceDestroy to true and deploy that alone" in said.replace("\n", " ")
    site.up(path="/")
    assert site.role_policies() == ["permissions"]
    assert site.assumes(site.key)
    assert site.stack.preview().changes == {}


@pytest.mark.parametrize(
    "identity",
    [
        {},
        {"user_policy_mode": "group", "generated_boundary": {}},
        {"mode": "keyless", "trust": {"github": [{"owner": "acme", "repository": "site", "branches": ["main"]}]}},
    ],
)
def test_nothing_is_made_with_the_credentials_of_another_account(site: Site, identity: dict[str, Any]) -> None:
    site.declare(account_id=OTHER_ACCOUNT, **identity)
    previewed = site.stack.preview()
    assert not previewed.succeeded
    assert f"credentials are of the account {site.sandbox.account}" in previewed.diagnostics

    assert "Nothing is made" in site.fails(account_id=OTHER_ACCOUNT, **identity)
    assert site.users() == []
    assert site.iam.list_roles()["Roles"] == []
    assert site.iam.list_groups()["Groups"] == []
    assert site.iam.list_policies(Scope="Local")["Policies"] == []


def test_a_watch_and_a_trail_are_not_made_in_another_account(site: Site) -> None:
    region = site.sandbox.region
    watch = {"account_id": OTHER_ACCOUNT, "watch_name": "site", "regions": [region]}
    watch["user_arn"] = f"arn:aws:iam::{OTHER_ACCOUNT}:user/site"
    trail = {"account_id": OTHER_ACCOUNT, "trail_name": "all", "bucket_name": f"trail-{site.sandbox.account}"}
    provider = {"account_id": OTHER_ACCOUNT, "issuer": "https://gitlab.com", "audiences": ["sts.amazonaws.com"]}
    site.stack.configure(
        {
            "components:watches": {"site": watch},
            "components:trails": {"all": trail},
            "components:providers": {"gitlab": provider},
        }
    )

    finished = site.stack.up("--continue-on-error")

    assert not finished.succeeded
    assert finished.diagnostics.count("Nothing is made") >= 3
    assert site.sandbox.client("sns").list_topics()["Topics"] == []
    assert site.sandbox.client("s3").list_buckets()["Buckets"] == []
    assert site.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_many_resources_that_wait_for_hooks_do_not_wait_for_ever(site: Site) -> None:
    many = {
        f"site-{number:02}": {
            "account_id": site.sandbox.account,
            "user_name": f"user-{number:02}",
            "role_name": f"role-{number:02}",
            "permissions": [STATEMENT],
        }
        for number in range(40)
    }
    site.stack.configure({"components:identities": many})

    finished = site.stack.up()

    assert finished.succeeded, finished.output
    assert len(site.users()) == 40


@pytest.mark.parametrize("path", ["/", "/pipelines/"])
def test_a_pipeline_that_is_suspended_and_renamed_at_once_lets_nobody_in_and_goes_on_when_it_is_resumed(
    site: Site, path: str
) -> None:
    site.up()
    old = site.key

    said = site.fails(user_name="web-pipeline", path=path, suspended=EARLIER)

    assert "No key is made while web-pipeline is suspended" in said
    assert not site.assumes(old)
    # A role that has moved to another path is a new one, which may do nothing yet.
    assert "suspended" in site.role_policies() or (path != "/" and site.role_policies() == [])
    site.up(user_name="web-pipeline", path=path)
    assert site.users() == ["web-pipeline"]
    assert not site.assumes(old)
    assert site.role_policies() == ["permissions"]
    assert site.stack.preview("--refresh").changes == {}


def test_a_pipeline_moves_through_its_modes_while_it_is_suspended_and_nothing_opens_it(site: Site) -> None:
    trust = {"github": [{"owner": "acme", "repository": "site", "branches": ["main"]}]}
    site.up()
    key = site.key

    site.up(suspended=EARLIER)
    site.up(suspended=EARLIER, mode="both", trust=trust)
    assert site.statuses() == {key[0]: "Inactive"}
    assert site.role_policies() == ["permissions", "suspended"]
    site.up(suspended=EARLIER, mode="keyless", trust=trust)
    assert site.users() == []
    assert site.role_policies() == ["permissions", "suspended"]
    site.up(mode="keyless", trust=trust)
    assert site.role_policies() == ["permissions"]
    assert site.stack.preview("--refresh").changes == {}
