"""An identity through its life, with the real engine and the local AWS: moves, drift, adoption, two accounts."""

from __future__ import annotations

import base64
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.sandboxes import Finished, Sandbox, Stack

PROGRAM = Path(__file__).parent / "programs" / "components"
GITHUB = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:acme/site:ref:refs/heads/main"


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Account:
    """The account of one test, with one identity declared in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.iam: Any = sandbox.client("iam")
        self.stack: Stack = sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region})

    @property
    def bucket(self) -> str:
        """The name of a bucket: one namespace for all accounts."""
        return f"site-{self.sandbox.account}"

    @property
    def publish(self) -> dict[str, Any]:
        """A statement that lets a role publish to the bucket."""
        return {"actions": ["s3:GetObject", "s3:PutObject"], "resources": [f"arn:aws:s3:::{self.bucket}/public/*"]}

    def declare(self, **args: Any) -> None:
        identity = {
            "account_id": self.sandbox.account,
            "user_name": "site-pipeline",
            "role_name": "site-publisher",
            "path": "/pipelines/",
            "permissions": [self.publish],
            **args,
        }
        kept = {name: value for name, value in identity.items() if value is not None}
        self.stack.configure({"components:identities": {"site": kept}})

    def up(self) -> Finished:
        return succeeded(self.stack.up())

    @property
    def outputs(self) -> dict[str, Any]:
        return self.stack.outputs()["site"]

    def session_by_key(self, **request: Any) -> tuple[str, str, str]:
        outputs = self.outputs
        sts = self.sandbox.client("sts", (outputs["access_key_id"], outputs["secret_access_key"]))
        return _credentials(sts.assume_role(**_role(outputs), **request))

    def session_by_token(self, subject: str = SUBJECT) -> tuple[str, str, str]:
        token = _token(iss=GITHUB, aud="sts.amazonaws.com", sub=subject)
        sts = self.sandbox.client("sts")
        return _credentials(sts.assume_role_with_web_identity(**_role(self.outputs), WebIdentityToken=token))

    def lets_in(self, session: Callable[..., tuple[str, str, str]], *args: str, **request: str) -> bool:
        """Whether STS gives a session, by key or by token."""
        return _allows(session, *args, **request)

    def may(self, credentials: tuple[str, str, str], service: str, call: str, **arguments: Any) -> bool:
        """Whether a session may do something, whatever comes of it."""
        return _allows(getattr(self.sandbox.client(service, credentials), call), **arguments)


def succeeded(finished: Finished) -> Finished:
    assert finished.succeeded, finished.output
    return finished


def _role(outputs: dict[str, Any]) -> dict[str, str]:
    return {"RoleArn": outputs["role_arn"], "RoleSessionName": outputs["session_name"]}


def _credentials(answer: dict[str, Any]) -> tuple[str, str, str]:
    session = answer["Credentials"]
    return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]


def _allows(call: Callable[..., Any], *positional: Any, **arguments: Any) -> bool:
    try:
        call(*positional, **arguments)
    except ClientError as error:
        response: Any = error.response
        return response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException")
    return True


def _token(**claims: str) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)
    ]
    return ".".join([*parts, ""])


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    account = Account(sandbox)
    sandbox.client("s3").create_bucket(
        Bucket=account.bucket, CreateBucketConfiguration={"LocationConstraint": sandbox.region}
    )
    return account


def test_from_keys_to_keyless_in_two_deployments_without_an_outage(account: Account) -> None:
    github = {"github": [{"owner": "acme", "repository": "site", "branches": ["main"]}]}
    account.iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    account.declare()
    account.up()
    role_id = account.iam.get_role(RoleName="site-publisher")["Role"]["RoleId"]
    assert not account.lets_in(account.session_by_token)

    account.declare(mode="both", trust=github)
    assert account.up().changes == {"update": 1}
    assert account.lets_in(account.session_by_key)
    session = account.session_by_token()
    assert not account.lets_in(account.session_by_token, "repo:acme/site:pull_request")

    account.declare(mode="keyless", trust=github)
    assert account.up().changes == {"update": 1, "delete": 5}
    assert account.may(session, "s3", "put_object", Bucket=account.bucket, Key="public/index.html", Body=b"")
    assert account.lets_in(account.session_by_token)
    assert account.iam.list_users()["Users"] == []
    assert account.iam.get_role(RoleName="site-publisher")["Role"]["RoleId"] == role_id
    assert account.outputs["user_arn"] is None


@pytest.mark.long
def test_a_session_may_do_what_the_starter_set_says_and_no_more(account: Account) -> None:
    account.declare(permissions=None, starter_sets={"static_site": {"bucket": account.bucket, "prefix": "public/"}})
    account.up()
    session = account.session_by_key()

    assert account.may(session, "s3", "put_object", Bucket=account.bucket, Key="public/index.html", Body=b"")
    assert account.may(session, "s3", "list_objects_v2", Bucket=account.bucket, Prefix="public/")
    assert not account.may(session, "s3", "put_object", Bucket=account.bucket, Key="private/index.html", Body=b"")
    assert not account.may(session, "s3", "list_objects_v2", Bucket=account.bucket)
    assert not account.may(session, "iam", "list_users")


@pytest.mark.long
def test_a_generated_boundary_holds_whatever_is_attached_to_the_role(account: Account) -> None:
    account.declare(generated_boundary={})
    account.up()
    assert account.stack.preview().changes == {}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    account.iam.put_role_policy(RoleName="site-publisher", PolicyName="all", PolicyDocument=json.dumps(everything))
    account.iam.put_user_policy(UserName="site-pipeline", PolicyName="all", PolicyDocument=json.dumps(everything))
    session = account.session_by_key()

    assert account.may(session, "s3", "put_object", Bucket=account.bucket, Key="public/index.html", Body=b"")
    assert not account.may(session, "s3", "delete_bucket", Bucket=account.bucket)
    assert not account.may(session, "iam", "delete_role_permissions_boundary", RoleName="site-publisher")
    outputs = account.outputs
    user = (outputs["access_key_id"], outputs["secret_access_key"])
    assert not _allows(account.sandbox.client("s3", user).list_buckets)
    assert not _allows(account.sandbox.client("iam", user).list_users)


@pytest.mark.long
def test_policies_that_somebody_adds_are_taken_away_when_asked(account: Account) -> None:
    account.declare(exclusive_policies=True)
    account.up()
    assert account.stack.preview().changes == {}
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}]}
    account.iam.put_role_policy(RoleName="site-publisher", PolicyName="extra", PolicyDocument=json.dumps(nothing))
    account.iam.put_user_policy(UserName="site-pipeline", PolicyName="extra", PolicyDocument=json.dumps(nothing))

    succeeded(account.stack.refresh())
    account.up()

    assert account.iam.list_role_policies(RoleName="site-publisher")["PolicyNames"] == ["permissions"]
    assert account.iam.list_user_policies(UserName="site-pipeline")["PolicyNames"] == ["assume-roles"]


@pytest.mark.long
def test_the_users_policy_moves_into_a_group_and_the_key_stays(account: Account) -> None:
    account.declare()
    account.up()
    key = account.outputs["access_key_id"]

    account.declare(user_policy_mode="group")
    account.up()

    assert account.outputs["access_key_id"] == key
    assert account.iam.list_user_policies(UserName="site-pipeline")["PolicyNames"] == []
    groups = account.iam.list_groups_for_user(UserName="site-pipeline")["Groups"]
    assert [group["GroupName"] for group in groups] == ["site-pipeline"]
    assert account.lets_in(account.session_by_key)
    assert account.stack.preview().changes == {}


@pytest.mark.long
def test_permissions_outgrow_the_role_and_become_managed_policies(account: Account) -> None:
    account.declare(large_policies="split")
    account.up()
    resources = [f"arn:aws:s3:::example-{number:0100}/*" for number in range(60)]
    account.declare(
        large_policies="split",
        permissions=[
            account.publish,
            *({"actions": ["s3:GetObject"], "resources": [resource]} for resource in resources),
        ],
    )

    account.up()

    attached = account.iam.list_attached_role_policies(RoleName="site-publisher")["AttachedPolicies"]
    assert sorted(policy["PolicyName"] for policy in attached) == [
        "site-publisher-permissions-1",
        "site-publisher-permissions-2",
    ]
    assert account.iam.list_role_policies(RoleName="site-publisher")["PolicyNames"] == []
    session = account.session_by_key()
    assert account.may(session, "s3", "put_object", Bucket=account.bucket, Key="public/index.html", Body=b"")
    assert account.stack.preview().changes == {}
    succeeded(account.stack.destroy())
    assert account.iam.list_policies(Scope="Local")["Policies"] == []


@pytest.mark.long
def test_what_was_made_by_hand_is_adopted_and_then_brought_into_line(account: Account) -> None:
    iam, ours = account.iam, account.sandbox.account
    iam.create_user(UserName="site-pipeline", Path="/pipelines/", Tags=[{"Key": "made", "Value": "by-hand"}])
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ours}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(
        RoleName="site-publisher", Path="/pipelines/", AssumeRolePolicyDocument=document, MaxSessionDuration=7200
    )
    before = (
        iam.get_role(RoleName="site-publisher")["Role"]["RoleId"],
        iam.get_user(UserName="site-pipeline")["User"]["UserId"],
    )

    account.declare(adopt=["user", "role"])
    adopted = account.up()
    assert adopted.changes["import"] == 2
    assert iam.get_role(RoleName="site-publisher")["Role"]["MaxSessionDuration"] == 7200

    account.declare()
    assert account.up().changes == {"update": 2}
    role = iam.get_role(RoleName="site-publisher")["Role"]
    assert (role["RoleId"], iam.get_user(UserName="site-pipeline")["User"]["UserId"]) == before
    assert role["MaxSessionDuration"] == 3600
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"].endswith(
        ":user/pipelines/site-pipeline"
    )
    assert account.lets_in(account.session_by_key)


@pytest.mark.long
def test_the_usual_hand_made_set_up_is_adopted_without_a_break_for_its_jobs(account: Account) -> None:
    iam, arn = account.iam, account.sandbox.account
    iam.create_user(UserName="site-pipeline", Path="/pipelines/")
    may = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": f"arn:aws:iam::{arn}:role/pipelines/site-publisher",
    }
    write = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{arn}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="site-publisher", Path="/pipelines/", AssumeRolePolicyDocument=_document(trust))
    iam.put_user_policy(UserName="site-pipeline", PolicyName="deploy", PolicyDocument=_document(may))
    policy = iam.create_policy(PolicyName="deploy", PolicyDocument=_document(write))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="site-publisher", PolicyArn=policy)
    key = iam.create_access_key(UserName="site-pipeline")["AccessKey"]
    theirs = (key["AccessKeyId"], key["SecretAccessKey"])
    names = {"RoleArn": may["Resource"], "RoleSessionName": "job"}

    def job_succeeds() -> bool:
        session = _credentials(account.sandbox.client("sts", theirs).assume_role(**names))
        return account.may(session, "s3", "put_object", Bucket=account.bucket, Key="public/index.html", Body=b"")

    account.declare(adopt=["user", "role"])
    assert "replace" not in account.up().changes
    assert job_succeeds(), "with the old key, while both sets of policies are there"

    account.declare(exclusive_policies=True)
    assert "replace" not in account.up().changes
    assert job_succeeds(), "with the old key, under our policies alone"
    assert iam.list_user_policies(UserName="site-pipeline")["PolicyNames"] == ["assume-roles"]
    assert iam.list_attached_role_policies(RoleName="site-publisher")["AttachedPolicies"] == []
    session = _credentials(account.sandbox.client("sts", theirs).assume_role(**names))
    assert not account.may(session, "s3", "list_buckets"), "what was allowed by hand is allowed no more"
    assert account.lets_in(account.session_by_key), "with the new key"
    assert account.stack.preview().changes == {}


@pytest.mark.long
def test_an_identity_provider_that_exists_is_adopted(account: Account) -> None:
    made = account.iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com", "old"])
    provider: dict[str, Any] = {
        "account_id": account.sandbox.account,
        "issuer": GITHUB,
        "audiences": ["sts.amazonaws.com"],
        "tags": {"team": "platform"},
    }

    account.stack.configure({"components:providers": {"github": {**provider, "adopt": True}}})
    assert account.up().changes["import"] == 1
    account.stack.configure({"components:providers": {"github": provider}})
    assert account.up().changes == {"update": 1}

    arn = made["OpenIDConnectProviderArn"]
    assert account.stack.outputs()["github"]["provider_arn"] == arn
    found = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    assert {"Key": "team", "Value": "platform"} in found["Tags"]


def test_two_stacks_do_not_fight_over_one_identity_provider(account: Account) -> None:
    provider: dict[str, Any] = {
        "account_id": account.sandbox.account,
        "issuer": GITHUB,
        "audiences": ["sts.amazonaws.com"],
    }
    account.stack.configure({"components:providers": {"github": provider}})
    account.up()
    other = account.sandbox.stack(PROGRAM, "other", settings={"aws:region": account.sandbox.region})
    theirs = {**provider, "audiences": ["other"]}

    other.configure({"components:providers": {"github": {**theirs, "adopt": True}}})
    assert succeeded(other.up()).changes["import"] == 1
    other.configure({"components:providers": {"github": theirs}})
    refused = other.up()

    assert not refused.succeeded
    assert "is made by the stack components/dev, and is not changed here" in refused.diagnostics
    succeeded(other.destroy())
    (found,) = account.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    answer = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=found["Arn"])
    assert answer["ClientIDList"] == ["sts.amazonaws.com"]


@pytest.mark.long
def test_a_user_that_was_deleted_by_hand_is_trusted_again_after_refresh_and_up(account: Account) -> None:
    account.declare()
    account.up()
    for key in account.iam.list_access_keys(UserName="site-pipeline")["AccessKeyMetadata"]:
        account.iam.delete_access_key(UserName="site-pipeline", AccessKeyId=key["AccessKeyId"])
    account.iam.delete_user_policy(UserName="site-pipeline", PolicyName="assume-roles")
    account.iam.delete_user(UserName="site-pipeline")

    succeeded(account.stack.refresh())
    account.up()

    assert account.lets_in(account.session_by_key)


@pytest.mark.long
def test_an_identity_provider_outlives_its_stack_when_asked(account: Account) -> None:
    provider = {
        "account_id": account.sandbox.account,
        "issuer": GITHUB,
        "audiences": ["sts.amazonaws.com"],
        "keep_on_destroy": True,
    }
    account.stack.configure({"components:providers": {"github": provider}})
    account.up()
    arn = account.stack.outputs()["github"]["provider_arn"]

    succeeded(account.stack.destroy())

    assert account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == [
        "sts.amazonaws.com"
    ]


@pytest.fixture
def other(account: Account) -> Any:
    """IAM of another account, with a role `deployer` in it that our account may assume."""
    sandbox = account.sandbox
    theirs = f"{int(sandbox.account) ^ 1:012}"
    iam = sandbox.client("iam", (theirs, "test"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{sandbox.account}:root"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(
        RoleName="deployer", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="deployer", PolicyName="iam", PolicyDocument=json.dumps(allow))
    return iam


def _number(iam: Any) -> str:
    return iam.get_role(RoleName="deployer")["Role"]["Arn"].split(":")[4]


@pytest.mark.long
def test_user_in_one_account_and_role_in_another_from_one_declaration(account: Account, other: Any) -> None:
    theirs = _number(other)
    account.declare(
        role_account={
            "account_id": theirs,
            "region": account.sandbox.region,
            "assume_role_arn": f"arn:aws:iam::{theirs}:role/deployer",
            "external_ids": ["acme-1"],
        }
    )
    account.up()

    assert account.outputs["role_arn"] == f"arn:aws:iam::{theirs}:role/pipelines/site-publisher"
    assert [user["UserName"] for user in account.iam.list_users()["Users"]] == ["site-pipeline"]
    assert other.list_users()["Users"] == []
    assert account.lets_in(account.session_by_key, ExternalId="acme-1")
    assert not account.lets_in(account.session_by_key)
    assert account.stack.preview().changes == {}


@pytest.mark.long
def test_a_role_that_is_handed_over_works_when_its_commands_were_run(account: Account, other: Any) -> None:
    many = [{"actions": ["s3:GetObject"], "resources": [f"arn:aws:s3:::example-{n:0100}/*"]} for n in range(60)]
    account.declare(
        role_account={"account_id": _number(other), "hand_over": True, "external_ids": ["acme-1"]},
        permissions=many,
        large_policies="split",
        managed_policies={"read": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        tags={"team": "web shop", "odd": "=a/b:c"},
    )
    account.up()
    assert "site-publisher" not in [role["RoleName"] for role in other.list_roles()["Roles"]]

    for line in account.outputs["hand_over_commands"].splitlines():
        if not line.startswith("#"):
            _run_as_the_cli_would(other, shlex.split(line))

    attached = other.list_attached_role_policies(RoleName="site-publisher")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == [
        "site-publisher-permissions-1",
        "site-publisher-permissions-2",
        "ReadOnlyAccess",
    ]
    assert {"Key": "odd", "Value": "=a/b:c"} in other.get_role(RoleName="site-publisher")["Role"]["Tags"]
    assert account.lets_in(account.session_by_key, ExternalId="acme-1")


def _run_as_the_cli_would(iam: Any, command: list[str]) -> None:
    assert command[:2] == ["aws", "iam"]
    arguments: dict[str, Any] = {}
    for option, value in zip(command[3::2], command[4::2], strict=True):
        name = "".join(word.capitalize() for word in option.removeprefix("--").split("-"))
        arguments[name] = json.loads(value) if value.isdigit() or value.startswith("[") else value
    getattr(iam, command[2].replace("-", "_"))(**arguments)


@pytest.mark.long
def test_other_keys_for_managed_policies_take_none_of_them_off(account: Account) -> None:
    read, audit = "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"

    def attached() -> set[str]:
        return {
            policy["PolicyArn"]
            for policy in account.iam.list_attached_role_policies(RoleName="site-publisher")["AttachedPolicies"]
        }

    account.declare(managed_policies={"read": read, "audit": audit})
    account.up()
    account.declare(managed_policies={"audit": read, "inspect": audit})
    assert account.up().changes == {}
    assert attached() == {read, audit}

    account.declare(managed_policies={"inspect": audit})
    assert account.up().changes == {"delete": 1}
    assert attached() == {audit}
