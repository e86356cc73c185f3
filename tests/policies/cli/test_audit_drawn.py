"""`audit` draws what it found, reads accounts itself, and says what keeps it from that."""

from __future__ import annotations

import io
import json
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from iam_guardrails.collecting import Collected, Login

from tests.policies.cli.conftest import Command, Write

ACCOUNT = "arn:aws:iam::111122223333"


def document(action: str | list[str], resource: str = "*", **more: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def trust(**principal: str) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(name: str, trusted: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "RoleName": name, "Arn": f"{ACCOUNT}:role/{name}", "Path": "/", "RoleId": f"AROA{name.upper()}",
        "AssumeRolePolicyDocument": trusted, "RolePolicyList": [], "AttachedManagedPolicies": [], **more,
    }  # fmt: skip


DUMP: dict[str, object] = {
    "UserDetailList": [
        {
            "UserName": "dev", "Arn": f"{ACCOUNT}:user/dev", "Path": "/", "UserId": "AIDADEV",
            "UserPolicyList": [
                {"PolicyName": "own", "PolicyDocument": document("sts:AssumeRole", f"{ACCOUNT}:role/deploy")}
            ],
        }
    ],
    "GroupDetailList": [],
    "RoleDetailList": [
        role(
            "deploy", trust(AWS=f"{ACCOUNT}:root"),
            AttachedManagedPolicies=[{"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
        )
    ],
    "Policies": [],
}  # fmt: skip


@pytest.fixture
def dump(write: Write) -> str:
    return str(write("dump.json", DUMP))


def test_html_is_one_page_with_the_path_and_its_statement(command: Command, dump: str) -> None:
    ran = command("audit", dump, "--format", "html")
    assert ran.code == 1
    assert ran.out.startswith("<!doctype html>")
    data = json.loads(ran.out.split('id="data">')[1].split("</script>")[0])
    assert [one["name"] for one in data["identities"] if one["reaches"]] == ["dev", "deploy"]
    assert '"Action": "sts:AssumeRole"' in data["documents"][data["because"][0]["document"]]["text"]
    assert any(one["level"] == "error" for one in data["findings"])
    deploy = next(one for one in data["identities"] if one["name"] == "deploy")
    texts = {one["text"]: data["documents"][one["document"]]["text"] for one in deploy["policies"]}
    assert '"Action": "*"' in texts["managed policy arn:aws:iam::aws:policy/AdministratorAccess"]
    assert f'"AWS": "{ACCOUNT}:root"' in texts["trust policy"]


def test_graphml_and_dot_have_the_edge(command: Command, dump: str) -> None:
    drawn = ElementTree.parse(io.StringIO(command("audit", dump, "--format", "graphml").out))  # noqa: S314 - our own
    edge = drawn.find(".//{*}edge")
    assert edge is not None
    assert (edge.get("source"), edge.get("target")) == (f"{ACCOUNT}:user/dev", f"{ACCOUNT}:role/deploy")
    assert f'"{ACCOUNT}:user/dev" -> "{ACCOUNT}:role/deploy"' in command("audit", dump, "--format", "dot").out


def test_without_anything_to_read_the_command_says_what_to_name(command: Command) -> None:
    ran = command("audit")
    assert ran.code == 2
    assert "name files or folders to read, or accounts by --profile or --role-arn" in ran.err


def test_accounts_are_read_first_and_progress_is_told_apart_from_the_report(
    command: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def collect(logins: list[Login], folder: Any, *, say: Any, regions: Any) -> Collected:
        asked.extend([*logins, str(folder), tuple(regions)])
        write("dumps/111122223333/authorization-details.json", DUMP)
        say("account 111122223333: authorization details")
        return Collected(folder, ("111122223333",), (), ())

    monkeypatch.setattr("iam_guardrails.collecting.collect", collect)
    audit = (
        "audit",
        "--profile",
        "base",
        "--role-arn",
        "arn:aws:iam::111122223333:role/audit",
        "--region",
        "eu-west-1",
    )
    ran = command(*audit, "--collect-to", "dumps", "--format", "json")
    assert asked == [Login("base", "arn:aws:iam::111122223333:role/audit"), "dumps", ("eu-west-1",)]
    assert "authorization details" in ran.err
    paths = cast("list[dict[str, Any]]", ran.data["paths"])
    assert [one["to"] for one in paths] == [f"{ACCOUNT}:role/deploy"]


def test_an_account_that_cannot_be_read_is_no_clean_audit(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    ran = command("audit", "--profile", "nobody", "--collect-to", "dumps")
    assert ran.code == 2
    assert "profile nobody cannot be used" in ran.err
    assert ran.out == ""
