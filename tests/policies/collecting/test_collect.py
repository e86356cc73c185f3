"""Accounts are read into a folder, only read, and a run that was interrupted goes on: against the local AWS."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from iam_guardrails.collecting import Login, collect
from iam_guardrails.collecting.calls import ALLOWED, TO_GET_IN
from iam_guardrails.collecting.resources import KINDS
from iam_guardrails.collecting.session import NotForReading, Reader
from iam_guardrails.model import AccountModel, CredentialKind, join
from iam_guardrails.sources import read
from iam_guardrails.sources.inventory import kinds

if TYPE_CHECKING:
    from sandbox.local_aws import LocalAws

REGION = "eu-central-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
Made = Callable[[str], Any]


@pytest.fixture
def account(shared_local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account of its own in the local AWS, whose root the environment's credentials are."""
    number = f"{random.SystemRandom().randrange(10**11, 10**12)}"
    for name, value in {
        "AWS_ENDPOINT_URL": shared_local_aws.endpoint, "AWS_ACCESS_KEY_ID": number, "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": REGION,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return number


@pytest.fixture
def filled(account: str) -> Iterator[str]:
    """The account with a user with a key, a role, a function that runs with it, and a bucket with a policy."""
    iam: Any = client_of("iam")
    iam.create_user(UserName="dev")
    iam.create_access_key(UserName="dev")
    iam.put_user_policy(UserName="dev", PolicyName="own", PolicyDocument=json.dumps(POLICY))
    iam.create_role(RoleName="orders", AssumeRolePolicyDocument=json.dumps(TRUST))
    arn = iam.create_policy(PolicyName="build", PolicyDocument=json.dumps(POLICY))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="orders", PolicyArn=arn)
    functions: Any = client_of("lambda")
    functions.create_function(
        FunctionName="orders", Role=f"arn:aws:iam::{account}:role/orders", Runtime="python3.12", Handler="a.b",
        Code={"ZipFile": archive()}, Environment={"Variables": {"PASSWORD": "hunter2-in-the-environment"}},
    )  # fmt: skip
    buckets: Any = client_of("s3")
    where = {"LocationConstraint": REGION}
    for name in (f"with-{account}", f"without-{account}"):
        buckets.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": account},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::with-{account}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    buckets.put_bucket_policy(Bucket=f"with-{account}", Policy=json.dumps(policy))
    yield account
    functions.delete_function(FunctionName="orders")


def archive() -> bytes:
    """A zip file with a function's code in it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("a.py", "def b(event, context): ...")
    return held.getvalue()


def client_of(service: str, **more: str) -> Any:
    """A client with the credentials of the moment; boto3 has more kinds of clients than its types know here."""
    make: Any = boto3.Session().client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return make(service, **more)


def said() -> tuple[list[str], Callable[[str], None]]:
    lines: list[str] = []
    return lines, lines.append


def model(folder: Path) -> AccountModel:
    sources = [one for file in sorted(folder.rglob("*.json")) for one in read(file.read_text(), str(file))]
    assert [one.trouble for one in sources if one.trouble] == []
    return join([part for one in sources for part in one.parts[0]])


def only_one(_reader: Reader) -> list[str]:
    return [REGION]


def test_an_account_is_read_with_all_that_an_audit_needs(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "regions", only_one)
    lines, say = said()
    collected = collect([Login()], tmp_path / "dumps", say=say)
    assert (collected.accounts, collected.failed) == ((filled,), ())
    found = model(tmp_path / "dumps")
    dev, orders = (found.at(f"arn:aws:iam::{filled}:{one}") for one in ("user/dev", "role/orders"))
    assert dev is not None
    assert orders is not None
    assert [one.kind for one in dev.credentials] == [CredentialKind.ACCESS_KEY]
    assert [one.name for one in dev.inline] == ["own"]
    assert [one.document is not None for one in orders.attached] == [True]
    assert [(one.kind, one.role) for one in found.runners if one.kind == "lambda:function"] == [
        ("lambda:function", orders)
    ]
    policies = [one.arn for one in found.resource_policies if ":s3:" in one.arn]
    assert policies == [f"arn:aws:s3:::with-{filled}"]
    assert found.lists_all("lambda:function", filled)
    assert not found.lists_all("lambda:function", "999999999999")
    assert any("authorization details" in line for line in lines)
    assert any("lambda:function" in line for line in lines)


def test_what_is_secret_is_not_written_and_files_are_for_the_user_alone(filled: str, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    collect([Login()], folder, say=lambda _: None, regions=[REGION])
    written = [file for file in folder.rglob("*") if file.is_file()]
    assert all(b"hunter2" not in file.read_bytes() for file in written)
    assert {file.stat().st_mode & 0o777 for file in written} == {0o600}
    assert {file.suffix for file in written} == {".json"}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_of_some_regions_nothing_is_said_of_the_others(filled: str, tmp_path: Path) -> None:
    collect([Login()], tmp_path / "dumps", say=lambda _: None, regions=[REGION])
    found = model(tmp_path / "dumps")
    assert [one.name for one in found.runners if one.kind == "lambda:function"] == ["orders"]
    assert not found.lists_all("lambda:function", filled)


def test_an_interrupted_run_goes_on_where_it_was(filled: str, tmp_path: Path) -> None:
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if "glue:job" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect([Login()], tmp_path / "dumps", say=interrupt, regions=[REGION])
    before = {line for line in lines if "glue:job" not in line}
    again, say = said()
    collected = collect([Login()], tmp_path / "dumps", say=say, regions=[REGION])
    assert collected.accounts == (filled,)
    assert before
    assert not {line for line in before if "access keys" in line or "authorization details" in line} & set(again)
    assert [line for line in again if "glue:job" in line]
    third, say = said()
    collect([Login()], tmp_path / "dumps", say=say, regions=[REGION])
    assert not [line for line in third if ":function" in line or "details" in line]
    assert {one.name for one in model(tmp_path / "dumps").runners} >= {"orders"}
    # Nobody takes what was read long ago for what is there today.
    assert any("goes on with what was read at" in line and "to begin anew" in line for line in third)
    assert collected.paths[0] == str(tmp_path / "dumps" / filled)
    assert set(collected.paths[1:]) <= {str(tmp_path / "dumps" / "organization.json")}


def test_half_a_file_is_none(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = json.dump

    def end_in_the_middle(value: Any, stream: Any, **more: Any) -> None:
        stream.write('{"UserDetailList": [')
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dump", end_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        collect([Login()], tmp_path / "dumps", say=lambda _: None, regions=[REGION])
    monkeypatch.setattr(json, "dump", real)
    assert list((tmp_path / "dumps").rglob("*.json")) == []
    assert collect([Login()], tmp_path / "dumps", say=lambda _: None, regions=[REGION]).accounts == (filled,)


def test_an_account_is_read_as_a_role_of_it(account: str, tmp_path: Path) -> None:
    iam: Any = client_of("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}],
    }
    reading = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}],
    }
    role = iam.create_role(RoleName="audit", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="audit", PolicyName="read", PolicyDocument=json.dumps(reading))
    user = iam.create_user(UserName="reader")["User"]["UserName"]
    key = iam.create_access_key(UserName=user)["AccessKey"]
    allowed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}],
    }
    iam.put_user_policy(UserName=user, PolicyName="a", PolicyDocument=json.dumps(allowed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        collected = collect([Login(role=role)], tmp_path / "dumps", say=lambda _: None, regions=[REGION])
        assert (collected.accounts, collected.failed) == ((account,), ())
        # What the role may not read is told, and is no proof that nothing is there.
        assert any("lambda:function in eu-central-1: AccessDenied" in one for one in collected.unknown)
        found = model(tmp_path / "dumps")
        assert not found.lists_all("lambda:function", account)
        assert any("lambda:function" in one.why for one in found.remarks)
        refused = collect([Login(role=role.replace("audit", "other")), Login()], tmp_path / "other", say=lambda _: None)
    assert [one.split(": ")[0] for one in refused.failed] != []
    assert all(key["SecretAccessKey"] not in one for one in refused.failed)


def test_no_credentials_and_no_profile_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    collected = collect([Login(), Login(profile="nobody")], tmp_path, say=lambda _: None)
    assert collected.accounts == ()
    assert "NoCredentialsError" in collected.failed[0]
    assert "profile nobody cannot be used" in collected.failed[1]


def test_the_organization_is_read_with_its_limits(account: str, tmp_path: Path) -> None:
    organizations = client_of("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="work")["OrganizationalUnit"]["Id"]
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    made = organizations.create_policy(
        Content=json.dumps(deny), Name=f"no-{account}", Description="x", Type="SERVICE_CONTROL_POLICY"
    )
    policy = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=unit)
    collected = collect([Login()], tmp_path / "dumps", say=lambda _: None, regions=[REGION])
    assert str(tmp_path / "dumps" / "organization.json") in collected.paths
    found = model(tmp_path / "dumps")
    assert [one.targets for one in found.limits if one.location.logical_id == policy] == [(unit,)]
    assert [one.management for one in found.accounts if one.id == account] == [True]


# --- only reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", sorted(ALLOWED))
def test_every_call_only_reads_and_is_one_of_aws(call: str) -> None:
    service, _, operation = call.partition(":")
    assert operation.startswith(("Get", "List", "Describe", "BatchGet"))
    client = client_of(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="y")
    assert operation in client.meta.service_model.operation_names


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("iam", "create_user", {"UserName": "x"}),
        ("iam", "get_role", {"RoleName": "x"}),
        ("s3", "get_object", {"Bucket": "bucket", "Key": "x"}),
        ("sts", "get_session_token", {}),
        ("lambda", "invoke", {"FunctionName": "x"}),
    ],
)
def test_any_other_call_is_stopped_before_it_is_sent(service: str, operation: str, arguments: dict[str, str]) -> None:
    session = boto3.Session("x", "y", region_name=REGION)
    client = Reader(session, "test").client(service)
    with pytest.raises(NotForReading, match=f"^{service}:"):
        getattr(client, operation)(**arguments)
    assert {"sts:AssumeRole", "sts:GetCallerIdentity"} == TO_GET_IN


def test_the_kinds_of_a_collection_are_those_of_inventories() -> None:
    assert set(KINDS) <= set(kinds().values())


# --- throttling -------------------------------------------------------------------------------------------------------


class Raw(io.BytesIO):
    """The body of an answer, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.mark.long
def test_a_throttled_call_is_tried_again(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = Reader.client, Counter[str]()
    monkeypatch.setattr("botocore.endpoint.time.sleep", int)  # does nothing with the seconds

    def throttled(self: Reader, service: str, region: str | None = None) -> Any:
        client = real(self, service, region)

        def answer(request: Any, event_name: str, **more: Any) -> AWSResponse | None:
            asked[event_name] += 1
            if asked[event_name] > 2:
                return None
            body = (
                b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
            )
            return AWSResponse(request.url, 400, HTTPHeaders(), Raw(body))  # pyright: ignore[reportArgumentType]

        if service == "iam":
            client.meta.events.register("before-send.iam", answer)
        return client

    monkeypatch.setattr(Reader, "client", throttled)
    collected = collect([Login()], tmp_path / "dumps", say=lambda _: None, regions=[REGION])
    assert (collected.accounts, collected.failed) == ((filled,), ())
    assert asked["before-send.iam.GetAccountAuthorizationDetails"] == 3
